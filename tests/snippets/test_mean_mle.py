"""The closed-form mean against NumPy, and against its own definition."""

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.stats import multivariate_normal

from snippets.mean_mle import mean_mle

matrices = hnp.arrays(
    np.float64,
    hnp.array_shapes(min_dims=2, max_dims=2, max_side=6),
    elements=st.floats(-1e6, 1e6),
)


@given(matrices)
def test_equals_numpys_mean(samples):
    result = mean_mle(torch.tensor(samples))
    assert result.shape == samples.shape[1:]
    np.testing.assert_allclose(
        result, samples.mean(axis=0), rtol=1e-12, atol=1e-9
    )


def test_no_other_mean_is_more_likely():
    generator = np.random.default_rng(0)
    samples = generator.standard_normal((20, 3))
    best = mean_mle(torch.tensor(samples)).numpy()
    most = multivariate_normal(best).logpdf(samples).sum()
    for nudge in generator.standard_normal((50, 3)) / 10:
        other = multivariate_normal(best + nudge).logpdf(samples).sum()
        assert other < most
