"""Predict with a network, and leave it as it was."""

# %% stub
import torch


def probabilities(model, x):
    """Return the probability of each class at each point, (n, k).

    model(x) gives scores of shape (n, k). The model may hold dropout;
    a prediction uses all units. The result has no graph, and the model
    stays as it was: each of its parts in its mode.
    """
    ...


# %% check
import torch
from torch import nn


def a_model():
    """Return a network whose first dropout rests and whose second works."""
    torch.manual_seed(0)
    layers = [nn.Linear(2, 50), nn.Dropout(), nn.Tanh(), nn.Dropout()]
    model = nn.Sequential(*layers, nn.Linear(50, 3))
    model[1].eval()
    return model


def right_ones(x):
    """Return the probabilities without dropout."""
    return torch.softmax(a_model().eval()(x), dim=1).detach()


def test_they_are_probabilities():
    """Do those of each point add up to 1?"""
    x, model = torch.ones(2, 2), a_model().eval()
    found = probabilities(model, x)
    assert found is not None, "it returns None; write its body"
    assert found.shape == (2, 3), (
        f"for 2 points and 3 classes the shape is {tuple(found.shape)}, and "
        "should be (2, 3)"
    )
    assert torch.allclose(found.sum(dim=1), torch.ones(2)), (
        "the numbers of a point should add up to 1, and add up to "
        f"{found[0].sum().item():.4f}: softmax runs over the classes, dim=1"
    )
    right = right_ones(x)
    assert torch.allclose(found, right), (
        f"the first point should get {right[0].numpy().round(4)}, and gets "
        f"{found[0].numpy(force=True).round(4)}, in evaluation mode: is it "
        "softmax of the scores?"
    )
    assert not found.requires_grad, (
        "the result drags the graph of the prediction along: eval() does not "
        "switch gradients off, torch.no_grad() does"
    )


def test_all_units_take_part():
    """Do all units take part?"""
    x = torch.linspace(-1, 1, 10).reshape(5, 2)
    found, right = probabilities(a_model(), x), right_ones(x)
    assert torch.allclose(found, right), (
        f"the first point should get {right[0].numpy().round(4)}, and gets "
        f"{found[0].numpy().round(4)}: in training mode, dropout sets units "
        "to 0 in a prediction, too"
    )


def test_the_model_is_left_as_it_was():
    """Is the model as it was?"""
    for model in (a_model().eval(), a_model(), a_model().train()):
        before = [part.training for part in model.modules()]
        probabilities(model, torch.ones(2, 2))
        assert torch.is_grad_enabled(), (
            "gradients are now switched off for the whole program: write "
            "'with torch.no_grad():', and they come back after the block"
        )
        after = [part.training for part in model.modules()]
        assert any(after) or not any(before), (
            "a model in training mode comes back in evaluation mode, and the "
            "training goes on without dropout"
        )
        assert any(before) or not any(after), (
            "a model in evaluation mode comes back in training mode: remember "
            "the mode, and bring it back"
        )
        assert after == before, (
            "one part rested while the model was training, and now it works: "
            "train() sets all parts, so remember the mode of each"
        )
        assert model[1].p == model[3].p == 0.5, (
            "the p of dropout is another one now, and the training goes on "
            "with it; eval() lets dropout rest, and leaves p alone"
        )
        assert all(p.requires_grad for p in model.parameters()), (
            "the parameters require no gradient any more, and nothing will "
            "train; torch.no_grad() ends with its block"
        )


# %% solution
import torch


def probabilities(model, x):
    """Return the probability of each class at each point, (n, k)."""
    modes = [(part, part.training) for part in model.modules()]
    model.eval()
    with torch.no_grad():
        p = torch.softmax(model(x), dim=1)  # (n, k)
    for part, mode in modes:
        part.training = mode  # train(mode) would set its parts, too
    return p


# %% right: with a copy
import copy

import torch


@torch.no_grad()
def probabilities(model, x):
    return copy.deepcopy(model).eval()(x).softmax(dim=-1)


# %% wrong: softmax runs over the classes
def probabilities(model, x):
    model.eval()
    with torch.no_grad():
        return torch.softmax(model(x), dim=0)


# %% wrong: eval() does not switch gradients off
def probabilities(model, x):
    return torch.softmax(model.eval()(x), dim=1)


# %% wrong: dropout sets units to 0 in a prediction, too
def probabilities(model, x):
    with torch.no_grad():
        return torch.softmax(model(x), dim=1)


# %% wrong: the training goes on without dropout
def probabilities(model, x):
    model.eval()
    with torch.no_grad():
        return torch.softmax(model(x), dim=1)


# %% wrong: a model in evaluation mode comes back in training mode
def probabilities(model, x):
    model.eval()
    with torch.no_grad():
        p = torch.softmax(model(x), dim=1)
    model.train()
    return p


# %% wrong: so remember the mode of each
def probabilities(model, x):
    was = model.training
    with torch.no_grad():
        p = torch.softmax(model.eval()(x), dim=1)
    model.train(was)
    return p


# %% wrong: gradients are now switched off for the whole program
def probabilities(model, x):
    torch.set_grad_enabled(mode=False)
    return torch.softmax(model.eval()(x), dim=1)


# %% wrong: the parameters require no gradient any more
def probabilities(model, x):
    modes = [(part, part.training) for part in model.modules()]
    model.eval().requires_grad_(requires_grad=False)
    p = torch.softmax(model(x), dim=1)
    for part, mode in modes:
        part.training = mode
    return p


# %% wrong: the p of dropout is another one now
def probabilities(model, x):
    for part in model.modules():
        if isinstance(part, nn.Dropout):
            part.p = 0.0
    with torch.no_grad():
        return torch.softmax(model(x), dim=1)
