"""Write log loss so that it is right for every score."""

# %% stub
import torch


def log_loss_of_scores(z, t):
    """Return the log loss of each score, shape (n,).

    z holds scores in float32, t the labels 0.0 and 1.0, both with shape
    (n,).  Use exp, log1p, abs and the like, and no loss of PyTorch.
    """
    ...


# %% check
import torch
from torch.nn import functional


def losses(z, t):
    """Return the losses of scores with the label t, and what is right."""
    z = torch.tensor(z)
    right = functional.softplus((1 - 2 * t) * z.double())
    return log_loss_of_scores(z, torch.full_like(z, t)), right


def is_near(loss, right):
    """Return whether the loss is right to five digits, however small it is."""
    return torch.allclose(loss.double(), right, rtol=1e-5, atol=0)


def test_small_scores():
    """Is it right for small scores?"""
    for t in (0.0, 1.0):
        loss, right = losses([-2.0, 0.5, 3.0], t)
        assert loss is not None, "it returns None; write its body"
        assert loss.shape == (3,), f"the shape is {tuple(loss.shape)}, not (3,)"
        assert not is_near(loss, losses([-2.0, 0.5, 3.0], 1 - t)[1]), (
            "the labels are swapped: a large score speaks for the label 1"
        )
        assert is_near(loss, right), (
            f"for the label {t:.0f} and the scores -2, 0.5, 3 it should be "
            f"{right.tolist()}, and is {loss.tolist()}"
        )


def test_the_wrong_side():
    """Is it right far on the wrong side?"""
    for t, side in ((0.0, 1), (1.0, -1)):
        loss, right = losses([side * 30.0, side * 100.0, side * 1e4], t)
        assert loss[0].isfinite(), (
            f"for the label {t:.0f} and the score {30 * side} it is {loss[0]}: "
            "the probability is rounded to 1, and 1 - 1 has no logarithm; "
            "begin with the score"
        )
        score = 10_000 if loss[1].isfinite() else 100
        assert loss.isfinite().all(), (
            f"for the label {t:.0f} and the score {score * side} exp overflows "
            "(that in sigmoid, too: it is 0 then, which has no logarithm): let "
            "nothing above 0 into it"
        )
        assert is_near(loss, right), (
            f"for the label {t:.0f} it should be {right.tolist()}, and is "
            f"{loss.tolist()}"
        )


def test_the_right_side():
    """Is it right far on the right side, where it is tiny?"""
    for t, side in ((0.0, -1), (1.0, 1)):
        loss, right = losses([side * 20.0, side * 40.0], t)
        k = 1 if is_near(loss[0], right[0]) else 0
        assert is_near(loss, right), (
            f"for the label {t:.0f} and the score {20 * (k + 1) * side} it "
            f"should be {right[k]:.2e}, and is {loss[k]:.2e}: a tiny number is "
            "lost in a sum with 1 (log1p keeps it) or with z (add it last)"
        )


def test_its_slope():
    """Is its slope predicted minus true?"""
    z = torch.tensor([-100.0, -20.0, 0.0, 2.0, 100.0], requires_grad=True)
    for t in (0.0, 1.0):
        loss = log_loss_of_scores(z, torch.full_like(z, t))
        assert loss.requires_grad, (
            "the loss has no gradient: use torch's functions, and no .item()"
        )
        (slope,) = torch.autograd.grad(loss.sum(), z)
        assert not slope.isnan().any(), (
            "its slope is nan: torch.where picks from results, and what it "
            "did not pick has the gradient 0 times infinity"
        )
        near = torch.isclose(slope, z.sigmoid() - t)
        assert near[z != 0].all(), (
            f"the slopes should be {(z.sigmoid() - t).tolist()}, and are "
            f"{slope.tolist()}"
        )
        assert near.all(), (
            f"at the score 0 its slope should be {0.5 - t}, and is {slope[2]}: "
            "clamp and abs have a corner there; torch.maximum gives each of "
            "two equal numbers half of the gradient"
        )


# %% solution
import torch


def log_loss_of_scores(z, t):
    """Return the log loss of each score, shape (n,)."""
    s = (1 - 2 * t) * z  # above 0 on the wrong side
    larger = torch.maximum(s, torch.zeros_like(s))
    return larger + torch.log1p(torch.exp(-s.abs()))


# %% right: with the tiny number last
import torch


def log_loss_of_scores(z, t):
    large = torch.maximum(z, torch.zeros_like(z)) - t * z
    return large + torch.log1p(torch.exp(-z.abs()))


# %% wrong: the labels are swapped
def log_loss_of_scores(z, t):
    s = (2 * t - 1) * z
    return s.clamp(min=0) + (-s.abs()).exp().log1p()


# %% wrong: begin with the score
def log_loss_of_scores(z, t):
    p = z.sigmoid()
    return -(t * p + (1 - t) * (1 - p)).log()


# %% wrong: let nothing above 0 into it
def log_loss_of_scores(z, t):
    return -((2 * t - 1) * z).sigmoid().log()


# %% wrong: for the label 0 and the score -20
def log_loss_of_scores(z, t):
    s = (1 - 2 * t) * z
    return s.clamp(min=0) + (1 + (-s.abs()).exp()).log()


# %% wrong: for the label 1 and the score 20
def log_loss_of_scores(z, t):
    return z.clamp(min=0) + (-z.abs()).exp().log1p() - t * z


# %% wrong: its slope is nan
import torch


def log_loss_of_scores(z, t):
    s = (1 - 2 * t) * z
    return torch.where(s > 30, s, s.exp().log1p())


# %% wrong: clamp and abs have a corner there
def log_loss_of_scores(z, t):
    s = (1 - 2 * t) * z
    return s.clamp(min=0) + (-s.abs()).exp().log1p()
