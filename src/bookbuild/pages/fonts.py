"""Cut fonts down to the characters that the site's pages use.

A formula needs more glyphs than it has characters: a variable is set in
italics, brackets and roots grow. fontTools follows the font's own tables
(MATH, GSUB) to those.
"""

import logging
import unicodedata
from collections.abc import Iterable
from io import BytesIO

from fontTools import subset
from fontTools.ttLib import TTFont
from fontTools.varLib.instancer import instantiateVariableFont
from lxml.html import HtmlElement

# fontTools logs each step of its work, which is of no use to an author.
logging.getLogger("fontTools").setLevel(logging.WARNING)

# Unicode's mathematical italics, by the letter that each is a form of.
ITALICS = {
    unicodedata.normalize("NFKC", chr(code)): chr(code)
    for code in (
        0x210E,  # h
        *range(0x1D434, 0x1D468),  # Latin
        *range(0x1D6A4, 0x1D6A6),  # without a dot
        *range(0x1D6E2, 0x1D71C),  # Greek, nabla, partial
    )
}
# What formulas and titles need of a font's features. Forms for small sizes
# ("ssty") would double a formula font; only primes look wrong without them.
FEATURES = ["flac", "dtls", "kern", "liga", "mark", "ssty"]
PRIMES = set("\N{PRIME}\N{DOUBLE PRIME}\N{TRIPLE PRIME}\N{QUADRUPLE PRIME}")
ASCII = {chr(code) for code in range(0x20, 0x7F)}
TOKENS = ("mi", "mn", "mo", "ms", "mtext")  # the text of a formula is in these
TITLES = ("h1", "h2", "h3", "h4", "h5", "h6")


def of_formulas(pages: Iterable[HtmlElement]) -> str:
    """Return the characters that a browser shows of the pages' formulas."""
    found = set()
    for page in pages:
        for token in page.iter(*TOKENS):
            text = "".join(token.itertext())
            found.update(text)
            if token.tag == "mi":  # MathML sets a letter by itself in italics
                found.add(ITALICS.get(text, ""))
        if next(page.iter("msqrt", "mroot"), None) is not None:
            found.add("\N{SQUARE ROOT}")  # it stands in no text
    return "".join(sorted(found))


def of_titles(pages: Iterable[HtmlElement]) -> str:
    """Return the characters of the pages' titles, and all of ASCII."""
    titles = (title for page in pages for title in page.iter(*TITLES))
    found = ASCII.union(*("".join(title.itertext()) for title in titles))
    return "".join(sorted(found))


def cut(font: bytes, characters: str, weight: int | None = None) -> bytes:
    """Return a font with some characters and all that they may turn into.

    Args:
        font: A font in any format.
        characters: The characters to keep.
        weight: The weight to keep of a variable font.

    Returns:
        The font as WOFF2, the same bytes for the same arguments.
    """
    found = TTFont(BytesIO(font), recalcTimestamp=False)
    if weight is not None:
        instantiateVariableFont(found, {"wght": weight}, inplace=True)
    _keep_small_forms(found, PRIMES.intersection(characters))
    options = subset.Options()
    options.flavor = "woff2"
    options.layout_features = FEATURES
    options.hinting = False
    options.notdef_outline = True
    options.drop_tables += ["DSIG", "STAT"]
    cutter = subset.Subsetter(options)
    cutter.populate(text=characters)
    cutter.subset(found)
    found.flavor = "woff2"
    result = BytesIO()
    found.save(result)
    return result.getvalue()


def _keep_small_forms(font: TTFont, characters: set[str]) -> None:
    """Remove the forms for small sizes of all but some characters."""
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
