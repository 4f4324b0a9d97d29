"""Write a check of gradients that accepts right ones, and no others."""

# %% stub
import torch


def agrees(function, gradient, point):
    """Return whether this is the gradient of the function at a point.

    It is if central differences, in float64, are away from it by less
    than 1e-5 of its length. function takes a tensor of shape (d,) and
    returns one of shape (); gradient and point have the shape (d,).
    """
    ...


# %% check
import torch


def a_loss(scale=1.0):
    """Return a loss, its gradient at a point, and the point."""
    generator = torch.Generator().manual_seed(0)
    numbers = torch.randn(6, 3, generator=generator, dtype=torch.float64)
    x, w = numbers[:5], numbers[5]

    def loss(w):
        return scale * torch.exp(x.to(w.dtype) @ w).sum()

    return loss, scale * torch.exp(x @ w) @ x, w


def test_it_accepts_a_right_gradient():
    """Does it accept a right gradient?"""
    loss, gradient, w = a_loss()
    answer = agrees(loss, gradient, w)
    assert answer is not None, "it returns None; write its body"
    assert answer or not agrees(loss, 2 * gradient, w), (
        "it refuses a right gradient, and accepts its double: the two places "
        "of a central difference are 2h apart"
    )
    assert answer, (
        "it refuses a right gradient: do you step along one coordinate at a "
        "time, by a small h like 1e-6, and is f(p + h) - f(p - h) divided by "
        "2h?"
    )


def test_it_refuses_wrong_gradients():
    """Does it refuse wrong gradients?"""
    loss, gradient, w = a_loss()
    causes = {
        2 * gradient: "twice the right one, and maybe any",
        gradient - 1: "1 too small in each entry: a negative difference is "
        "below any bound, so take absolute values or the length",
        gradient + 1: "1 too large in each entry: take the absolute value or "
        "the length of the difference, of whichever order",
        -gradient: "the negative of the right one: its length is the same, so "
        "take the length of the difference, not the difference of lengths",
        gradient + torch.tensor([1, -1, 0]): "off by 1, -1 and 0: in a sum or "
        "mean of the differences, two errors may cancel",
        gradient * torch.tensor([1, 1, torch.nan]): "nan in one entry: nan "
        "is above no bound and below none, so ask whether the distance is "
        "below the bound, not whether it is above",
    }
    for wrong, cause in causes.items():
        assert not agrees(loss, wrong, w), f"it accepts one that is {cause}"


def test_units_do_not_matter():
    """Is it the same check in other units?"""
    for scale in (1e-9, 1e9):
        loss, gradient, w = a_loss(scale)
        accepts, *too_long = (
            bool(agrees(loss, k * gradient, w)) for k in (1, 1.00002, 1.001, 2)
        )
        assert (accepts, too_long[-1]) == (True, False), (
            f"of a loss {scale:g} times as large, it should accept the right "
            "gradient and refuse its double: compare the distance with 1e-5 "
            "of the length, not with a fixed number"
        )
        assert not any(too_long), (
            "it accepts a gradient that is 0.002% too long, and the bound is "
            "1e-5: compare lengths, or squares with the square of 1e-5"
        )


def test_an_entry_near_0():
    """Does it accept a right gradient with an entry near 0?"""
    point, right = torch.tensor([[0.7, 0.3], [3.0, 1e-9]]).double()
    assert agrees(lambda p: p @ right, right, point), (
        "it refuses the right gradient (3, 1e-9): next to 3, the difference "
        "for 1e-9 keeps few digits; compare the whole distance with the "
        "whole length"
    )


def test_float32():
    """Does it accept a right gradient in float32?"""
    loss, gradient, w = a_loss()
    assert agrees(loss, gradient.float(), w.float()), (
        "it refuses a right gradient in float32: there the difference of two "
        "losses keeps few digits; convert the point with double()"
    )


# %% solution
import torch


def agrees(function, gradient, point):
    """Return whether this is the gradient of the function at a point."""
    h, point = 1e-6, point.double()
    slopes = torch.empty_like(point)
    for j, step in enumerate(h * torch.eye(len(point)).double()):
        change = function(point + step) - function(point - step)
        slopes[j] = change / (2 * h)
    distance = torch.linalg.vector_norm(gradient - slopes)
    return bool(distance < 1e-5 * torch.linalg.vector_norm(gradient))


# %% right: by autograd
def agrees(function, gradient, point):
    slopes = torch.func.grad(function)(point.double())
    return (gradient - slopes).norm() < 1e-5 * slopes.norm()


# %% wrong: the two places of a central difference are 2h apart
def agrees(function, gradient, point):
    h, point = 1e-6, point.double()
    slopes = torch.empty_like(point)
    for j, step in enumerate(h * torch.eye(len(point)).double()):
        slopes[j] = (function(point + step) - function(point - step)) / h
    return (gradient - slopes).norm() < 1e-5 * gradient.norm()


# %% wrong: take absolute values or the length
def agrees(function, gradient, point):
    slopes = torch.func.grad(function)(point.double())
    return (gradient - slopes).max() < 1e-5 * slopes.norm()


# %% wrong: the difference, of whichever order
def agrees(function, gradient, point):
    slopes = torch.func.grad(function)(point.double())
    return (slopes - gradient).max() < 1e-5 * slopes.norm()


# %% wrong: not the difference of lengths
def agrees(function, gradient, point):
    slopes = torch.func.grad(function)(point.double())
    return (gradient.norm() - slopes.norm()).abs() < 1e-5 * slopes.norm()


# %% wrong: two errors may cancel
def agrees(function, gradient, point):
    slopes = torch.func.grad(function)(point.double())
    return (gradient - slopes).mean().abs() < 1e-5 * slopes.norm()


# %% wrong: nan is above no bound
def agrees(function, gradient, point):
    slopes = torch.func.grad(function)(point.double())
    return not (gradient - slopes).norm() > 1e-5 * slopes.norm()


# %% wrong: not with a fixed number
def agrees(function, gradient, point):
    slopes = torch.func.grad(function)(point.double())
    return (gradient - slopes).norm() < 1e-5


# %% wrong: convert the point with double()
def agrees(function, gradient, point):
    h, slopes = 1e-6, torch.empty_like(point)
    for j, step in enumerate(h * torch.eye(len(point), dtype=point.dtype)):
        slopes[j] = (function(point + step) - function(point - step)) / 2 / h
    return (gradient - slopes).norm() < 1e-5 * slopes.norm()


# %% wrong: compare the whole distance with the whole
def agrees(function, gradient, point):
    h, point = 1e-6, point.double()
    slopes = torch.empty_like(point)
    for j, step in enumerate(h * torch.eye(len(point)).double()):
        slopes[j] = (function(point + step) - function(point - step)) / 2 / h
    return torch.allclose(slopes, gradient.double(), rtol=1e-5, atol=0)
