"""Cut inputs and labels into the mini-batches of an epoch."""

# %% stub
import torch


def mini_batches(x, y, size):
    """Return the mini-batches of one epoch, a list of pairs (x, y).

    x has shape (n, d), y shape (n,).  The order is a new random one at
    each call.  Each mini-batch has size samples, the last one what is
    left.
    """
    ...


# %% check
from itertools import pairwise

import torch


def epoch(n, size):
    """Return the labels in the mini-batches; that of row i is i."""
    y = torch.arange(n)
    x = torch.stack([y, -y], dim=1)
    batches = mini_batches(x, y, size)
    assert batches is not None, "it returns None; write its body"
    batches = list(batches)
    for rows, labels in batches:
        assert len(rows) == len(labels), (
            f"{len(rows)} rows come with {len(labels)} labels"
        )
        assert torch.equal(rows, torch.stack([labels, -labels], dim=1)), (
            "rows come with labels of other rows: x and y need the same "
            "order, from one permutation"
        )
    return [labels.tolist() for _, labels in batches]


def test_rows_keep_their_labels():
    """Do rows keep their labels?"""
    assert epoch(6, 2), "there are no mini-batches"


def test_the_order_is_new():
    """Is the order a new random one at each call?"""
    torch.manual_seed(0)
    first, second = epoch(100, 8), epoch(100, 8)
    order = [label for batch in first for label in batch]
    assert order != sorted(order), (
        "the samples come in the order of the data: shuffle them"
    )
    assert first != second, (
        "two epochs have the same order: do not seed a generator in each call"
    )
    sets, others = ({frozenset(b) for b in e} for e in (first, second))
    assert sets != others, (
        "the same samples come together in each epoch: shuffle the samples, "
        "not the mini-batches, and not within each"
    )
    following = sum(b == (a + 1) % 100 for a, b in pairwise(order))
    assert following < 50, (
        "the samples follow each other as in the data: that is a shift, and "
        "not a permutation"
    )


def test_each_sample_once():
    """Is each sample in one mini-batch?"""
    for n, size in ((6, 2), (9, 4), (3, 5)):
        batches = epoch(n, size)
        seen = [label for batch in batches for label in batch]
        assert len(seen) == len(set(seen)), (
            f"of {n} samples, some come more than once: a permutation has "
            "each once, and random integers do not"
        )
        assert len(seen) == n, (
            f"of {n} samples, in mini-batches of {size}, only {len(seen)} "
            "come: the last mini-batch may be smaller"
        )
        sizes = [len(batch) for batch in batches]
        right = [min(size, n - start) for start in range(0, n, size)]
        assert sizes == right, f"the sizes should be {right}, and are {sizes}"


# %% solution
import torch


def mini_batches(x, y, size):
    """Return the mini-batches of one epoch, a list of pairs (x, y)."""
    order = torch.randperm(len(x))  # one order for both
    return [(x[i], y[i]) for i in order.split(size)]


# %% right: by PyTorch's loader
from torch.utils.data import DataLoader, TensorDataset


def mini_batches(x, y, size):
    return list(DataLoader(TensorDataset(x, y), size, shuffle=True))


# %% wrong: rows come with labels of other rows
import torch


def mini_batches(x, y, size):
    x, y = x[torch.randperm(len(x))], y[torch.randperm(len(y))]
    return list(zip(x.split(size), y.split(size), strict=True))


# %% wrong: some come more than once
import torch


def mini_batches(x, y, size):
    starts = range(0, len(x), size)
    draws = [torch.randint(len(x), (len(x[k : k + size]),)) for k in starts]
    return [(x[i], y[i]) for i in draws]


# %% wrong: the last mini-batch may be smaller
import torch


def mini_batches(x, y, size):
    order = torch.randperm(len(x))
    starts = [size * k for k in range(len(x) // size)]
    return [(x[order[k : k + size]], y[order[k : k + size]]) for k in starts]


# %% wrong: in the order of the data
def mini_batches(x, y, size):
    return list(zip(x.split(size), y.split(size), strict=True))


# %% wrong: do not seed a generator in each call
import torch


def mini_batches(x, y, size):
    generator = torch.Generator().manual_seed(0)
    order = torch.randperm(len(x), generator=generator)
    return [(x[i], y[i]) for i in order.split(size)]


# %% wrong: shuffle the samples, not the mini-batches
import torch


def mini_batches(x, y, size):
    pairs = list(zip(x.split(size), y.split(size), strict=True))
    return [pairs[k] for k in torch.randperm(len(pairs))]


# %% wrong: the sizes should be [4, 4, 1]
import math

import torch


def mini_batches(x, y, size):
    parts = torch.randperm(len(x)).chunk(math.ceil(len(x) / size))
    return [(x[i], y[i]) for i in parts]


# %% wrong: that is a shift
import torch


def mini_batches(x, y, size):
    order = torch.arange(len(x)).roll(int(torch.randint(len(x), ())))
    return [(x[i], y[i]) for i in order.split(size)]
