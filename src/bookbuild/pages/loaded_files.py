"""Have the site carry every file that its pages load, and ask no other host.

Sphinx copies images and downloads, but does not look into raw HTML.
A link loads nothing until a reader follows it, and may lead anywhere.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

from docutils import nodes
from docutils.utils import get_source_line
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

from bookbuild.chapters.errors import ChapterError
from bookbuild.execution.executed_chapters import report

TAG = re.compile(r"<(\w+)\s[^<>]*>")
LOADS = re.compile(
    r"\s(background|data|href|poster|src|srcset|xlink:href)\s*=\s*"
    r"""(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""",
    re.IGNORECASE,
)
# The tags that must be closed; what a browser does not read as tags.
OPENS = re.compile(
    r"<(?!(?:area|br|col|d[dt]|hr|img|input|li|link|meta|p|source|t[dhr])\b)"
    r"([a-z][\w-]*)(?:\s[^<>]*)?(?<!/)>",
    re.IGNORECASE,
)
NOT_IN_EPUB = re.compile(r"<(big|center|font|svg|tt)\b", re.IGNORECASE)
UNREAD = re.compile(r"<!--.*?-->|<(script|style)\b.*?</\1>", re.DOTALL)
STYLE = re.compile(
    r"""<(?:style|script)\b.*?</(?:style|script)|\sstyle\s*=\s*("|').*?\1""",
    re.IGNORECASE | re.DOTALL,
)
NAMED = re.compile(r"""(?:url\(|["'`])\s*["']?((?:https?:)?//[^"'`)\s]+)""")
OTHER_HOST = re.compile(r"(\w+:)?//")
INSIDE = re.compile(r"#|data:|$")  # the page itself holds it
OTHER = "save the file beside the chapter and name that, or link to it with <a>"
UNCLOSED = r"close it; where it is no HTML, write '\<' for the sign '<'"
OLD = "use a style, or a picture that is a file"
MISSING = "put the file beside the chapter, or correct its path"


def loaded(html: str) -> Iterator[tuple[int, str, str]]:
    """Yield where HTML names a file, its address, and the tag."""
    for tag in TAG.finditer(html):
        for found in LOADS.finditer(tag[0]):
            value = next(filter(None, found.groups()[1:]), "")
            is_set = found[1].lower() == "srcset"
            parts = re.split(r",\s+", value) if is_set else [value]
            for part in filter(None, map(str.strip, parts)):
                address = part.split()[0] if is_set else part
                start = tag.start() + tag[0].find(address, found.start(1))
                yield start, address, tag[1].lower()
    for style in STYLE.finditer(html):
        for found in NAMED.finditer(style[0]):
            yield style.start() + found.start(1), found[1], ""


def carry(app: Sphinx, doctree: nodes.document) -> None:
    """Have a page's raw HTML load its files from the site."""
    errors = [
        _error(image, 0, image["uri"])
        for image in doctree.findall(nodes.image)
        if OTHER_HOST.match(image["uri"])
    ]
    page = doctree.astext().lower()
    for node in doctree.findall(nodes.raw):
        html = node.astext() if "html" in node["format"].split() else ""
        errors += [
            _error(node, 0, tag[0])
            for tag in OPENS.finditer(UNREAD.sub("", html))
            if f"</{tag[1].lower()}>" not in page or not_in_epub(tag[0])
        ]
        for start, address, tag in sorted(loaded(html), reverse=True):
            if copy := _copy(app.env, address):
                html = html[:start] + copy + html[start + len(address) :]
            elif not (tag in {"a", "area"} or INSIDE.match(address)):
                errors.append(_error(node, html.count("\n", 0, start), address))
        if html:
            node[:] = [nodes.Text(html)]
    if errors:
        report(app.env, app.env.current_document.docname, errors)


def _error(node: nodes.Element, line: int, address: str) -> ChapterError:
    """Return what an author is told of an address that cannot be loaded."""
    path, placed = get_source_line(node)[0], node
    while not placed.line and placed.parent:  # images have no line of their own
        placed = placed.parent
    line += placed.line or 1
    # A directive's content, and a line of a paragraph, are further down.
    lines = enumerate(Path(path).read_text("utf-8").split("\n"), 1)
    line = next((n for n, text in lines if n >= line and address in text), line)
    message, remedy = f"there is no file {address!r}", MISSING
    if OTHER_HOST.match(address):
        message, remedy = f"{address!r} is on another host", OTHER
    elif address[0] == "<":
        message, remedy = f"nothing closes the element {address!r}", UNCLOSED
        if not_in_epub(address):
            message, remedy = f"no ePub has the element {address!r}", OLD
    return ChapterError(Path(path), line, message, remedy)


def not_in_epub(tag: str) -> bool:
    """Return whether an ePub may not have an element that is no icon."""
    return bool(NOT_IN_EPUB.match(tag)) and "aria-hidden" not in tag


def _copy(env: BuildEnvironment, address: str) -> str:
    """Return where the site will have a file of the book, or nothing."""
    docname = env.current_document.docname
    path, mark, part = address.partition("#")
    name, file = env.relfn2path(unquote(path), docname)
    if INSIDE.match(address) or not Path(file).is_file():
        return ""
    copy = env.dlfiles.add_file(docname, name).as_posix()
    return f"{'../' * docname.count('/')}_downloads/{copy}{mark}{part}"


def setup(app: Sphinx) -> dict[str, bool]:
    """Look at each page that has been read."""
    app.connect("doctree-read", carry)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
