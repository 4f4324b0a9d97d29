"""A style sheet loses what no page can match, and nothing else."""

import pytest
from lxml import html

from bookbuild.pages.prune_styles import Seen, prune

PAGE = """
<html data-theme="light"><body class="page">
<nav id="menu"><a class="item current" href="#x">One</a></nav>
<article><p class="lead">Text</p><input type="search"></article>
</body></html>
"""


def pruned(css, *, words=(), families=()):
    script = " ".join(f"'{word}'" for word in words)
    seen = Seen([html.fromstring(PAGE)], [script], css)
    return prune(css, seen, set(families))


@pytest.mark.parametrize(
    "selector",
    [
        "*",
        "p",
        ".lead",
        "p.lead",
        "#menu",
        "nav > a.item",
        ".item.current",
        "article p:first-child",
        "a:hover",
        "a:not(.item)",
        "p::before",
        "[type=search]",
        'html[data-theme="dark"] p',  # the theme can be switched
        ":is(h1, p)",
        ":where(.lead)",
        "article:has(> p)",
        "body nav~article",
        "::selection",
        ":root",
    ],
)
def test_what_can_match_stays(selector):
    assert pruned(f"{selector} {{ color: red }}")


@pytest.mark.parametrize(
    "selector",
    [
        "h1",
        ".none",
        "p.item",
        "a.lead",
        "#other",
        "nav > .none",
        ".lead .none",
        ".item.none",
        "[data-other]",
        ":is(h1, .none)",
        "article:has(h1)",
        "table p",
    ],
)
def test_what_cannot_match_goes(selector):
    assert pruned(f"{selector} {{ color: red }}") == ""


def test_of_a_list_only_what_can_match_stays():
    assert pruned("h1, p, .none { color: red }") == "p{color:red}"


def test_what_a_script_may_add_stays():
    css = ".wide p { color: red } .item.wide { color: red }"
    assert pruned(css) == ""
    assert pruned(css, words={"wide"}).count("color:red") == 2
    assert pruned("dialog { color: red }", words={"dialog"})
    assert pruned("p[hidden] { color: red }")  # a browser may, too
    # But not what no script can bring: another class beside it.
    assert pruned(".wide.none { color: red }", words={"wide"}) == ""


def test_conditions_are_gone_into_and_dropped_when_empty():
    css = """
    @media (max-width: 9em) { p { color: red } h1 { color: red } }
    @supports (color: red) { h1 { color: red } }
    @media print { @media (color) { .lead { color: red } } }
    """
    short = pruned(css)
    assert short.count("color:red") == 2
    assert "h1" not in short
    assert "@supports" not in short
    assert "@media print" in short


def test_custom_properties_that_nothing_uses_go():
    css = """
    :root { --used: red; --unused: 1; --through: var(--used); --set: 1 }
    :root { --of-unused: 2; --unused: var(--of-unused) }
    p { color: var(--through) } h1 { color: var(--of-unused) }
    """
    short = pruned(css, words=["--set"])
    assert "--used:" in short
    assert "--set:" in short
    assert "unused" not in short


def test_other_rules_stay():
    assert "turn" in pruned("@keyframes turn { to { rotate: 1turn } }")
    assert pruned("@page { margin: 1cm }") == "@page{margin:1cm}"
    assert pruned("@layer a, b; p { color: red }").startswith("@layer a,b;")
    assert "&:hover{" in pruned("p { &:hover { color: red } }")
    assert pruned('@charset "utf-8"; p { color: red }') == "p{color:red}"


def test_names_that_a_style_sheet_must_escape_are_known():
    page = html.fromstring('<p class="md:wide 2x">Text</p>')
    css = r".md\:wide { color: red } .\32 x { color: red }"
    assert prune(css, Seen([page], [], css), set()).count("red") == 2


def test_only_names_that_the_style_sheet_has_are_collected():
    css = "p.lead { color: red }"
    pages = [f'<p id="{name}" class="lead {name}">Text' for name in "ab"]
    one, other = (str(Seen([html.fromstring(p)], [], css)) for p in pages)
    assert one == other


def test_only_the_fonts_that_are_asked_for_stay():
    css = """
    @font-face { font-family: "Mine"; src: url(a.woff2) }
    @font-face { font-family: "Icons"; src: url(b.woff2) }
    """
    short = pruned(css, families={"Mine"})
    assert "Mine" in short
    assert "Icons" not in short


def test_strings_with_braces_and_commas_are_no_rules():
    css = 'p::before { content: "} h1 { , ;" } .none::after { content: "p{}" }'
    short = pruned(css)
    assert '"} h1 { , ;"' in short
    assert "p{}" not in short


def test_important_stays_important():
    assert "!important" in pruned("p { color: red !important }")


def test_a_style_sheet_that_is_broken_stops_the_build():
    with pytest.raises(ValueError, match="line 1"):
        pruned("p { color: red } }")
