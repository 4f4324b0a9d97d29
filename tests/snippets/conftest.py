"""What the tests of the snippets share."""

import pytest
from hypothesis import settings
from matplotlib import pyplot as plt

# The same examples on every run, and no deadline on a busy machine.
settings.register_profile(
    "steady", deadline=None, derandomize=True, database=None, max_examples=25
)
settings.load_profile("steady")


@pytest.fixture(autouse=True)
def _canvas_without_a_screen():
    """Draw in memory, and leave no figure open behind a test."""
    plt.switch_backend("Agg")
    yield
    plt.close("all")
