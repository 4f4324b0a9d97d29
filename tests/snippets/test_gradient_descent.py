"""Descent against the recurrence it must follow and torch's own optimizer."""

import math

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


def test_one_step_suffices_when_the_rate_is_the_variance():
    centre = torch.full((2, 2), 5.0)
    *_, (value, mu) = gradient_descent(
        bowl(centre, 2.0), torch.zeros(2, 2), lr=2.0, steps=1
    )
    assert value == 0
    assert torch.equal(mu, centre)


def test_twice_the_variance_swings_for_ever():
    places = [
        mu.item()
        for _, mu in gradient_descent(
            bowl(0.0, 1.0), torch.tensor(3.0), lr=2.0, steps=4
        )
    ]
    assert places == [3, -3, 3, -3, 3]


def test_leaves_the_start_alone_and_yields_copies():
    start = torch.nn.Parameter(torch.ones(3))
    pairs = list(gradient_descent(bowl(0.0, 1.0), start, lr=0.5, steps=2))
    assert start.tolist() == [1, 1, 1]
    assert start.grad is None
    assert [mu[0].item() for _, mu in pairs] == [1, 0.5, 0.25]
    for value, mu in pairs:
        assert type(value) is float
        assert not mu.requires_grad


def test_changing_what_it_yields_does_not_disturb_it():
    walk = gradient_descent(bowl(0.0, 1.0), torch.tensor(4.0), 0.5, 1)
    _, first = next(walk)
    first.zero_()
    _, second = next(walk)
    assert second.item() == 2


@pytest.mark.parametrize("lr", [0, -0.1, math.inf, math.nan])
def test_wrong_rate_is_reported_by_the_call(lr):
    with pytest.raises(ValueError, match=f"lr must be .* got {lr}"):
        gradient_descent(torch.sum, torch.ones(3), lr, 1)


@pytest.mark.parametrize("steps", [0, -1, 1.5])
def test_wrong_steps_are_reported_by_the_call(steps):
    with pytest.raises(ValueError, match=f"steps must be .* got {steps}"):
        gradient_descent(torch.sum, torch.ones(3), 0.1, steps)


def test_integer_start_is_reported_by_the_call():
    with pytest.raises(TypeError, match=r"start must be .* got torch\.int64"):
        gradient_descent(torch.sum, torch.tensor([1, 2]), 0.1, 1)


@pytest.mark.parametrize(
    ("loss", "shown"),
    [
        (lambda mu: 2 * mu, "2., 2., 2."),
        (lambda _: torch.tensor(7.0), "7."),
        (lambda mu: mu.sum().item(), "3.0"),
    ],
    ids=["vector", "independent", "number"],
)
def test_wrong_loss_is_reported_at_the_first_pair(loss, shown):
    walk = gradient_descent(loss, torch.ones(3), 0.1, 1)
    with pytest.raises(ValueError, match=r"loss must .* shape \(\)") as caught:
        next(walk)
    assert shown in str(caught.value)
