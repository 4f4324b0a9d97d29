"""Differences against autograd and against polynomials, where they are exact.

Central differences have no truncation error up to degree two.
"""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from snippets.finite_difference import finite_difference

shapes = st.lists(st.integers(1, 4), max_size=3).map(tuple)


@given(shape=shapes, seed=st.integers(0, 1000))
def test_equals_autograd_at_any_shape(shape, seed):
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(shape, dtype=torch.float64, generator=generator)

    def wavy(x):
        return (x.sin() * x).sum() + x.exp().prod()

    exact = torch.func.grad(wavy)(x)
    result = finite_difference(wavy, x)
    torch.testing.assert_close(result, exact, rtol=1e-6, atol=1e-7)


def test_a_parabola_is_exact_at_any_step():
    x = torch.tensor([0.5, -2.0], dtype=torch.float64)
    result = finite_difference(lambda x: (x**2).sum(), x, h=0.5)
    assert result.tolist() == [1, -4]


def test_a_cubic_is_off_by_the_square_of_the_step():
    x = torch.tensor(1.0, dtype=torch.float64)
    result = finite_difference(lambda x: x**3, x, h=0.5)
    assert result.item() == 3 + 0.5**2


def test_keeps_dtype_and_leaves_x_alone():
    x = torch.nn.Parameter(torch.ones(2, 3).T)
    scale = torch.tensor(3.0, requires_grad=True)
    result = finite_difference(lambda x: (scale * x).sum(), x, h=0.25)
    assert result.shape == (3, 2)
    assert result.dtype == torch.float32
    assert not result.requires_grad
    assert torch.equal(result, torch.full((3, 2), 3.0))
    assert torch.equal(x.detach(), torch.ones(3, 2))
    assert x.grad is None


def test_integers():
    with pytest.raises(TypeError, match=r"x must be .* got torch\.int64"):
        finite_difference(torch.sum, torch.tensor([1, 2]))


@pytest.mark.parametrize("h", [0, -1e-3, math.nan])
def test_step_that_is_not_positive(h):
    with pytest.raises(ValueError, match=f"h must be above 0 .* got {h}"):
        finite_difference(torch.sum, torch.ones(2), h)


def test_step_lost_in_rounding():
    with pytest.raises(ValueError, match=r"vanish .*torch\.float32.* 1e-06"):
        finite_difference(torch.sum, torch.tensor([1.0, 100.0]))


def test_function_that_returns_a_vector():
    x = torch.ones(2, dtype=torch.float64)
    with pytest.raises(ValueError, match=r"function must .* got \(2,\)"):
        finite_difference(torch.square, x)
