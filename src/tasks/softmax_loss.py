"""Write a softmax cross entropy that does not overflow."""

# %% stub
import torch


def softmax_loss(scores, t):
    """Return the mean cross entropy, a tensor of shape ().

    scores has shape (n, K): a row for each point, a column for each
    class. t has shape (n,): the number of each point's class.
    """
    ...


# %% check
import torch
from torch.nn import functional


def four_points():
    """Return the scores of 4 points for 4 classes, and their classes."""
    generator = torch.Generator().manual_seed(0)
    scores = torch.randn(4, 4, generator=generator, dtype=torch.float64)
    return 3 * scores, torch.tensor([2, 0, 1, 2])


def test_it_returns_a_loss():
    """Is it a loss, a tensor of shape ()?"""
    loss = softmax_loss(*four_points())
    assert loss is not None, "it returns None; write its body"
    assert getattr(loss, "shape", None) == (), (
        f"a loss is one number, a tensor of shape (); this is {loss!r:.80}"
    )


def test_small_scores():
    """Is it right for small scores?"""
    scores, t = four_points()
    loss = softmax_loss(scores.requires_grad_(), t)
    assert loss.requires_grad, (
        "the loss has no gradient: use torch's functions, and no .item()"
    )
    right = functional.cross_entropy(scores, t)
    largest = scores.max(dim=1).values
    by_column = functional.cross_entropy(scores - largest, t)
    columns = scores[:, t].mean() - scores.gather(1, t[:, None]).mean()
    causes = {
        right - largest.mean(): "too small: what you have taken out of the "
        "exponentials is still in the label's score; take it out there, too",
        by_column: "what you get if column i loses "
        "the largest score of row i, as (n,) meets the columns; keep the "
        "index, with keepdim=True",
        right - columns: "what you get with scores[:, t], which has n columns; "
        "pick one score of each row",
    }
    for wrong, cause in causes.items():
        assert not torch.isclose(loss, wrong), f"the loss is {cause}"
    assert torch.isclose(loss, right), (
        f"for scores of about 3 it should be {right:.6f}, and is {loss:.6f}"
    )


def test_large_scores():
    """Is it right where exp overflows?"""
    scores, t = torch.tensor([[1000.0, 0.0], [1.0, 0.0]]), torch.tensor([0, 0])
    loss, right = softmax_loss(scores, t), functional.cross_entropy(scores, t)
    assert loss != -torch.inf, (
        "the loss is -inf: with one maximum for all rows, every exponential "
        "of a row far below it is 0; take out the largest of each row"
    )
    assert loss.isfinite(), (
        f"at the score 1000 the loss is {loss}: exp(1000) overflows, or a "
        "whole row is 0 / 0; take the largest score of each row out before "
        "you take exponentials"
    )
    assert torch.isclose(loss.to(right), right), (
        f"at the score 1000 it should be {right:.6f}, and is {loss:.6f}"
    )


def test_certain_and_wrong():
    """Is it right where the probability of the label is almost 0?"""
    scores, t = torch.tensor([[1000.0, 0.0]]), torch.tensor([1])
    loss = softmax_loss(scores, t)
    assert loss != torch.inf, (
        "the loss is inf: the probability exp(-1000) is rounded to 0 before "
        "you take its logarithm; take the logarithm on paper"
    )
    assert loss == functional.cross_entropy(scores, t), (
        f"the score 1000 for the wrong class costs 1000, not {loss:.4f}: what "
        "bounds scores or probabilities caps the loss, and ends its gradient"
    )


# %% solution
import torch


def softmax_loss(scores, t):
    """Return the mean cross entropy, a tensor of shape ()."""
    largest = scores.max(dim=1, keepdim=True).values  # (n, 1)
    shifted = scores - largest  # the same softmax, nothing above 0
    own = shifted[torch.arange(len(t)), t]  # (n,)
    return (shifted.exp().sum(dim=1).log() - own).mean()


# %% right: by PyTorch's logarithm of the softmax
def softmax_loss(scores, t):
    logs = torch.log_softmax(scores, dim=1)
    return -logs.gather(1, t.unsqueeze(1)).mean()


# %% wrong: the loss has no gradient
def softmax_loss(scores, t):
    logs = torch.log_softmax(scores, dim=1).tolist()
    return torch.tensor([-logs[i][k] for i, k in enumerate(t)]).mean()


# %% wrong: take it out there, too
def softmax_loss(scores, t):
    shifted = scores - scores.max(dim=1, keepdim=True).values
    own = scores[torch.arange(len(t)), t]
    return (shifted.exp().sum(dim=1).log() - own).mean()


# %% wrong: with keepdim=True
def softmax_loss(scores, t):
    shifted = scores - scores.max(dim=1).values
    own = shifted[torch.arange(len(t)), t]
    return (shifted.exp().sum(dim=1).log() - own).mean()


# %% wrong: pick one score of each row
def softmax_loss(scores, t):
    return (scores.exp().sum(dim=1).log() - scores[:, t]).mean()


# %% wrong: exp(1000) overflows
def softmax_loss(scores, t):
    own = scores[torch.arange(len(t)), t]
    return (scores.exp().sum(dim=1).log() - own).mean()


# %% wrong: with one maximum for all rows
def softmax_loss(scores, t):
    shifted = scores - scores.max()
    own = shifted[torch.arange(len(t)), t]
    return (shifted.exp().sum(dim=1).log() - own).mean()


# %% wrong: take the logarithm on paper
def softmax_loss(scores, t):
    p = torch.softmax(scores, dim=1)
    return -p[torch.arange(len(t)), t].log().mean()


# %% wrong: caps the loss
def softmax_loss(scores, t):
    p = torch.softmax(scores, dim=1)
    return -(p[torch.arange(len(t)), t] + 1e-12).log().mean()
