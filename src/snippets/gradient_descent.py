"""Gradient descent, one step at a time."""

import math
from collections.abc import Callable, Iterator

import torch


def gradient_descent(
    loss: Callable[[torch.Tensor], torch.Tensor],
    start: torch.Tensor,
    lr: float,
    steps: int,
) -> Iterator[tuple[float, torch.Tensor]]:
    r"""Walk downhill from start and report every place on the way.

    .. math::

        \mu \leftarrow \mu - \mathrm{lr} \, \nabla \mathrm{loss}(\mu)

    Wrong arguments are reported by the call itself; a loss that returns the
    wrong thing is reported when the first pair is asked for.

    Args:
        loss: A function from the parameter to a number, a tensor of shape ().
        start: Where to begin, any shape, floating point; it is not changed.
        lr: The learning rate (step size), a finite number above 0.
        steps: How many steps to take, at least 1.

    Yields:
        Pairs of the loss, a float, and a copy of the parameter, shaped like
        start: one for the start and one after every step, steps + 1 in all.

    Raises:
        TypeError: If start is not floating point.
        ValueError: If lr or steps is out of range, or if the loss is not of
            shape () or requires no gradient.

    Example:
        The loss mu squared has slope 2 mu; this rate halves mu each time:

        >>> start = torch.tensor(4.0)
        >>> for value, mu in gradient_descent(torch.square, start, 0.25, 2):
        ...     print(value, mu)
        16.0 tensor(4.)
        4.0 tensor(2.)
        1.0 tensor(1.)

    Explained in:
        :doc:`/gaussian-mean`

    Source:
        PyTorch documentation, torch.optim.SGD.
    """
    if not start.is_floating_point():
        raise TypeError(f"start must be floating point, got {start.dtype}")
    if not 0 < lr < math.inf:
        raise ValueError(f"lr must be a finite number above 0, got {lr}")
    if steps < 1 or steps % 1:
        raise ValueError(
            f"steps must be a whole number of at least 1, got {steps}"
        )
    return _descend(loss, start, lr, int(steps))


def _descend(
    loss: Callable[[torch.Tensor], torch.Tensor],
    start: torch.Tensor,
    lr: float,
    steps: int,
) -> Iterator[tuple[float, torch.Tensor]]:
    param = start.detach().clone().requires_grad_()
    optimizer = torch.optim.SGD([param], lr=lr)
    for step in range(steps + 1):
        value = loss(param)
        if not getattr(value, "requires_grad", False) or value.shape != ():
            raise ValueError(
                "loss must return a tensor of shape () that depends on its "
                f"argument, got {value!r}"
            )
        # A copy: the optimizer changes param where it stands.
        yield value.item(), param.detach().clone()
        if step < steps:
            optimizer.zero_grad()  # backward would add to the old gradient
            value.backward()
            optimizer.step()
