"""From the formula to the code: on a phone, and on two sides of paper."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe

PAGE = "formula-to-code.html"
PHONE = {"width": 360, "height": 740}
DESK = {"width": 1280, "height": 900}
CELLS = ":is(.tag_pytorch, .tag_numpy)"


@pytest.fixture
def visit(browser, site):
    """A function that opens the page in a window of its own."""
    opened = []

    def open_page(**settings):
        page = browser.new_page(**settings)
        opened.append(page)
        page.goto((site / PAGE).as_uri())
        return page

    yield open_page
    for page in opened:
        page.close()


@pytest.mark.parametrize("paper", ["A4", "Letter"])
def test_it_prints_on_two_sides(visit, paper):
    pdf = visit().pdf(format=paper)
    sides = len(re.findall(rb"/Type\s*/Page\b", pdf))
    print(f"{paper}: {sides} sides")
    assert sides == 2


def test_nothing_is_cut_off_on_paper(visit):
    millimetre = 96 / 25.4
    width = round(194 * millimetre)  # A4 within its margins
    page = visit(viewport={"width": width, "height": 1000})
    page.emulate_media(media="print")
    assert page.locator("h1").is_visible()
    wide = page.locator("article").evaluate(
        """(article, width) =>
            [...article.querySelectorAll("math, pre, h2, h3, p")]
            .filter(e => e.getBoundingClientRect().right > width + 1)
            .map(e => e.textContent.slice(0, 60))""",
        width,
    )
    assert wide == []
    # A formula stays in its column, left of the code.
    over = page.locator("section:has(> .tag_pytorch)").evaluate_all(
        """rows => rows.filter(row =>
            row.querySelector("math").getBoundingClientRect().right >
            row.querySelector(".tag_pytorch").getBoundingClientRect().left + 1)
        .map(row => row.id)"""
    )
    assert over == []


def test_wide_screens_have_both_columns_side_by_side(visit):
    page = visit(viewport=DESK)
    rows = page.locator("section:has(> .tag_numpy)")
    apart = rows.evaluate_all(
        """rows => rows.map(row => [".tag_pytorch", ".tag_numpy"].map(
            name => row.querySelector(`:scope > ${name}`)
            .getBoundingClientRect().top))
        .filter(([left, right]) => left !== right).length"""
    )
    print(f"{rows.count()} rows")
    assert rows.count() > 0
    assert apart == 0


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_no_line_and_no_formula_has_to_be_scrolled(visit, size):
    page = visit(viewport=size)
    long = page.locator(f"{CELLS} pre, .formula").evaluate_all(
        "all => all.filter(e => e.scrollWidth > e.clientWidth)"
        ".map(e => e.textContent)"
    )
    assert long == []
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= size["width"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_accessible(visit, scheme):
    found = Axe().run(visit(color_scheme=scheme), context="main")
    assert found.violations_count == 0, found.generate_report()
