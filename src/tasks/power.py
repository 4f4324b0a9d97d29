"""Write one more operation of the engine: a power with two slopes."""

# %% stub
import math


def power(a, b):
    """Return the Vertex a ** b, with its slopes by a and by b.

    a and b are Vertices; the number in a is positive. Vertex is the
    class of this page, and stands in the checker, too.
    """
    ...


# %% check
import math

import torch


class Vertex:
    """A number, and what it was made from."""

    def __init__(self, data, links=()):
        self.data = data
        self.links = links  # pairs: a parent, and the slope by that parent
        self.grad = 0.0


def total_slope(result, leaf):
    """Return the slope of a result by a leaf, summed over all paths."""
    if result is leaf:
        return 1.0
    return sum(by * total_slope(parent, leaf) for parent, by in result.links)


def slopes_of_pytorch(function, *numbers):
    """Return the slopes that PyTorch finds, by each number."""
    leaf = torch.tensor(numbers, dtype=torch.float64, requires_grad=True)
    return torch.autograd.grad(function(*leaf), leaf)[0].tolist()


def test_it_returns_a_vertex():
    """Is it a Vertex with the right number and links?"""
    a, b = Vertex(2.0), Vertex(2.5)
    result = power(a, b)
    assert result is not None, "it returns None; write its body"
    assert isinstance(result, Vertex), (
        f"an operation makes a new Vertex; this is {result!r:.80}"
    )
    assert math.isclose(result.data, 2.0**2.5), (
        f"2.0 ** 2.5 is {2.0**2.5:.6f}, and the Vertex has {result.data!r:.80}"
    )
    assert all(isinstance(parent, Vertex) for parent, _ in result.links), (
        "a link begins with the Vertex that was used, and not with its "
        "number: a number has no grad for the walk back to fill"
    )
    assert a.grad == b.grad == 0, (
        f"a.grad is {a.grad} and b.grad is {b.grad} before any walk back: an "
        "operation puts its slopes into the links"
    )


def test_both_slopes():
    """Is the slope by a right, and the slope by b?"""
    a, b = Vertex(2.0), Vertex(2.5)
    result, (right_a, right_b) = power(a, b), slopes_of_pytorch(pow, 2.0, 2.5)
    by_a, by_b = total_slope(result, a), total_slope(result, b)
    assert by_b != 0, (
        "nothing leads from the result to b: add a link, to b itself and not "
        "to a copy"
    )
    assert not math.isclose(by_a, 2 * right_a), (
        "the slope by a is a = 2 times too large: in the slope of a ** 2.5 "
        "the exponent falls to 1.5"
    )
    assert math.isclose(by_a, right_a), (
        f"the slope by a should be {right_a:.6f} here, and is {by_a:.6f}"
    )
    assert not math.isclose(by_b, result.data), (
        "the slope by b is a ** b, as if a were e: write a ** b as "
        "exp(b * log(a)), and use the chain rule"
    )
    assert math.isclose(by_b, right_b), (
        f"the slope by b should be {right_b:.6f} here, and is {by_b:.6f}"
    )


def test_one_vertex_in_several_places():
    """Is it right where one Vertex is both a and b?"""
    z = Vertex(1.5)
    found = total_slope(power(power(z, z), z), z)
    (right,) = slopes_of_pytorch(lambda t: (t**t) ** t, 1.5)
    assert math.isclose(found, right), (
        f"the slope of (z ** z) ** z at 1.5 is {right:.6f}, and not "
        f"{found:.6f}: z ** z needs two links to z, one for each place"
    )


# %% solution
import math


def power(a, b):
    """Return the Vertex a ** b, with its slopes by a and by b."""
    result = a.data**b.data  # exp(b log a)
    by_a = b.data * a.data ** (b.data - 1)
    by_b = result * math.log(a.data)
    return Vertex(result, [(a, by_a), (b, by_b)])


# %% right: with the slopes as shares of the result
def power(a, b):
    p = math.exp(b.data * math.log(a.data))
    return Vertex(p, ((b, math.log(a.data) * p), (a, b.data / a.data * p)))


# %% right: from three operations
def power(a, b):
    log = Vertex(math.log(a.data), [(a, 1 / a.data)])
    product = Vertex(b.data * log.data, [(b, log.data), (log, b.data)])
    p = math.exp(product.data)
    return Vertex(p, [(product, p)])


# %% wrong: and not with its number
def power(a, b):
    a, b = a.data, b.data
    return Vertex(a**b, [(a, b * a ** (b - 1)), (b, a**b * math.log(a))])


# %% wrong: before any walk back
def power(a, b):
    a.grad += b.data * a.data ** (b.data - 1)
    b.grad += a.data**b.data * math.log(a.data)
    return Vertex(a.data**b.data, [(a, a.grad), (b, b.grad)])


# %% wrong: the exponent falls to 1.5
def power(a, b):
    p = a.data**b.data
    return Vertex(p, [(a, b.data * p), (b, p * math.log(a.data))])


# %% wrong: nothing leads from the result to b
def power(a, b):
    return Vertex(a.data**b.data, [(a, b.data * a.data ** (b.data - 1))])


# %% wrong: as if a were e
def power(a, b):
    p = a.data**b.data
    return Vertex(p, [(a, b.data * p / a.data), (b, p)])


# %% wrong: one for each place
def power(a, b):
    p = a.data**b.data
    slopes = {a: b.data * p / a.data, b: p * math.log(a.data)}
    return Vertex(p, list(slopes.items()))
