"""Write the gradients of a network with one hidden layer, by hand."""

# %% stub
import torch


def network_gradients(x, t, parameters):
    """Return the gradients by the parameters, four tensors.

    x has shape (n, d); t, of shape (n,), holds 0.0 and 1.0. parameters
    are w1, b1, w2 and b2, of shapes (H, d), (H,), (H,) and (). The
    scores are tanh(x @ w1.T + b1) @ w2 + b2, and the loss is the mean
    log loss. Do without backward.
    """
    ...


# %% check
import torch
from torch import nn


def problem():
    """Return six points, their labels, and a network with three units."""
    generator = torch.Generator().manual_seed(0)
    x, w1 = (
        torch.randn(k, 2, generator=generator, dtype=torch.float64)
        for k in (6, 3)
    )
    b1, w2 = (
        torch.randn(3, generator=generator, dtype=torch.float64)
        for _ in range(2)
    )
    t = torch.tensor([0, 1, 1, 0, 1, 1], dtype=torch.float64)
    b2 = torch.tensor(0.3, dtype=torch.float64)
    return x, t, (w1, b1, w2, b2)


def right_ones():
    """Return the gradients that PyTorch finds."""
    x, t, parameters = problem()
    w1, b1, w2, b2 = leaves = [p.requires_grad_() for p in parameters]
    scores = torch.tanh(x @ w1.T + b1) @ w2 + b2
    loss = nn.functional.binary_cross_entropy_with_logits(scores, t)
    return torch.autograd.grad(loss, leaves)


def by_another_slope(slope):
    """Return the gradient by w1 with this in place of tanh's slope."""
    x, t, (w1, b1, w2, b2) = problem()
    z = x @ w1.T + b1
    error = torch.sigmoid(torch.tanh(z) @ w2 + b2) - t
    return (error[:, None] * w2 * slope(z)).T @ x / len(x)


def test_four_gradients():
    """Are there four, each of the shape of its parameter?"""
    found = network_gradients(*problem())
    assert found is not None, "it returns None; write its body"
    shapes = [tuple(getattr(gradient, "shape", "?")) for gradient in found]
    assert shapes[0] != (2, 3), (
        "the gradient by w1 has the shape (2, 3), and w1 has (3, 2): put the "
        "units first, (H, n) @ (n, d)"
    )
    assert (6, 3) not in shapes, (
        "a gradient has the shape (6, 3), a row for each point: every point "
        "uses the same weights and biases, so sum over the points"
    )
    assert shapes == [(3, 2), (3,), (3,), ()], (
        f"the shapes should be (3, 2), (3,), (3,), (), and are {shapes}"
    )


def test_the_last_layer():
    """Are those of the last layer right, by w2 and b2?"""
    found, right = network_gradients(*problem()), right_ones()
    for name, mine, due in zip(("w2", "b2"), found[2:], right[2:], strict=True):
        assert not torch.allclose(mine, -due), (
            f"that by {name} has the wrong sign: it is predicted minus true"
        )
        assert not torch.allclose(mine, 6 * due), (
            f"that by {name} is n = 6 times too large: the loss is a mean"
        )
        assert torch.allclose(mine, due), (
            f"that by {name} should be {due.tolist()}, and is {mine.tolist()}"
        )


def test_the_hidden_layer():
    """Are those of the hidden layer right, by w1 and b1?"""
    (by_w1, by_b1, *_), right = network_gradients(*problem()), right_ones()
    causes = {
        torch.ones_like: "what comes without the slope of tanh; the walk back "
        "passes the activation, too",
        lambda z: 1 - z**2: "what you get with 1 - z**2; the slope of tanh is "
        "1 - h**2, with its result h = tanh(z)",
        lambda z: z.tanh() * (1 - z.tanh()): "what you get with h * (1 - h), "
        "the slope of the sigmoid; that of tanh is another one",
    }
    for slope, cause in causes.items():
        wrong = by_another_slope(slope)
        assert not torch.allclose(by_w1, wrong), f"that by w1 is {cause}"
    for name, mine, due in (("w1", by_w1, right[0]), ("b1", by_b1, right[1])):
        assert not torch.allclose(mine, 6 * due), (
            f"that by {name} is 6 times too large: here, too, take the mean"
        )
        assert torch.allclose(mine, due), (
            f"that by {name} should be {due.tolist()}, and is {mine.tolist()}: "
            "what arrives at a unit is predicted minus true, times its weight "
            "in w2, times the slope of tanh"
        )


# %% solution
import torch


def network_gradients(x, t, parameters):
    """Return the gradients by the parameters, four tensors."""
    w1, b1, w2, b2 = parameters
    h = torch.tanh(x @ w1.T + b1)  # (n, H)
    error = (torch.sigmoid(h @ w2 + b2) - t) / len(x)  # (n,)
    arrives = error[:, None] * w2 * (1 - h**2)  # (n, H)
    return arrives.T @ x, arrives.sum(dim=0), error @ h, error.sum()


# %% right: with an index for each sum
def network_gradients(x, t, parameters):
    w1, b1, w2, b2 = parameters
    h = torch.tanh(torch.einsum("nd,kd->nk", x, w1) + b1)
    error = torch.sigmoid(h @ w2 + b2) - t
    back = torch.einsum("n,k,nk->nk", error, w2, 1 - h * h)
    by_w1 = torch.einsum("nk,nd->kd", back, x) / len(x)
    return [by_w1, back.mean(0), (error[:, None] * h).mean(0), error.mean()]


# %% wrong: put the units first
def network_gradients(x, t, parameters):
    w1, b1, w2, b2 = parameters
    h = torch.tanh(x @ w1.T + b1)
    error = (torch.sigmoid(h @ w2 + b2) - t) / len(x)
    back = error[:, None] * w2 * (1 - h**2)
    return x.T @ back, back.sum(dim=0), error @ h, error.sum()


# %% wrong: every point uses the same weights and biases
def network_gradients(x, t, parameters):
    w1, b1, w2, b2 = parameters
    h = torch.tanh(x @ w1.T + b1)
    error = (torch.sigmoid(h @ w2 + b2) - t) / len(x)
    back = error[:, None] * w2 * (1 - h**2)
    return back.T @ x, back, error @ h, error.sum()


# %% wrong: that by w2 has the wrong sign
def network_gradients(x, t, parameters):
    w1, b1, w2, b2 = parameters
    h = torch.tanh(x @ w1.T + b1)
    error = (t - torch.sigmoid(h @ w2 + b2)) / len(x)
    back = error[:, None] * w2 * (1 - h**2)
    return back.T @ x, back.sum(dim=0), error @ h, error.sum()


# %% wrong: the loss is a mean
def network_gradients(x, t, parameters):
    w1, b1, w2, b2 = parameters
    h = torch.tanh(x @ w1.T + b1)
    error = torch.sigmoid(h @ w2 + b2) - t
    back = error[:, None] * w2 * (1 - h**2)
    return back.T @ x, back.sum(dim=0), error @ h, error.sum()


# %% wrong: the walk back passes the activation, too
def network_gradients(x, t, parameters):
    w1, b1, w2, b2 = parameters
    h = torch.tanh(x @ w1.T + b1)
    error = (torch.sigmoid(h @ w2 + b2) - t) / len(x)
    back = error[:, None] * w2
    return back.T @ x, back.sum(dim=0), error @ h, error.sum()


# %% wrong: what you get with 1 - z**2
def network_gradients(x, t, parameters):
    w1, b1, w2, b2 = parameters
    z = x @ w1.T + b1
    h = torch.tanh(z)
    error = (torch.sigmoid(h @ w2 + b2) - t) / len(x)
    back = error[:, None] * w2 * (1 - z**2)
    return back.T @ x, back.sum(dim=0), error @ h, error.sum()


# %% wrong: the slope of the sigmoid
def network_gradients(x, t, parameters):
    w1, b1, w2, b2 = parameters
    h = torch.tanh(x @ w1.T + b1)
    error = (torch.sigmoid(h @ w2 + b2) - t) / len(x)
    back = error[:, None] * w2 * h * (1 - h)
    return back.T @ x, back.sum(dim=0), error @ h, error.sum()


# %% wrong: times its weight in w2, times the slope of tanh
def network_gradients(x, t, parameters):
    w1, b1, w2, b2 = parameters
    h = torch.tanh(x @ w1.T + b1)
    error = (torch.sigmoid(h @ w2 + b2) - t) / len(x)
    back = error[:, None] * (1 - h**2)
    return back.T @ x, back.sum(dim=0), error @ h, error.sum()


# %% wrong: here, too, take the mean
def network_gradients(x, t, parameters):
    w1, b1, w2, b2 = parameters
    h = torch.tanh(x @ w1.T + b1)
    error = torch.sigmoid(h @ w2 + b2) - t
    back = error[:, None] * w2 * (1 - h**2)
    return back.T @ x, back.sum(dim=0), error @ h / len(x), error.mean()
