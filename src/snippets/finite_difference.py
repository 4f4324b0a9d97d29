"""A gradient without calculus, to check the others against."""

from collections.abc import Callable

import torch


def finite_difference(
    function: Callable[[torch.Tensor], torch.Tensor],
    x: torch.Tensor,
    h: float = 1e-6,
) -> torch.Tensor:
    r"""Estimate a gradient by nudging one coordinate at a time.

    .. math::

        \frac{\partial f}{\partial x_j}
        \approx \frac{f(x + h e_j) - f(x - h e_j)}{2h}

    Use float64: in float32 the difference of two close values can be mostly
    rounding error.

    Args:
        function: A function from x to a number, a tensor of shape ().
        x: Where to take the gradient, any shape, floating point; it is not
            changed.
        h: How far to nudge, a number above 0, in the unit of x.

    Returns:
        The estimated gradient, of the shape and dtype of x.

    Raises:
        TypeError: If x is not floating point.
        ValueError: If h is not positive or is lost in the rounding of x, or
            the function's value is not a tensor of shape ().

    Example:
        The slopes of a sum of squares are 2x:

        >>> x = torch.tensor([1.0, -3.0], dtype=torch.float64)
        >>> finite_difference(lambda x: (x**2).sum(), x)
        tensor([ 2.0000, -6.0000], dtype=torch.float64)

    Explained in:
        :doc:`/tensors`

    Source:
        Nocedal and Wright, Numerical Optimization, equation (8.7).
    """
    point = x.detach().flatten()
    if not x.is_floating_point():
        raise TypeError(f"x must be floating point, got {x.dtype}")
    if not h > 0 or (point.abs() + h == point.abs()).any():
        raise ValueError(
            f"h must be above 0 and not vanish in x + h ({x.dtype}), got {h}"
        )

    gradient = torch.empty_like(point)
    for j in range(len(point)):
        step = torch.zeros_like(point)
        step[j] = h  # h times the unit vector e_j
        ahead = function((point + step).reshape(x.shape))
        behind = function((point - step).reshape(x.shape))
        if not isinstance(ahead, torch.Tensor) or ahead.shape != ():
            raise ValueError(
                f"function must return a tensor of shape (), got {ahead!r}"
            )
        gradient[j] = (ahead - behind).detach() / (2 * h)
    return gradient.reshape(x.shape)
