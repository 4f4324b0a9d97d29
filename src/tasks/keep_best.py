"""Find the bugs in a loop that keeps the best weights."""


# %% stub
def keep_best(model, step, validate, steps):
    """Leave the model as it was at its smallest validation loss.

    step() changes the model, and the loss after it counts.  validate()
    gives the loss, a tensor of shape ().  Return the smallest loss, a
    float.
    """
    best = float("inf")
    for _ in range(steps):
        step()
        loss = validate()
        if loss < best:
            best = loss
            weights = model.state_dict()
    model.load_state_dict(weights)
    return best


# %% check
import torch
from torch import nn


def run(losses):
    """Return the best loss, the step that is kept, and the number of steps.

    losses are the validation losses after each step.  A step makes the
    weight of the model larger by 1.
    """
    model, steps = nn.Linear(1, 1, bias=False), []
    nn.init.zeros_(model.weight)

    def step():
        steps.append(1)
        model.weight.data += 1

    def validate():
        assert steps, "it asks for a loss before the first step"
        return losses[len(steps) - 1] + 0 * model.weight.sum()

    best = keep_best(model, step, validate, len(losses))
    return best, model.weight.item(), len(steps)


def test_it_returns_a_number():
    """Is the smallest loss returned, a float?"""
    best, _, _ = run([3.0, 2.0, 1.0])
    assert not torch.is_tensor(best), (
        f"it returns {best!r}, no float; and behind a grad_fn, if there is "
        "one, is the graph of the loss"
    )
    assert best == 1, (
        f"of the losses 3, 2, 1 it returns {best}: nothing remembers the "
        "smallest so far"
    )


def test_the_best_weights_are_kept():
    """Does the model have the weights of the best step?"""
    losses = [5.0, 3.0, 4.0, 1.0, 2.0, 6.0]
    best, kept, steps = run(losses)
    assert steps == 6, (
        f"it stops after {steps} of 6 steps: a loss that rises once may fall "
        "again"
    )
    assert kept != 6, (
        "the model has the weights of the last step: are the best ones copied "
        "and loaded? state_dict() copies nothing, and each step changes what "
        "it holds"
    )
    assert kept != 3, (
        "the weights are those of one step too early: the loss is that of "
        "the weights after the step"
    )
    assert (best, kept) == (1, 4), (
        f"for the losses {losses} it returns {best} and leaves the weights of "
        f"step {kept:.0f}; it should be 1.0 and step 4"
    )


# %% solution
import copy

import torch


def keep_best(model, step, validate, steps):
    """Leave the model as it was at its smallest validation loss."""
    best = float("inf")
    for _ in range(steps):
        step()
        with torch.no_grad():
            loss = validate().item()
        if loss < best:
            best = loss
            weights = copy.deepcopy(model.state_dict())
    model.load_state_dict(weights)
    return best


# %% right: with all losses and all weights
def keep_best(model, step, validate, steps):
    kept = []
    for _ in range(steps):
        step()
        weights = {k: w.clone() for k, w in model.state_dict().items()}
        kept.append((validate().item(), weights))
    best, weights = min(kept, key=lambda pair: pair[0])
    model.load_state_dict(weights)
    return best


# %% wrong: nothing remembers the smallest so far
def keep_best(model, step, validate, steps):
    best = float("inf")
    for _ in range(steps):
        step()
        if validate().item() < best:
            weights = {k: w.clone() for k, w in model.state_dict().items()}
    model.load_state_dict(weights)
    return best


# %% wrong: a loss that rises once may fall again
def keep_best(model, step, validate, steps):
    best = float("inf")
    for _ in range(steps):
        step()
        loss = validate().item()
        if loss > best:
            break
        best = loss
        weights = {k: w.clone() for k, w in model.state_dict().items()}
    model.load_state_dict(weights)
    return best


# %% wrong: state_dict() copies nothing
def keep_best(model, step, validate, steps):
    best = float("inf")
    for _ in range(steps):
        step()
        loss = validate().item()
        if loss < best:
            best, weights = loss, model.state_dict()
    model.load_state_dict(weights)
    return best


# %% wrong: the weights are those of one step too early
def keep_best(model, step, validate, steps):
    best = float("inf")
    for _ in range(steps):
        before = {k: w.clone() for k, w in model.state_dict().items()}
        step()
        loss = validate().item()
        if loss < best:
            best, weights = loss, before
    model.load_state_dict(weights)
    return best


# %% wrong: it asks for a loss before the first step
def keep_best(model, step, validate, steps):
    best = float("inf")
    for _ in range(steps):
        loss = validate().item()
        if loss < best:
            best = loss
            weights = {k: w.clone() for k, w in model.state_dict().items()}
        step()
    model.load_state_dict(weights)
    return best
