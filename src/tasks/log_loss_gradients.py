"""Write the gradients of log loss by weight and bias in closed form."""

# %% stub
import torch


def log_loss_gradients(x, t, w, b):
    """Return the gradients of mean log loss by w, (d,), and by b, ().

    x has shape (n, d), a point in each row; t has shape (n,), labels 0
    and 1 in int64. The scores are x @ w + b: w has shape (d,), b has
    shape ().
    """
    ...


# %% check
import torch
from torch.nn.functional import binary_cross_entropy_with_logits


def six_points():
    """Return points, their labels, a weight vector and a bias."""
    generator = torch.Generator().manual_seed(0)
    numbers = torch.randn(7, 3, generator=generator, dtype=torch.float64)
    labels = torch.tensor([0, 1, 1, 0, 1, 1])
    return numbers[:6], labels, numbers[6], torch.tensor(0.5).double()


def by_autograd(x, t, w, b):
    """Return the gradients that autograd finds."""
    w, b = w.clone().requires_grad_(), b.clone().requires_grad_()
    loss = binary_cross_entropy_with_logits(x @ w + b, t.to(x.dtype))
    return torch.autograd.grad(loss, (w, b))


def test_it_returns_two_gradients():
    """Are there two gradients, of the shapes of w and b?"""
    pair = log_loss_gradients(*six_points())
    assert pair is not None, "it returns None; write its body"
    shapes = [tuple(getattr(found, "shape", "?")) for found in pair]
    assert shapes == [(3,), ()], (
        "with 3 weights the gradients by w and b have the shapes (3,) and "
        f"(); these have {shapes}"
    )
    assert all(found.dtype == torch.float64 for found in pair), (
        f"x is float64, and the gradients are {[g.dtype for g in pair]}"
    )


def test_the_gradient_by_w():
    """Is the gradient by w right?"""
    x, t, w, b = six_points()
    found, right = log_loss_gradients(x, t, w, b)[0], by_autograd(x, t, w, b)[0]
    p = torch.sigmoid(x @ w + b)
    causes = {
        -right: "opposite: the slope of the loss by a score is p - t",
        6 * right: "6 times too large: take the mean over the 6 points",
        -(t * torch.sigmoid(-t * (x @ w + b))) @ x / 6: "that of the points "
        "of class 1 alone: the formula with y reads +1 and -1, so convert t",
        by_autograd(x, t, w, 0 * b)[0]: "right for b = 0 only: add b to each "
        "score",
        x.T @ ((p - t) * p * (1 - p)) / 6: "that of the squared error: in log "
        "loss, the slope p * (1 - p) of the sigmoid cancels",
    }
    for wrong, cause in causes.items():
        assert not torch.allclose(found, wrong), f"the gradient by w is {cause}"
    assert torch.allclose(found, right), (
        f"the gradient by w should be {right.tolist()} here, and is "
        f"{found.tolist()}"
    )


def test_the_gradient_by_b():
    """Is the gradient by b right?"""
    points = six_points()
    found, right = log_loss_gradients(*points)[1], by_autograd(*points)[1]
    assert torch.allclose(found, right), (
        f"the gradient by b should be {right:.6f} here, and is {found:.6f}, "
        f"{found / right:.2f} times that: each score has the slope 1 by b, "
        "and the mean over the points is asked for, as by w"
    )


def test_far_points():
    """Are they right far from the boundary?"""
    x, t, w, b = six_points()
    pair = log_loss_gradients(9999 * x, t, w, b)
    right = by_autograd(9999 * x, t, w, b)
    assert all(map(torch.allclose, pair, right)), (
        f"at points far away they should be {right}, and are {pair}: does "
        "exp(s) / (1 + exp(s)) become inf / inf? torch.sigmoid(s) does not"
    )


# %% solution
import torch


def log_loss_gradients(x, t, w, b):
    """Return the gradients of mean log loss by w, (d,), and by b, ()."""
    p = torch.sigmoid(x @ w + b)  # (n,), the probability of class 1
    slopes = (p - t) / len(t)  # (n,), of the loss by each score
    return x.T @ slopes, slopes.sum()


# %% right: with the labels +1 and -1
def log_loss_gradients(x, t, w, b):
    y = 2 * t - 1
    pulls = -y * torch.sigmoid(-y * (x @ w + b))
    return (pulls.unsqueeze(1) * x).mean(dim=0), pulls.mean()


# %% wrong: the slope of the loss by a score is p - t
def log_loss_gradients(x, t, w, b):
    gaps = t - torch.sigmoid(x @ w + b)
    return x.T @ gaps / len(t), gaps.mean()


# %% wrong: take the mean over the 6 points
def log_loss_gradients(x, t, w, b):
    gaps = torch.sigmoid(x @ w + b) - t
    return x.T @ gaps, gaps.sum()


# %% wrong: the formula with y reads +1 and -1
def log_loss_gradients(x, t, w, b):
    pulls = -t * torch.sigmoid(-t * (x @ w + b))
    return pulls @ x / len(t), pulls.mean()


# %% wrong: add b to each score
def log_loss_gradients(x, t, w, b):
    gaps = torch.sigmoid(x @ w) - t
    return x.T @ gaps / len(t), gaps.mean()


# %% wrong: the slope p * (1 - p) of the sigmoid cancels
def log_loss_gradients(x, t, w, b):
    p = torch.sigmoid(x @ w + b)
    slopes = (p - t) * p * (1 - p) / len(t)
    return x.T @ slopes, slopes.sum()


# %% wrong: as by w
def log_loss_gradients(x, t, w, b):
    gaps = torch.sigmoid(x @ w + b) - t
    return x.T @ gaps / len(t), gaps.sum()


# %% wrong: become inf / inf
def log_loss_gradients(x, t, w, b):
    odds = torch.exp(x @ w + b)
    gaps = odds / (1 + odds) - t
    return x.T @ gaps / len(t), gaps.mean()
