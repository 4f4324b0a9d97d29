"""About how tall each section, table and meaning of a term will be.

A browser that lays out a part of a page only when the reader comes near it
(``content-visibility`` in ``layout.css``) keeps a place for it until then. How
tall that place is decides where the reader's scroll bar stands and which
figures count as near and are loaded.

The height is estimated from what is in the part: so much for each block,
and for each character of prose, which takes more room on a phone. The numbers
are a fit to this book; ``tests/browser/test_heights.py`` holds them against
what a browser measures.
"""

import re
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import NamedTuple

from bookbuild.pages.fonts import VOID

# What a block takes besides the lines of its prose, in rem.
BLOCKS = {
    "details": 3.3,
    "dt": 3.6,
    "ol": 2.1,
    "p": 0.4,
    "pre": 5.1,
    "table": 4.8,
    "ul": 2.1,
}
ADMONITION = 1.6
FORMULA = 3.8  # one that stands by itself
IMAGE = 0.84 / 16  # for each pixel of its height
LINE = 1.19  # of code
MARGINS = 1.5  # of a table, around its box
INLINE_FORMULA = 6  # characters
TABLE = "pst-scrollable-table-container"  # the theme's box around each
NAME = re.compile(r"<\w+")  # of a tag, which may have nothing else
PROSE = {"dd", "dt", "label", "legend", "li", "p", "summary", "td", "th"}
UNSEEN = {"button", "math", "script", "style", "svg"}


@dataclass
class Part:
    """What is known of a part of a page while it is read."""

    at: tuple[int, int]  # line, from 1, and column, from 0, of its tag
    fixed: float = 0  # rem
    characters: int = 0


class Place(NamedTuple):
    """An element that is open, and what holds for all inside it."""

    tag: str
    measured: bool = False  # a part of its own
    unseen: bool = False
    shut: bool = False  # as in a closed answer
    code: bool = False
    prose: bool = False
    terms: bool = False  # a list of terms and their meanings

    def inside(self, tag: str, attributes: dict[str, str | None]) -> "Place":
        """Return the place that an element inside this one begins."""
        classes = attributes.get("class") or ""
        return Place(
            tag,
            tag == "section"
            or (tag == "dd" and self.terms)
            or (classes == TABLE and not self.shut),
            self.unseen or tag in UNSEEN,
            tag != "summary"
            and (self.shut or (tag == "details" and "open" not in attributes)),
            self.code or tag == "pre",
            self.prose or tag in PROSE,
            "glossary" in classes.split(),
        )


class Heights(HTMLParser):
    """Estimates the heights of the parts of a page that is fed to it."""

    def __init__(self) -> None:
        """Start without any."""
        super().__init__()
        self.parts: list[Part] = []
        self._inside: list[Part] = []
        self._open: list[Place] = [Place("")]

    def handle_starttag(
        self,
        tag: str,
        attrs: list[tuple[str, str | None]],
        at: tuple[int, int] | None = None,
    ) -> None:
        """Note that an element begins; who reads for this says where."""
        attributes = dict(attrs)
        outer = self._open[-1]
        place = outer.inside(tag, attributes)
        if tag not in VOID:
            self._open.append(place)
        if place.measured:
            margins = MARGINS if tag == "div" else 0
            part = Part(at or self.getpos(), -margins)
            if self._inside:  # the first is the page
                self.parts.append(part)
            self._inside.append(part)
        elif self._inside and not outer.unseen and not outer.shut:
            self._count(tag, attributes)

    def handle_endtag(self, tag: str) -> None:
        """Note that an element ends, and what was left open inside it."""
        if any(tag == place.tag for place in reversed(self._open)):
            ended = ""
            while ended != tag:
                place = self._open.pop()
                ended = place.tag
                if place.measured:
                    self._inside.pop()

    def handle_data(self, data: str) -> None:
        """Note a piece of text."""
        place = self._open[-1]
        if not self._inside or place.unseen or place.shut:
            return
        if place.code:
            self._add(LINE * data.count("\n"))
        elif place.prose:
            self._add(0, len(data.strip("\n")))

    def _count(self, tag: str, attributes: dict[str, str | None]) -> None:
        classes = (attributes.get("class") or "").split()
        if tag == "math" and attributes.get("display") == "block":
            self._add(FORMULA)
        elif tag == "math":
            self._add(0, INLINE_FORMULA)
        elif tag == "img" and "dark" not in classes:  # the second of a pair
            self._add(IMAGE * float(attributes.get("height") or 0))
        elif "admonition" in classes:
            self._add(ADMONITION)
        elif tag in BLOCKS:
            self._add(BLOCKS[tag])

    def _add(self, rem: float, characters: int = 0) -> None:
        for part in self._inside:
            part.fixed += rem
            part.characters += characters


def with_heights(page: str, parts: list[Part]) -> str:
    """Return a page whose parts, found in it, say how tall they may be."""
    lines = page.split("\n")
    for part in reversed(parts):  # so that the places of the others stay
        line, column = part.at
        text = lines[line - 1]
        style = f' style="--rem:{part.fixed:.0f};--text:{part.characters}"'
        end = NAME.match(text, column).end()
        lines[line - 1] = text[:end] + style + text[end:]
    return "\n".join(lines)
