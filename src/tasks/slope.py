"""Compute the slope of a line without cancellation."""

# %% stub
import torch


def slope(x, y):
    """Return the slope of the least-squares line, of shape ().

    x and y have shape (n,) and may be large compared with their spread.
    """
    ...


# %% check
import math
import statistics

import torch


def slopes(start, dtype):
    """Return the slope of a minute's measurements, and what is right.

    x is the time in seconds; the library of Python has the right slope.
    """
    x = torch.arange(start, start + 60, dtype=dtype)
    y = 1000 + 0.25 * (x - start) + torch.cos(x - start)
    line = statistics.linear_regression(x.tolist(), y.tolist())
    return slope(x, y), line.slope


def test_small_times():
    """Is it right for times from 0 to 59?"""
    found, right = slopes(0, torch.float64)
    assert found is not None, "it returns None; write its body"
    assert getattr(found, "shape", None) == (), (
        f"a slope is one number, a tensor of shape (); this is {found!r:.80}"
    )
    for n, m in ((59, 60), (60, 59)):
        assert not math.isclose(found * m / n, right, rel_tol=1e-6), (
            f"it is {n}/{m} of what it should be: divide both sums by n, or "
            "both by n - 1, or neither"
        )
    assert found < 50 * right, (
        f"it should be {right:.4f}, and is {found:.4f}: the line need not pass "
        "through the origin, so subtract the means"
    )
    assert math.isclose(found, right, rel_tol=1e-6), (
        f"it should be {right:.4f}, and is {found:.4f}: the products of the "
        "deviations of x and y, over the squares of those of x"
    )


def test_float32():
    """Is it right in float32, for a minute in the afternoon?"""
    found, right = slopes(50_000, torch.float32)
    assert math.isclose(found, right, rel_tol=1e-2), (
        f"at 50 000 s it should be {right:.4f}, and is {found:.4f}: in float32 "
        "the squares are 256 apart there; subtract the means before you "
        "multiply"
    )


def test_seconds_since_1970():
    """Is it right in float64, for seconds since 1970?"""
    found, right = slopes(1_700_000_000, torch.float64)
    assert math.isclose(found, right, rel_tol=1e-2), (
        f"at 1 700 000 000 s it should be {right:.4f}, and is {found:.4f}: "
        "float64 moves the limit and does not remove it"
    )


# %% solution
def slope(x, y):
    """Return the slope of the least-squares line, of shape ()."""
    x, y = x - x.mean(), y - y.mean()
    return (x @ y) / (x @ x)


# %% right: the textbook's formula, from the first point on
def slope(x, y):
    x, y = x - x[0], y - y[0]
    covariance = (x * y).mean() - x.mean() * y.mean()
    return covariance / ((x**2).mean() - x.mean() ** 2)


# %% wrong: divide both sums by n, or both by
def slope(x, y):
    return ((x - x.mean()) * (y - y.mean())).mean() / x.var()


# %% wrong: the line need not pass through the origin
def slope(x, y):
    return (x @ y) / (x @ x)


# %% wrong: the products of the deviations of x and y, over
def slope(x, y):
    x, y = x - x.mean(), y - y.mean()
    return (x @ y) / ((x @ x) * (y @ y)).sqrt()


# %% wrong: subtract the means before you multiply
def slope(x, y):
    covariance = (x * y).mean() - x.mean() * y.mean()
    return covariance / ((x**2).mean() - x.mean() ** 2)


# %% wrong: float64 moves the limit
def slope(x, y):
    x, y = x.double(), y.double()
    covariance = (x * y).mean() - x.mean() * y.mean()
    return covariance / ((x**2).mean() - x.mean() ** 2)
