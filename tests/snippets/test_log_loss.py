"""The log loss against SciPy, scikit-learn, torch and its own gradient."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit, log_expit
from sklearn import metrics
from torch.nn import functional

from snippets.log_loss import log_loss

sizes = st.integers(1, 8)
seeds = st.integers(0, 1000)


def problem(n, d, seed):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((n, d))
    y = rng.choice([-1, 1], n)
    return x, y, rng.standard_normal(d)


@given(n=sizes, d=sizes, seed=seeds)
def test_equals_the_four_oracles(n, d, seed):
    x, y, w = problem(n, d, seed)
    score = x @ w
    result = log_loss(*map(torch.tensor, (x, y, w)))
    assert result.shape == ()
    scores, labels = torch.tensor(score), torch.tensor(y)
    soft = functional.soft_margin_loss(scores, labels, reduction="sum")
    binary = functional.binary_cross_entropy_with_logits(
        scores, (labels + 1) / 2, reduction="sum"
    )
    sklearn = metrics.log_loss(y, expit(score), normalize=False, labels=[-1, 1])
    assert [soft.item(), binary.item(), sklearn] == pytest.approx(
        [result.item()] * 3, rel=1e-6
    )
    scipy = -log_expit(y * score).sum()
    assert result.item() == pytest.approx(scipy, rel=1e-12)


@given(n=sizes, d=sizes, seed=seeds)
def test_the_conventions_agree(n, d, seed):
    x, y, w = map(torch.tensor, problem(n, d, seed))
    expected = log_loss(x, y, w)
    assert log_loss(x, (y + 1) // 2, w) == expected
    assert log_loss(x, y > 0, w) == expected
    assert log_loss(x, y.double(), w) == expected


@given(n=sizes, d=sizes, seed=seeds)
def test_gradient_is_the_closed_form(n, d, seed):
    x, y, w = problem(n, d, seed)
    weights = torch.tensor(w, requires_grad=True)
    log_loss(torch.tensor(x), torch.tensor(y), weights).backward()
    expected = -(y * expit(-y * (x @ w))) @ x
    np.testing.assert_allclose(weights.grad, expected, rtol=1e-9, atol=1e-12)


@given(margin=st.floats(-1e4, 1e4))
def test_every_margin_is_exact(margin):
    x = torch.tensor([[margin]], dtype=torch.float64)
    w = torch.ones(1, dtype=torch.float64)
    result = log_loss(x, torch.tensor([1]), w).item()
    assert result == pytest.approx(-log_expit(margin), rel=1e-12, abs=0)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_huge_margins_do_not_overflow(dtype):
    w = torch.tensor([1e4], dtype=dtype, requires_grad=True)
    x, right = torch.ones(1, 1, dtype=dtype), torch.tensor([1])
    assert log_loss(x, right, w).item() == 0
    wrong = log_loss(x, -right, w)
    wrong.backward()
    assert wrong.item() == 1e4
    assert wrong.dtype == dtype
    assert w.grad.item() == 1
