"""Formulas become MathML, or a message."""

import pytest
from bs4 import BeautifulSoup
from math_core import LatexError

from bookbuild.pages.mathml import convert

CHAPTER = r"""
# Chapter

Inline $\mu$ and

```{math}
:label: eq-one
a = b
```

See {eq}`eq-one`.

Let $a$, ($b$) and $c$-dimensional $d$ be; "$e$" *$f$*. And $g$--$h$.
"""


@pytest.mark.parametrize(
    ("tex", "display", "holds"),
    [
        (r"\|x_i - \mu\|^2", False, r"\|x_i - \mu\|^2"),
        (r"\|x_i - \mu\|^2", False, 'encoding="application/x-tex"'),
        ("x", True, 'display="block"'),
        (r"\R", False, "\N{DOUBLE-STRUCK CAPITAL R}"),
    ],
)
def test_a_formula_is_converted_and_keeps_its_source(tex, display, holds):
    made = convert(tex, display=display, macros={"R": r"\mathbb{R}"})
    assert made.startswith("<math")
    assert holds in made
    assert ("display" in made.split(">")[0]) == display


@pytest.mark.parametrize("tex", [r"\frac{1}{", r"\nosuchcommand", "x^"])
def test_what_cannot_be_converted_raises(tex):
    with pytest.raises(LatexError):
        convert(tex, display=True, macros={})


def test_formulas_on_a_page(make_book):
    built = make_book(CHAPTER).html()
    assert built.status == 0, built.said
    page = BeautifulSoup(built.page("chapter"), "html.parser")
    # A numbered formula has a box of its own, and a number beside it.
    box = page.select_one("div.math.numbered#equation-eq-one")
    formula = box.select_one("div.formula > math[display=block]")
    assert formula.select_one("annotation").text.strip() == "a = b"
    assert box.select_one("div.formula + span.eqno").text.startswith("(1)")
    inline = page.select_one("p > math")
    assert inline.get("display") != "block"
    assert inline.select_one("annotation").text == r"\mu"
    assert page.select("a[href='#equation-eq-one']")[-1].text == "(1)"
    # Punctuation stays on the line of its formula.
    for tex in page.select("annotation"):
        tex.decompose()
    together = [span.text for span in page.select("span.together")]
    assert together == ["a,", "(b)", "c-", "\u201ce\u201d", "h."]
    [text] = [p.text for p in page.find_all("p") if p.text.startswith("Let")]
    assert text.endswith("be; \u201ce\u201d f. And g\u2013h.")


def test_every_formula_of_the_site_carries_its_source(soup, pages):
    formulas = [f for page in pages for f in soup(page).select("math")]
    assert len(formulas) > 100
    for formula in formulas:
        source = formula.select_one("annotation")
        assert source["encoding"] == "application/x-tex"
        assert source.text.strip()
