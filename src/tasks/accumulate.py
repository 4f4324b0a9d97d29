"""Add up the gradient of all samples, part by part."""

# %% stub
import torch


def accumulate(model, loss_function, x, y, size):
    """Leave the gradient of the mean loss of all samples in .grad.

    loss_function(model(x), y) is the mean loss of the rows that it
    gets. The memory holds the graph of size rows, so the model gets
    the next size rows at a time, at the end what is left, and each
    part goes backward before the next. What is in .grad when it begins
    does not count. No parameter changes, and nothing is returned.
    """
    ...


# %% check
import torch
from torch import nn


def gradient_of(model, x, y):
    """Return the gradient of the mean squared error, as one row."""
    loss = ((model(x).squeeze(1) - y) ** 2).mean()
    gradients = torch.autograd.grad(loss, list(model.parameters()))
    return torch.cat([gradient.ravel() for gradient in gradients])


def run(n, size, old=None):
    """Return the gradient that is left, that of all samples and of parts."""
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(n, 3, generator=generator, dtype=torch.float64)
    y = x[:, 0] ** 2 + torch.arange(n)
    model = nn.Linear(3, 1).double()
    for parameter in model.parameters():
        nn.init.constant_(parameter, 0.5)
        parameter.grad = (
            None if old is None else torch.full_like(parameter, old)
        )
    rows, waiting = [], []

    def forward(_, args):
        rows.append(len(args[0]))
        assert rows[-1] <= size, (
            f"{rows[-1]} rows go through the model at once, and {size} fit"
        )

    def loss_function(predicted, y):
        assert not waiting, (
            "there is a second graph before the first has gone backward: call "
            "backward in the loop, for each part, and the graph is freed"
        )
        loss = ((predicted.squeeze(1) - y) ** 2).mean()
        waiting.append(loss)
        loss.register_hook(lambda _: waiting.clear())
        return loss

    hook = model.register_forward_pre_hook(forward)
    accumulate(model, loss_function, x, y, size)
    hook.remove()
    assert rows, "nothing goes through the model; write its body"
    assert rows == [len(part) for part in x.split(size)], (
        f"of {n} samples, {sum(rows)} go through the model, in parts of "
        f"{rows}: each has {size}, and what is left at the end is a smaller "
        "part"
    )
    assert all((p == 0.5).all() for p in model.parameters()), (
        "a parameter has moved; only the gradient is asked for, without a step"
    )
    found = [p.grad for p in model.parameters()]
    assert None not in found, "a .grad is None"
    found = torch.cat([gradient.ravel() for gradient in found])
    pieces = zip(x.split(size), y.split(size), strict=True)
    parts = [gradient_of(model, *piece) for piece in pieces]
    return found, gradient_of(model, x, y), parts


def test_equal_parts():
    """Is it right if all parts have the same size?"""
    found, full, parts = run(10, 5)
    assert not torch.allclose(found, parts[-1]), (
        "this is the gradient of the last part alone: backward adds to .grad, "
        "so clear it once, before the loop"
    )
    assert not torch.allclose(found, 2 * full), (
        "with 2 parts it is 2 times too large: this is the sum of the parts' "
        "gradients, and the loss is a mean"
    )
    assert torch.allclose(found, full), (
        f"it should be {full.tolist()}, and is {found.tolist()}"
    )


def test_a_smaller_part():
    """Is it right if the last part is smaller?"""
    found, full, parts = run(9, 4)
    assert not torch.allclose(found, sum(parts) / 3), (
        "it is the plain average of the 3 parts: a sample of the small part "
        "counts four times as much; weight each part with its size"
    )
    assert not torch.allclose(found, sum(parts) * 4 / 9), (
        "the last part has 1 sample, and is weighted as if it had 4"
    )
    assert torch.allclose(found, full), (
        f"it should be {full.tolist()}, and is {found.tolist()}: the weights "
        "of the parts add up to 1"
    )


def test_what_was_there():
    """Does what was in .grad not count?"""
    found, full, _ = run(9, 4, old=7.0)
    assert torch.allclose(found, full), (
        "what was in .grad before has been added; clear it first"
    )


# %% solution
import torch


def accumulate(model, loss_function, x, y, size):
    """Leave the gradient of the mean loss of all samples in .grad."""
    for p in model.parameters():
        p.grad = None
    for rows, labels in zip(x.split(size), y.split(size), strict=True):
        loss = loss_function(model(rows), labels)
        (loss * len(rows) / len(x)).backward()  # the share of this part


# %% right: the sum first, and divided at the end
def accumulate(model, loss_function, x, y, size):
    model.zero_grad()
    for i in range(0, len(x), size):
        part = slice(i, i + size)
        loss = len(x[part]) * loss_function(model(x[part]), y[part])
        loss.backward()
    for p in model.parameters():
        p.grad /= len(x)


# %% wrong: rows go through the model at once
def accumulate(model, loss_function, x, y, size):
    model.zero_grad()
    loss_function(model(x), y).backward()


# %% wrong: there is a second graph before the first has gone backward
def accumulate(model, loss_function, x, y, size):
    model.zero_grad()
    total = 0.0
    for rows, labels in zip(x.split(size), y.split(size), strict=True):
        total = total + loss_function(model(rows), labels) * len(rows)
    (total / len(x)).backward()


# %% wrong: of 9 samples, 8 go through the model
def accumulate(model, loss_function, x, y, size):
    model.zero_grad()
    for k in range(len(x) // size):
        part = slice(k * size, (k + 1) * size)
        loss = loss_function(model(x[part]), y[part])
        (loss * size / len(x)).backward()


# %% wrong: in parts of [4, 4, 2]: each has 5
def accumulate(model, loss_function, x, y, size):
    model.zero_grad()
    for rows, labels in zip(x.split(4), y.split(4), strict=True):
        loss = loss_function(model(rows), labels)
        (loss * len(rows) / len(x)).backward()


# %% wrong: the gradient of the last part alone
def accumulate(model, loss_function, x, y, size):
    for rows, labels in zip(x.split(size), y.split(size), strict=True):
        model.zero_grad()
        loss_function(model(rows), labels).backward()


# %% wrong: this is the sum of the parts' gradients
def accumulate(model, loss_function, x, y, size):
    model.zero_grad()
    for rows, labels in zip(x.split(size), y.split(size), strict=True):
        loss_function(model(rows), labels).backward()


# %% wrong: it is the plain average of the 3 parts
def accumulate(model, loss_function, x, y, size):
    model.zero_grad()
    parts = list(zip(x.split(size), y.split(size), strict=True))
    for rows, labels in parts:
        (loss_function(model(rows), labels) / len(parts)).backward()


# %% wrong: is weighted as if it had 4
def accumulate(model, loss_function, x, y, size):
    model.zero_grad()
    for rows, labels in zip(x.split(size), y.split(size), strict=True):
        (loss_function(model(rows), labels) * size / len(x)).backward()


# %% wrong: what was in .grad before has been added
def accumulate(model, loss_function, x, y, size):
    for rows, labels in zip(x.split(size), y.split(size), strict=True):
        (loss_function(model(rows), labels) * len(rows) / len(x)).backward()
