"""Do a step of Adam, as torch.optim.Adam does."""

# %% stub
import torch


def adam_step(parameters, averages, squares, t, lr):
    """Do step number t of Adam on each parameter, in place.

    parameters is a list of leaf tensors with a gradient in .grad.
    averages and squares are lists of tensors of the same shapes, the m
    and s of each parameter, all 0 at first, and the next step needs
    them. t is 1 in the first step. Nothing is returned.
    """
    ...


# %% check
import torch


def run(step, slope, pull=0.0, steps=1):
    """Return how far two parameters come, in units of lr, and min(m, s).

    The gradient at p is pull * p + slope.
    """
    parameters = [torch.zeros(2).double().requires_grad_() for _ in range(2)]
    averages, squares = (
        [torch.zeros(2).double() for _ in range(2)] for _ in range(2)
    )
    optimizer = torch.optim.Adam(parameters, lr=0.1)
    for t in range(1, steps + 1):
        optimizer.zero_grad()
        sum((pull / 2 * p**2 + slope * p).sum() for p in parameters).backward()
        if step:
            step([*parameters], averages, squares, t, 0.1)
        else:
            optimizer.step()
    places = -torch.cat(parameters).detach() / 0.1
    kept = [torch.cat(part).abs().max() for part in (averages, squares)]
    return places, min(kept).item()


def test_the_first_step():
    """Has the first step the length lr?"""
    places, kept = run(adam_step, slope=2.0)
    moved = round(places[0].item(), 3)
    assert moved != 0 or kept > 0, (
        "no parameter has moved, and m or s is still 0: write its body, and "
        "change all three in place, for 'p = p - ...' makes a new tensor"
    )
    assert moved != 0, (
        "the averages change, and the parameters do not: 'p = p - ...' makes "
        "a new tensor, and 'p -= ...' changes the one that is there"
    )
    assert moved != 3.162, (
        "the first step is 3.16 times as long as lr: both averages are still "
        "near 0, so divide them by 1 - 0.9**t and 1 - 0.999**t"
    )
    assert moved != 0.1, (
        "the first step is a tenth of lr: divide m by 1 - 0.9**t as well"
    )
    assert moved != 31.623, (
        "the first step is 31.6 times as long as lr: divide s by 1 - 0.999**t "
        "as well"
    )
    assert moved != -1, "it goes up the slope: subtract"
    assert moved == 1, (
        f"for the gradient 2 the first step goes {moved} times lr, and "
        "should go lr: m takes a tenth of g, and s a thousandth of g**2; both "
        "are corrected, for t = 1 here, and its root is taken"
    )
    assert kept > 0, (
        "m or s is not remembered: 'm = 0.9 * m + ...' makes a new tensor, and "
        "the one in the list stays 0; change it in place"
    )


def test_a_bowl():
    """Is it where torch.optim.Adam is after 20 steps in a bowl?"""
    (places, _), (right, _) = (
        run(step, slope=1.0, pull=1.0, steps=20) for step in (adam_step, None)
    )
    k = (places - right).abs().argmax()
    assert torch.allclose(places, right), (
        f"after 20 steps it should have gone {right[k]:.6f} times lr, and has "
        f"gone {places[k]:.6f}: is what stays in m and s not corrected, and do "
        "they fade by 0.9 and 0.999?"
    )


def test_tiny_gradients():
    """Is it right where the gradient is tiny, or 0?"""
    for slope in (0.0, 1e-7):
        (places, _), (right, _) = (
            run(step, slope) for step in (adam_step, None)
        )
        assert not places.isnan().any(), (
            "where the gradient is 0, the step is 0 / 0, nan: add 1e-8 to the "
            "denominator"
        )
        assert torch.allclose(places, right), (
            f"for a gradient of {slope} the step should be {right[0]:.4f} "
            f"times lr, and is {places[0]:.4f}: correct s, take the root, and "
            "add 1e-8 after the root of s"
        )


# %% solution
import torch


@torch.no_grad()
def adam_step(parameters, averages, squares, t, lr):
    """Do step number t of Adam on each parameter, in place."""
    for p, m, s in zip(parameters, averages, squares, strict=True):
        m *= 0.9
        m += 0.1 * p.grad
        s *= 0.999
        s += 0.001 * p.grad**2
        m_hat, s_hat = m / (1 - 0.9**t), s / (1 - 0.999**t)
        p -= lr * m_hat / (s_hat.sqrt() + 1e-8)


# %% right: by the places in the lists
def adam_step(parameters, averages, squares, t, lr):
    for i, p in enumerate(parameters):
        averages[i] = averages[i].lerp(p.grad, 0.1)
        squares[i] = 0.999 * squares[i] + 0.001 * p.grad.square()
        root = (squares[i] / (1 - 0.999**t)).sqrt() + 1e-8
        p.data.addcdiv_(averages[i], root, value=-lr / (1 - 0.9**t))


# %% wrong: a leaf Variable that requires grad
def adam_step(parameters, averages, squares, t, lr):
    for p, m, s in zip(parameters, averages, squares, strict=True):
        m.mul_(0.9).add_(0.1 * p.grad)
        s.mul_(0.999).add_(0.001 * p.grad**2)
        p -= lr * m / (1 - 0.9**t) / ((s / (1 - 0.999**t)).sqrt() + 1e-8)


# %% wrong: the averages change, and the parameters do not
def adam_step(parameters, averages, squares, t, lr):
    for p, m, s in zip(parameters, averages, squares, strict=True):
        m.mul_(0.9).add_(0.1 * p.grad)
        s.mul_(0.999).add_(0.001 * p.grad**2)
        p = p - lr * m / (1 - 0.9**t) / ((s / (1 - 0.999**t)).sqrt() + 1e-8)


# %% wrong: both averages are still near 0
def adam_step(parameters, averages, squares, t, lr):
    for p, m, s in zip(parameters, averages, squares, strict=True):
        m.mul_(0.9).add_(0.1 * p.grad)
        s.mul_(0.999).add_(0.001 * p.grad**2)
        p.data -= lr * m / (s.sqrt() + 1e-8)


# %% wrong: divide s by 1 - 0.999**t as well
def adam_step(parameters, averages, squares, t, lr):
    for p, m, s in zip(parameters, averages, squares, strict=True):
        m.mul_(0.9).add_(0.1 * p.grad)
        s.mul_(0.999).add_(0.001 * p.grad**2)
        p.data -= lr * m / (1 - 0.9**t) / (s.sqrt() + 1e-8)


# %% wrong: and its root is taken
def adam_step(parameters, averages, squares, t, lr):
    for p, m, s in zip(parameters, averages, squares, strict=True):
        m.mul_(0.9).add_(0.1 * p.grad)
        s.mul_(0.999).add_(0.001 * p.grad**2)
        p.data -= lr * m / (1 - 0.9**t) / (s / (1 - 0.999**t) + 1e-8)


# %% wrong: m or s is not remembered
def adam_step(parameters, averages, squares, t, lr):
    for p, m, s in zip(parameters, averages, squares, strict=True):
        m.mul_(0.9).add_(0.1 * p.grad)
        s = 0.999 * s + 0.001 * p.grad**2
        p.data -= lr * m / (1 - 0.9**t) / ((s / (1 - 0.999**t)).sqrt() + 1e-8)


# %% wrong: is what stays in m and s not corrected
def adam_step(parameters, averages, squares, t, lr):
    for p, m, s in zip(parameters, averages, squares, strict=True):
        m.mul_(0.9).add_(0.1 * p.grad).div_(1 - 0.9**t)
        s.mul_(0.999).add_(0.001 * p.grad**2).div_(1 - 0.999**t)
        p.data -= lr * m / (s.sqrt() + 1e-8)


# %% wrong: the step is 0 / 0, nan
def adam_step(parameters, averages, squares, t, lr):
    for p, m, s in zip(parameters, averages, squares, strict=True):
        m.mul_(0.9).add_(0.1 * p.grad)
        s.mul_(0.999).add_(0.001 * p.grad**2)
        p.data -= lr * m / (1 - 0.9**t) / (s / (1 - 0.999**t)).sqrt()


# %% wrong: add 1e-8 after the root of s
def adam_step(parameters, averages, squares, t, lr):
    for p, m, s in zip(parameters, averages, squares, strict=True):
        m.mul_(0.9).add_(0.1 * p.grad)
        s.mul_(0.999).add_(0.001 * p.grad**2)
        p.data -= lr * m / (1 - 0.9**t) / (s / (1 - 0.999**t) + 1e-8).sqrt()
