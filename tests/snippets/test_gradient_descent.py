"""Descent against the recurrence it must follow and torch's own optimizer."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from snippets.gradient_descent import gradient_descent


def bowl(centre, var_):
    """A loss whose gradient at mu is (mu - centre) / var_."""
    return lambda mu: ((mu - centre) ** 2).sum() / (2 * var_)


@given(
    lr=st.floats(0.01, 2.5), var_=st.floats(0.5, 4), steps=st.integers(1, 30)
)
def test_error_shrinks_by_the_exact_factor(lr, var_, steps):
    centre = torch.tensor([1.0, -2.0, 3.0], dtype=torch.float64)
    start = torch.zeros(3, dtype=torch.float64)
    pairs = list(gradient_descent(bowl(centre, var_), start, lr, steps))
    assert len(pairs) == steps + 1
    for t, (value, mu) in enumerate(pairs):
        error = (1 - lr / var_) ** t * (start - centre)
        torch.testing.assert_close(mu - centre, error, rtol=1e-7, atol=1e-9)
        expected = (error**2).sum().item() / (2 * var_)
        assert value == pytest.approx(expected, rel=1e-6, abs=1e-9)


def test_leaves_the_start_alone_and_yields_copies():
    start, found = torch.nn.Parameter(torch.ones(3)), []
    for value, mu in gradient_descent(bowl(0.0, 1.0), start, lr=0.5, steps=2):
        assert type(value) is float
        assert not mu.requires_grad
        found.append(mu[0].item())
        mu.zero_()  # does not disturb it
    assert found == [1, 0.5, 0.25]
    assert start.tolist() == [1, 1, 1]
    assert start.grad is None
