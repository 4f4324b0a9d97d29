"""The likelihood against SciPy's density and the gradient's closed form."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import multivariate_normal

from snippets.neg_log_likelihood import neg_log_likelihood

sizes = st.integers(1, 8)
variances = st.floats(1e-3, 1e3)


def normal(*shape, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, dtype=torch.float64, generator=generator)


@given(n=sizes, d=sizes, var_=variances, seed=st.integers(0, 1000))
def test_equals_the_mean_of_scipys_log_density(n, d, var_, seed):
    samples, mu = normal(n, d, seed=seed), normal(d, seed=seed + 1)
    density = multivariate_normal(mu.numpy(), var_ * np.eye(d))
    expected = -np.mean(density.logpdf(samples.numpy()))
    result = neg_log_likelihood(samples, mu, var_)
    assert result.shape == ()
    assert result.item() == pytest.approx(expected, rel=1e-10, abs=1e-10)


@given(n=sizes, d=sizes, var_=variances, seed=st.integers(0, 1000))
def test_gradient_is_the_closed_form(n, d, var_, seed):
    samples = normal(n, d, seed=seed)
    mu = normal(d, seed=seed + 1).requires_grad_()
    neg_log_likelihood(samples, mu, var_).backward()
    expected = (mu.detach() - samples.mean(dim=0)) / var_
    torch.testing.assert_close(mu.grad, expected, rtol=1e-9, atol=1e-12)


def test_gradient_is_zero_where_the_only_sample_is_the_mean():
    mu = torch.ones(3, requires_grad=True)
    neg_log_likelihood(torch.ones(1, 3), mu, 1.0).backward()
    assert mu.grad.tolist() == [0, 0, 0]


def test_float64_samples_meet_a_float32_parameter():
    mu = torch.nn.Parameter(torch.zeros(3))
    loss = neg_log_likelihood(normal(4, 3), mu, 1.0)
    loss.backward()
    assert loss.dtype == torch.float64
    assert mu.grad.dtype == torch.float32


def test_accepts_numpy_and_whole_numbers_as_variance():
    samples, mu = normal(4, 3), normal(3)
    expected = neg_log_likelihood(samples, mu, 2.0)
    for var_ in (2, np.float64(2), np.float32(2)):
        assert neg_log_likelihood(samples, mu, var_) == expected
