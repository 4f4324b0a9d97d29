"""Figures can be read on light and dark pages, by every kind of eye."""

import itertools
import re
from xml.etree import ElementTree as ET

import matplotlib as mpl
import numpy as np
import pytest

from bookbuild.pages import figures

SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="72pt" height="36.2pt">'
    '<path style="fill: none; stroke: #0a64a4"/><text>t</text></svg>'
)
LINES, TEXT = 3, 4.5  # contrast
# How much of a colour is left to those whose eyes lack one kind of cone
# (Machado, Oliveira and Fernandes 2009, doi:10.1109/TVCG.2009.113).
EYES = {
    "most": np.eye(3),
    "no red": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "no green": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "no blue": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
XYZ = np.array(  # from linear sRGB
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)
APART = 11  # the eye tells colours apart from 2.3
PAPER = "fdfdfb"


def linear(colour):
    value = np.array([int(colour[i : i + 2], 16) / 255 for i in (0, 2, 4)])
    return np.where(
        value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4
    )


def contrast(one, other):
    """As WCAG defines it."""
    low, high = sorted(XYZ[1] @ linear(colour) for colour in (one, other))
    return (high + 0.05) / (low + 0.05)


def lab(rgb):
    """CIE L*a*b*, in which distance is what the eye sees of a difference."""
    ratio = XYZ @ np.clip(rgb, 0, 1) / XYZ.sum(axis=1)
    f = np.where(ratio > 216 / 24389, np.cbrt(ratio), 7.787 * ratio + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.fixture(scope="module")
def pairs(root):
    """The dark colour by the light one, from the one home of all colours."""
    css = (root / "book/_config/static/palette.css").read_text("utf-8")
    found = figures.PAIR.findall(css)
    assert len(found) == css.count("light-dark(#")
    assert len({*found}) == len(figures.colour_pairs(css))
    return figures.colour_pairs(css)


@pytest.fixture(scope="module")
def style(root):
    """The house style, as Matplotlib reads it."""
    file = root / "book/_config/matplotlibrc"
    return mpl.rc_params_from_file(file, use_default_template=False)


def cycle(style):
    return [entry["color"].lstrip("#") for entry in style["axes.prop_cycle"]]


@pytest.fixture(scope="module", params=["light", "dark"])
def page(request, pairs):
    """A page's colour, and how a colour of a light page is written on it."""
    table = pairs if request.param == "dark" else {}
    return table.get(PAPER, PAPER), table


@pytest.fixture(scope="module")
def drawn(site):
    """The figures of the site, for light pages, parsed."""
    every = sorted(site.glob("_images/*.svg"))
    paths = [path for path in every if not path.stem.endswith("-dark")]
    assert paths
    return {path: ET.parse(path) for path in paths}  # noqa: S314 (our own files)


def colours(element, *names):
    """The colours that a part of a picture sets, of which it shows all."""
    style = dict(re.findall(r"([\w-]+): ([^;]+)", element.get("style", "")))
    return {
        style[name].removeprefix("#")
        for name in names
        if style.get(name, "none") != "none"
        and float(style.get(f"{name}-opacity", style.get("opacity", 1))) == 1
    }


def words_and_lines(tree):
    """The colours of what is written in a figure, and of its lines."""
    words, lines = set(), set()
    for group in tree.iter("{http://www.w3.org/2000/svg}g"):
        if group.get("id", "").startswith("text_"):
            for part in group.iter():
                words |= colours(part, "fill")
    for part in tree.iter():
        lines |= colours(part, "stroke")
    return words, lines


def test_the_house_style_can_be_read(style, page):
    paper, table = page
    names = ("text.color", "axes.labelcolor", "xtick.labelcolor")
    names += ("axes.edgecolor", "xtick.color")
    # Lines are labelled in their own colours.
    for colour in [*cycle(style), *(style[name].lstrip("#") for name in names)]:
        assert contrast(table.get(colour, colour), paper) >= TEXT, colour
    # What stands on what in a graph: text on the three kinds of boxes.
    ink = table.get("1a1a1a", "1a1a1a")
    for box in ("cfe8fa", "f4f4f4", "fde5b8"):
        assert contrast(ink, table.get(box, box)) >= TEXT, box


def test_what_a_terminal_colours_can_be_read(root, page):
    paper, table = page
    static = root / "book/_config/static"
    light = re.findall(
        r"(--[\w-]+): light-dark\(#(\w+)", (static / "palette.css").read_text()
    )
    rules = re.findall(
        r'\.-Color\[class\*="(\w+)"\] \{ --terminal: var\((.*?)\)',
        (static / "code.css").read_text(),
    )
    basic = "Black Red Green Yellow Blue Magenta Cyan White"
    assert [name for name, _ in rules] == basic.split()
    for name, variable in rules:
        colour = dict(light)[variable]
        # One is the ground and the other the text, or the other way round.
        assert contrast(table.get(colour, colour), paper) >= TEXT, name


def test_no_two_colours_are_alike_to_anybody(style, page):
    _paper, table = page
    shown = [table.get(colour, colour) for colour in cycle(style)]
    for eyes, left in EYES.items():
        seen = {c: lab(np.array(left) @ linear(c)) for c in shown}
        apart = {
            pair: np.linalg.norm(seen[pair[0]] - seen[pair[1]])
            for pair in itertools.combinations(shown, 2)
        }
        pair, least = min(apart.items(), key=lambda item: item[1])
        assert least >= APART, (eyes, pair)


def test_every_figure_of_the_site_can_be_read(drawn, page):
    paper, table = page
    for path, tree in drawn.items():
        words, lines = words_and_lines(tree)
        assert lines, path.name
        for found, least in ((words, TEXT), (lines, LINES)):
            for colour in found:
                shown = table.get(colour, colour)
                assert contrast(shown, paper) >= least, (path.name, colour)


@pytest.mark.parametrize(
    "file", ["book/_config/matplotlibrc", "src/snippets/draw_graph.py"]
)
def test_figures_are_drawn_in_colours_of_the_palette(root, pairs, file):
    text = (root / file).read_text("utf-8")
    used = set(re.findall(r'(?:"#?|color: )([0-9a-f]{6})\b', text))
    assert len(used) > 5
    assert used <= pairs.keys()


def test_a_browser_shows_the_colour_of_the_page_around_it(root, pairs):
    layout = (root / "book/_config/templates/layout.html").read_text("utf-8")
    found = re.findall(r'name="theme-color".* content="#(\w{6})"', layout)
    assert found == [PAPER, pairs[PAPER]]


def test_every_colour_of_a_figure_has_one_for_dark_pages(drawn, pairs):
    for path, tree in drawn.items():
        parts = (colours(part, "fill", "stroke") for part in tree.iter())
        assert set().union(*parts) <= pairs.keys(), path.name
        dark = path.with_name(figures.dark_name(path.name)).read_text("utf-8")
        others = set(figures.COLOUR.findall(dark))
        assert not others & (pairs.keys() - set(pairs.values()))


def test_every_image_of_the_site_says_how_large_it_is(soup, pages):
    images = [image for page in pages for image in soup(page).select("img")]
    assert images
    assert all(int(i["width"]) > 0 < int(i["height"]) for i in images)


def test_a_picture_is_recoloured_and_keeps_its_shape():
    table = {"000000": "ffffff", "0a64a4": "6cb6f2"}
    dark = figures.recolour(SVG, table)
    assert "stroke: #6cb6f2" in dark
    assert "fill: none" in dark
    assert '<svg fill="#ffffff" ' in dark  # what says no colour is not black
    assert len(figures.COLOUR.findall(dark)) == len(figures.COLOUR.findall(SVG))
    # A size in points is told in pixels, another is not.
    assert figures.size(SVG) == [96, 48]
    assert figures.size('<svg width="100%" height="2em">') == [None, None]
