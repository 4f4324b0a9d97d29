"""Train a model, and keep the losses of both parts of the data."""

# %% stub
import torch
from torch import nn


def learning_curves(model, train, held_out, lr, steps):
    """Train by gradient descent; return the curves of both losses.

    train and held_out are pairs (x, t): t, of shape (n,), holds 0.0
    and 1.0, and model(x) has shape (n, 1). Each step uses all training
    points. A curve is a list of floats, the mean log loss before the
    first step and after each: steps + 1 of them.
    """
    ...


# %% check
import torch
from torch import nn


def data(n):
    """Return n points and their labels."""
    generator = torch.Generator().manual_seed(n)
    x = torch.randn(n, 2, generator=generator, dtype=torch.float64)
    return x, (x.sum(dim=1) > x[:, 1].flip(0)).double()


def both_losses(model, *parts):
    """Return the mean log loss of each part of the data."""
    loss_function = nn.BCEWithLogitsLoss()
    return [loss_function(model(x).squeeze(1), t) for x, t in parts]


def run(trained_on=None, model=None):
    """Return the curves found, or the right ones of a training."""
    train, held_out = data(40), data(25)
    model = model or nn.Linear(2, 1).double()
    for parameter in model.parameters():
        nn.init.constant_(parameter, -0.5)
    if trained_on is None:
        return learning_curves(model, train, held_out, 0.5, 6)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    curves = [], []
    for _ in range(7):
        losses = both_losses(model, train, held_out)
        for curve, loss in zip(curves, losses, strict=True):
            curve.append(loss.item())
        if trained_on != "a heap of gradients":
            optimizer.zero_grad()
        sum(losses[: 2 if trained_on == "both" else 1]).backward()
        optimizer.step()
    return curves


def alike(found, right):
    """Return whether two curves are the same."""
    return torch.allclose(torch.tensor(found), torch.tensor(right), rtol=1e-4)


def test_seven_floats():
    """Has each curve steps + 1 floats?"""
    curves = run()
    assert curves is not None, "it returns None; write its body"
    for curve in curves:
        assert len(curve) == 7, (
            f"6 steps have 7 losses, one before the first and one after each; "
            f"here are {len(curve)}"
        )
        assert all(isinstance(loss, float) for loss in curve), (
            f"a loss is {curve[0]!r:.60}: keep loss.item(), for a tensor "
            "keeps the graph behind it"
        )


def test_the_training_curve():
    """Is the curve of the training data right?"""
    (found, _), (right, _) = run(), run("train")
    assert abs(found[0] - 40 * right[0]) > 1e-4, (
        "the losses are 40 times too large, for 40 points: take the mean"
    )
    assert abs(found[0] - right[1]) > 1e-4, (
        "the first loss is that of one step later: the first belongs to the "
        "weights before any step"
    )
    assert abs(found[0] - run("train")[1][0]) > 1e-4, (
        "the first curve is that of the held-out points: the curve of the "
        "training points comes first"
    )
    assert abs(found[0] - right[0]) < 1e-4, (
        f"before the first step the loss should be {right[0]:.6f}, and is "
        f"{found[0]:.6f}: do scores and labels have the same shape?"
    )
    assert not alike(found, run("a heap of gradients")[0]), (
        "the first step is right, and those after it are not: .grad still "
        "holds the gradients before; clear them in each step"
    )
    assert not alike(found, run("both")[0]), (
        "the held-out points take part in the training: take no gradient of "
        "their loss"
    )
    assert alike(found, right), (
        f"it should be {right}, and is {found}: each step follows the "
        "gradient of the mean log loss of the training points"
    )


def test_the_held_out_curve():
    """Is the curve of the held-out data right?"""
    (_, found), (_, right) = run(), run("train")
    assert not alike(found[:-1], right[1:]), (
        "the held-out losses are those of one step later than the training "
        "losses: take both before the step, or both after it"
    )
    assert alike(found, right), f"it should be {right}, and is {found}"


def test_the_model():
    """Has the model taken 6 steps?"""
    model = nn.Linear(2, 1).double()
    curve, _ = run(model=model)
    loss = both_losses(model, data(40))[0].item()
    assert abs(loss - curve[-1]) < 1e-4, (
        f"the last loss is {curve[-1]:.6f}, and the model comes back with "
        f"{loss:.6f}: take 6 steps, and no other after the last loss"
    )


# %% solution
import torch
from torch import nn


def learning_curves(model, train, held_out, lr, steps):
    """Train by gradient descent; return the curves of both losses."""
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    loss_function, curves = nn.BCEWithLogitsLoss(), ([], [])
    for step in range(steps + 1):
        for (x, t), curve in zip((train, held_out), curves, strict=True):
            with torch.no_grad():
                curve.append(loss_function(model(x).squeeze(1), t).item())
        if step < steps:
            x, t = train
            optimizer.zero_grad()
            loss_function(model(x).squeeze(1), t).backward()
            optimizer.step()
    return curves


# %% right: without an optimizer
from torch.nn.functional import softplus


def learning_curves(model, train, held_out, lr, steps):
    curves, parameters = [], list(model.parameters())
    for step in range(steps + 1):
        losses = [
            softplus((1 - 2 * t) * model(x)[:, 0]).mean()
            for x, t in (train, held_out)
        ]
        curves.append([loss.item() for loss in losses])
        slopes = torch.autograd.grad(losses[0], parameters)
        for p, slope in zip(parameters, slopes, strict=True):
            p.data -= (lr if step < steps else 0) * slope
    return [list(curve) for curve in zip(*curves, strict=True)]


# %% wrong: 6 steps have 7 losses
def learning_curves(model, train, held_out, lr, steps):
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    curves = [], []
    for _ in range(steps):
        one, two = both_losses(model, train, held_out)
        curves[0].append(one.item())
        curves[1].append(two.item())
        optimizer.zero_grad()
        one.backward()
        optimizer.step()
    return curves


# %% wrong: for a tensor keeps the graph behind it
def learning_curves(model, train, held_out, lr, steps):
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    curves = [], []
    for _ in range(steps + 1):
        one, two = both_losses(model, train, held_out)
        curves[0].append(one)
        curves[1].append(two)
        optimizer.zero_grad()
        one.backward()
        optimizer.step()
    return curves


# %% wrong: do scores and labels have the same shape?
def learning_curves(model, train, held_out, lr, steps):
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    curves = [], []
    for _ in range(steps + 1):
        optimizer.zero_grad()
        for (x, t), curve in zip((held_out, train), curves[::-1], strict=True):
            loss = ((1 - 2 * t) * model(x)).exp().log1p().mean()
            curve.append(loss.item())
        loss.backward()
        optimizer.step()
    return curves


# %% wrong: .grad still holds the gradients before
def learning_curves(model, train, held_out, lr, steps):
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    curves = [], []
    for _ in range(steps + 1):
        one, two = both_losses(model, train, held_out)
        curves[0].append(one.item())
        curves[1].append(two.item())
        one.backward()
        optimizer.step()
    return curves


# %% wrong: the held-out points take part in the training
def learning_curves(model, train, held_out, lr, steps):
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    curves = [], []
    for _ in range(steps + 1):
        optimizer.zero_grad()
        for (x, t), curve in zip((train, held_out), curves, strict=True):
            loss = nn.BCEWithLogitsLoss()(model(x).squeeze(1), t)
            loss.backward()
            curve.append(loss.item())
        optimizer.step()
    return curves


# %% wrong: of one step later than the training
def learning_curves(model, train, held_out, lr, steps):
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    curves = [], []
    for _ in range(steps + 1):
        (loss,) = both_losses(model, train)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        curves[0].append(loss.item())
        curves[1].append(both_losses(model, held_out)[0].item())
    return curves


# %% wrong: and no other after the last loss
def learning_curves(model, train, held_out, lr, steps):
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    curves = [], []
    for _ in range(steps + 1):
        one, two = both_losses(model, train, held_out)
        curves[0].append(one.item())
        curves[1].append(two.item())
        optimizer.zero_grad()
        one.backward()
        optimizer.step()
    return curves
