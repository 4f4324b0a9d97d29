"""Standardize rows by what the training rows say."""

# %% stub
import torch


def standardize(train, others):
    """Return train and others with the columns on one scale.

    train has shape (n, d), others (k, d).  A column that is constant
    in train becomes 0 there.
    """
    ...


# %% check
import torch


def data():
    """Return training rows, and their first five as the others."""
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(30, 3, generator=generator, dtype=torch.float64)
    train = torch.tensor([40.0, 7.0, 0.0]) + torch.tensor([5.0, 0.2, 30.0]) * x
    return train, train[:5].clone()


def test_it_returns_both():
    """Does it return two tensors of the same shapes?"""
    both = standardize(*data())
    assert both is not None, "it returns None; write its body"
    shapes = [tuple(scaled.shape) for scaled in both]
    assert shapes == [(30, 3), (5, 3)], (
        f"the shapes should be (30, 3) and (5, 3), and are {shapes}"
    )


def test_training_columns():
    """Have the training columns the mean 0 and the standard deviation 1?"""
    train, others = data()
    spread = train.std(dim=0)
    scaled, _ = standardize(train, others)
    means, stds = scaled.mean(dim=0), scaled.std(dim=0)
    assert means.abs().max() < 1e-9 or means.mean().abs() > 1e-9, (
        "one mean is taken of all columns: each needs its own, over the rows "
        "(dim=0)"
    )
    assert means.abs().max() < 1e-9, (
        f"the means of the training columns should be 0, and are up to "
        f"{means.abs().max():.2g}: is the mean of each column subtracted, and "
        "do other rows than the training rows have a say?"
    )
    assert not torch.allclose(stds * spread, stds**0, rtol=0.1), (
        "you divide by the variance; divide by its square root"
    )
    assert torch.allclose(stds, stds**0, rtol=0.02), (
        f"the standard deviations of the training columns should be 1, and "
        f"are {[round(std, 3) for std in stds.tolist()]}"
    )


def test_a_row_keeps_its_numbers():
    """Does a row get the same numbers in both?"""
    scaled, others = standardize(*data())
    off = (scaled[:5] - others).abs().max()
    assert off < 1e-6, (
        f"the others are training rows here, and their numbers differ by up to "
        f"{off:.2f} from those in train: scale the others by the mean and "
        "the standard deviation of train, not by their own"
    )


def test_a_constant_column():
    """Is it right where a column is constant?"""
    train, others = data()
    train[:, 1] = 7
    scaled, others = standardize(train, others)
    assert not scaled[:, 1].isnan().any(), (
        "a constant column becomes nan, which is 0 / 0: divide by 1 there"
    )
    assert scaled[:, 1].abs().max() == 0, "a constant column should become 0"
    assert others.abs().max() < 1e100, (
        "the others have inf or nan there, or what nan_to_num makes of it"
    )


# %% solution
import torch


def standardize(train, others):
    """Return train and others with the columns on one scale."""
    mean, std = train.mean(dim=0), train.std(dim=0)  # (d,), (d,)
    std = torch.where(std > 0, std, 1.0)  # constant: 0 / 1, not 0 / 0
    return (train - mean) / std, (others - mean) / std


# %% right: with the n of the rows in the variance
def standardize(train, others):
    mean = train.sum(dim=0) / len(train)
    std = ((train - mean) ** 2).mean(dim=0) ** 0.5
    std[std == 0] = 1
    return [(rows - mean) / std for rows in (train, others)]


# %% wrong: one mean is taken of all columns
def standardize(train, others):
    mean, std = train.mean(), train.std()
    return (train - mean) / std, (others - mean) / std


# %% wrong: do other rows than the training rows have a say?
import torch


def standardize(train, others):
    rows = torch.cat([train, others])
    rows = (rows - rows.mean(dim=0)) / rows.std(dim=0)
    return rows[: len(train)], rows[len(train) :]


# %% wrong: you divide by the variance
def standardize(train, others):
    mean, var = train.mean(dim=0), train.var(dim=0)
    return (train - mean) / var, (others - mean) / var


# %% wrong: not by their own
def standardize(train, others):
    return [
        (rows - rows.mean(dim=0)) / rows.std(dim=0) for rows in (train, others)
    ]


# %% wrong: a constant column becomes nan
def standardize(train, others):
    mean, std = train.mean(dim=0), train.std(dim=0)
    return (train - mean) / std, (others - mean) / std


# %% wrong: or what nan_to_num makes of it
def standardize(train, others):
    mean, std = train.mean(dim=0), train.std(dim=0)
    both = [(rows - mean) / std for rows in (train, others)]
    return [rows.nan_to_num() for rows in both]
