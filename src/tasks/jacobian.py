"""Write a Jacobian by central differences, with the right steps."""

# %% stub
import torch


def jacobian(function, point):
    """Return the derivatives of all results, shape (m, d), in float64.

    function takes a tensor of shape (d,) and returns one of shape (m,).
    Row i belongs to result i, column j to coordinate j. Each entry is
    right to 9 digits, for coordinates around 0 and around a million.
    point stays as it is.
    """
    ...


# %% check
import torch


def results(p):
    """Return three results of two numbers."""
    first, second = p
    return torch.stack([first * second, first.sin(), second.exp()])


def large(p):
    """Return two results of a number around a million, and one around 1."""
    first, second = p
    return torch.stack([(first / 1e6) ** 3 * second, second**3])


def right_for(function, place):
    """Return the Jacobian that PyTorch finds."""
    place = torch.tensor(place, dtype=torch.float64)
    return torch.autograd.functional.jacobian(function, place)


def found_for(function, place):
    """Return what is found, and its largest relative error."""
    right = right_for(function, place)
    found = jacobian(function, torch.tensor(place, dtype=torch.float64))
    error = (found - right).abs() / right.abs().clamp(min=1e-12)
    return found, error.max().item()


def test_a_row_for_each_result():
    """Has it a row for each result, and a column for each coordinate?"""
    place = torch.tensor([0.5, 2.0], dtype=torch.float64)
    found = jacobian(results, place)
    assert found is not None, "it returns None; write its body"
    shape = tuple(getattr(found, "shape", ()))
    assert shape != (2, 3), (
        "its shape is (2, 3), a row for each coordinate; it should have a row "
        "for each of the 3 results: stack the columns with dim=1"
    )
    assert shape == (3, 2), (
        f"for 3 results and 2 coordinates the shape is {shape}, and should "
        "be (3, 2): take a step along one coordinate at a time"
    )
    assert found.dtype == torch.float64, (
        f"it should be float64, and is {found.dtype}"
    )


def test_the_point_is_left_alone():
    """Is the point what it was?"""
    place = torch.tensor([0.1, 0.7], dtype=torch.float64)
    before = place.clone()
    jacobian(results, place)
    assert torch.equal(place, before), (
        f"the point was {before.tolist()}, and is {place.tolist()}: a step to "
        "one side and back again rounds, so move a copy"
    )


def test_each_entry():
    """Is each entry right, around 1?"""
    (found, error), right = (
        f(results, [0.5, 2.0]) for f in (found_for, right_for)
    )
    assert not torch.allclose(found, 2 * right, rtol=1e-4), (
        "each entry is twice what it should be: the two places are 2h apart"
    )
    assert torch.allclose(found, right, rtol=1e-4, atol=1e-5), (
        f"it should be {right.tolist()}, and is {found.tolist()}"
    )
    assert error < 1e-9, (
        f"it is right to {error:.0e} only, around 1: a step to one side keeps "
        "half of the digits, a central difference with its best step two "
        "thirds, and one with a step far too large or small keeps fewer"
    )


def test_around_a_million():
    """Is it right where a coordinate is around a million?"""
    (found, error), right = (
        f(large, [1e6, 2.0]) for f in (found_for, right_for)
    )
    k = ((found - right).abs() / right.abs().clamp(min=1e-12)).argmax()
    assert error < 1e-9, (
        f"around a million an entry should be {right.ravel()[k]:.12g}, and is "
        f"{found.ravel()[k]:.12g}: each coordinate needs a step of its own, "
        "the cube root of eps times its size"
    )


def test_around_0():
    """Is it right where a coordinate is 0, and near 0?"""
    place = [0.0, 1e-6]
    found, right = found_for(results, place)[0], right_for(results, place)
    assert not found.isnan().any(), (
        "where a coordinate is 0 it is nan: a step that is only in proportion "
        "to the coordinate has the length 0"
    )
    error = (found - right).abs().max().item()  # some entries are 0
    assert error < 1e-9, (
        f"where the coordinates are 0 and 1e-06, it is off by {error:.0e}: "
        "below 1, a step does not become smaller with the coordinate"
    )


# %% solution
import torch


def jacobian(function, point):
    """Return the derivatives of all results, shape (m, d), in float64."""
    columns = []
    for j in range(len(point)):
        h = 6e-6 * max(1.0, abs(point[j].item()))  # cube root of eps
        step = torch.zeros_like(point)
        step[j] = h
        columns.append(
            (function(point + step) - function(point - step)) / 2 / h
        )
    return torch.stack(columns, dim=1)


# %% right: by autograd
def jacobian(function, point):
    return torch.func.jacrev(function)(point)


# %% wrong: stack the columns with dim=1
def jacobian(function, point):
    steps = torch.diag(6e-6 * point.abs().clamp(min=1))
    return torch.stack(
        [
            (function(point + step) - function(point - step)) / (2 * step.sum())
            for step in steps
        ]
    )


# %% wrong: take a step along one coordinate at a time
def jacobian(function, point):
    return (function(point + 6e-6) - function(point - 6e-6)) / 1.2e-5


# %% wrong: the two places are 2h apart
def jacobian(function, point):
    steps = torch.diag(6e-6 * point.abs().clamp(min=1))
    columns = [
        (function(point + step) - function(point - step)) / step.sum()
        for step in steps
    ]
    return torch.stack(columns, dim=1)


# %% wrong: a step to one side keeps half of the digits
def jacobian(function, point):
    steps = torch.diag(1.5e-8 * point.abs().clamp(min=1))
    columns = [
        (function(point + step) - function(point)) / step.sum()
        for step in steps
    ]
    return torch.stack(columns, dim=1)


# %% wrong: each coordinate needs a step of its own
def jacobian(function, point):
    steps = 6e-6 * torch.eye(len(point), dtype=point.dtype)
    columns = [
        (function(point + step) - function(point - step)) / 1.2e-5
        for step in steps
    ]
    return torch.stack(columns, dim=1)


# %% wrong: in proportion to the coordinate has the length 0
def jacobian(function, point):
    columns = [
        (function(point + step) - function(point - step)) / (2 * step.sum())
        for step in torch.diag(6e-6 * point)
    ]
    return torch.stack(columns, dim=1)


# %% wrong: so move a copy
def jacobian(function, point):
    columns = []
    for j in range(len(point)):
        h = 6e-6 * max(1.0, abs(point[j].item()))
        point[j] += h
        right = function(point)
        point[j] -= 2 * h
        columns.append((right - function(point)) / (2 * h))
        point[j] += h
    return torch.stack(columns, dim=1)


# %% wrong: a step does not become smaller with the coordinate
def jacobian(function, point):
    steps = 6e-6 * torch.where(point == 0, 1.0, point.abs())
    columns = [
        (function(point + step) - function(point - step)) / (2 * step.sum())
        for step in torch.diag(steps)
    ]
    return torch.stack(columns, dim=1)
