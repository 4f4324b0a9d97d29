"""The averaged negative log-likelihood of a Gaussian mean."""

import math

import torch


def neg_log_likelihood(
    samples: torch.Tensor, mu: torch.Tensor, var_: float
) -> torch.Tensor:
    r"""Measure how badly a spherical Gaussian with mean mu fits the samples.

    .. math::

        \frac{d}{2} \log 2\pi + \frac{d}{2} \log \sigma^2
        + \frac{1}{2 \sigma^2 n} \sum_{i=1}^n \|x_i - \mu\|^2

    The sum is divided by n, so that the value is an average over samples.

    Args:
        samples: The data, one sample a row, shape (n, d).
        mu: The mean to judge, shape (d,); it or the samples floating point.
        var_: The variance of each coordinate, a finite number above 0.

    Returns:
        The averaged negative log-likelihood in nats, shape ().

    Raises:
        TypeError: If samples - mu is not floating point.
        ValueError: If the shapes do not fit, n is 0, or ``var_`` is not a
            positive, finite number.

    Example:
        Two samples, each at distance 1 from the mean:

        >>> samples = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
        >>> neg_log_likelihood(samples, torch.zeros(2), var_=1.0)
        tensor(2.3379)

    Explained in:
        :doc:`/gaussian-mean`

    Source:
        Bishop, Pattern Recognition and Machine Learning, equation (2.118),
        with covariance :math:`\sigma^2 I`, negated and divided by n.
    """
    if mu.ndim != 1 or samples.shape[1:] != mu.shape or len(samples) < 1:
        raise ValueError(
            "samples must have shape (n, d) with n >= 1 and mu shape (d,), "
            f"got {tuple(samples.shape)} and {tuple(mu.shape)}"
        )
    if not torch.result_type(samples, mu).is_floating_point:
        raise TypeError(
            "samples - mu must be floating point, "
            f"got {samples.dtype} and {mu.dtype}"
        )
    if isinstance(var_, torch.Tensor) or not 0 < var_ < math.inf:
        raise ValueError(f"var_ must be a finite number above 0, got {var_!r}")

    n, d = samples.shape
    constants = d / 2 * (math.log(2 * math.pi) + math.log(var_))
    # mu is taken from every row; the norm runs over all n * d entries.
    norm = torch.linalg.matrix_norm(samples - mu)  # (n, d) -> ()
    return 0.5 / var_ * norm**2 / n + constants
