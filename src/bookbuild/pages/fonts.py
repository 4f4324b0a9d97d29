"""Cut the book's fonts down to the characters that its pages use.

The fonts weigh 323 KiB whole and 27 KiB cut.
A formula needs more glyphs than it has characters: a variable is set in
italics, brackets and roots grow. fontTools finds those glyphs in the font's
own tables (MATH, GSUB).
"""

import hashlib
import logging
import unicodedata
from collections.abc import Sequence
from importlib.metadata import version
from io import BytesIO
from pathlib import Path

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
FEATURES = ["flac", "dtls", "kern", "liga", "mark", "ssty"]
PRIMES = "\N{PRIME}\N{DOUBLE PRIME}\N{TRIPLE PRIME}\N{QUADRUPLE PRIME}"
# Round, square and curly brackets, ceilings, floors, angle brackets, roots.
GROWING = "()[]{}\u2308\u2309\u230a\u230b\u27e8\u27e9\N{SQUARE ROOT}"
ASCII = {chr(code) for code in range(0x20, 0x7F)}


def of_formulas(pages: Sequence[HtmlElement]) -> str:
    """Return the characters that a browser shows of the pages' formulas."""
    found = set()
    for page in pages:
        for token in page.iter("mi", "mn", "mo", "ms", "mtext"):
            text = "".join(token.itertext())
            found.update(text)
            if token.tag == "mi":  # MathML sets a single letter in italics
                found.add(ITALICS.get(text, ""))
        if any(True for _root in page.iter("msqrt", "mroot")):
            found.add("\N{SQUARE ROOT}")  # no text holds it
    return "".join(sorted(found))


def of_titles(pages: Sequence[HtmlElement]) -> str:
    """Return the characters of the pages' titles, and all of ASCII."""
    tags = ("h1", "h2", "h3", "h4", "h5", "h6")
    titles = (title for page in pages for title in page.iter(*tags))
    found = ASCII.union(*("".join(title.itertext()) for title in titles))
    return "".join(sorted(found))


# By file: the characters to keep, and the weight to keep of a variable font.
USES = {
    "STIXTwoMath-Regular": (of_formulas, None),
    "STIXTwoText-Latin": (of_titles, 600),
}


def for_pages(file: Path, pages: Sequence[HtmlElement], memory: Path) -> bytes:
    """Return one of the book's fonts with the characters of the pages.

    Cutting the two takes a second; ``memory`` keeps them for the next build.
    """
    characters_of, weight = USES[file.stem]
    font, characters = file.read_bytes(), characters_of(pages)
    cutter = [Path(__file__).read_bytes(), version("fonttools")]
    cutter += [version("brotli")]  # it packs WOFF2
    made_of = repr([font, characters, weight, cutter])
    key = hashlib.sha256(made_of.encode()).hexdigest()
    kept = memory / f"{file.stem}-{key}.woff2"
    if not kept.exists():
        memory.mkdir(parents=True, exist_ok=True)
        for old in memory.glob(f"{file.stem}-*"):
            old.unlink()
        new = kept.with_suffix(".new")
        new.write_bytes(cut(font, characters, weight))
        new.replace(kept)  # a build that is killed leaves no half of a font
    return kept.read_bytes()


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
    _drop_small_forms(found)
    options = subset.Options(
        layout_features=FEATURES, hinting=False, notdef_outline=True
    )
    options.drop_tables += ["STAT"]
    cutter = subset.Subsetter(options)
    cutter.populate(text=characters)
    cutter.subset(found)
    if "MATH" in found:
        _narrow_large_forms(found)
    found.flavor = "woff2"
    result = BytesIO()
    found.save(result)
    return result.getvalue()


def _drop_small_forms(font: TTFont) -> None:
    """Drop the forms for small sizes ("ssty") of all signs but primes.

    They would double the font of formulas; only primes look wrong without.
    """
    table, names = font["GSUB"].table, font.getBestCmap()
    primes = {names.get(ord(sign)) for sign in PRIMES}
    for record in table.FeatureList.FeatureRecord:
        if record.FeatureTag == "ssty":
            for place in record.Feature.LookupListIndex:
                for part in table.LookupList.Lookup[place].SubTable:
                    forms = getattr(part, "ExtSubTable", part).alternates
                    for name in forms.keys() - primes:
                        del forms[name]


def _narrow_large_forms(font: TTFont) -> None:
    """Draw the large forms of brackets and roots as narrow as the smallest.

    Chromium gives a sign that grows the room of its widest form, as MathML
    Core says ("preferred inline size"): a small root would have a gap behind.
    """
    glyphs, metrics = font["glyf"], font["hmtx"].metrics
    names = font.getBestCmap() or {}
    for small in {names[ord(sign)] for sign in GROWING if ord(sign) in names}:
        table = font["MATH"].table.MathVariants
        place = table.VertGlyphCoverage.glyphs.index(small)
        forms = table.VertGlyphConstruction[place]
        large = {form.VariantGlyph for form in forms.MathGlyphVariantRecord}
        if forms.GlyphAssembly:  # angle brackets have no parts
            large |= {part.glyph for part in forms.GlyphAssembly.PartRecords}
        width, _ = metrics[small]
        for name in large - {small}:
            outline = glyphs[name].coordinates
            outline.scale((width / metrics[name][0], 1))
            outline.toInt()
            glyphs[name].recalcBounds(glyphs)
            metrics[name] = width, glyphs[name].xMin
