"""Write the boundary between two Gaussian classes."""

# %% stub
import torch


def gaussian_log_odds(mu_0, mu_1, var_, share):
    """Return w and b: the log odds of class 1 at x are w @ x + b.

    The points of class k have the mean mu_k, of shape (d,), and the
    variance var_ in every direction. A share of all points, a number
    between 0 and 1, belongs to class 1. w has shape (d,), and b is a
    number or a tensor of shape ().
    """
    ...


# %% check
import math

import torch
from torch.distributions import Normal


def found_at(var_, share):
    """Return the log odds found and the right ones, at two points."""
    mu_0, mu_1 = torch.tensor([1.0, -1.0]), torch.tensor([3.0, 2.0])
    answer = gaussian_log_odds(mu_0, mu_1, var_, share)
    assert answer is not None, "it returns None; write its body"
    w, b = answer
    assert tuple(getattr(w, "shape", ())) == (2,), (
        f"w should have the shape (2,), and is {w!r:.80}"
    )
    assert getattr(b, "shape", ()) == (), (
        f"b should be one number, of the shape (), and is {b!r:.80}"
    )
    x = torch.tensor([[0.0, 0.0], [2.0, 1.0]])
    at_1, at_0 = (
        Normal(mu, math.sqrt(var_)).log_prob(x).sum(dim=1)
        for mu in (mu_1, mu_0)
    )
    return x @ w.float() + float(b), at_1 - at_0 + math.log(share / (1 - share))


def test_the_case_of_the_page():
    """Is it right for the variance 1 and equal classes?"""
    found, right = found_at(1.0, 0.5)
    assert not torch.allclose(found, -right), (
        "these are the log odds of class 0: take the probability of class 1 "
        "over that of class 0"
    )
    slope, due = (odds[1] - odds[0] for odds in (found, right))
    assert torch.isclose(slope, due), (
        f"from (0, 0) to (2, 1) the log odds should rise by {due:.2f}, and "
        f"rise by {slope:.2f}: look at w"
    )
    assert not torch.isclose(found[0], 2 * right[0]), (
        "b is twice what it should be: there is a factor 1 / 2 in the "
        "exponent of a Gaussian"
    )
    assert not torch.allclose(found, right + math.log(0.5)), (
        "with equal classes the share adds nothing: take the logarithm of "
        "share / (1 - share), the odds without looking at x"
    )
    assert torch.allclose(found, right), (
        f"at the origin they should be {right[0]:.2f}, and are "
        f"{found[0]:.2f}: look at b, a difference of squared lengths"
    )


def test_another_variance():
    """Is it right for another variance?"""
    found, right = found_at(4.0, 0.5)
    assert not torch.allclose(found, 4 * right), (
        "for the variance 4 they are 4 times too large: the exponent of a "
        "Gaussian is divided by the variance"
    )
    assert not torch.allclose(found, 2 * right), (
        "for the variance 4 they are twice too large: divide by the "
        "variance, not by the standard deviation"
    )
    assert torch.allclose(found, right), (
        f"for the variance 4 they should be {right.tolist()}, and are "
        f"{found.tolist()}: are w and b both divided by it?"
    )


def test_a_rare_class():
    """Is it right if class 1 is rare?"""
    found, right = found_at(4.0, 0.1)
    missing = (right - found).mean() / math.log(9)
    assert round(missing.item(), 3) != -1, (
        "the share has no say: add the logarithm of the classes' odds"
    )
    assert round(missing.item(), 3) != -2, (
        "a rare class 1 is made more probable: turn the fraction in the "
        "logarithm over"
    )
    assert torch.allclose(found, right), (
        f"if a tenth is of class 1, they should be {right.tolist()}, and are "
        f"{found.tolist()}"
    )


# %% solution
import math

import torch


def gaussian_log_odds(mu_0, mu_1, var_, share):
    """Return w and b: the log odds of class 1 at x are w @ x + b."""
    w = (mu_1 - mu_0) / var_
    b = (mu_0 @ mu_0 - mu_1 @ mu_1) / (2 * var_)
    return w, b + math.log(share / (1 - share))


# %% right: by the point half way
import torch


def gaussian_log_odds(mu_0, mu_1, var_, share):
    w = (mu_1 - mu_0) / var_
    return w, torch.logit(torch.tensor(share)) - w @ (mu_0 + mu_1) / 2


# %% wrong: these are the log odds of class 0
def gaussian_log_odds(mu_0, mu_1, var_, share):
    w = (mu_0 - mu_1) / var_
    return w, -w @ (mu_0 + mu_1) / 2 + math.log((1 - share) / share)


# %% wrong: look at w
def gaussian_log_odds(mu_0, mu_1, var_, share):
    w = 2 * (mu_1 - mu_0) / var_
    b = (mu_0 @ mu_0 - mu_1 @ mu_1) / var_
    return w, b + math.log(share / (1 - share))


# %% wrong: there is a factor 1 / 2 in the exponent
def gaussian_log_odds(mu_0, mu_1, var_, share):
    b = (mu_0 @ mu_0 - mu_1 @ mu_1) / var_
    return (mu_1 - mu_0) / var_, b + math.log(share / (1 - share))


# %% wrong: look at b, a difference of squared lengths
def gaussian_log_odds(mu_0, mu_1, var_, share):
    gap = mu_1 - mu_0
    return gap / var_, -gap @ gap / (2 * var_) + math.log(share / (1 - share))


# %% wrong: the exponent of a Gaussian is divided by the variance
def gaussian_log_odds(mu_0, mu_1, var_, share):
    w = mu_1 - mu_0
    return w, -w @ (mu_0 + mu_1) / 2 + math.log(share / (1 - share))


# %% wrong: not by the standard deviation
def gaussian_log_odds(mu_0, mu_1, var_, share):
    w = (mu_1 - mu_0) / math.sqrt(var_)
    return w, -w @ (mu_0 + mu_1) / 2 + math.log(share / (1 - share))


# %% wrong: are w and b both divided by it?
def gaussian_log_odds(mu_0, mu_1, var_, share):
    b = (mu_0 @ mu_0 - mu_1 @ mu_1) / 2
    return (mu_1 - mu_0) / var_, b + math.log(share / (1 - share))


# %% wrong: the share has no say
def gaussian_log_odds(mu_0, mu_1, var_, share):
    w = (mu_1 - mu_0) / var_
    return w, -w @ (mu_0 + mu_1) / 2


# %% wrong: turn the fraction in the logarithm over
def gaussian_log_odds(mu_0, mu_1, var_, share):
    w = (mu_1 - mu_0) / var_
    return w, -w @ (mu_0 + mu_1) / 2 + math.log((1 - share) / share)


# %% wrong: with equal classes the share adds nothing
def gaussian_log_odds(mu_0, mu_1, var_, share):
    w = (mu_1 - mu_0) / var_
    return w, -w @ (mu_0 + mu_1) / 2 + math.log(share)


# %% wrong: b should be one number
def gaussian_log_odds(mu_0, mu_1, var_, share):
    b = (mu_0**2 - mu_1**2) / (2 * var_)
    return (mu_1 - mu_0) / var_, b + math.log(share / (1 - share))
