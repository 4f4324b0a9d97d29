"""Formulas become MathML, or a message."""

import pytest
from bs4 import BeautifulSoup
from math_core import LatexError

from bookbuild.pages.mathml import convert


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


def test_a_numbered_formula_has_a_box_of_its_own_and_a_number(make_book):
    built = make_book(
        """
        # Chapter

        Inline $\\mu$ and

        ```{math}
        :label: eq-one
        a = b
        ```

        See {eq}`eq-one`.
        """
    ).html()
    assert built.status == 0, built.said
    page = BeautifulSoup(built.page("chapter"), "html.parser")
    box = page.select_one("div.math.numbered#equation-eq-one")
    formula = box.select_one("div.formula > math[display=block]")
    assert formula.select_one("annotation").text.strip() == "a = b"
    assert box.select_one("div.formula + span.eqno").text.startswith("(1)")
    inline = page.select_one("p > math")
    assert inline.get("display") != "block"
    assert inline.select_one("annotation").text == r"\mu"
    assert page.select("a[href='#equation-eq-one']")[-1].text == "(1)"


def test_every_formula_of_the_site_carries_its_source(site, pages):
    formulas = 0
    for page in pages:
        soup = BeautifulSoup((site / page).read_text("utf-8"), "html.parser")
        for formula in soup.select("math"):
            formulas += 1
            source = formula.select_one("annotation")
            assert source["encoding"] == "application/x-tex"
            assert source.text.strip()
    print(f"\n{formulas} formulas")
    assert formulas > 100


def test_punctuation_stays_on_the_line_of_its_formula(make_book):
    built = make_book(
        """
        # Chapter

        Let $a$, ($b$) and $c$-dimensional $d$ be; "$e$" *$f$*. And $g$--$h$.
        """
    ).html()
    assert built.status == 0, built.said
    page = BeautifulSoup(built.page("chapter"), "html.parser")
    for tex in page.select("annotation"):
        tex.decompose()
    together = [span.text for span in page.select("span.together")]
    assert together == ["a,", "(b)", "c-", "\u201ce\u201d", "h."]
    assert page.p.text.endswith("be; \u201ce\u201d f. And g\u2013h.")
