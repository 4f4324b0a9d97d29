"""Formulas become MathML, or a message."""

import re

import numpy as np
import pytest
from bs4 import BeautifulSoup
from math_core import LatexError

from bookbuild.pages.mathml import convert, expand

DOWNLOADS = "bookbuild.programs.downloads"
CHAPTER = r"""
# Chapter

Inline $\mu$ and

```{math}
:label: eq-one
a = b
```

See {eq}`eq-one`.

Tiny: *1.2e-40*, `2e-9`, 5e-3.

Let $a$, ($b$) and $c$-dimensional $d$ be; "$e$" *$f$*. And $g$--$h$.
"""


@pytest.mark.parametrize(
    ("tex", "display", "holds"),
    [
        (r"\|x_i - \mu\|^2", False, r"\|x_i - \mu\|^2"),
        (r"\|x_i - \mu\|^2", False, 'encoding="application/x-tex"'),
        ("x", True, 'display="block"'),
        (np.polynomial.Polynomial([1, 0])._repr_latex_()[1:-1], False, "0.0"),
    ],
)
def test_a_formula_is_converted_and_keeps_its_source(tex, display, holds):
    made = convert(tex, display=display)
    assert made.startswith("<math")
    assert holds in made
    assert ("display" in made.split(">")[0]) == display


@pytest.mark.parametrize("tex", [r"\frac{1}{", r"\nosuchcommand", "x^"])
def test_what_cannot_be_converted_raises(tex):
    with pytest.raises(LatexError):
        convert(tex, display=True)


@pytest.mark.parametrize("index", ["", "^2", "_F", "_F^2"])
def test_a_large_bracket_grows_in_a_row_also_with_an_index(index):
    made = BeautifulSoup(
        convert(rf"\bigl( \sum_k a_k \bigr){index} + y^2", display=True), "xml"
    )
    sizes = made.select("mo[minsize]")
    assert [mo.parent.name for mo in sizes] == ["mrow", "mrow"]


MACROS = {
    "R": r"\mathbb{R}",
    "norm": r"\lVert #1 \rVert",
    "inner": r"\langle #1, #2 \rangle",
    "normR": r"\norm{#1}_\R",
}


@pytest.mark.parametrize(
    ("tex", "plain"),
    [
        (r"x \in \R^n", r"x \in \mathbb{R}^n"),
        (r"\alpha\R", r"\alpha \mathbb{R}"),
        (r"a \\R, \Re, \\\R", r"a \\R, \Re, \\ \mathbb{R}"),
        (r"\norm{\norm x + {y}}^2", r"\lVert  \lVert x \rVert + {y} \rVert^2"),
        (r"\inner \mu{b_{1}}", r"\langle \mu, b_{1} \rangle"),
        (r"\normR{w}", r"\lVert w \rVert_ \mathbb{R}"),
    ],
)
def test_macros_are_written_out(tex, plain):
    assert expand(tex, MACROS).strip() == plain
    convert(plain, display=False)


@pytest.mark.parametrize(
    "tex", [r"\norm", r"{\norm}{x}", r"\norm{x", r"\inner{a}"]
)
def test_a_macro_without_its_argument_cannot_be_converted(tex):
    with pytest.raises(LatexError):
        convert(expand(tex, MACROS), display=False)


def test_the_page_and_its_notebook_hold_plain_tex(make_book):
    cell = "```{code-cell}\n1\n```\n"
    book = make_book(f"# On $\\R$\n\n$\\R$\n\n$$\nx \\in \\R\n$$\n\n{cell}")
    book.configure(f"mathml_macros = {MACROS}\nextensions += ['{DOWNLOADS}']")
    built = book.good()
    notebook = built.site / "notebooks/chapter.ipynb"
    for text in (built.page("chapter"), notebook.read_text("utf-8")):
        assert text.count("mathbb{R}") >= 3
        assert not re.search(r"\\R\b", text)


def test_formulas_on_a_page(make_book):
    page = make_book(CHAPTER).good().soup("chapter")
    # A numbered formula has a box of its own, and a number beside it.
    box = page.select_one("div.math.numbered#equation-eq-one")
    formula = box.select_one("div.formula > math[display=block]")
    assert formula.select_one("annotation").text.strip() == "a = b"
    assert box.select_one("div.formula + span.eqno").text.startswith("(1)")
    inline = page.select_one("p > math")
    assert inline.get("display") != "block"
    assert inline.select_one("annotation").text == r"\mu"
    assert page.select("a[href='#equation-eq-one']")[-1].text == "(1)"
    # Numbers are whole, and punctuation stays on the line of its formula.
    for tex in page.select("annotation"):
        tex.decompose()
    together = [span.text for span in page.select("span.together")]
    assert together == [
        "1.2e-40",
        "5e-3",
        "a,",
        "(b)",
        "c-",
        "\u201ce\u201d",
        "h.",
    ]
    [text] = [p.text for p in page.find_all("p") if p.text.startswith("Let")]
    assert text.endswith("be; \u201ce\u201d f. And g\u2013h.")


def test_every_formula_of_the_site_carries_its_source(soup, pages):
    formulas = [f for page in pages for f in soup(page).select("math")]
    assert len(formulas) > 100
    for formula in formulas:
        source = formula.select_one("annotation")
        assert source["encoding"] == "application/x-tex"
        assert source.text.strip()
