"""What the tests of the snippets share."""

import matplotlib as mpl
import pytest
from hypothesis import settings

# The same examples on every run, and no deadline on a busy machine.
settings.register_profile(
    "steady", deadline=None, derandomize=True, database=None, max_examples=25
)
settings.load_profile("steady")


@pytest.fixture(autouse=True)
def _canvas_without_a_screen():
    """Draw in memory, and leave no figure open behind a test."""
    mpl.use("Agg")
    yield
    from matplotlib import pyplot as plt  # noqa: PLC0415 - after the backend

    plt.close("all")
