"""Figures that can be read on a light and on a dark page.

Matplotlib draws each figure once, in the colours of a light page and without
a background (``book/_config/matplotlibrc``).
This makes the second version by exchanging colours one by one, as the book's
palette pairs them, and shows the one that fits the page; the other is not
loaded.
Both say how large they are, so that nothing moves when they arrive.
"""

import re
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.writers.html5 import HTML5Translator

COLOUR = re.compile(r"(?<=: )#([0-9a-f]{6})\b")
SIZE = re.compile(r'<svg [^>]*?width="([\d.]+)pt" height="([\d.]+)pt"')
NO_PICTURE = re.compile(
    r"<\?xml.*?\?>|<!DOCTYPE.*?>|<metadata>.*?</metadata>|<!--.*?-->", re.DOTALL
)
BETWEEN = re.compile(r">\s+<")  # a browser makes a node of each such space
PIXELS = 4 / 3  # in a point
PAIR = re.compile(r"light-dark\(#([0-9a-f]{6}), #([0-9a-f]{6})\)")


def colour_pairs(css: str) -> dict[str, str]:
    """Return the dark colour by the light one, of each ``light-dark()``."""
    return dict(PAIR.findall(css))


def recolour(svg: str, colours: dict[str, str]) -> str:
    """Exchange colours.

    Args:
        svg: A picture by Matplotlib.
        colours: The new colour by the old one, both six hexadecimal digits.

    Returns:
        The picture; what has no colour of its own takes that of black.
    """
    svg = COLOUR.sub(lambda m: "#" + colours.get(m[1], m[1]), svg)
    black = colours.get("000000")
    return svg.replace("<svg ", f'<svg fill="#{black}" ', 1) if black else svg


def compact(svg: str) -> str:
    """Leave out what is no part of the picture, and takes time to read."""
    svg = NO_PICTURE.sub("", svg).strip() + "\n"
    if "<text" in svg:  # spaces may be part of it; Matplotlib draws words
        return svg
    return BETWEEN.sub("><", svg)


def size(svg: str) -> tuple[int, int] | None:
    """Return width and height in pixels, or None if they are not in points."""
    if found := SIZE.search(svg):
        width, height = (
            round(float(points) * PIXELS) for points in found.groups()
        )
        return width, height
    return None


def is_drawn(uri: str) -> bool:
    """Return whether a chapter's cell drew the image."""
    return uri.endswith(".svg") and "jupyter_execute" in uri


def dark_name(name: str) -> str:
    """Return the file name of the version for dark pages."""
    return name.removesuffix(".svg") + "-dark.svg"


def visit_image(writer: HTML5Translator, node: nodes.image) -> None:
    """Write both versions of a figure, and any other image as Sphinx does."""
    uri = node["uri"]
    name = writer.builder.images.get(uri)
    if not name or not is_drawn(uri):
        HTML5Translator.visit_image(writer, node)
        return
    svg = Path(writer.builder.srcdir, uri).read_text(encoding="utf-8")
    width, height = size(svg) or (None, None)
    folder = f"{writer.builder.imgpath}/"
    for version, file in (("light", name), ("dark", dark_name(name))):
        writer.body.append(
            writer.emptytag(
                node if version == "light" else nodes.image(),  # one id
                "img",
                "\n",
                CLASS=f"drawn {version}",
                src=folder + file,
                alt=node.get("alt", ""),
                width=width,
                height=height,
                loading="lazy",
                decoding="async",
            )
        )


def depart_image(writer: HTML5Translator, node: nodes.image) -> None:
    """Close an image."""
    if node["uri"] not in writer.builder.images or not is_drawn(node["uri"]):
        HTML5Translator.depart_image(writer, node)


def write(app: Sphinx, error: Exception | None) -> None:
    """Write both versions of every figure that Sphinx has copied."""
    if error or app.builder.format != "html":
        return
    folder = Path(app.outdir, app.builder.imagedir)
    palette = Path(app.confdir, app.config.book_palette)
    pairs = colour_pairs(palette.read_text(encoding="utf-8"))
    for uri, name in app.builder.images.items():
        if is_drawn(uri):
            svg = Path(app.srcdir, uri).read_text(encoding="utf-8")
            light = compact(svg)
            dark = recolour(light, pairs)
            (folder / name).write_text(light, encoding="utf-8")
            (folder / dark_name(name)).write_text(dark, encoding="utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the palette, the tag and the writing of the files."""
    app.add_config_value("book_palette", "static/palette.css", "html", str)
    app.add_node(nodes.image, override=True, html=(visit_image, depart_image))
    app.connect("build-finished", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
