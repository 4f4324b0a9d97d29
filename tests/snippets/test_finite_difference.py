"""Differences against autograd and against polynomials, where they are exact.

Central differences have no truncation error up to degree two.
"""

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


def test_polynomials_are_off_by_no_more_than_the_square_of_the_step():
    x = torch.tensor([0.5, -2.0], dtype=torch.float64)
    assert finite_difference(lambda x: (x**2).sum(), x, 0.5).tolist() == [1, -4]
    cubic = finite_difference(lambda x: (x**3).sum(), x, 0.5)
    assert cubic.tolist() == (3 * x**2 + 0.5**2).tolist()


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
