"""Draw a graph of boxes and arrows, from top to bottom."""

import math
from collections.abc import Sequence
from graphlib import TopologicalSorter
from itertools import pairwise
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch
from matplotlib.path import Path

Edges = list[tuple[int, int]]
Numbers = dict[Any, float]  # by vertex, or by (edge, row) where it passes

HIGH, PITCH, GAP = 0.5, 0.95, 0.3  # inches: box, row to row, box to box
STYLES = {  # outline and fill differ, so that no one needs the colour
    "source": ("round,pad=0,rounding_size=0.25", "#cfe8fa", "#00507d", 1.2),
    "step": ("square,pad=0", "#f4f4f4", "#4d4d4d", 1.2),
    "result": ("square,pad=0", "#fde5b8", "#7a4800", 3.2),
}
ACTIVE, SLOPE = "#b8480a", "#0a64a4"  # seen on white and on black


def draw_graph(  # noqa: PLR0913 - most calls need the first two
    nodes: dict[int, str],
    edges: list[tuple[int, int]],
    ax: Axes | None = None,
    *,
    backward: bool = False,
    slopes: Sequence[str] = (),
    active: int | None = None,
) -> Axes:
    """Draw labelled vertices as boxes and edges as downward arrows.

    Round boxes are given, those with a thick outline are results. Each vertex
    stands below everything that points to it.

    Args:
        nodes: The labels by number, at least one; a label may have lines.
        edges: Pairs of numbers, from and to, without a cycle.
        ax: The axes to draw on; by default a new figure of the right size.
        backward: Whether the edges lead from the result to what is given.
        slopes: A label for each edge, in their order; none by default.
        active: The number of a vertex to stand out, with all edges from it.

    Returns:
        The axes with the drawing.

    Raises:
        ValueError: If there are no nodes, an edge has an end that is not in
            nodes, or the edges form a cycle.

    Example:
        The graph of a sum:

        >>> ax = draw_graph({0: "a", 1: "b", 2: "add"}, [(0, 2), (1, 2)])
        >>> [text.get_text() for text in ax.texts]
        ['a', 'b', 'add']

    Explained in:
        :doc:`/tensors`

    Source:
        Sugiyama, Tagawa and Toda, Methods for visual understanding of
        hierarchical system structures (1981), much simplified.
    """
    if not nodes or not {v for edge in edges for v in edge} <= set(nodes):
        raise ValueError(
            f"edges {edges} must join numbers in nodes, got {list(nodes)}"
        )
    wide = {v: 0.3 + 0.085 * max(map(len, nodes[v].split("\n"))) for v in nodes}
    x, y, paths = _layout(wide, edges)
    half = np.array([[wide[v] / 2 + GAP, HIGH / 2 + GAP] for v in nodes])
    spots = np.array([[x[v], y[v]] for v in nodes])
    low, high = (spots - half).min(axis=0), (spots + half).max(axis=0)
    if ax is None:
        figure = plt.figure(figsize=high - low, facecolor="none")
        ax = figure.add_axes((0, 0, 1, 1))
    room = np.array(ax.bbox.size) / ax.figure.dpi  # inches
    scale = min(1, *(room / (high - low)))  # shrink to fit, never stretch
    spare = (room / scale - (high - low)) / 2
    ax.set_xlim(low[0] - spare[0], high[0] + spare[0])
    ax.set_ylim(low[1] - spare[1], high[1] + spare[1])
    ax.set_axis_off()

    text = {"family": "DejaVu Sans Mono", "size": 10 * scale, "va": "center"}
    for i, path in enumerate(paths):
        aside = 0.08 * (paths[:i].count(path) - paths[i + 1 :].count(path))
        color, thick = (ACTIVE, 2.6) if path[0] == active else ("#767676", 1.3)
        arrow = FancyArrowPatch(path=_curve(path, x, y, aside), color=color)
        arrow.set(arrowstyle="-|>", mutation_scale=13 * scale)
        ax.add_patch(arrow).set_linewidth(thick * scale)
        if slopes:  # outside the bend, just below the box
            a, b, c = x[path[0]], y[path[0]] - HIGH / 2, x[path[1]]
            side, out = "left", 0.08
            if c - a + aside < -0.01:
                side, out = "right", -0.08
            where = (a + c) / 2 + aside + out, b - 0.12
            ax.text(*where, slopes[i], text, ha=side, color=SLOPE)
    used, made = {u for u, _ in edges}, {v for _, v in edges}
    if backward:
        used, made = made, used
    for v, label in nodes.items():
        kind = "step" if v in used else "result"
        shape, fill, line, thick = STYLES[kind if v in made else "source"]
        corner = (x[v] - wide[v] / 2, y[v] - HIGH / 2)
        box = ax.add_patch(FancyBboxPatch(corner, wide[v], HIGH, shape))
        color = ACTIVE if v == active else line
        box.set(facecolor=fill, edgecolor=color, linewidth=thick * scale)
        ax.text(x[v], y[v], label, text, ha="center", color="#1a1a1a")
    return ax


def _layout(wide: Numbers, edges: Edges) -> tuple[Numbers, Numbers, list[Any]]:
    row = _rows(list(wide), edges)
    # An edge that passes other rows gets a thin place of its own in each.
    paths: list[Any] = [
        [u, *((i, r) for r in range(row[u] + 1, row[v])), v]
        for i, (u, v) in enumerate(edges)
    ]
    row |= {p: p[1] for path in paths for p in path[1:-1]}
    near: dict[Any, list[Any]] = {p: [] for p in row}
    for u, v in (pair for path in paths for pair in pairwise(path)):
        near[u].append(v)
        near[v].append(u)
    rows = [[p for p in row if row[p] == r] for r in sorted({*row.values()})]
    x = dict.fromkeys(row, 0.0)
    for line in [*rows, *rows[::-1]] * 25:
        # Each place wants to stand between its neighbours, in a free spot.
        wish = {p: float(np.mean([x[q] for q in near[p] or [p]])) for p in line}
        line.sort(key=lambda p: wish[p])
        edge = -math.inf
        for p in line:
            half = wide.get(p, 0) / 2
            x[p] = max(wish[p], edge + half)
            edge = x[p] + half + GAP
        pulls = [len(near[p]) or 1 for p in line]
        shift = np.average([wish[p] - x[p] for p in line], weights=pulls)
        x |= {p: x[p] + shift for p in line}
    return x, {p: -PITCH * r for p, r in row.items()}, paths


def _rows(vertices: list[Any], edges: Edges) -> dict[Any, int]:
    before = {v: [u for u, end in edges if end == v] for v in vertices}
    after = {u: [v for start, v in edges if start == u] for u in vertices}
    order = list(TopologicalSorter(before).static_order())
    row: dict[Any, int] = {}
    for v in order:  # below everything that points to it
        row[v] = max((row[u] + 1 for u in before[v]), default=0)
    for v in reversed(order):  # and not further up than need be
        if len(before[v]) <= len(after[v]):
            row[v] = min((row[u] - 1 for u in after[v]), default=row[v])
    return row


def _curve(path: list[Any], x: Numbers, y: Numbers, aside: float) -> Path:
    points = [(x[path[0]] + aside, y[path[0]] - HIGH / 2)]
    for p in path[1:]:  # bend over to the place's top, go straight through it
        (a, b), (c, d) = points[-1], (x[p] + aside, y[p] + HIGH / 2)
        points += [(a, (b + d) / 2), (c, (b + d) / 2), (c, d), (c, d - HIGH)]
    curve = [Path.CURVE4] * 3 + [Path.LINETO]
    codes = [Path.MOVETO, *curve * (len(path) - 1)]
    return Path(points[:-1], codes[:-1])  # stops at the top of the last box
