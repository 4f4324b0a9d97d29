"""The cross entropy against torch, SciPy and scikit-learn."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import log_expit, logsumexp, softmax
from sklearn import metrics

from snippets.two_weight_cross_entropy import two_weight_cross_entropy

sizes = st.integers(1, 8)
seeds = st.integers(0, 1000)


def problem(n, d, seed):
    rng = np.random.default_rng(seed)
    x, w = rng.standard_normal((n, d)), rng.standard_normal((2, d))
    return x, rng.integers(0, 2, n), w


@given(n=sizes, d=sizes, seed=seeds)
def test_equals_the_oracles(n, d, seed):
    x, y, w = problem(n, d, seed)
    scores = x @ w.T
    result = two_weight_cross_entropy(*map(torch.tensor, (x, y, w)))
    assert result.shape == ()
    torchs = torch.nn.CrossEntropyLoss(reduction="sum")
    scipy = (logsumexp(scores, axis=1) - scores[np.arange(n), y]).sum()
    sklearn = metrics.log_loss(
        y, softmax(scores, axis=1), normalize=False, labels=[0, 1]
    )
    entropy = torchs(torch.tensor(scores), torch.tensor(y)).item()
    assert [scipy, sklearn, entropy] == pytest.approx(
        [result.item()] * 3, rel=1e-9
    )


@given(n=sizes, d=sizes, seed=seeds)
def test_only_the_difference_of_the_weights_matters(n, d, seed):
    x, y, w = problem(n, d, seed)
    result = two_weight_cross_entropy(*map(torch.tensor, (x, y, w))).item()
    moved = w + np.random.default_rng(seed + 1).standard_normal(d)
    same = two_weight_cross_entropy(*map(torch.tensor, (x, y, moved))).item()
    assert same == pytest.approx(result, rel=1e-9)
    one_weight = -log_expit((2 * y - 1) * (x @ (w[1] - w[0]))).sum()
    assert one_weight == pytest.approx(result, rel=1e-9)


@given(n=sizes, d=sizes, seed=seeds)
def test_gradient_is_the_closed_form(n, d, seed):
    x, y, w = problem(n, d, seed)
    leaf = torch.tensor(w, requires_grad=True)
    two_weight_cross_entropy(torch.tensor(x), torch.tensor(y), leaf).backward()
    expected = (softmax(x @ w.T, axis=1) - np.eye(2)[y]).T @ x
    np.testing.assert_allclose(leaf.grad, expected, rtol=1e-9, atol=1e-12)


def test_the_tutorials_two_numbers():
    x = torch.tensor([[1.0, 2.0, 3.0]])
    w = torch.tensor([[4.0, 5.0, 6.0], [7.0, 8.0, 9.0]])
    sure, wrong = torch.tensor([1]), torch.tensor([0])
    assert two_weight_cross_entropy(x, sure, w).item() == 0
    assert two_weight_cross_entropy(x, wrong, w).item() == 18
    exact = two_weight_cross_entropy(x.double(), sure, w.double()).item()
    assert exact == pytest.approx(np.log1p(np.exp(-18)), abs=1e-14)


@given(margin=st.floats(-1e4, 1e4), label=st.integers(0, 1))
def test_large_margins(margin, label):
    x = torch.ones(1, 1, dtype=torch.float64)
    w = torch.tensor([[0.0], [margin]], dtype=torch.float64)
    result = two_weight_cross_entropy(x, torch.tensor([label]), w).item()
    expected = -log_expit((2 * label - 1) * margin)
    assert result == pytest.approx(expected, rel=1e-12, abs=1e-11)
    assert result >= 0
