"""Write the gradients of many losses, and leave the parameter as it was."""

# %% stub
import torch


def gradient_of_each(losses_at, w):
    """Return the gradient of each loss at w, a row each, (n, d).

    losses_at takes a tensor of shape (d,), as w is, and returns n
    losses, shape (n,). w may require a gradient or not; w and w.grad
    stay as they are.
    """
    ...


# %% check
import torch


def squared_errors():
    """Return 4 losses as a function, a place, and their gradients there."""
    generator = torch.Generator().manual_seed(0)
    numbers = torch.randn(5, 3, generator=generator, dtype=torch.float64)
    points, place = numbers[:4], numbers[4]
    gradients = 2 * (points @ place - 1).unsqueeze(1) * points
    return lambda w: (points @ w - 1) ** 2, place, gradients


def test_a_row_for_each_loss():
    """Is there a row for each loss?"""
    losses_at, place, right = squared_errors()
    found = gradient_of_each(losses_at, place)
    assert found is not None, "it returns None; write its body"
    shape = tuple(getattr(found, "shape", ()))
    assert shape != (3,) or not torch.allclose(found, right.sum(dim=0)), (
        "this is the gradient of the sum of the losses; begin a backward at "
        "each loss alone"
    )
    assert shape == (4, 3), (
        "4 losses of 3 parameters have gradients of shape (4, 3), a row "
        f"each; this is {found!r:.80}"
    )
    assert found.dtype == place.dtype, (
        f"the gradients are {found.dtype}, and w is {place.dtype}"
    )


def test_each_row_is_right():
    """Is each row the gradient of its own loss?"""
    losses_at, place, right = squared_errors()
    found = gradient_of_each(losses_at, place)
    assert not torch.allclose(found, right.cumsum(dim=0)), (
        "each row holds those above it, too: backward adds to what is in "
        ".grad, so clear it, or take a new leaf, for each loss"
    )
    assert not (found == found[0]).all(), (
        "all rows are the same: is row i the gradient of loss i alone? If "
        "the rows were one memory, .grad, when you collected them, collect "
        "copies, with clone()"
    )
    for i in range(len(right)):
        assert torch.allclose(found[i], right[i]), (
            f"row {i} should be {right[i].tolist()} here, and is "
            f"{found[i].tolist()}"
        )


def test_the_parameter_is_left_alone():
    """Is w what it was, and w.grad, too?"""
    losses_at, place, _ = squared_errors()
    gradient_of_each(losses_at, place)
    assert not place.requires_grad, (
        "w required no gradient, and now it does: give the gradient to "
        "w.detach(), which is another tensor"
    )
    w, old = place.clone().requires_grad_(), torch.full((3,), 7.0).double()
    w.grad = old.clone()
    gradient_of_each(losses_at, w)
    assert str(w.grad) == str(old), (
        f"w.grad was {old}, and is {w.grad}: take the gradients at a leaf of "
        "your own, w.detach() with a gradient required"
    )


# %% solution
import torch


def gradient_of_each(losses_at, w):
    """Return the gradient of each loss at w, a row each, (n, d)."""
    rows = []
    for i in range(len(losses_at(w))):
        leaf = w.detach().requires_grad_()  # its .grad is None
        losses_at(leaf)[i].backward()
        rows.append(leaf.grad)
    return torch.stack(rows)


# %% right: by PyTorch's own function
def gradient_of_each(losses_at, w):
    return torch.autograd.functional.jacobian(losses_at, w)


# %% wrong: this is the gradient of the sum
def gradient_of_each(losses_at, w):
    leaf = w.detach().requires_grad_()
    losses_at(leaf).sum().backward()
    return leaf.grad


# %% wrong: Trying to backward through the graph a second time
def gradient_of_each(losses_at, w):
    leaf = w.detach().requires_grad_()
    rows = []
    for loss in losses_at(leaf):
        leaf.grad = None
        loss.backward()
        rows.append(leaf.grad)
    return torch.stack(rows)


# %% wrong: each row holds those above it, too
def gradient_of_each(losses_at, w):
    leaf = w.detach().requires_grad_()
    rows = []
    for loss in losses_at(leaf):
        loss.backward(retain_graph=True)
        rows.append(leaf.grad.clone())
    return torch.stack(rows)


# %% wrong: all rows are the same
def gradient_of_each(losses_at, w):
    leaf = w.detach().requires_grad_()
    rows = []
    for i in range(len(losses_at(leaf))):
        losses_at(leaf)[i].backward()
        rows.append(leaf.grad)
    return torch.stack(rows)


# %% wrong: take the gradients at a leaf of your own
def gradient_of_each(losses_at, w):
    if not w.requires_grad:
        w = w.clone().requires_grad_()
    rows = []
    for i in range(len(losses_at(w))):
        w.grad = None
        losses_at(w)[i].backward()
        rows.append(w.grad)
    return torch.stack(rows)


# %% wrong: w required no gradient, and now it does
def gradient_of_each(losses_at, w):
    losses = losses_at(w.requires_grad_())
    return torch.stack(
        [torch.autograd.grad(loss, w, retain_graph=True)[0] for loss in losses]
    )
