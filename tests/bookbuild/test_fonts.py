"""Fonts are cut to what the pages show: no sign is missing, no more is kept."""

from io import BytesIO

import pytest
from fontTools.ttLib import TTFont
from lxml import html

from bookbuild.pages import fonts

PAGE = """
<h1>Gradient &amp; <math><mi>x</mi></math> «<em>é</em></h1>
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


def parsed(font):
    return TTFont(BytesIO(font))


def characters(font):
    return set(map(chr, parsed(font).getBestCmap()))


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        # Browsers set a variable of one letter in italics, others upright;
        # they show no TeX.
        (PAGE, "xλ∑2log𝜆\N{MATHEMATICAL ITALIC SMALL X}"),
        ("<math><mi>h</mi></math>", "h\N{PLANCK CONSTANT}"),  # italic, too
        ("<math><msqrt><mn>2</mn></msqrt></math>", "2√"),
        ("<math><mroot><mn>2</mn><mn>3</mn></mroot></math>", "23√"),
    ],
)
def test_the_characters_of_formulas_are_collected(page, expected):
    assert set(fonts.of_formulas([html.fromstring(page)])) == {*expected}


def test_the_characters_of_titles_are_collected():
    titles = set(fonts.of_titles([html.fromstring(PAGE)]))
    assert set("Gradient &«é") <= titles
    assert not set("Åö∑") & titles


def test_a_cut_font_has_what_is_needed_and_nothing_else(whole):
    cut = fonts.cut(whole, "x+∑√(⟨")
    assert cut[:4] == b"wOF2"
    assert characters(cut) == set("x+∑√()⟨⟩")  # mirrored, from right to left
    assert len(cut) < len(whole) / 10
    assert fonts.cut(whole, "⟨(√∑+x") == cut


@pytest.mark.parametrize("sign", ["(", "\N{SQUARE ROOT}"])
def test_brackets_and_roots_can_grow(whole, sign):
    cut = parsed(fonts.cut(whole, "2" + sign))
    variants = cut["MATH"].table.MathVariants
    place = variants.VertGlyphCoverage.glyphs.index(
        cut.getBestCmap()[ord(sign)]
    )
    forms = variants.VertGlyphConstruction[place]
    large = {size.VariantGlyph for size in forms.MathGlyphVariantRecord}
    assert len(large) > 1
    assert large <= set(cut.getGlyphOrder())
    # Chromium reserves the width of the widest: a gap behind all others.
    large |= {part.glyph for part in forms.GlyphAssembly.PartRecords}
    assert len({cut["hmtx"][name][0] for name in large}) == 1
    for name in large:
        assert cut["glyf"][name].xMin == cut["hmtx"][name][1]


def test_primes_alone_keep_their_forms_for_small_sizes(whole):
    def glyphs(signs):
        return parsed(fonts.cut(whole, signs))["maxp"].numGlyphs

    plain = glyphs("xyz")
    assert plain < 10  # one each, and what every font has
    assert glyphs("xyz\N{PRIME}") == plain + 3  # the prime, and two forms


def test_one_weight_is_kept_of_a_variable_font(folder):
    whole = (folder / "STIXTwoText-Latin.woff").read_bytes()
    assert "fvar" not in parsed(fonts.cut(whole, "Ab", weight=600))


def test_the_font_has_every_character_of_the_sites_formulas(site, pages, whole):
    roots = [html.parse(str(site / page)).getroot() for page in pages]
    spaces = set(" \n\t\N{NO-BREAK SPACE}")
    hidden = set("\N{FUNCTION APPLICATION}\N{INVISIBLE TIMES}")
    assert (
        not set(fonts.of_formulas(roots)) - characters(whole) - spaces - hidden
    )
