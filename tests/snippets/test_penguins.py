"""The penguins against the published table, row by row."""

import csv
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from snippets.penguins import penguins

PUBLISHED = Path(__file__).parent / "data" / "penguins.csv"
SPECIES = ["Adelie", "Chinstrap"]


@pytest.fixture(scope="module")
def published():
    """The measured penguins of both species, in the order of the table."""
    with PUBLISHED.open(encoding="utf-8", newline="") as file:
        return [
            row
            for row in csv.DictReader(file)
            if row["species"] in SPECIES and row["bill_length_mm"] != "NA"
        ]


def test_every_row_is_the_published_one(published):
    x, y = penguins()
    bills = [
        [float(row["bill_length_mm"]), float(row["bill_depth_mm"])]
        for row in published
    ]
    np.testing.assert_array_equal(x.numpy(), np.array(bills, np.float32))
    assert [SPECIES[label] for label in y.tolist()] == [
        row["species"] for row in published
    ]


def test_counts_and_dtypes():
    """The number of birds measured is that of Gorman et al. (2014)."""
    x, y = penguins()
    assert x.shape == (219, 2)
    assert x.dtype == torch.float32
    assert y.dtype == torch.int64
    assert y.bincount().tolist() == [151, 68]


def test_means_are_those_that_the_package_prints():
    """The README of palmerpenguins prints the means of each species."""
    x, y = penguins()
    means = [x[y == label].mean(dim=0).tolist() for label in (0, 1)]
    assert means[0] == pytest.approx([38.8, 18.3], abs=0.05)
    assert means[1] == pytest.approx([48.8, 18.4], abs=0.05)


@given(row=st.integers(0, 218), number=st.floats(width=32, allow_nan=False))
def test_a_change_to_one_copy_is_not_in_the_next(row, number):
    x, y = penguins()
    x[row] = number
    y[row] = -1
    fresh, labels = penguins()
    assert ((fresh > 10) & (fresh < 70)).all()
    assert labels.min() == 0
