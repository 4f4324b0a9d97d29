"""The cross entropy of logistic regression with two weight vectors."""

import torch


def two_weight_cross_entropy(
    x: torch.Tensor, y: torch.Tensor, w: torch.Tensor
) -> torch.Tensor:
    r"""Sum the cross entropy of a classifier with one weight vector a class.

    .. math::

        L = \sum_{i=1}^n \left[ \log \left( \exp(w_0^\top x_i)
        + \exp(w_1^\top x_i) \right) - w_{y_i}^\top x_i \right]

    Args:
        x: The points, one a row, shape (n, d), floating point.
        y: The labels 0 or 1, shape (n,), of dtype torch.int64.
        w: The weights, one class a row, shape (2, d), of the same dtype as x.

    Returns:
        The summed loss in nats, shape ().

    Raises:
        TypeError: If y is not torch.int64, or x and w are not of one
            floating dtype.
        ValueError: If the shapes do not fit, or a label is not 0 or 1.

    Example:
        Two equal weight vectors cannot decide, which costs log 2 a point:

        >>> x, y = torch.tensor([[3.0], [5.0]]), torch.tensor([0, 1])
        >>> two_weight_cross_entropy(x, y, w=torch.ones(2, 1))
        tensor(1.3863)

    Explained in:
        :doc:`/logistic-regression`

    Source:
        PyTorch documentation, torch.nn.CrossEntropyLoss, reduction "sum".
    """
    n, d = len(y), x.shape[-1]
    if x.shape != (n, d) or y.shape != (n,) or w.shape != (2, d):
        shapes = [tuple(tensor.shape) for tensor in (x, y, w)]
        raise ValueError(
            f"x, y, w must have shapes (n, d), (n,), (2, d), got {shapes}"
        )
    if x.dtype != w.dtype or not x.is_floating_point():
        raise TypeError(
            f"x and w must share a float dtype, got {x.dtype} and {w.dtype}"
        )
    if y.dtype != torch.int64:
        raise TypeError(f"y must be torch.int64 (try y.long()), got {y.dtype}")
    if not set(y.tolist()) <= {0, 1}:
        raise ValueError(
            f"y must hold 0 and 1, got {sorted(set(y.tolist()))[:5]}"
        )

    scores = x @ w.T  # (n, 2)
    # From each row, gather picks the score of the point's own class.
    own = scores.gather(1, y.unsqueeze(1))  # (n, 1)
    both = torch.logsumexp(scores, dim=1, keepdim=True)  # (n, 1)
    return (both - own).sum()  # (n, 1) -> ()
