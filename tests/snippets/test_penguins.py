"""The penguins against the published table, row by row."""

import csv
from pathlib import Path

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from snippets.gentoo import gentoo
from snippets.penguins import penguins

PUBLISHED = Path(__file__).parent / "data" / "penguins.csv"
SPECIES = ["Adelie", "Chinstrap"]


def published(species):
    """All measured penguins of some species, as in the table."""
    with PUBLISHED.open(encoding="utf-8", newline="") as file:
        own = [
            row
            for row in csv.DictReader(file)
            if row["species"] in species and row["bill_length_mm"] != "NA"
        ]
    bills = [(row["bill_length_mm"], row["bill_depth_mm"]) for row in own]
    return np.array(bills, np.float32), [row["species"] for row in own]


def test_every_row_is_the_published_one():
    x, y = penguins()
    bills, kinds = published(SPECIES)
    np.testing.assert_array_equal(x.numpy(), bills, strict=True)
    assert y.dtype == torch.int64
    assert [SPECIES[label] for label in y] == kinds


def test_every_gentoo_is_the_published_one():
    bills, _ = published(["Gentoo"])
    np.testing.assert_array_equal(gentoo().numpy(), bills, strict=True)


@given(row=st.integers(0, 218), number=st.floats(width=32, allow_nan=False))
def test_a_change_to_one_copy_is_not_in_the_next(row, number):
    x, y = penguins()
    x[row] = number
    y[row] = -1
    fresh, labels = penguins()
    assert ((fresh > 10) & (fresh < 70)).all()
    assert labels.min() == 0
