"""Fonts cut to what the pages show: no sign is missing, and no more is kept."""

from io import BytesIO

import pytest
from fontTools.ttLib import TTFont

from bookbuild.pages import fonts


def collect(html):
    characters = fonts.Characters()
    characters.feed(html)
    return characters


@pytest.fixture(scope="module")
def font(root):
    folder = root / "book/_config/static/fonts"
    return (folder / "STIXTwoMath-Regular.woff").read_bytes()


def test_a_variable_is_set_in_italics():
    found = collect("<math><mi>x</mi><mn>2</mn></math>").formulas
    assert found == {"x", "2", "\N{MATHEMATICAL ITALIC SMALL X}"}


def test_the_source_of_a_formula_is_not_shown():
    html = "<math><mn>1</mn><annotation>abc</annotation></math>"
    assert collect(html).formulas == {"1"}


@pytest.mark.parametrize("tag", ["msqrt", "mroot"])
def test_a_root_needs_its_sign(tag):
    html = f"<math><{tag}><mn>2</mn><mn>3</mn></{tag}></math>"
    assert "\N{SQUARE ROOT}" in collect(html).formulas


def test_a_root_that_was_cut_out_can_grow(font):
    cut = TTFont(BytesIO(fonts.cut(font, {"2", "\N{SQUARE ROOT}"})))
    sign = cut.getBestCmap()[ord("\N{SQUARE ROOT}")]
    variants = cut["MATH"].table.MathVariants
    place = variants.VertGlyphCoverage.glyphs.index(sign)
    sizes = variants.VertGlyphConstruction[place].MathGlyphVariantRecord
    assert len(sizes) > 1
    assert {size.VariantGlyph for size in sizes} <= set(cut.getGlyphOrder())


def test_what_no_page_shows_is_left_out(font):
    cut = TTFont(BytesIO(fonts.cut(font, {"2"})))
    assert set(cut.getBestCmap()) == {ord("2")}
