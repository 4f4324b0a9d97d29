"""Formulas become MathML, or a message."""

import pytest
from math_core import LatexError

from bookbuild.mathml import convert


def test_the_source_travels_with_the_formula():
    made = convert(r"\|x_i - \mu\|^2", display=False, macros={})
    assert made.startswith("<math")
    assert r"\|x_i - \mu\|^2" in made
    assert 'encoding="application/x-tex"' in made
    assert "display" not in made.split(">")[0]


def test_a_displayed_formula_says_so():
    made = convert("x", display=True, macros={})
    assert 'display="block"' in made.split(">")[0]


def test_a_macro_is_expanded():
    made = convert(r"\R", display=False, macros={"R": r"\mathbb{R}"})
    assert "\N{DOUBLE-STRUCK CAPITAL R}" in made


@pytest.mark.parametrize("tex", [r"\frac{1}{", r"\nosuchcommand", "x^"])
def test_what_cannot_be_converted_raises(tex):
    with pytest.raises(LatexError):
        convert(tex, display=True, macros={})
