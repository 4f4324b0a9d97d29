"""About how tall each section of a page will be.

A browser that lays out a section only when the reader comes near it
(``content-visibility`` in ``book.css``) keeps a place for it until then. How
tall that place is decides where the reader's scroll bar stands and which
figures count as near and are loaded.

The height is estimated from what is in the section: so much for each block,
and for each character of prose, which takes more room on a phone. The numbers
are a fit to this book; ``tests/browser/test_heights.py`` holds them against
what a browser measures.
"""

from dataclasses import dataclass
from html.parser import HTMLParser
from typing import NamedTuple

from bookbuild.fonts import VOID

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
INLINE_FORMULA = 6  # characters
PROSE = {"dd", "dt", "label", "legend", "li", "p", "summary", "td", "th"}
UNSEEN = {"button", "math", "script", "style", "svg"}


@dataclass
class Section:
    """What is known of a section while it is read."""

    tag: str  # as it stands in the page
    fixed: float = 0  # rem
    characters: int = 0


class Place(NamedTuple):
    """An element that is open, and what holds for all inside it."""

    tag: str
    unseen: bool = False
    shut: bool = False  # as in a closed answer
    code: bool = False
    prose: bool = False

    def inside(self, tag: str, attributes: dict[str, str | None]) -> "Place":
        """Return the place that an element inside this one begins."""
        return Place(
            tag,
            self.unseen or tag in UNSEEN,
            tag != "summary"
            and (self.shut or (tag == "details" and "open" not in attributes)),
            self.code or tag == "pre",
            self.prose or tag in PROSE,
        )


class Heights(HTMLParser):
    """Estimates the heights of a page's sections, fed to it."""

    def __init__(self) -> None:
        """Start without any."""
        super().__init__()
        self.sections: list[Section] = []
        self._inside: list[Section] = []
        self._open: list[Place] = [Place("")]

    def handle_starttag(
        self, tag: str, attrs: list[tuple[str, str | None]], text: str = ""
    ) -> None:
        """Note that an element begins; its text is needed of sections."""
        attributes = dict(attrs)
        place = self._open[-1]
        if tag == "section":
            section = Section(text)
            if self._inside:  # the first is the page
                self.sections.append(section)
            self._inside.append(section)
        elif self._inside and not place.unseen and not place.shut:
            self._count(tag, attributes)
        if tag not in VOID:
            self._open.append(place.inside(tag, attributes))

    def handle_endtag(self, tag: str) -> None:
        """Note that an element ends, and what was left open inside it."""
        if tag == "section" and self._inside:
            self._inside.pop()
        if any(tag == place.tag for place in reversed(self._open)):
            while self._open.pop().tag != tag:
                pass

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
        for section in self._inside:
            section.fixed += rem
            section.characters += characters


def with_heights(page: str, sections: list[Section]) -> str:
    """Return a page whose sections say how tall they may be."""
    for section in sections:
        style = f'style="--rem:{section.fixed:.0f};--text:{section.characters}"'
        page = page.replace(
            section.tag, f"<section {style}{section.tag[len('<section') :]}", 1
        )
    return page
