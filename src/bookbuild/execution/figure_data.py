"""What a figure draws, as text to compare and to read in a diff; no pixels.

A line tells of one thing: a curve with its data, an axis, a text and its
place.  Data stand as they lie on the axes: on a logarithmic one, their
logarithms.  Two figures agree if all is equal but the numbers, and these to a
relative tolerance.
"""

import numpy as np
from matplotlib import rcParams
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.collections import Collection
from matplotlib.colors import to_hex, to_rgba_array
from matplotlib.figure import FigureBase
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.path import Path
from matplotlib.spines import Spine
from matplotlib.text import Text
from matplotlib.transforms import Transform

WHOLE = 10  # so many numbers are said one by one; of more, as many are chosen
NUMBERS = ("array", "clim", "extent", "sizes")  # the first two in colours
COLOURS = ("color", "facecolor", "edgecolor")


def describe(owner: FigureBase | Axes) -> str:
    """Return what a figure, or a part of it, draws; it must have been drawn."""
    grid = owner.get_subplotspec() if isinstance(owner, Axes) else None
    inches = np.divide(owner.bbox.bounds, owner.get_figure(root=True).dpi)
    place = grid.get_geometry() if grid else inches
    off = "" if getattr(owner, "axison", True) else " without axes"
    lines = [f"{type(owner).__name__} {_numbers(place)}{off}"]
    axes = [getattr(owner, f"{name}axis", None) for name in "xyz"]
    lines += map(_axis, filter(None, axes))
    for child in filter(Artist.get_visible, owner.get_children()):
        if isinstance(child, Axes | FigureBase):
            lines += describe(child).split("\n")
        elif child is not owner.patch and not isinstance(child, Axis | Spine):
            lines += _artist(child, owner)
    return "\n  ".join(lines)


def _axis(axis: Axis) -> str:
    """Return the line for an axis, with the ticks that are not its own."""
    limits = axis.get_transform().transform(axis.get_view_interval())
    said = f"{axis.get_scale()} {_numbers(limits)} {axis.get_label_text()!r}"
    default = axis.isDefault_majloc and axis.isDefault_majfmt
    ticks = axis.get_ticklabels() if axis.have_units() or not default else []
    labels = (repr(tick.get_text()) for tick in ticks)
    return " ".join([type(axis).__name__, said, *labels])


def _artist(artist: Artist, owner: FigureBase | Axes) -> list[str]:
    """Return the line for an artist that is no axis, if it shows anything."""
    texts = [text.get_text() for text in artist.findobj(Text)]
    if isinstance(artist, Text) and not artist.get_text():
        return []
    label = str(artist.get_label())
    texts += [label] if label[:1] != "_" else []
    words = [repr(text) for text in texts if text]
    mapped = getattr(artist, "get_array", lambda: None)() is not None
    gets = [getattr(artist, f"get_{name}", None) for name in COLOURS]
    words += [_colours(get()) for get in gets if get and not mapped]
    if isinstance(artist, Line2D):
        words += [artist.get_linestyle(), artist.get_marker()]
    for points, transform in _points(artist):
        columns = np.transpose(points)
        if isinstance(owner, Axes):
            inside = transform.contains_branch_seperately(owner.transData)
            scaled = owner.transScale.transform(points).T
            columns = np.where(np.reshape(inside, (2, 1)), scaled, columns)
        x, y = map(_numbers, columns)
        words.append(f"x=[{x}] y=[{y}]")
    for name in NUMBERS if mapped else NUMBERS[2:]:
        if get := getattr(artist, f"get_{name}", None):
            words.append(f"{name}=[{_numbers(get())}]")
    return [" ".join([type(artist).__name__, *filter(None, words)])]


def _points(artist: Artist) -> list[tuple[np.ndarray, Transform]]:
    """Return the points of an artist, and the coordinates that they are in."""
    if isinstance(artist, Line2D):
        return [(artist.get_xydata(), artist.get_transform())]
    if isinstance(artist, Text):
        ends = [*artist.get_unitless_position(), *getattr(artist, "xy", [])]
        return [(np.reshape(ends, (-1, 2)), artist.get_transform())]
    if isinstance(artist, Patch):
        path = artist.get_path()
        # The last vertex of a closed path is anywhere; some have no codes.
        corners = path.vertices[path.codes != Path.CLOSEPOLY].reshape(-1, 2)
        corners = artist.get_patch_transform().transform(corners)
        return [(corners, artist.get_data_transform())]
    if isinstance(artist, Collection):
        shapes = [path.vertices for path in artist.get_paths()]
        shapes = np.concatenate([np.empty((0, 2)), *shapes])
        markers = artist.get_offsets()
        found = [(shapes, artist.get_transform())]
        if np.any(markers):  # else it has none
            found.append((markers, artist.get_offset_transform()))
        return found
    return []


def _colours(colours: object) -> str:
    """Return the names of colours, those of the style's cycle by number."""
    cycle = rcParams["axes.prop_cycle"].by_key().get("color", [])
    names = {to_hex(colour): f"C{i}" for i, colour in enumerate(cycle)}
    found = dict.fromkeys(map(to_hex, to_rgba_array(colours)))
    if len(found) > WHOLE:
        return f"{len(found)} colours"
    return " ".join(names.get(colour, colour) for colour in found)


def _numbers(values: object) -> str:
    """Return numbers as text.

    Of many some are said, evenly spaced, and the means of all positive and of
    all negative ones, each weighted with its place.  The relative error of
    such a mean is at most that of its numbers, since none cancels another.
    """
    flat = np.ma.asarray(values, dtype=float).filled(np.nan).ravel()
    if len(flat) <= WHOLE:
        return " ".join(f"{number:.5g}" for number in flat)
    chosen = flat[np.linspace(0, len(flat) - 1, WHOLE).astype(int)]
    finite = np.where(np.isfinite(flat), flat, 0)
    weights = np.arange(1, len(flat) + 1) / len(flat)
    means = [
        np.maximum(part, 0) @ weights / weights.sum()
        for part in (finite, -finite)
    ]
    missing = len(flat) - np.isfinite(flat).sum()
    said = f"{_numbers(chosen)} (of {len(flat)}; means {_numbers(means)}"
    return said + (f"; {missing} not finite)" if missing else ")")
