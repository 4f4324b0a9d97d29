"""The log loss of logistic regression with one weight vector."""

import torch


def log_loss(x: torch.Tensor, y: torch.Tensor, w: torch.Tensor) -> torch.Tensor:
    r"""Sum the log loss of a linear classifier over labelled points.

    .. math::

        L = \sum_{i=1}^n \log \left( 1 + \exp(-y_i w^\top x_i) \right),
        \qquad y_i \in \{-1, +1\}

    Labels 0 and 1 are accepted too, and 0 is read as -1.

    Args:
        x: The points, one a row, shape (n, d), floating point.
        y: The labels, shape (n,), all from {-1, 1} or all from {0, 1}.
        w: The weights, shape (d,), of the same dtype as x.

    Returns:
        The summed loss in nats, shape ().

    Raises:
        TypeError: If x and w are not of one floating dtype.
        ValueError: If the shapes do not fit, or the labels follow neither
            convention.

    Example:
        Both points are on the right side, one of them only just:

        >>> x, y = torch.tensor([[2.0], [-0.5]]), torch.tensor([1, -1])
        >>> log_loss(x, y, w=torch.tensor([1.0]))
        tensor(0.6010)

    Explained in:
        :doc:`/logistic-regression`

    Source:
        Murphy, Machine Learning, A Probabilistic Perspective, section 8.3.1.
    """
    if y.ndim != 1 or w.ndim != 1 or x.shape != y.shape + w.shape:
        shapes = [tuple(tensor.shape) for tensor in (x, y, w)]
        raise ValueError(
            f"x, y, w must have shapes (n, d), (n,), (d,), got {shapes}"
        )
    if x.dtype != w.dtype or not x.is_floating_point():
        raise TypeError(
            f"x and w must share a float dtype, got {x.dtype} and {w.dtype}"
        )
    if not ((labels := set(y.tolist())) <= {-1, 1} or labels <= {0, 1}):
        raise ValueError(
            f"y must hold -1 and 1, or 0 and 1, got {sorted(labels)[:5]}"
        )

    margin = torch.where(y == 1, 1, -1) * (x @ w)  # (n,)
    # log(1 + exp(-m)) overflows; -logsigmoid(m) is the same and does not.
    return -torch.nn.functional.logsigmoid(margin).sum()  # (n,) -> ()
