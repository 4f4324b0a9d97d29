"""Find three bugs in ten lines that train on mini-batches."""

# %% stub
import torch


def one_pass(samples, size, lr):
    """Go through the samples once; return the places of mu, a list.

    Each step takes the next rows of the samples: `size` of them, and
    the last step takes what is left. The list has copies of mu, from
    the start, where it is 0, and from after each step.
    """
    mu = torch.zeros_like(samples[0], requires_grad=True)
    optimizer = torch.optim.SGD([mu], lr=lr)
    path = [mu.detach()]
    for i in range(len(samples) // size):
        batch = samples[i * size : (i + 1) * size]
        loss = ((batch - mu) ** 2).sum(dim=1).mean() / 2
        loss.backward()
        optimizer.step()
        path.append(mu.detach())
    return path


# %% check
import torch


def nine_samples():
    """Return 9 samples with 2 coordinates, around (3, 3)."""
    generator = torch.Generator().manual_seed(0)
    return 3 + torch.randn(9, 2, generator=generator, dtype=torch.float64)


def by_the_formula(share=0.0):
    """Return the places, with a share of each gradient in the next."""
    mu = gradient = torch.zeros(2, dtype=torch.float64)
    path = [mu]
    for batch in nine_samples().split(4):
        gradient = share * gradient + mu - batch.mean(dim=0)
        mu = mu - 0.5 * gradient
        path.append(mu)
    return torch.stack(path)


def test_a_place_for_each_step():
    """Is there a place for each step?"""
    for size, places, hint in (
        (4, 4, "does the sample that is left get a step? Is the start in?"),
        (3, 4, "nothing is left for another step, and its mean is nan"),
    ):
        path = one_pass(nine_samples(), size, 0.5)
        assert len(path) == places, (
            f"9 samples in parts of {size} make {places - 1} steps, and with "
            f"the start {places} places; here are {len(path)}: {hint}"
        )


def test_the_places_are_copies():
    """Are the places copies?"""
    path = one_pass(nine_samples(), 4, 0.5)
    assert path[-1].any(), (
        "mu never moves: a zero_grad after backward clears what step needs"
    )
    memories = {place.data_ptr() for place in path}
    if torch.equal(path[0], path[-1]):  # the start is mu itself
        memories.clear()
    assert len(memories) == len(path), (
        f"the places are {[place.tolist() for place in path]}: detach gives "
        "the memory of mu another name, and the optimizer writes into it; "
        "clone it, too, at the start and after each step"
    )


def test_each_step_is_right():
    """Does each step use the gradient of its own mini-batch?"""
    path = torch.stack(one_pass(nine_samples(), 4, 0.5))
    right, heap = by_the_formula(), by_the_formula(share=1)
    assert not torch.allclose(path, heap), (
        "the first step is right, and each one after it uses the gradients "
        "of all mini-batches so far: clear .grad before each backward"
    )
    assert torch.allclose(path, right), (
        f"the places should be {right.tolist()}, and are {path.tolist()}"
    )


# %% solution
import torch


def one_pass(samples, size, lr):
    """Go through the samples once; return the places of mu, a list."""
    mu = torch.zeros_like(samples[0], requires_grad=True)
    optimizer = torch.optim.SGD([mu], lr=lr)
    path = [mu.detach().clone()]  # not the memory of mu
    for batch in samples.split(size):  # the last may be shorter
        optimizer.zero_grad()
        loss = ((batch - mu) ** 2).sum(dim=1).mean() / 2
        loss.backward()
        optimizer.step()
        path.append(mu.detach().clone())
    return path


# %% right: without an optimizer
def one_pass(samples, size, lr):
    path = [torch.zeros_like(samples[0])]
    for i in range(0, len(samples), size):
        gap = path[-1] - samples[i : i + size]
        path.append(path[-1] - lr * gap.mean(dim=0))
    return path


# %% wrong: nothing is left for another step
def one_pass(samples, size, lr):
    path = [torch.zeros_like(samples[0])]
    for i in range(len(samples) // size + 1):
        gap = path[-1] - samples[i * size :][:size]
        path.append(path[-1] - lr * gap.mean(dim=0))
    return path


# %% wrong: mu never moves
def one_pass(samples, size, lr):
    mu = torch.zeros_like(samples[0], requires_grad=True)
    optimizer = torch.optim.SGD([mu], lr=lr)
    path = [mu.detach().clone()]
    for batch in samples.split(size):
        (((batch - mu) ** 2).sum(dim=1).mean() / 2).backward()
        optimizer.zero_grad()
        optimizer.step()
        path.append(mu.detach().clone())
    return path


# %% wrong: clone it, too
def one_pass(samples, size, lr):
    mu = torch.zeros_like(samples[0])
    path = [mu.detach()]
    for batch in samples.split(size):
        mu -= lr * (mu - batch.mean(dim=0))
        path.append(mu.detach().clone())
    return path


# %% wrong: clear .grad before each backward
def one_pass(samples, size, lr):
    mu = torch.zeros_like(samples[0], requires_grad=True)
    optimizer = torch.optim.SGD([mu], lr=lr)
    path = [mu.detach().clone()]
    for batch in samples.split(size):
        (((batch - mu) ** 2).sum(dim=1).mean() / 2).backward()
        optimizer.step()
        path.append(mu.detach().clone())
    return path
