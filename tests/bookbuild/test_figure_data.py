"""What a figure draws is told so that changes are seen and rounding is not."""

import numpy as np
import pytest
from comparison import same
from matplotlib.figure import Figure

from bookbuild.execution.figure_data import describe


def drawn(change=lambda _ax, _line: None, factor=1.0):
    figure = Figure()
    left, right = figure.subplots(1, 2)
    x = np.linspace(0.1, 6, 100)
    (line,) = left.plot(x, np.sin(x) * 1e-9 + 2, "--", label="sine")
    left.loglog(x, 1e-12 * x * factor)
    left.annotate("top", xy=(1.6, 1.0), xytext=(2.0, 1.5))
    left.set(xlabel="x (m)", title="A wave")
    right.bar(["a", "b"], [3 * factor, 4])
    right.scatter([0, 1], [3, 4], c=["C0", "C1"])
    right.imshow(np.arange(100.0).reshape(10, 10) * factor)
    left.legend()
    change(left, line)
    figure.canvas.draw()
    return describe(figure)


def test_rounding_is_no_difference_and_size_on_a_log_axis_is():
    assert drawn() == drawn()
    assert drawn() != drawn(factor=1 + 1e-5)
    assert same(drawn(), drawn(factor=1 + 1e-5))
    assert not same(drawn(), drawn(factor=1.1))


@pytest.mark.parametrize(
    "change",
    [
        lambda ax, _: ax.set(xlabel="x (s)"),
        lambda ax, _: ax.set(title="Waves"),
        lambda ax, _: ax.set(xlim=(0.1, 7)),
        lambda ax, _: ax.set_yscale("linear"),
        lambda ax, _: ax.set_xticks([1], ["one"]),
        lambda ax, _: ax.set_axis_off(),
        lambda ax, _: ax.texts[0].set_position((2.5, 1.5)),
        lambda ax, _: ax.texts[0].set_text("bottom"),
        lambda ax, _: ax.fill_between([1, 2], [1, 2]),
        lambda ax, _: ax.quiver([1], [1], [1], [-1]),
        lambda ax, _: ax.axhline(1),
        lambda ax, _: ax.inset_axes([0.1, 0.1, 0.2, 0.2]),
        lambda ax, _: ax.get_figure().suptitle("All"),
        lambda ax, _: ax.get_legend().remove(),
        lambda ax, _: ax.get_figure().axes[1].images[0].set_clim(0, 9),
        lambda ax, _: ax.get_figure().axes[1].patches[0].set_height(9),
        lambda _, line: line.set_color("C3"),
        lambda _, line: line.set_linestyle("-"),
        lambda _, line: line.set_label("cosine"),
        lambda _, line: line.set_visible(False),
        lambda _, line: line.set_ydata(np.flip(line.get_ydata()) ** 2),
    ],
)
def test_each_change_is_seen(change):
    assert not same(drawn(), drawn(change))
