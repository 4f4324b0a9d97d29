"""From the formula to the code: on a phone, and on two sides of paper."""

import re

import pytest

PAGE = "formula-to-code.html"
MILLIMETRE = 96 / 25.4


def test_it_prints_on_two_sides(tab_of, site):
    with tab_of((site / PAGE).as_uri()) as tab:
        for paper in ("A4", "Letter"):
            pages = re.findall(rb"/Type\s*/Page\b", tab.pdf(format=paper))
            assert len(pages) == 2, paper


def test_nothing_is_cut_off_on_paper(tab_of, site):
    width = round(194 * MILLIMETRE)  # A4 within its margins
    with tab_of((site / PAGE).as_uri(), width) as tab:
        tab.emulate_media(media="print")
        assert tab.locator("h1").is_visible()
        wide = tab.locator("article").evaluate(
            """(article, width) =>
            [...article.querySelectorAll("math, pre, h2, h3, p")]
            .filter(e => e.getBoundingClientRect().right > width + 1)
            .map(e => e.textContent.slice(0, 60))""",
            width,
        )
        assert wide == []
        # A formula stays in its column, left of the code.
        over = tab.locator("section:has(> .tag_pytorch)").evaluate_all(
            """rows => rows.filter(row =>
            row.querySelector("math").getBoundingClientRect().right > 1 +
            row.querySelector(".tag_pytorch").getBoundingClientRect().left)
            .map(row => row.id)"""
        )
        assert over == []


@pytest.mark.parametrize("width", [360, 1280])
def test_no_line_and_no_formula_has_to_be_scrolled(tab_of, site, width):
    with tab_of((site / PAGE).as_uri(), width) as tab:
        long = tab.locator(
            ":is(.tag_pytorch, .tag_numpy) pre, .formula"
        ).evaluate_all(
            "all => all.filter(e => e.scrollWidth > e.clientWidth)"
            ".map(e => e.textContent)"
        )
        assert long == []
        assert tab.evaluate("document.documentElement.scrollWidth") <= width
        tops = tab.locator("section:has(> .tag_numpy)").evaluate_all(
            """rows => rows.map(row => [".tag_pytorch", ".tag_numpy"].map(
            name => row.querySelector(`:scope > ${name}`)
            .getBoundingClientRect().top))"""
        )
    assert tops
    # Wide screens have both columns side by side.
    assert all((left == right) == (width > 1000) for left, right in tops)
