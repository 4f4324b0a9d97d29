"""Write the loss of a Gaussian with a variance for each coordinate."""

# %% stub
import math

import torch


def gaussian_loss(samples, mu, var):
    """Return the averaged negative log-likelihood, a tensor of shape ().

    samples has shape (n, d); mu and var, the mean and the variance of each
    coordinate, have shape (d,).
    """
    ...


# %% check
import math

import torch


def example():
    """Return samples, mu and var, all of them in float64."""
    generator = torch.Generator().manual_seed(0)
    samples = torch.randn(500, 3, generator=generator, dtype=torch.float64)
    mu = torch.tensor([0.5, -1.0, 2.0], dtype=torch.float64)
    return samples, mu, torch.tensor([0.25, 1.0, 9.0], dtype=torch.float64)


def expected(samples, mu, var):
    """Return what PyTorch's own density gives."""
    normal = torch.distributions.Normal(mu, var.sqrt())
    return -normal.log_prob(samples).sum(dim=1).mean()


def test_it_returns_a_loss():
    """Is it a loss, a tensor of shape ()?"""
    loss = gaussian_loss(*example())
    assert loss is not None, "it returns None; write its body"
    assert getattr(loss, "shape", None) == (), (
        f"a loss is one number, a tensor of shape (); this is {loss!r:.80}"
    )


def test_where_every_variance_is_1():
    """Is it right where every variance is 1?"""
    samples, mu, var = example()
    ones = torch.ones_like(var)
    loss, right = gaussian_loss(samples, mu, ones), expected(samples, mu, ones)
    ratio = (loss / right).item()
    constant = len(mu) / 2 * math.log(2 * math.pi)
    assert not math.isclose(ratio, 500, rel_tol=1e-6), (
        "the loss is 500 times too large: did you forget to divide by n?"
    )
    assert not math.isclose(ratio, 1 / 3, rel_tol=1e-6), (
        "the loss is 3 times too small: take the mean over the samples, and "
        "the sum over the coordinates"
    )
    assert not math.isclose(ratio, -1, rel_tol=1e-6), (
        "the sign is wrong: the loss is what is to become small"
    )
    assert not math.isclose(loss + constant, right, rel_tol=1e-6), (
        f"the loss is {constant:.4f} too small: d / 2 * log(2 * pi) is missing"
    )
    assert math.isclose(loss, right, rel_tol=1e-6), (
        f"with variances of 1 it should be {right:.6f} here, and is {loss:.6f}"
    )


def test_each_coordinate_has_its_own_variance():
    """Is it right where the variances differ?"""
    samples, mu, var = example()
    loss, right = gaussian_loss(samples, mu, var), expected(samples, mu, var)
    logs = var.log().sum() / 2
    assert not math.isclose(loss + logs, right, rel_tol=1e-6), (
        "the sum of log(var) / 2 is missing: without it a large variance "
        "would cost nothing"
    )
    assert not math.isclose(
        loss, expected(samples, mu, var**2), rel_tol=1e-6
    ), "var is used as if it were a standard deviation: that is its root"
    assert math.isclose(loss, right, rel_tol=1e-6), (
        f"with the variances {var.tolist()} it should be {right:.6f} here, "
        f"and is {loss:.6f}: is each square divided by the variance of its "
        "own coordinate, and log(var) by 2?"
    )


def test_a_gradient_flows():
    """Is its gradient 0 at the sample mean?"""
    samples, _, var = example()
    mean = samples.mean(dim=0).requires_grad_()
    loss = gaussian_loss(samples, mean, var)
    assert loss.requires_grad, (
        "the loss has no gradient: use torch's functions, and no .item()"
    )
    loss.backward()
    assert mean.grad.abs().max() < 1e-9, (
        "the gradient with respect to mu should be 0 at the sample mean"
    )


# %% solution
import math

import torch


def gaussian_loss(samples, mu, var):
    """Return the averaged negative log-likelihood, a tensor of shape ()."""
    d = samples.shape[1]
    constant = d / 2 * math.log(2 * math.pi) + torch.log(var).sum() / 2
    squares = ((samples - mu) ** 2 / var).sum(dim=1)  # (n,)
    return constant + squares.mean() / 2


# %% right: by PyTorch's own density
import torch


def gaussian_loss(samples, mu, var):
    covariance = torch.diag(var)
    normal = torch.distributions.MultivariateNormal(mu, covariance)
    return -normal.log_prob(samples).mean()


# %% wrong: no .item()
import math

import torch


def gaussian_loss(samples, mu, var):
    logs = math.log(2 * math.pi) + torch.log(var)
    loss = ((logs + (samples - mu) ** 2 / var) / 2).sum(dim=1).mean()
    return torch.tensor(loss.item())


# %% wrong: the loss is 3 times too small
import math

import torch


def gaussian_loss(samples, mu, var):
    logs = math.log(2 * math.pi) + torch.log(var)
    return ((logs + (samples - mu) ** 2 / var) / 2).mean()


# %% wrong: log(2 * pi) is missing
import torch


def gaussian_loss(samples, mu, var):
    logs = torch.log(var)
    return ((logs + (samples - mu) ** 2 / var) / 2).sum(dim=1).mean()


# %% wrong: the sum of log(var) / 2 is missing
import math


def gaussian_loss(samples, mu, var):
    terms = math.log(2 * math.pi) + (samples - mu) ** 2 / var
    return (terms / 2).sum(dim=1).mean()


# %% wrong: the loss is 500 times too large
import math

import torch


def gaussian_loss(samples, mu, var):
    n, d = samples.shape
    constant = d / 2 * math.log(2 * math.pi) + torch.log(var).sum() / 2
    return n * constant + ((samples - mu) ** 2 / var).sum() / 2


# %% wrong: the sign is wrong
import math

import torch


def gaussian_loss(samples, mu, var):
    logs = math.log(2 * math.pi) + torch.log(var)
    return -((logs + (samples - mu) ** 2 / var) / 2).sum(dim=1).mean()


# %% wrong: as if it were a standard deviation
import math

import torch


def gaussian_loss(samples, mu, var):
    logs = math.log(2 * math.pi) + 2 * torch.log(var)
    return ((logs + (samples - mu) ** 2 / var**2) / 2).sum(dim=1).mean()
