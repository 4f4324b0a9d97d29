"""The cross entropy of logistic regression with two weight vectors."""

import torch


def two_weight_cross_entropy(
    x: torch.Tensor, t: torch.Tensor, w: torch.Tensor
) -> torch.Tensor:
    r"""Sum the cross entropy of a classifier with one weight vector a class.

    .. math::

        L = \sum_{i=1}^n \left[ \log \left( \exp(w_0^\top x_i)
        + \exp(w_1^\top x_i) \right) - w_{t_i}^\top x_i \right]

    Args:
        x: The points, one a row, shape (n, d), floating point.
        t: The labels 0 or 1, shape (n,), of dtype torch.int64.
        w: The weights, one class a row, shape (2, d), of the same dtype as x.

    Returns:
        The summed loss in nats, shape ().

    Raises:
        TypeError: If t is not torch.int64, or x and w are not of one
            floating dtype.
        ValueError: If the shapes do not fit, or a label is not 0 or 1.

    Example:
        Two equal weight vectors cannot decide, which costs log 2 a point:

        >>> x, t = torch.tensor([[3.0], [5.0]]), torch.tensor([0, 1])
        >>> two_weight_cross_entropy(x, t, w=torch.ones(2, 1))
        tensor(1.3863)

    Explained in:
        :doc:`/logistic-regression`

    Source:
        PyTorch documentation, torch.nn.CrossEntropyLoss, reduction "sum".
    """
    fits = t.shape == x.shape[:1] and w.shape == (2, *x.shape[1:])
    if x.ndim != 2 or not fits:
        shapes = [tuple(tensor.shape) for tensor in (x, t, w)]
        raise ValueError(
            f"x, t, w must have shapes (n, d), (n,), (2, d), got {shapes}"
        )
    if x.dtype != w.dtype or not x.is_floating_point():
        raise TypeError(
            f"x and w must share a float dtype, got {x.dtype} and {w.dtype}"
        )
    if t.dtype != torch.int64:
        raise TypeError(f"t must be torch.int64 (try t.long()), got {t.dtype}")
    if not set(t.tolist()) <= {0, 1}:
        raise ValueError(
            f"t must hold 0 and 1, got {sorted(set(t.tolist()))[:5]}"
        )

    scores = x @ w.T  # (n, 2)
    # From each row, gather picks the score of the point's own class.
    own = scores.gather(1, t.unsqueeze(1))  # (n, 1)
    both = torch.logsumexp(scores, dim=1, keepdim=True)  # (n, 1)
    return (both - own).sum()  # (n, 1) -> ()
