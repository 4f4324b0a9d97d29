"""Snippets on the page: checks are folded, those of other pages are named."""

import json

import nbformat
import pytest
from bs4 import BeautifulSoup

from bookbuild.chapters import snippets

CHECKED = '''
import math


def root(x: float, y: float = 0.0) -> float:
    """Return the root of a sum."""
    kind = type(x).__name__
    if kind == "str":
        raise TypeError(f"x must be a number, got {kind}")
    if x < 0:
        raise ValueError("x < 0")
    return math.sqrt(x + y)
'''
USE = "\n\n```{code-cell}\nprint(root(4.0))\n```\n"
NAMED = ":shown-in: chapter\n"


def _shows(name, option=""):
    return f"\n```{{code-cell}}\n:snippet: {name}\n{option}```\n"


@pytest.fixture(scope="module")
def book(module_book):
    """A book with a chapter that shows snippets, and one that names them."""
    book = module_book(f"# One\n{_shows('root')}{_shows('double')}{USE}")
    both = _shows("root", NAMED) + _shows("double", NAMED)
    book.write("book/other.md", f"# Two\n{both}{USE}")
    book.write("book/index.md", "# T\n\n```{toctree}\nchapter\nother\n```\n")
    book.write("src/snippets/root.py", CHECKED)
    for name in ("copy_buttons.js", "copy_buttons.css"):
        book.write(f"book/_config/static/{name}", "")
    with (book.root / "book/_config/conf.py").open("a") as conf:
        conf.write('html_static_path = ["static"]\n')
        conf.write('extensions += ["bookbuild.programs.copy_buttons"]\n')
        conf.write('extensions += ["bookbuild.programs.downloads"]\n')
    return book


def test_a_page_folds_the_checks_and_names_what_another_shows(book):
    built = book.html()
    assert built.status == 0, built.said
    one, two = (
        BeautifulSoup(built.page(name), "html.parser")
        for name in ("chapter", "other")
    )
    code = one.select_one("#snippet-root .highlight")
    assert [tag.name for tag in code.children] == ["pre", "details", "pre"]
    assert code.summary.get_text() == "    # 2 checks of the arguments"
    assert code.details.pre.get_text().startswith("    kind = ")
    source = "".join(pre.get_text() for pre in code.find_all("pre"))
    assert source == CHECKED.lstrip()
    assert one.select_one("#snippet-double details") is None

    (line,) = (p for p in two.find_all("p") if "shown in" in p.get_text())
    assert line.get_text() == "Used here and shown in One: root, double"
    links = [link["href"] for link in line.find_all("a")]
    places = ["", "#snippet-root", "#snippet-double"]
    assert links == [f"chapter.html{place}" for place in places]
    assert len(two.select(".highlight .nf")) == 0  # no function is shown
    data = json.loads(two.select_one("#programs").string)
    texts = [piece for piece in data["pieces"] if isinstance(piece, str)]
    assert any("return math.sqrt(x + y)" in text for text in texts)
    notebook = nbformat.read(built.site / "notebooks/other.ipynb", as_version=4)
    assert CHECKED.strip() in [cell.source for cell in notebook.cells]


def test_a_page_that_shows_it_is_proposed(book):
    wrong = _shows("root", ":shown-in: other\n")
    book.write("book/other.md", f"# Two\n{wrong}{USE}")
    built = book.html()
    assert built.status != 0
    said = "book/other.md:3: the page 'other' does not show the snippet 'root'"
    assert f"{said}\n  remedy: name one that does: chapter" in built.said


@pytest.mark.parametrize(
    ("body", "folds"),
    [
        ("if x:\n  raise A", []),  # too short
        ("if x:\n  raise A(\n  )", [(1, 4, 1)]),
        ("if x:\n  raise A(\n  )\nelse:\n  x = 1", []),
        ("if x:\n  print(\n  )", []),
        ("z = x\nif z:\n  raise A", [(1, 4, 1)]),
        ("z = x\nif z:\n  raise A(\n  )\nreturn z", [(2, 5, 1)]),
        ("for i in x:\n  if i:\n    raise A(\n    )", [(2, 5, 1)]),
        ("if x:\n  raise A\nif y:\n  raise A\nreturn x", [(1, 5, 2)]),
    ],
)
def test_checks_are_what_does_nothing_but_raise(body, folds):
    lines = "".join(f"  {line}\n" for line in body.split("\n"))
    assert snippets.checks(f"def f(x):\n{lines}") == folds
