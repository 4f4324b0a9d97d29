"""Do a step with momentum, as torch.optim.SGD does."""

# %% stub
import torch


def momentum_step(parameters, velocities, lr, beta):
    """Do one step with momentum on each parameter, in place.

    parameters is a list of leaf tensors with a gradient in .grad, and
    velocities a list of tensors of the same shapes, which the next step
    needs.  Nothing is returned.
    """
    ...


# %% check
import torch


def run(step, rates, pull):
    """Return where two parameters are after a step with each rate.

    The gradient at p is pull * p + 1.
    """
    parameters = [torch.zeros(2, requires_grad=True) for _ in range(2)]
    optimizer = torch.optim.SGD(parameters, lr=1.0, momentum=0.9)
    velocities = [torch.zeros(2) for _ in range(2)]
    for rate in rates:
        optimizer.zero_grad()
        sum((pull / 2 * p**2 + p).sum() for p in parameters).backward()
        if step:
            step([*parameters], velocities, rate, 0.9)
        else:
            optimizer.param_groups[0]["lr"] = rate
            optimizer.step()
    places = torch.cat(parameters).detach()
    return places, torch.cat(velocities).abs().max().item()


def test_a_constant_gradient():
    """Are two steps right where the gradient is 1 everywhere?"""
    places, velocity = run(momentum_step, [0.1, 0.1], pull=0.0)
    right, _ = run(None, [0.1, 0.1], pull=0.0)
    moved, due = (round(-p[0].item() / 0.1, 4) for p in (places, right))
    assert moved != 0 or velocity > 0, (
        "no parameter has moved, and no velocity changed: write its body, and "
        "change both in place, for 'v = beta * v + g' makes a new tensor"
    )
    assert moved != 0, (
        "the velocities change, and the parameters do not: 'p = p - ...' makes "
        "a new tensor, and 'p -= ...' changes the one that is there"
    )
    assert moved != round(due * 0.1, 4), (
        "the steps are 10 times too short: the gradient is multiplied by "
        "1 - beta, and in v = beta * v + g it is not"
    )
    assert moved != 1, (
        "the step is made with the velocity from before: change v first"
    )
    assert moved != 2, (
        "nothing is remembered: does the one in velocities stay 0? "
        "'v = beta * v + g' makes a new tensor; change v in place"
    )
    assert moved == due, (
        f"two steps should go {due:.2f} times lr, and go {moved:.2f}"
    )


def test_a_bowl():
    """Is it where torch.optim.SGD is after 20 steps in a bowl?"""
    (places, _), (right, _) = (
        run(step, [0.1] * 20, pull=1.0) for step in (momentum_step, None)
    )
    assert torch.allclose(places, right), (
        f"it should be at {right.tolist()}, and is at {places.tolist()}"
    )


def test_a_rate_that_falls():
    """Is it there, too, if the rate falls?"""
    rates = [0.1 / t for t in range(1, 21)]
    (places, _), (right, _) = (
        run(step, rates, pull=1.0) for step in (momentum_step, None)
    )
    assert torch.allclose(places, right), (
        "with a rate that falls it takes another path: the rate belongs to "
        "the step, p -= lr * v, and not into the velocity"
    )


# %% solution
import torch


def momentum_step(parameters, velocities, lr, beta):
    """Do one step with momentum on each parameter, in place."""
    with torch.no_grad():
        for p, v in zip(parameters, velocities, strict=True):
            v *= beta
            v += p.grad
            p -= lr * v


# %% right: by the places in the list
def momentum_step(parameters, velocities, lr, beta):
    for i, parameter in enumerate(parameters):
        velocities[i] = beta * velocities[i] + parameter.grad
        parameter.data.sub_(velocities[i], alpha=lr)


# %% wrong: a leaf Variable that requires grad
def momentum_step(parameters, velocities, lr, beta):
    for p, v in zip(parameters, velocities, strict=True):
        v.mul_(beta).add_(p.grad)
        p -= lr * v


# %% wrong: the velocities change, and the parameters do not
def momentum_step(parameters, velocities, lr, beta):
    for i, (p, v) in enumerate(zip(parameters, velocities, strict=True)):
        v.mul_(beta).add_(p.grad)
        parameters[i] = (p - lr * v).detach().requires_grad_()


# %% wrong: the steps are 10 times too short
def momentum_step(parameters, velocities, lr, beta):
    for p, v in zip(parameters, velocities, strict=True):
        v.mul_(beta).add_((1 - beta) * p.grad)
        p.data -= lr * v


# %% wrong: the velocity from before
def momentum_step(parameters, velocities, lr, beta):
    for p, v in zip(parameters, velocities, strict=True):
        p.data -= lr * v
        v.mul_(beta).add_(p.grad)


# %% wrong: nothing is remembered
def momentum_step(parameters, velocities, lr, beta):
    for p, v in zip(parameters, velocities, strict=True):
        v = beta * v + p.grad
        p.data -= lr * v


# %% wrong: the rate belongs to the step
def momentum_step(parameters, velocities, lr, beta):
    for p, v in zip(parameters, velocities, strict=True):
        v.mul_(beta).add_(lr * p.grad)
        p.data -= v
