"""Of the theme's styles stay the rules that name nothing but chosen parts."""

import runpy
from fnmatch import fnmatchcase
from pathlib import Path

import pydata_sphinx_theme
import pytest
import sphinx_book_theme
import tinycss2

from bookbuild.pages import theme_rules

PARTS = ("p", "li", ".kept", ".sd-*")


@pytest.mark.parametrize(
    ("css", "expected"),
    [
        ("p{a:b}", "p{a:b}"),
        ("p.kept:hover>li::before{a:b}", "p.kept:hover>li::before{a:b}"),
        ("p .other{a:b}", ""),
        ("p,.other,li{a:b}", "p,li{a:b}"),
        ("p:not(.kept,.other),li{a:b}", "li{a:b}"),
        ("*,[type=button],:root{a:b}", "*,[type=button],:root{a:b}"),
        (".sd-card,.sdk{a:b}", ".sd-card{a:b}"),
        ("@media print{p{a:b}.other{a:b}}", "@media print{p{a:b}}"),
        ("@media print{.other{a:b}}", ""),
        ("@keyframes x{from{a:b}to{a:b}}p{a:b}", "p{a:b}"),
        ("@font-face{a:url(b)}li{a:b}", "li{a:b}"),
        ('@import "a.css";p{a:b}', '@import "a.css";p{a:b}'),
        ("/* p{ */li{a:b}", "li{a:b}"),
    ],
)
def test_what_stays(css, expected):
    assert theme_rules.keep(css, PARTS).replace("\n", "") == expected


@pytest.fixture(scope="module")
def parts(root):
    """The parts that the book keeps."""
    settings = runpy.run_path(str(root / "book/_config/conf.py"))
    return tuple(settings["book_theme_parts"])


def test_all_that_pages_use_of_sphinx_design_stays(parts, pages, soup):
    used = {
        f".{name}"
        for page in pages
        for tag in soup(page).select("[class*='sd-']")
        for name in tag["class"]
        if name.startswith("sd-")
    }
    assert used
    lost = {u for u in used if not any(fnmatchcase(u, p) for p in parts)}
    assert not lost, "add them to book_theme_parts in book/_config/conf.py"


@pytest.mark.parametrize("theme", [pydata_sphinx_theme, sphinx_book_theme])
def test_the_themes_are_read_as_a_parser_reads_them(parts, theme):
    for path in Path(theme.__file__).parent.rglob("static/styles/*.css"):
        css = path.read_text("utf-8")
        whole, cut = (
            [*_rules(tinycss2.parse_stylesheet(text, skip_comments=True))]
            for text in (css, theme_rules.keep(css, parts))
        )
        assert set(cut) <= set(whole)
        assert len(cut) < 0.2 * len(whole) or len(whole) < 5


def _rules(nodes):
    """All selectors with their rules, those in ``@media`` too."""
    for node in nodes:
        if node.type == "qualified-rule":
            body = tinycss2.serialize(node.content)
            for selector in theme_rules.COMMA.split(
                tinycss2.serialize(node.prelude)
            ):
                yield selector.strip(), body
        elif node.type == "at-rule" and node.lower_at_keyword == "media":
            yield from _rules(tinycss2.parse_rule_list(node.content))
