"""Automatic differentiation of plain numbers."""

import math
from collections.abc import Iterable


class Value:
    r"""A number that knows what it was made from, and can find gradients.

    .. math::

        \frac{\partial f}{\partial v}
        = \sum_{c \text{ made from } v}
        \frac{\partial f}{\partial c} \, \frac{\partial c}{\partial v}

    Values and plain numbers go together in ``+ - * /``, and in ``**`` with a
    plain exponent; ``exp`` and ``log`` are methods, as those of tensors are.
    Only Values get a gradient.

    Args:
        data: The number.
        links: Pairs: what it was made from, and the slope of the number by
            that. A pair whose first part is a plain number is dropped.
        operation: The name of what made it.

    Attributes:
        data: The number, a float.
        links: The pairs whose first part is a Value.
        operation: The name of what made it; empty if you did.
        grad: What backward has added up here, a float.

    Raises:
        TypeError: If data is not an int or a float, or comes out complex.
        ValueError: If the logarithm of a number that is not positive is
            asked for.
        OverflowError: If exp, v**k or its slope's v**(k - 1) is too large.
        ZeroDivisionError: If something is divided by zero, a slope included.

    Example:
        The slope of log(1 + exp(-2z)) at z = 0 is -1:

        >>> z = Value(0.0)
        >>> (1 + (-2 * z).exp()).log().backward()
        >>> z.grad
        -1.0

    Explained in:
        :doc:`/autograd-of-your-own`

    Source:
        Griewank and Walther, Evaluating Derivatives, section 3.2; on
        single numbers after Karpathy's micrograd.
    """

    def __init__(
        self,
        data: float,
        links: Iterable[tuple["Value | float", float]] = (),
        operation: str = "",
    ) -> None:
        """Keep the number and its links."""
        if not isinstance(data, int | float):
            kind = type(data).__name__
            raise TypeError(f"data must be an int or a float, got {kind}")
        self.data = float(data)
        self.links = [(v, s) for v, s in links if isinstance(v, Value)]
        self.operation = operation
        self.grad = 0.0

    def __add__(self, other: "Value | float") -> "Value":
        """Both slopes of a sum are 1."""
        total = self.data + _number(other)
        return Value(total, [(self, 1.0), (other, 1.0)], "add")

    def __sub__(self, other: "Value | float") -> "Value":
        """The slopes of a difference are 1 and -1."""
        gap = self.data - _number(other)
        return Value(gap, [(self, 1.0), (other, -1.0)], "sub")

    def __mul__(self, other: "Value | float") -> "Value":
        """The slope by each factor is the other factor."""
        a, b = self.data, _number(other)
        return Value(a * b, [(self, b), (other, a)], "mul")

    def __pow__(self, k: float) -> "Value":
        """The slope of v**k is k * v**(k - 1), for a plain number k."""
        slope = k * self.data ** (k - 1) if k else 0.0
        return Value(self.data**k, [(self, slope)], "pow")

    def exp(self) -> "Value":
        """The exponential is its own slope."""
        power = math.exp(self.data)
        return Value(power, [(self, power)], "exp")

    def log(self) -> "Value":
        """The slope of the natural logarithm of v is 1 / v."""
        return Value(math.log(self.data), [(self, 1 / self.data)], "log")

    def order(self) -> list["Value"]:
        """List what the value was made from, parents first, itself last."""
        done, todo = {}, [self]  # a dict keeps its order
        while todo:
            missing = [v for v, _ in todo[-1].links if v not in done]
            if missing:
                todo.append(missing[0])
            else:
                done[todo.pop()] = True
        return list(done)

    def backward(self) -> None:
        """Add the slope of this value by each v to v.grad."""
        grads = dict.fromkeys(self.order(), 0.0)
        grads[self] = 1.0
        for value in reversed(grads):
            value.grad += grads[value]
            for parent, slope in value.links:  # all uses of a parent add up
                grads[parent] += slope * grads[value]

    # Those above are enough; with the rest, formulas look like formulas.
    __radd__, __rmul__ = __add__, __mul__

    def __neg__(self) -> "Value":
        """-value."""
        return self * -1.0

    def __rsub__(self, other: float) -> "Value":
        """Number - value."""
        return -self + other

    def __truediv__(self, other: "Value | float") -> "Value":
        """Value / other."""
        return self * other**-1

    def __rtruediv__(self, other: float) -> "Value":
        """Number / value."""
        return self**-1 * other


def _number(operand: Value | float) -> float:
    return operand.data if isinstance(operand, Value) else operand
