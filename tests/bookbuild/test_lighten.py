"""A site loses what no page uses, and works as before."""

import os
import re
import shutil

import pytest

from bookbuild.pages import bundle as lighten

PAGE = """<html><head>
<link rel="stylesheet" type="text/css" href="{up}_static/theme.css?v=1" />
<link rel="stylesheet" type="text/css" href="{up}_static/own.css?v=2" />
<script src="{up}_static/first.js?v=1"></script>
<script defer src="{up}_static/second.js"></script>{more}
</head><body class="page"><p class="lead">Text</p>
<a href="{up}files/data.txt">data</a> <img src="{up}_images/shown.svg">
</body></html>
"""
SEARCH = """
<script src="_static/find.js"></script>
<script src="searchindex.js"></script>"""
FILES = {
    "_static/theme.css": """
        @import "basic.css";
        .lead { color: red } .none { color: blue } .opened { color: green }
        p { background: url("pictures/dot.svg") }
        h1 { background: url("pictures/unused.svg") }
    """,
    "_static/basic.css": "body { margin: 0 }",
    "_static/own.css": ".lead { color: black }",
    "_static/pictures/dot.svg": "<svg/>",
    "_static/pictures/unused.svg": "<svg>unused</svg>",
    "_static/first.js": """
        // A remark.
        function first ( ) { document.body.className = "opened" ; }
    """,
    "_static/second.js": "second ( ) ;\n//# sourceMappingURL=second.js.map",
    "_static/find.js": "find ( ) ;",
    "_static/left-over.js": "nobody();",
    "searchindex.js": 'Search.setIndex({"terms":{"none":1}})',
    "_images/shown.svg": "<svg>shown</svg>",
    "_images/left-over.svg": "<svg>left over</svg>",
    "files/data.txt": "data",
}


@pytest.fixture
def site(tmp_path):
    """A small site: two folders of pages, one page that searches."""
    site = tmp_path / "site"
    pages = {
        "index.html": PAGE.format(up="", more=""),
        "search.html": PAGE.format(up="", more=SEARCH),
        "part/page.html": PAGE.format(up="../", more=""),
    }
    for name, text in {**FILES, **pages}.items():
        path = site / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return site


@pytest.fixture
def light(site, tmp_path):
    lighten.lighten(site, tmp_path / "store")
    return site


def names(site):
    return {
        path.relative_to(site).as_posix()
        for path in site.rglob("*")
        if path.is_file()
    }


def sheet(site):
    [path] = site.glob("_static/*.css")
    return path.read_text("utf-8")


def test_a_page_loads_one_style_sheet_and_one_script(light):
    for page, up in (("index.html", ""), ("part/page.html", "../")):
        text = (light / page).read_text("utf-8")
        [css] = re.findall(r'<link rel="stylesheet" href="([^"]+)"', text)
        [js] = re.findall(r'<script async src="([^"]+)"', text)
        assert css.startswith(f"{up}_static/book.")
        assert js.startswith(f"{up}_static/book.")
        assert (light / page).parent.joinpath(css).exists()
        assert (light / page).parent.joinpath(js).exists()


def test_the_page_that_searches_loads_more(light):
    text = (light / "search.html").read_text("utf-8")
    book, find, index = re.findall(r'<script defer src="([^"]+)"', text)
    assert book.startswith("_static/book.")
    assert find.startswith("_static/find.")
    assert index == "searchindex.js"  # programs know it by this name


def test_what_waits_in_a_template_is_loaded_by_the_script(site, tmp_path):
    page = site / "search.html"
    waiting = f"\n<template>{SEARCH}</template>"
    page.write_text(PAGE.format(up="", more=waiting), encoding="utf-8")
    lighten.lighten(site, tmp_path / "store")
    head, inside = page.read_text("utf-8").split("<template>")
    assert len(re.findall(r'<script async src="_static/book\.', head)) == 1
    assert re.findall(r'src="(_static/find|searchindex)\.', inside) == [
        "_static/find",
        "searchindex",
    ]


def test_style_sheets_are_joined_in_order_and_cut(light):
    css = sheet(light)
    assert css.index("margin:0") < css.index("color:red")
    assert css.index("color:red") < css.index("color:black")
    assert ".none" not in css
    assert ".opened" in css  # a script adds it
    assert "unused" not in css


def test_what_a_rule_names_is_inside_the_style_sheet(light):
    assert 'url("data:image/svg+xml;base64,PHN2Zy8+")' in sheet(light)


def test_a_file_of_no_known_kind_stays_a_file(site, tmp_path):
    (site / "_static/odd.bin").write_bytes(b"odd")
    own = site / "_static/own.css"
    own.write_text("p { cursor: url(odd.bin), auto }", encoding="utf-8")
    lighten.lighten(site, tmp_path / "store")
    assert 'url("/_static/odd.bin")' in sheet(site)
    assert (site / "_static/odd.bin").exists()


def test_scripts_are_joined_in_order_and_short(light):
    [path] = light.glob("_static/book.*.js")
    code = path.read_text("utf-8")
    assert code.index("first(") < code.index("second(")
    assert "remark" not in code
    assert "sourceMappingURL" not in code


def test_what_nothing_names_is_left_out(light):
    kept = names(light)
    assert not [name for name in kept if "left-over" in name]
    assert {"_images/shown.svg", "files/data.txt", "searchindex.js"} <= kept
    assert len([name for name in kept if name.startswith("_static/")]) == 3
    assert not (light / "_static/pictures").exists()


def test_names_change_with_contents(site, tmp_path):
    lighten.lighten(site, tmp_path / "store")
    first = {name for name in names(site) if name.startswith("_static/book.")}
    other = tmp_path / "other"
    for name, text in FILES.items():
        path = other / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace("black", "white"), encoding="utf-8")
    (other / "index.html").write_text(PAGE.format(up="", more=""))
    lighten.lighten(other, tmp_path / "store")
    second = {name for name in names(other) if name.startswith("_static/book.")}
    assert {n for n in first if n.endswith(".js")} == {
        n for n in second if n.endswith(".js")
    }
    assert not {n for n in first if n.endswith(".css")} & second


def test_what_was_made_is_kept_and_used_again(site, tmp_path, monkeypatch):
    copy = tmp_path / "copy"
    for path in [p for p in site.rglob("*") if p.is_file()]:
        to = copy / path.relative_to(site)
        to.parent.mkdir(parents=True, exist_ok=True)
        to.write_bytes(path.read_bytes())
    lighten.lighten(site, tmp_path / "store")
    monkeypatch.setattr(lighten.stylesheet, "prune", None)  # not called again
    lighten.lighten(copy, tmp_path / "store")
    assert names(site) == names(copy)
    assert sheet(site) == sheet(copy)


def test_the_store_of_parts_may_be_thrown_away_and_is_bounded(
    site, tmp_path, monkeypatch
):
    store = tmp_path / "store"
    store.mkdir()
    for number in range(9):
        (store / f"{number}.css").write_text("of long ago")
        os.utime(store / f"{number}.css", (number, number))
    monkeypatch.setattr(lighten, "KEEP", 4)
    copy = tmp_path / "copy"
    shutil.copytree(site, copy)
    lighten.lighten(site, store)
    assert len(list(store.iterdir())) == 4
    shutil.rmtree(store)
    lighten.lighten(copy, store)
    assert names(site) == names(copy)
    assert sheet(site) == sheet(copy)


def test_a_site_without_style_sheets_stays_as_it_is(tmp_path):
    site = tmp_path / "site"
    site.mkdir()
    (site / "index.html").write_text("<html><head></head>Text</html>")
    lighten.lighten(site, tmp_path / "store")
    assert "Text" in (site / "index.html").read_text("utf-8")
