"""Snippets on the page: checks are folded, those of other pages are named."""

import json

import pytest
from docutils import nodes

from bookbuild.chapters import snippets
from bookbuild.programs.snippet_cells import folded
from tests.bookbuild.test_downloads import with_downloads
from tests.bookbuild.test_run import cell

ROOT = '''
def root(x: float) -> float:
    """Return the root of a number."""
    if x < 0:
        kind = type(x).__name__
        raise ValueError(f"x is a {kind} below 0")

    return x**0.5
'''


@pytest.fixture(scope="module")
def book(module_book):
    """A book with a chapter that shows two snippets, and one to be written."""
    shown = "".join(cell(f":snippet: {n}") for n in ("root", "double", "root"))
    book = with_downloads(module_book(f"# One\n\n{shown}"))
    book.index("chapter", "other")
    book.write("src/snippets/root.py", ROOT)
    return book


def test_a_page_folds_checks_and_names_what_another_shows(book):
    names = ("root", "double", "root")
    named = [cell(f":snippet: {n}\n:shown-in: chapter") for n in names]
    use = cell("print(double(root(4.0)))")
    book.write("book/other.md", f"# Two\n\n{''.join(named)}{use}")
    built = book.good()
    one, two = built.soup("chapter"), built.soup("other")
    (code,) = one.select("#snippet-root .highlight")  # twice shown, once so
    assert [tag.name for tag in code.children] == ["pre", "details", "pre"]
    assert code.summary.get_text() == "    # 1 check"
    pieces = [pre.get_text() for pre in code.find_all("pre")]
    assert pieces[1].startswith("    if x < 0:")
    assert "".join(pieces) == ROOT.lstrip()
    (line,) = (p for p in two.find_all("p") if "shown in" in p.get_text())
    assert line.get_text() == "Used here and shown in One: root, double, root"
    places = [link["href"].partition("#")[::2] for link in line.find_all("a")]
    anchors = ("", "snippet-root", "snippet-double", "snippet-root")
    assert places == [("chapter.html", anchor) for anchor in anchors]
    assert two.select(".highlight .nf") == []  # no function is shown
    data = json.loads(two.select_one("#programs").string)
    notebook = (built.site / "notebooks/other.ipynb").read_text()
    assert all("return x**0.5" in text for text in (str(data), notebook))


def test_a_page_that_shows_it_is_proposed(book):
    wrong = cell(":snippet: root\n:shown-in: other")
    book.write("book/other.md", f"# Two\n\n{wrong}")
    said = "book/other.md:3: the page 'other' does not show the snippet 'root'"
    assert f"{said}\n  remedy: name one that does (chapter)" in book.html().said


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ('class E(A): """Short.\n\n    More."""', 'class E(A): """Short."""'),
        ('def f():\n    r"""A \\f.\n    """', 'def f():\n    r"""A \\f."""'),
        ("def f():\n  '''Say \"a\"\n\n  '''", "def f():\n  '''Say \"a\"'''"),
    ],
)
def test_a_docstring_is_cut_to_its_first_paragraph(tmp_path, code, shown):
    path = tmp_path / "f.py"
    path.write_text(code)
    assert snippets.page_source(path) == shown


@pytest.mark.parametrize(
    ("body", "folds"),
    [
        ("if x:\n  raise A", []),  # too short
        ("if x:\n  raise A(\n  )\nelse:\n  x = 1", []),
        ("if x:\n  print(1)\n  raise A", []),
        ("for i in x:\n  if i:\n    raise A(\n    )", [(2, 5, 1)]),
        ("if x:\n  raise A\nif y:\n  raise A\nreturn x", [(1, 5, 2)]),
    ],
)
def test_checks_are_what_does_nothing_but_raise(body, folds):
    lines = "".join(f"  {line}\n" for line in body.split("\n"))
    assert snippets.checks(f"def f(x):\n{lines}") == folds


def test_checks_at_the_end_leave_no_empty_box():
    code = "def f(x):\n  if x:\n    raise A(\n    )"
    node = nodes.literal_block(code, code, folds=snippets.checks(code))
    html = folded(f"<div><pre><span></span>{code}\n</pre></div>", node)
    assert html.count("<pre>") == html.count("</pre>") == 2
    assert html.endswith(")\n</pre></details></div>")
