"""Write the squared distances of all pairs of points, without a loop."""

# %% stub
import torch


def squared_distances(a, b):
    """Return the squared distances of all pairs, shape (n, m).

    a has shape (n, d) and b has shape (m, d); each row is a point.
    Row i and column k of the result belong to a[i] and b[k]. There is
    no loop over the points.
    """
    ...


# %% check
import math

import torch
from torch.overrides import TorchFunctionMode


class CountOperations(TorchFunctionMode):
    """Count the operations that run while it is in force."""

    operations = 0

    def __torch_function__(self, function, _types, args=(), kwargs=None):
        self.operations += 1
        name = getattr(function, "__name__", "")
        assert name not in {"tolist", "numpy", "__array__"}, (
            f"{name} leaves PyTorch, and broadcasting of tensors needs no loop"
        )
        return function(*args, **(kwargs or {}))


def two_sets(n, m, d, center=0.0, spread=1.0):
    """Return n points and m points with d coordinates around a center."""
    generator = torch.Generator().manual_seed(0)
    rows = center + spread * torch.randn(n + m, d, generator=generator)
    return rows[:n], rows[n:]


def compared(a, b):
    """Return what is found, and what Python's own distance gives."""
    found, a, b = squared_distances(a, b), a.tolist(), b.tolist()
    right = torch.tensor([[math.dist(p, q) ** 2 for q in b] for p in a])
    return found.to(right), right


def test_a_number_for_each_pair():
    """Is there a number for each pair?"""
    found = squared_distances(*two_sets(3, 3, 2))
    assert found is not None, "it returns None; write its body"
    shape = tuple(getattr(found, "shape", ()))
    assert shape != (3,), (
        "for 3 and 3 points the shape is (3,): a - b pairs a[i] with b[i] "
        "only; write a.unsqueeze(1), so that each row of a meets each of b, "
        "and sum over the last index alone"
    )
    assert shape == (3, 3), (
        f"for 3 and 3 points the shape is {shape}, and should be (3, 3): sum "
        "over the coordinates, the last index, and over nothing else"
    )


def test_each_number_is_right():
    """Is each number right?"""
    a, b = two_sets(4, 3, 5)
    found, right = compared(a, b)
    assert found.shape == (4, 3), (
        "with 4 points in a and 3 in b, the shape should be (4, 3)"
    )
    assert not torch.allclose(found, right.sqrt()), (
        "these are the distances; their squares are asked for"
    )
    assert not torch.allclose(found, right / 5), (
        "each number is 5 times too small: take the sum over the 5 "
        "coordinates, not their mean"
    )
    i, k = divmod((found - right).abs().argmax().item(), 3)
    assert torch.allclose(found, right), (
        f"from {a[i].tolist()} to {b[k].tolist()}, a[{i}] and b[{k}], it "
        f"should be {right[i, k]:.6f}, and is {found[i, k]:.6f}"
    )


def test_it_does_without_a_loop():
    """Does it do without a loop?"""
    counts = []
    for n in (2, 20):
        with CountOperations() as count:
            squared_distances(*two_sets(n, n, 3))
        counts.append(count.operations)
    assert counts[0] == counts[1], (
        f"for 2 and 2 points it runs {counts[0]} operations, for 20 and 20 it "
        f"runs {counts[1]}: leave the loop to broadcasting"
    )


def test_far_from_0():
    """Does it keep its digits far from 0?"""
    found, right = compared(*two_sets(4, 3, 2, center=1000.0, spread=0.1))
    assert torch.allclose(found, right, rtol=1e-4), (
        f"around 1000 it should be {right[0, 0]:.6f}, and is "
        f"{found[0, 0]:.6f}: the squares of large coordinates cancel, and "
        "their digits are lost; subtract first, then square"
    )


# %% solution
import torch


def squared_distances(a, b):
    """Return the squared distances of all pairs, shape (n, m)."""
    gaps = a.unsqueeze(1) - b  # (n, 1, d) and (m, d) -> (n, m, d)
    return (gaps**2).sum(dim=2)  # (n, m)


# %% right: by PyTorch's own distances
def squared_distances(a, b):
    return torch.cdist(a, b) ** 2


# %% wrong: a - b pairs a[i] with b[i] only
def squared_distances(a, b):
    return ((a - b) ** 2).sum(dim=1)


# %% wrong: over the coordinates, the last index, and over nothing else
def squared_distances(a, b):
    return ((a[:, None] - b) ** 2).sum(dim=1)


# %% wrong: the shape should be (4, 3)
def squared_distances(a, b):
    return ((a - b.unsqueeze(1)) ** 2).sum(dim=2)


# %% wrong: these are the distances
def squared_distances(a, b):
    return torch.linalg.vector_norm(a.unsqueeze(1) - b, dim=2)


# %% wrong: each number is 5 times too small
def squared_distances(a, b):
    return ((a.unsqueeze(1) - b) ** 2).mean(dim=2)


# %% wrong: leave the loop to broadcasting
def squared_distances(a, b):
    return torch.stack([((a - q) ** 2).sum(dim=1) for q in b], dim=1)


# %% wrong: numpy leaves PyTorch
def squared_distances(a, b):
    a, b = a.numpy(), b.numpy()
    rows = [[float(((p - q) ** 2).sum()) for q in b] for p in a]
    return torch.tensor(rows)


# %% wrong: the squares of large coordinates cancel
def squared_distances(a, b):
    squares = (a**2).sum(dim=1, keepdim=True) + (b**2).sum(dim=1)
    return squares - 2 * a @ b.T
