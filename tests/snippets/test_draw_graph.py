"""The drawing, measured: boxes apart, labels inside, an arrow for each edge."""

from itertools import combinations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from matplotlib import colors
from matplotlib import pyplot as plt
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from snippets.autograd_graph import autograd_graph
from snippets.backward_steps import backward_steps
from snippets.draw_graph import draw_graph
from snippets.neg_log_likelihood import neg_log_likelihood
from snippets.trace_graph import trace_graph
from snippets.two_weight_cross_entropy import two_weight_cross_entropy

X, Y = torch.ones(4, 3), torch.tensor([0, 1, 1, 0])
W = torch.ones(2, 3, requires_grad=True)
MU = torch.zeros(3, requires_grad=True)
GRAPHS = {
    "one": ({7: "x\n(3,)"}, []),
    "twice": trace_graph(lambda x: x * x, x=X),
    "likelihood, autograd": autograd_graph(neg_log_likelihood(X, MU, 1.0)),
    "two weights": trace_graph(two_weight_cross_entropy, x=X, t=Y, w=W),
    "two weights, autograd": autograd_graph(
        two_weight_cross_entropy(X, Y, W), w=W
    ),
    "shortcuts": trace_graph(
        lambda x, w: (x + torch.relu(x @ w.T @ w) * x * x).sum(), x=X, w=W
    ),
}

LINKED = {  # by the vertices: one is used once, in two places, twice in one
    "fsw": [("f", "s", 0.7311), ("s", "w", -2.0)],
    "fba": [("f", "a", 6.0), ("f", "b", 2.0), ("b", "a", -3.5)],
    "fz": [("f", "z", 3.0), ("f", "z", 3.0)],
}


def parts(ax, kind):
    return [patch for patch in ax.patches if isinstance(patch, kind)]


def contrast(*pair):
    rgb = np.array([colors.to_rgb(color) for color in pair])
    low, high = rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4
    linear = np.where(rgb <= 0.04045, low, high)
    dark, light = sorted(linear @ [0.2126, 0.7152, 0.0722])
    return (light + 0.05) / (dark + 0.05)


def check_drawing(ax, nodes, edges):
    ax.figure.canvas.draw()
    boxes = parts(ax, FancyBboxPatch)
    frames = [box.get_window_extent() for box in boxes]
    assert len(frames) == len(ax.texts) == len(nodes)
    for one, other in combinations(frames, 2):
        assert not one.overlaps(other)
    page = ax.figure.bbox
    for frame, text in zip(frames, ax.texts, strict=True):
        label = text.get_window_extent()
        assert page.x0 <= frame.x0 < label.x0 < label.x1 < frame.x1 <= page.x1
        assert page.y0 <= frame.y0 < label.y0 < label.y1 < frame.y1 <= page.y1
    by_vertex = dict(zip(nodes, boxes, strict=True))
    for (u, v), arrow in zip(edges, parts(ax, FancyArrowPatch), strict=True):
        check_arrow(arrow, by_vertex, u, v)


def check_arrow(arrow, by_vertex, u, v):
    """It leaves one box below, enters the other above, and hits no third."""
    # get_path() has the head too; the shaft is its first part, in pixels.
    shaft = arrow._path_original  # noqa: SLF001 - matplotlib has no getter
    (x0, y0), (x1, y1) = shaft.vertices[[0, -1]]
    start, end = by_vertex[u], by_vertex[v]
    assert start.get_x() < x0 < start.get_x() + start.get_width()
    assert y0 > y1
    assert y0 == pytest.approx(start.get_y())
    assert end.get_x() < x1 < end.get_x() + end.get_width()
    assert y1 == pytest.approx(end.get_y() + end.get_height())
    for other, box in by_vertex.items():
        if other not in {u, v}:
            assert not shaft.intersects_bbox(box.get_bbox(), filled=False)


@pytest.mark.parametrize("name", GRAPHS)
def test_drawing_is_readable(name):
    check_drawing(draw_graph(*GRAPHS[name]), *GRAPHS[name])


@given(data=st.data(), size=st.integers(2, 15))
def test_any_graph_is_readable(data, size):
    """Random graphs in which each vertex has up to two operands."""
    nodes = {v: f"vertex {v}\n({v * 111},)" for v in range(size)}
    edges = [
        (u, v)
        for v in range(1, size)
        for u in data.draw(st.lists(st.integers(0, v - 1), max_size=2))
    ]
    check_drawing(draw_graph(nodes, edges), nodes, edges)
    plt.close("all")


@pytest.mark.parametrize("size", [(2, 2), (20, 20), (3, 12)])
def test_fits_the_axes_it_is_given(size):
    _, ax = plt.subplots(figsize=size)
    graph = GRAPHS["two weights"]
    assert draw_graph(*graph, ax=ax) is ax
    check_drawing(ax, *graph)
    assert all(text.get_size() <= 10 for text in ax.texts)


@pytest.mark.parametrize("backward", [False, True])
def test_given_and_result_differ_in_shape_and_in_colour(backward):
    """Whichever way the arrows lead."""
    edges = [(1, 0), (2, 1)] if backward else [(0, 1), (1, 2)]
    nodes = {0: "a", 1: "b", 2: "c"}
    ax = draw_graph(nodes, edges, backward=backward)
    given, middle, result = parts(ax, FancyBboxPatch)
    shapes = [type(b.get_boxstyle()).__name__ for b in (given, middle, result)]
    assert shapes == ["Round", "Square", "Square"]
    assert middle.get_linewidth() <= 2 < result.get_linewidth()
    assert len({b.get_facecolor() for b in (given, middle, result)}) == 3


def drawn_step(vertices, step):
    numbers = dict.fromkeys(vertices, 1.0)
    nodes, edges, slopes = backward_steps(numbers, LINKED[vertices], step)
    options = {"backward": True, "slopes": slopes, "active": step - 1}
    return draw_graph(nodes, edges, **options), edges


@pytest.mark.parametrize("vertices", LINKED)
def test_slopes_stand_free_and_only_what_is_active_stands_out(vertices):
    (ax, edges), (before, _) = (drawn_step(vertices, k) for k in (1, 0))
    ax.figure.canvas.draw()
    slopes = [text.get_window_extent() for text in ax.texts[: len(edges)]]
    boxes = [b.get_window_extent() for b in parts(ax, FancyBboxPatch)]
    for one, other in combinations(slopes + boxes, 2):
        assert not one.overlaps(other)
    for slope in slopes:
        assert ax.figure.bbox.x0 < slope.x0 < slope.x1 < ax.figure.bbox.x1
        place = slope.transformed(ax.transData.inverted())
        for arrow in parts(ax, FancyArrowPatch):
            shaft = arrow._path_original  # noqa: SLF001 - as above
            assert not shaft.intersects_bbox(place, filled=False)
    pairs = zip(before.patches, ax.patches, strict=True)
    changed = [a.get_edgecolor() != b.get_edgecolor() for a, b in pairs]
    arrows = [u == 0 for u, _ in edges]
    assert changed == [*arrows, *(vertex == "f" for vertex in vertices)]


def test_reads_on_light_and_dark_pages():
    ax = draw_graph(*GRAPHS["two weights"])
    step, edges = drawn_step("fba", 1)
    lines = parts(ax, FancyArrowPatch) + parts(step, FancyArrowPatch)
    found = {line.get_edgecolor() for line in lines}
    found |= {text.get_color() for text in step.texts[: len(edges)]}
    assert len(found) == 3
    for color in found:
        for page in ("white", "#121212"):
            assert contrast(color, page) >= 3
    for box, text in zip(parts(ax, FancyBboxPatch), ax.texts, strict=True):
        assert contrast(box.get_facecolor(), text.get_color()) >= 7
    assert ax.figure.get_facecolor()[3] == 0
