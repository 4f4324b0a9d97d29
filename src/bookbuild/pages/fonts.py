"""Fonts cut to the characters that the site's pages use.

A formula needs more glyphs than it has characters: a variable is set in
italics, brackets and roots grow. fontTools follows the font's own tables
(MATH, GSUB) to those.
"""

import logging
import unicodedata
from html.parser import HTMLParser
from io import BytesIO

from fontTools import subset
from fontTools.ttLib import TTFont
from fontTools.varLib.instancer import instantiateVariableFont

# fontTools tells each step of its work, which is of no use to an author.
logging.getLogger("fontTools").setLevel(logging.WARNING)

HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6"}
# Unicode's mathematical italics, by the letter that each is a form of.
ITALICS = {
    unicodedata.normalize("NFKC", chr(code)): chr(code)
    for code in (
        0x210E,  # h
        *range(0x1D434, 0x1D468),  # Latin
        *range(0x1D6A4, 0x1D6A6),  # without a dot
        *range(0x1D6E2, 0x1D71C),  # Greek, nabla, partial
    )
    if unicodedata.category(chr(code)) != "Cn"
}
# What formulas and titles need of a font's features. Forms for small sizes
# ("ssty") would double a formula font; only primes look wrong without them.
FEATURES = ["flac", "dtls", "kern", "liga", "mark", "ssty"]
PRIMES = set("\N{PRIME}\N{DOUBLE PRIME}\N{TRIPLE PRIME}\N{QUADRUPLE PRIME}")
ASCII = {chr(code) for code in range(0x20, 0x7F)}
ROOTS = {"msqrt", "mroot"}  # the sign of a root stands in no text
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
        if tag in ROOTS:
            self.formulas.add("\N{SQUARE ROOT}")
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
    return ITALICS.get(letter, letter)


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
    _keep_small_forms(found, PRIMES & characters)
    options = subset.Options()
    options.flavor = "woff2"
    options.layout_features = FEATURES
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


def _keep_small_forms(font: TTFont, characters: set[str]) -> None:
    """Leave out the forms for small sizes but those of some characters."""
    if "GSUB" not in font:
        return
    table = font["GSUB"].table
    names = font.getBestCmap()
    kept = {names[ord(sign)] for sign in characters if ord(sign) in names}
    for record in table.FeatureList.FeatureRecord:
        if record.FeatureTag == "ssty":
            for place in record.Feature.LookupListIndex:
                for part in table.LookupList.Lookup[place].SubTable:
                    forms = getattr(part, "ExtSubTable", part).alternates
                    for name in forms.keys() - kept:
                        del forms[name]
