"""Show each figure in the version that fits a light or a dark page.

Matplotlib draws a figure once, in the colours of a light page and without a
background (``book/_config/matplotlibrc``). This extension writes a second file
with the dark colours of the palette. ``text.css`` hides one of the two, and
browsers do not load an image that is hidden and lazy. Both tags carry the size
of the figure, so that nothing moves when it arrives. On a narrow page a figure
shrinks until its text could not be read, and from there on scrolls in its box.
"""

import re
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.writers.html5 import HTML5Translator

COLOUR = re.compile(r"(?<=: )#([0-9a-f]{6})\b")
SIZE = re.compile(r'<svg [^>]*?width="([\d.]+)pt" height="([\d.]+)pt"')
PIXELS = 4 / 3  # in a point
MIN_SCALE = 0.68  # text of 10 points, the smallest, is then 9 pixels high
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


def size(svg: str) -> list[int | None]:
    """Return width and height in pixels, or nothing if not in points."""
    found = SIZE.search(svg)
    points = found.groups() if found else ()
    return [round(float(n) * PIXELS) for n in points] or [None, None]


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
    width, height = size(svg)
    light, dark = (name, node), (dark_name(name), nodes.image())
    writer.body.append('<div class="drawing">')
    for version, (file, with_id) in {"light": light, "dark": dark}.items():
        attributes = {
            "class": f"drawn {version}",
            "src": f"{writer.builder.imgpath}/{file}",
            "alt": node.get("alt", ""),
            "width": width,
            "height": height,
            "style": f"min-width: {width * MIN_SCALE:.0f}px" if width else "",
            "loading": "lazy",
            "decoding": "async",
        }
        tag = writer.emptytag(with_id, "img", "\n", **attributes)
        writer.body.append(tag)
    writer.body.append("</div>\n")


def write_dark(app: Sphinx, error: Exception | None) -> None:
    """Write the dark version of every figure that Sphinx has copied."""
    if error or app.builder.name != "html":
        return
    folder = Path(app.outdir, app.builder.imagedir)
    palette = Path(app.confdir, app.config.book_palette)
    pairs = colour_pairs(palette.read_text(encoding="utf-8"))
    for uri in filter(is_drawn, app.builder.images):
        dark = recolour(Path(app.srcdir, uri).read_text("utf-8"), pairs)
        path = folder / dark_name(app.builder.images[uri])
        path.write_text(dark, encoding="utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the palette, the tags and the writing of the files."""
    app.add_config_value("book_palette", "static/palette.css", "html", str)
    image = visit_image, HTML5Translator.depart_image
    app.add_node(nodes.image, override=True, html=image)
    app.connect("build-finished", write_dark)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
