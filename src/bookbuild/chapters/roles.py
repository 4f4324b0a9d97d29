"""The role ``{run}``: found before a chapter runs, filled in afterwards.

It cannot be a role of Sphinx: its value may stand in a formula or in an
alternative text, which is taken as it is when the page is parsed.
"""

import html
import re
from collections.abc import Callable, Iterator

from nbformat import NotebookNode

from bookbuild.chapters.blocks import TextBlock, blocks

ROLE = re.compile(r"\{run\}`(?P<expression>[^`\n]+)`(?!`)")
# In a line of text: an escape; code; a formula; an image's text; a role.
INLINE = re.compile(
    r"\\[\\`${]|(?<!`)(?P<ticks>`++).*?(?<!`)(?P=ticks)(?!`)"
    r"|(?P<math>(?P<dollars>\$\$?)(?:\\.|\{run\}`[^`\n]+`|[^\\$])++"
    r"(?P=dollars))|!\[(?:\{run\}`[^`\n]+`|[^\]])*\]|" + ROLE.pattern,
    re.DOTALL,
)
# What docutils makes typographic, unless a backslash escapes it.
TYPOGRAPHIC = re.compile(r"[\\\"'`]|-(?=-)|\.(?=\.)")


def _escape(value: str) -> str:
    """Return a value so that Markdown shows it to the letter."""
    return _entities(TYPOGRAPHIC.sub(r"\\\g<0>", value))


def _entities(value: str) -> str:
    """Return a value without characters that Markdown may take for its own."""
    # The first character could begin a list with those after the value.
    return "".join(
        c if i and (c.isalnum() or c == " ") else f"&#{ord(c)};"
        for i, c in enumerate(value)
    )


WRITE: dict[str, Callable[[str], str]] = {
    "text": _escape,
    "image": _entities,
    "html": html.escape,
    "math": lambda value: value.replace("$", r"\$"),
    "options": str,
}


def expressions(cell: NotebookNode) -> list[str]:
    """Return the expressions that a cell quotes, each once, in order."""
    found: dict[str, None] = {}

    def note(text: str, kind: str) -> str:
        found.update((role[2], None) for role in _roles(text, kind))
        return text

    _map_texts(cell, note)
    return [*found]


def fill_values(cell: NotebookNode, results: dict[str, str]) -> None:
    """Put the values of a cell's ``{run}`` expressions in their places."""

    def fill(text: str, kind: str) -> str:
        roles = sorted(_roles(text, kind), reverse=True)
        for start, end, expression, kind_here in roles:
            value = WRITE[kind_here](on_one_line(results[expression]))
            if kind_here == "text" and "turn" in cell.metadata:
                # turn_controls.js finds it by this class, and puts others.
                value = f"[{value}]{{.run}}"
            text = text[:start] + value + text[end:]
        return text

    _map_texts(cell, fill)


def on_one_line(value: str) -> str:
    """Return a value as the text shows it."""
    return re.sub(r"\s*\n\s*", " ", value)


def caption_roles(cell: NotebookNode) -> list[tuple[str, str]]:
    """Return what the caption of a cell's figure quotes.

    Returns:
        The expressions in their order, each with ``text`` or ``math``.
    """
    figure = cell.metadata.get("mystnb", {}).get("figure", {})
    roles = sorted(_roles(str(figure.get("caption", "")), "text"))
    return [(expression, kind) for *_, expression, kind in roles]


def _map_texts(cell: NotebookNode, function: Callable[[str, str], str]) -> None:
    """Replace a cell's text, or the texts for its figure."""

    def walk(value: object, key: str = "") -> object:
        if isinstance(value, str):
            return function(value, "text" if key == "caption" else "options")
        if isinstance(value, dict):
            return {key: walk(part, key) for key, part in value.items()}
        return [*map(walk, value)] if isinstance(value, list) else value

    if cell.cell_type == "markdown":
        cell.source = function(cell.source, "text")
        return
    for option in {"mystnb", "says"}.intersection(cell.metadata):
        cell.metadata[option] = walk(cell.metadata[option])


def _roles(text: str, kind: str) -> Iterator[tuple[int, int, str, str]]:
    """Yield where roles begin and end, their expressions and how to write them.

    A role that the text shows as code is none.
    """
    if "{run}" not in text:
        return
    lines = text.split("\n")
    whole = [TextBlock(kind, 0, len(lines))]
    for block in blocks(text) if kind == "text" else whole:
        if block.kind not in WRITE:
            continue
        offset = sum(len(line) + 1 for line in lines[: block.first])
        part = "\n".join(lines[block.first : block.end])
        pattern = INLINE if block.kind == "text" else ROLE
        for found in pattern.finditer(part):
            if found[0][0] not in "\\`":
                kinds = {"$": "math", "!": "image"}
                kind = kinds.get(found[0][0], block.kind)
                for role in ROLE.finditer(found[0]):
                    start = offset + found.start() + role.start()
                    yield start, start + len(role[0]), role["expression"], kind
