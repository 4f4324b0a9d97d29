"""A finished site loads one sheet and one script, and has no idle file."""

import re
import shutil

import pytest
from bs4 import BeautifulSoup

from bookbuild.pages import bundle, fonts

PAGE = """<!DOCTYPE html>
<html><head><title>Tiny &amp; odd</title>
<link rel="stylesheet" type="text/css" href="{up}_static/theme.css?v=1" />
<link rel="stylesheet" type="text/css" href="{up}_static/own.css?v=2" />
<script src="{up}_static/first.js?v=1"></script>
<script>root.dataset.someMode = "1 < 2";</script>
<script defer="defer" src="{up}_static/second.js"></script>{more}
</head><body class="page"><p class="lead">Text &lt;b&gt; &nbsp;é <br />x</p>
<a download href="{up}files/data.txt">data</a> <img src="{up}_images/shown.svg">
<details open><summary>Why</summary>a<svg><path d="M0"/></svg></details>
<math><mi>x</mi><mspace/><annotation>x &amp; y</annotation></math>
<pre>  two
    lines</pre><template><p>later</p></template></body></html>
"""
SEARCH = """<template>
<script src="_static/find.js"></script>
<script src="searchindex.js"></script></template>"""
FILES = {
    "_static/theme.css": """
        @import "parts/basic.css";
        .lead { color: red }
        p { background: url("pictures/dot.svg") }
    """,
    "_static/parts/basic.css": "body { cursor: url(../odd.cur?v=1), auto }",
    "_static/own.css": """
        @font-face { font-family: Mine; src: url(fonts/Mine.woff) }
        .lead { color: black }
    """,
    "_static/odd.cur": "odd",
    "_static/fonts/Mine.woff": "whole",
    "_static/pictures/dot.svg": "<svg/>",
    "_static/first.js": """
        // A remark.
        function first ( ) { document.body.className = "opened" ; }
    """,
    "_static/second.js": "second ( )\n//# sourceMappingURL=second.js.map",
    "_static/find.js": "find ( ) ;",
    "_static/left-over.js": "nobody();",
    "_static/left-over.html": "<p>A part of the theme</p>",
    "searchindex.js": 'Search.setIndex({"terms":{"none":1}})',
    "_images/shown.svg": "<svg>shown</svg>",
    "_images/left-over.svg": "<svg>left over</svg>",
    "files/data.txt": "data",
    ".buildinfo": "of Sphinx",
    ".doctrees/index.html": "of Sphinx",
    "index.html": PAGE.format(up="", more=""),
    "search.html": PAGE.format(up="", more=SEARCH),
    "part/page.html": PAGE.format(up="../", more=""),
}


@pytest.fixture
def raw(tmp_path):
    """A small site: two folders of pages, one page that searches."""
    for name, text in FILES.items():
        path = tmp_path / "raw" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path / "raw"


@pytest.fixture
def cuts(monkeypatch):
    """The characters with which fonts have been cut, each time."""
    made = []

    def cut(font, characters, _weight):
        made.append(characters)
        return font[:3]

    monkeypatch.setitem(fonts.USES, "Mine", (fonts.of_formulas, None))
    monkeypatch.setattr(fonts, "cut", cut)
    return made


@pytest.fixture
def finish(raw, tmp_path, cuts):
    """A function that finishes the site and returns its files."""

    def finish():
        site = tmp_path / "site"
        shutil.rmtree(site, ignore_errors=True)
        bundle.finish(raw, site, tmp_path / "memory")
        assert cuts
        return contents(site)

    return finish


def contents(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_text("utf-8")
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def one(files, pattern):
    [text] = [files[name] for name in files if re.fullmatch(pattern, name)]
    return text


def test_a_page_loads_one_style_sheet_and_one_script(finish):
    files = finish()
    for page, up in (("index.html", ""), ("part/page.html", "../")):
        [css] = re.findall(r'<link rel="stylesheet" [^>]*>', files[page])
        [js] = re.findall(r"<script [^>]*>", files[page])
        assert re.search(rf'href="(\./)?{up}_static/book\.\w+\.css"', css)
        assert re.search(rf'src="(\./)?{up}_static/book\.\w+\.js"', js)
        assert "defer" in js
        for address in re.findall(r'"([^"]*_static[^"]*)"', css + js):
            assert address.removeprefix("./").removeprefix("../") in files
    # The page that searches keeps what it waits for.
    head, inside = files["search.html"].split("<template>", 1)
    assert head.count("<script ") == 1
    assert re.findall(r'src="([^"]+)"', inside)[:2] == [
        "_static/find.js",
        "searchindex.js",
    ]


def test_nothing_else_of_a_page_changes(finish):
    def parts(text):
        soup = BeautifulSoup(text, "html.parser")
        for tag in soup.find_all(["link", "script"]):
            if tag.get("rel") == ["stylesheet"] or tag.get("src"):
                tag.decompose()
        return [
            (part.name, dict(part.attrs)) if part.name else part.strip("\n")
            for part in soup.descendants
            if part.name or part.strip()
        ]

    files = finish()
    for page in ("index.html", "search.html"):
        assert parts(files[page]) == parts(FILES[page])


def test_style_sheets_are_joined_in_order_with_what_they_name(finish):
    css = one(finish(), r"_static/book\.\w+\.css")
    order = ["body{", "color:red", "color:black"]
    assert sorted(order, key=css.index) == order
    assert 'url("data:image/svg+xml;base64,PHN2Zy8+")' in css
    assert "base64,b2Rk" in css  # in an imported sheet, of no known kind
    assert 'url("data:font/woff2;base64,d2hv")' in css
    assert "_static" not in css


def test_scripts_are_joined_in_order_and_short(finish):
    code = one(finish(), r"_static/book\.\w+\.js")
    assert code.index("first(") < code.index("second(")
    assert re.search(r"};?\s*second", code)
    assert "remark" not in code
    assert "sourceMappingURL" not in code


def test_what_nothing_names_is_left_out(raw, finish):
    files = finish()
    assert not [name for name in files if "left-over" in name or name[0] == "."]
    assert {"_images/shown.svg", "files/data.txt", "searchindex.js"} <= {*files}
    assert len([name for name in files if name.startswith("_static/")]) == 3
    assert contents(raw) == FILES


def test_a_name_changes_with_the_content_and_only_then(raw, finish):
    before = {name for name in finish() if "_static/book." in name}
    (raw / "_static/own.css").write_text(".lead { color: white }", "utf-8")
    [changed] = before - finish().keys()
    assert changed.endswith(".css")


def test_a_font_is_cut_again_when_its_characters_change(
    raw, finish, cuts, tmp_path
):
    cold = finish()
    assert finish() == cold
    assert len(cuts) == 1
    page = raw / "index.html"
    page.write_text(FILES["index.html"].replace("<mi>x", "<mi>λ"), "utf-8")
    warm = finish()
    assert len(cuts) == 2
    assert "λ" in cuts[1]
    memory = tmp_path / "memory"
    assert len(list(memory.iterdir())) == 1  # the last
    shutil.rmtree(memory)
    assert finish() == warm
