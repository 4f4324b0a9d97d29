"""The maximum likelihood estimate of a Gaussian mean, in closed form."""

import torch


def mean_mle(samples: torch.Tensor) -> torch.Tensor:
    r"""Return the mean under which the Gaussian samples are most likely.

    .. math::

        \bar{x} = \frac{1}{n} \sum_{i=1}^n x_i

    The variance plays no part: every variance gives the same best mean.

    Args:
        samples: The data, one sample a row, shape (n, d), floating point.

    Returns:
        The average of the rows, shape (d,).

    Raises:
        TypeError: If the samples are not floating point.
        ValueError: If samples is not a matrix with at least one row.

    Example:
        The point halfway between two samples:

        >>> mean_mle(torch.tensor([[0.0, 2.0], [4.0, 6.0]]))
        tensor([2., 4.])

    Explained in:
        :doc:`/gaussian-mean`

    Source:
        Bishop, Pattern Recognition and Machine Learning, equation (2.121).
    """
    if samples.ndim != 2 or len(samples) < 1:
        raise ValueError(
            "samples must have shape (n, d) with n >= 1, "
            f"got {tuple(samples.shape)}"
        )
    if not samples.is_floating_point():
        raise TypeError(f"samples must be floating point, got {samples.dtype}")

    return samples.mean(dim=0)  # (n, d) -> (d,)
