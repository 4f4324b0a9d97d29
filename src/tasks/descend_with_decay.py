"""Do a step of gradient descent with weight decay, without an optimizer."""

# %% stub
import torch
from torch import nn


def descend_with_decay(model, x, t, lr, decay):
    """Step on all points; return the loss before the step, a float.

    model(x) gives logits of shape (n, 1); t, of shape (n,), holds 0.0
    and 1.0.  The loss is the mean log loss, without the decay.  Every
    parameter of the model decays and is changed in place.
    """
    ...


# %% check
import torch
from torch import nn


def optimizer_step(model, x, t, lr, decay):
    """Step as PyTorch's optimizer does."""
    optimizer = torch.optim.SGD(model.parameters(), lr, weight_decay=decay)
    optimizer.zero_grad()
    loss = nn.BCEWithLogitsLoss()(model(x).squeeze(1), t)
    loss.backward()
    optimizer.step()
    return loss.item()


def run(step, decay=0.0, steps=1):
    """Step from 1; return the last loss, and how far w and b have moved."""
    x = torch.linspace(-2, 3, 80).double().sin().reshape(40, 2)
    t = (x[:, 0] > 0).double()
    model = nn.Linear(2, 1).double()
    for parameter in model.parameters():
        nn.init.ones_(parameter)
    for _ in range(steps):
        loss = step(model, x, t, 0.25, decay)
    moved = [p.detach().ravel() - 1 for p in model.parameters()]
    return loss, torch.cat(moved)


def test_it_returns_the_loss():
    """Does it return the mean log loss?"""
    (loss, _), (right, _) = run(descend_with_decay), run(optimizer_step)
    assert loss is not None, "it returns None; write its body"
    assert isinstance(loss, float), f"a float is asked for, not {loss!r:.80}"
    assert abs(loss - right) < 1e-6, (
        f"the loss should be {right:.6f} here, the mean over the points, and "
        f"is {loss:.6f}"
    )


def test_it_descends():
    """Does it descend, without decay?"""
    one, two = (run(descend_with_decay, steps=k)[1] for k in (1, 2))
    due, there = (run(optimizer_step, steps=k)[1] for k in (1, 2))
    assert one.abs().max() > 0, (
        "no parameter has moved: 'p = p - ...' makes a new tensor, and "
        "'p -= ...' changes that of the model"
    )
    assert torch.allclose(one, due), (
        f"the first step should be {due.tolist()}, and is {one.tolist()}"
    )
    assert not torch.allclose(two - there, due), (
        "the first gradient is in the second step as well: clear .grad"
    )
    assert torch.allclose(two, there), "the second step goes wrong"


def test_it_decays():
    """Does it decay as torch.optim.SGD does?"""
    due = run(optimizer_step, 0.1)[1] - run(optimizer_step)[1]
    loss, moved = run(descend_with_decay, 0.1)
    pull = moved - run(descend_with_decay)[1]
    assert abs(loss - run(optimizer_step)[0]) < 1e-6, (
        "with decay another loss is returned: return the mean log loss alone"
    )
    assert not torch.allclose(pull, 4 * due), (
        "the decay pulls 1 / lr times as far as it should, here 4 times: its "
        "gradient is multiplied by lr like that of the loss"
    )
    assert not torch.allclose(pull, 2 * due), (
        "the decay pulls twice as far as it should: the gradient of "
        "decay / 2 * p**2 is decay * p"
    )
    assert torch.allclose(pull, due), (
        "the decay should pull w[0], w[1] and b by "
        f"{due.numpy().round(3)}, and pulls by {pull.numpy().round(3)}; its "
        "gradient is decay * p, for each parameter"
    )


# %% solution
import torch
from torch import nn


def descend_with_decay(model, x, t, lr, decay):
    """Step on all points; return the loss before the step, a float."""
    loss = nn.BCEWithLogitsLoss()(model(x).squeeze(1), t)
    model.zero_grad()
    loss.backward()
    with torch.no_grad():
        for p in model.parameters():
            p -= lr * (p.grad + decay * p)
    return loss.item()


# %% right: with gradients that .grad never holds
import torch
from torch.nn import functional


def descend_with_decay(model, x, t, lr, decay):
    loss = functional.softplus((1 - 2 * t) * model(x)[:, 0]).mean()
    parameters = list(model.parameters())
    gradients = torch.autograd.grad(loss, parameters)
    for p, gradient in zip(parameters, gradients, strict=True):
        p.data = (1 - lr * decay) * p.data - lr * gradient
    return loss.item()


# %% wrong: no parameter has moved
def descend_with_decay(model, x, t, lr, decay):
    loss = ((1 - 2 * t) * model(x)[:, 0]).exp().log1p().mean()
    model.zero_grad()
    loss.backward()
    for p in model.parameters():
        p = p - lr * (p.grad + decay * p)
    return loss.item()


# %% wrong: the first gradient is in the second step as well
def descend_with_decay(model, x, t, lr, decay):
    loss = ((1 - 2 * t) * model(x)[:, 0]).exp().log1p().mean()
    loss.backward()
    for p in model.parameters():
        p.data -= lr * (p.grad + decay * p.data)
    return loss.item()


# %% wrong: the decay pulls 1 / lr times as far
def descend_with_decay(model, x, t, lr, decay):
    loss = ((1 - 2 * t) * model(x)[:, 0]).exp().log1p().mean()
    model.zero_grad()
    loss.backward()
    for p in model.parameters():
        p.data -= lr * p.grad + decay * p.data
    return loss.item()


# %% wrong: the decay should pull w[0], w[1] and b by
def descend_with_decay(model, x, t, lr, decay):
    loss = ((1 - 2 * t) * model(x)[:, 0]).exp().log1p().mean()
    model.zero_grad()
    loss.backward()
    for p in model.parameters():
        p.data -= lr * p.grad
    model.weight.data *= 1 - lr * decay
    return loss.item()


# %% wrong: with decay another loss is returned
def descend_with_decay(model, x, t, lr, decay):
    loss = ((1 - 2 * t) * model(x)[:, 0]).exp().log1p().mean()
    loss = loss + decay / 2 * sum((p**2).sum() for p in model.parameters())
    model.zero_grad()
    loss.backward()
    for p in model.parameters():
        p.data -= lr * p.grad
    return loss.item()
