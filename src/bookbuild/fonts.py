"""Fonts cut to the characters that the site's pages use.

A formula needs more glyphs than it has characters: a variable is set in
italics, brackets and roots grow. fontTools follows the font's own tables
(MATH, GSUB) to those.
"""

from html.parser import HTMLParser
from io import BytesIO

from fontTools import subset
from fontTools.ttLib import TTFont
from fontTools.varLib.instancer import instantiateVariableFont

HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6"}
ASCII = {chr(code) for code in range(0x20, 0x7F)}
VOID = {"br", "hr", "img", "input", "link", "meta", "mspace", "source", "wbr"}


class Characters(HTMLParser):
    """Collects the characters of formulas and of headings."""

    def __init__(self) -> None:
        """Start without any."""
        super().__init__()
        self.formulas: set[str] = set()
        self.headings: set[str] = set(ASCII)
        self._open: list[str] = []

    def handle_starttag(self, tag: str, _attrs: list) -> None:
        """Note that an element begins."""
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Note that an element ends, and what was left open inside it."""
        if tag in self._open:
            while self._open.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        """Note a piece of text."""
        if "math" in self._open:
            if self._open[-1] != "annotation":
                self.formulas |= set(data)
                if self._open[-1] == "mi":
                    self.formulas |= {italic(sign) for sign in data}
        elif HEADINGS & set(self._open):
            self.headings |= set(data)


def italic(letter: str) -> str:
    """Return the mathematical italic of a letter, as browsers set it."""
    exceptions = {"h": "ℎ", "ı": "𝚤", "ȷ": "𝚥", "∂": "𝜕", "ϵ": "𝜖", "ϑ": "𝜗"}
    exceptions |= {"ϕ": "𝜙", "ϱ": "𝜚", "ϖ": "𝜛", "∇": "𝛻"}
    if letter in exceptions:
        return exceptions[letter]
    for first, last, start in (
        ("A", "Z", 0x1D434),
        ("a", "z", 0x1D44E),
        ("Α", "Ω", 0x1D6E2),  # noqa: RUF001 (Greek capitals)
        ("α", "ω", 0x1D6FC),  # noqa: RUF001 (Greek letters)
    ):
        if first <= letter <= last:
            return chr(start + ord(letter) - ord(first))
    return letter


def cut(font: bytes, characters: set[str], weight: int | None = None) -> bytes:
    """Return a font with only what some characters need.

    Args:
        font: The font, in any format that fontTools reads.
        characters: What is to be set in it.
        weight: The one weight to keep of a variable font.

    Returns:
        The font, as woff2; the same for the same arguments.
    """
    found = TTFont(BytesIO(font), recalcTimestamp=False)
    if weight is not None and "fvar" in found:
        instantiateVariableFont(found, {"wght": weight}, inplace=True)
    options = subset.Options()
    options.flavor = "woff2"
    options.layout_features = ["ssty", "flac", "dtls", "kern", "liga", "mark"]
    options.hinting = False
    options.notdef_outline = True
    options.drop_tables += ["DSIG", "STAT"]
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=[ord(sign) for sign in characters])
    cutter.subset(found)
    found.flavor = "woff2"
    result = BytesIO()
    found.save(result)
    return result.getvalue()
