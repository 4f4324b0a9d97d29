"""Fonts are cut to what the pages set in them."""

from io import BytesIO

import pytest
from fontTools.ttLib import TTFont

from bookbuild.pages import fonts

PAGE = """
<h1>Gradient &amp; <math><mi>x</mi></math></h1>
<p>Ångström<br>
<math display="block"><semantics><mrow><mi>λ</mi><mo>∑</mo><mn>2</mn>
<mi>log</mi></mrow><annotation>\\lambda Z</annotation></semantics></math></p>
"""


@pytest.fixture(scope="module")
def folder(root):
    return root / "book/_config/static/fonts"


@pytest.fixture(scope="module")
def whole(folder):
    """The font of formulas, uncut."""
    return (folder / "STIXTwoMath-Regular.woff").read_bytes()


def characters(font):
    return set(map(chr, TTFont(BytesIO(font)).getBestCmap()))


def test_the_characters_of_formulas_and_headings_are_collected():
    found = fonts.Characters()
    found.feed(PAGE)
    assert {"x", "λ", "∑", "2", "l", "o", "g"} <= found.formulas
    # Browsers set one letter of a variable in italics.
    assert {"\N{MATHEMATICAL ITALIC SMALL X}", "𝜆"} <= found.formulas
    assert not {"Z", "Å", "\\"} & found.formulas  # TeX, text
    assert set("Gradient &") <= found.headings
    assert not set("Åö∑") & found.headings


def test_italics():
    assert fonts.italic("x") == "\N{MATHEMATICAL ITALIC SMALL X}"
    assert fonts.italic("h") == "\N{PLANCK CONSTANT}"
    assert fonts.italic("2") == "2"


def test_a_cut_font_has_what_is_needed_and_little_else(whole):
    cut = fonts.cut(whole, set("x+∑√("))
    assert cut[:4] == b"wOF2"
    assert set("x+∑√(") <= characters(cut)
    assert "y" not in characters(cut)
    assert len(cut) < len(whole) / 10


def test_brackets_and_roots_can_grow(whole):
    cut = TTFont(BytesIO(fonts.cut(whole, set("(√"))))
    grown = cut["MATH"].table.MathVariants.VertGlyphCoverage.glyphs
    assert len(grown) >= 2
    assert cut["maxp"].numGlyphs > 10  # the sizes and the parts


def test_primes_alone_keep_their_forms_for_small_sizes(whole):
    def glyphs(signs):
        cut = TTFont(BytesIO(fonts.cut(whole, set(signs))))
        return cut["maxp"].numGlyphs

    plain = glyphs("xyz")
    assert plain < 10  # one each, and what every font has
    assert glyphs("xyz\N{PRIME}") == plain + 3  # the prime, and two forms


def test_one_weight_is_kept_of_a_variable_font(folder):
    whole = (folder / "STIXTwoText-Latin.woff").read_bytes()
    cut = TTFont(BytesIO(fonts.cut(whole, set("Ab"), weight=600)))
    assert "fvar" not in cut


def test_the_same_font_comes_out_each_time(whole):
    assert fonts.cut(whole, set("xyz")) == fonts.cut(whole, set("zyx"))


def test_every_character_of_the_site_is_in_its_fonts(site, pages, folder):
    found = fonts.Characters()
    for page in pages:
        found.feed((site / page).read_text("utf-8"))
    formulas = (folder / "STIXTwoMath-Regular.woff").read_bytes()
    spaces = set(" \n\t\N{NO-BREAK SPACE}")
    hidden = set("\N{FUNCTION APPLICATION}\N{INVISIBLE TIMES}")
    missing = found.formulas - characters(formulas) - spaces - hidden
    assert not missing
