"""A page loads nothing from another host, and the site carries the rest."""

import re
import zipfile

import pytest

from bookbuild.pages.loaded_files import INSIDE, OTHER_HOST, loaded

CONF = """
extensions += ["bookbuild.pages.loaded_files", "sphinx.ext.intersphinx"]
extensions += ["bookbuild.programs.downloads"]
"""
HTML = [  # what an author types, what a browser loads for it
    ("<video src=\"a.mp4\" poster='b.png'></video>", ["a.mp4", "b.png"]),
    ("<img src=a.png alt=b>", ["a.png"]),
    ('<IMG\nSRC="a b.png">', ["a b.png"]),
    ('<img srcset="a.png 1x, b.png 2x">', ["a.png", "b.png"]),
    ('<link rel="stylesheet" href="a.css">', ["a.css"]),
    ("<p style=\"background: url('https://a.org/b')\">", ["https://a.org/b"]),
    ("<style>@import url(//a.org/b);</style>", ["//a.org/b"]),
    ("<script>// a\nfetch('https://a.org')</script>", ["https://a.org"]),
    ("<p>src='a.png' \"https://a.org\"</p>", []),
]
PAGE = """# Chapter

```{code-cell}
x = 1
```

<video src="clip.mp4#t=1"></video>

A <a href="clip.mp4">link</a>, a <a href="https://a.org">second</a>.
"""
REFUSED = {  # by the line of the page
    3: '<iframe src="https://a.org"></iframe>',
    6: "<p>\n<img src='//a.org/b.png'></p>",
    8: "<video src=none.mp4></video>",
    10: "![](https://a.org/c.png)",
    13: "A\n<img src='http://a.org/d.png'> in a line.",
    15: "The sum <b>for x<Y and y>z</B>, <br> and <!-- <i> --> $a<b$.",
    18: "```{raw} html\n<script src=https://a.org/e.js></script>\n```",
    21: "<center>A</center>",
    23: "A <svg viewBox='0 0 1 1'></svg> in a line.",
}


@pytest.mark.parametrize(("html", "addresses"), HTML)
def test_what_a_browser_loads_is_found_where_it_stands(html, addresses):
    found = [*loaded(html)]
    assert [address for _, address, _ in found] == addresses
    assert [html[s : s + len(a)] for s, a, _ in found] == addresses


def test_addresses_are_of_the_page_the_site_or_another_host():
    for address in "#a", "data:image/png;base64,AA", "":
        assert INSIDE.match(address)
    for address in "https://a.org", "//a.org", "ftp://a.org":
        assert OTHER_HOST.match(address)
    for address in "a.png", "../a/b.png", "/a.png":
        assert not INSIDE.match(address)
        assert not OTHER_HOST.match(address)


@pytest.fixture
def book(make_book):
    found = make_book("# Chapter\n")
    found.configure(CONF)
    return found


def test_the_site_and_the_archive_carry_what_a_page_loads(book):
    book.write("book/part/chapter.md", PAGE)
    book.write("book/part/clip.mp4", "moving")
    book.index("part/chapter", "chapter")
    built = book.good()
    name = re.search(r'src="\.\./(.*?)#t=1"', built.page("part/chapter"))[1]
    assert (built.site / name).read_text() == "moving"
    assert f'href="../{name}"' in built.page("part/chapter")
    assert 'href="https://a.org"' in built.page("part/chapter")
    notebook = (built.site / "notebooks/part/chapter.ipynb").read_text()
    assert f"../../{name}#t=1" in notebook
    with zipfile.ZipFile(built.site / "checked-gradients.zip") as archive:
        assert archive.read(f"checked-gradients/{name}") == b"moving"


def test_what_cannot_be_loaded_is_refused_with_its_line(book):
    text = "\n\n".join(["# Chapter", *REFUSED.values()])
    book.write("book/chapter.md", text + "\n")
    built = book.html()
    assert built.status != 0
    begins = "'|nothing|no ePub|there is"
    lines = re.findall(rf"chapter\.md:(\d+): ({begins})", built.said)
    assert [int(line) for line, _ in lines] == [*REFUSED], built.said
    assert built.said.count("remedy: ") == len(REFUSED)
    assert "there is no file 'none.mp4'" in built.said
