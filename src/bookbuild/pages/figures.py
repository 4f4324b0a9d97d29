"""Show each figure in the version that fits a light or a dark page.

Matplotlib draws a figure once, in the colours of a light page and without a
background (``book/_config/matplotlibrc``). This extension writes a second file
with the dark colours of the palette. ``text.css`` hides one of the two, and browsers do not load
an image that is hidden and lazy. Both tags carry the size of the figure, so
that nothing moves when it arrives.
"""

import re
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.writers.html5 import HTML5Translator

COLOUR = re.compile(r"(?<=: )#([0-9a-f]{6})\b")
SIZE = re.compile(r'<svg [^>]*?width="([\d.]+)pt" height="([\d.]+)pt"')
PIXELS = 4 / 3  # in a point
PAIR = re.compile(r"light-dark\(#([0-9a-f]{6}), #([0-9a-f]{6})\)")


def colour_pairs(css: str) -> dict[str, str]:
    """Return the dark colour by the light one, of each ``light-dark()``."""
    return dict(PAIR.findall(css))


def recolour(svg: str, colours: dict[str, str]) -> str:
    """Exchange the colours of a picture.

    Args:
        svg: A picture by Matplotlib.
        colours: The new colour by the old one, both six hexadecimal digits.

    Returns:
        The picture. A shape without a colour, which is black, gets the new
        colour of black.
    """
    svg = COLOUR.sub(lambda m: "#" + colours.get(m[1], m[1]), svg)
    black = colours.get("000000")
    return svg.replace("<svg ", f'<svg fill="#{black}" ', 1) if black else svg


def size(svg: str) -> tuple[int, int] | None:
    """Return width and height in pixels, or None if they are not in points."""
    if found := SIZE.search(svg):
        width, height = (
            round(float(number) * PIXELS) for number in found.groups()
        )
        return width, height
    return None


def is_drawn(uri: str) -> bool:
    """Return whether a cell of a chapter drew the image."""
    return uri.endswith(".svg") and "jupyter_execute" in uri  # MyST-NB's folder


def dark_name(name: str) -> str:
    """Return the file name of the version for dark pages."""
    return name.removesuffix(".svg") + "-dark.svg"


def visit_image(writer: HTML5Translator, node: nodes.image) -> None:
    """Write a tag for each version of a figure, else do as Sphinx does."""
    uri = node["uri"]
    name = writer.builder.images.get(uri)
    if not name or not is_drawn(uri):
        HTML5Translator.visit_image(writer, node)
        return
    svg = Path(writer.builder.srcdir, uri).read_text(encoding="utf-8")
    width, height = size(svg) or (None, None)
    for version, file in (("light", name), ("dark", dark_name(name))):
        writer.body.append(
            writer.emptytag(
                node if version == "light" else nodes.image(),  # one has the id
                "img",
                "\n",
                CLASS=f"drawn {version}",
                src=f"{writer.builder.imgpath}/{file}",
                alt=node.get("alt", ""),
                width=width,
                height=height,
                loading="lazy",
                decoding="async",
            )
        )


def depart_image(writer: HTML5Translator, node: nodes.image) -> None:
    """End an image."""
    if node["uri"] not in writer.builder.images or not is_drawn(node["uri"]):
        HTML5Translator.depart_image(writer, node)


def write_dark(app: Sphinx, error: Exception | None) -> None:
    """Write the dark version of every figure that Sphinx has copied."""
    if error or app.builder.format != "html":
        return
    folder = Path(app.outdir, app.builder.imagedir)
    palette = Path(app.confdir, app.config.book_palette)
    pairs = colour_pairs(palette.read_text(encoding="utf-8"))
    for uri in filter(is_drawn, app.builder.images):
        light = Path(app.srcdir, uri).read_text(encoding="utf-8")
        dark = recolour(light, pairs)
        path = folder / dark_name(app.builder.images[uri])
        path.write_text(dark, encoding="utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the palette, the tags and the writing of the files."""
    app.add_config_value("book_palette", "static/palette.css", "html", str)
    app.add_node(nodes.image, override=True, html=(visit_image, depart_image))
    app.connect("build-finished", write_dark)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
