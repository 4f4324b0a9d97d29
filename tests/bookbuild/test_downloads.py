"""A page as a notebook and as a script, of a chapter that has everything."""

import re
import zipfile
from html import unescape
from pathlib import Path
from urllib.parse import parse_qs

import nbformat
import pytest

CONF = """
extensions += ["bookbuild.programs.copy_buttons", "sphinx.ext.intersphinx"]
extensions += ["bookbuild.programs.downloads"]
myst_enable_extensions += ["deflist", "attrs_inline"]
numfig_format["figure"] = "Figure %s"
math_eqref_format = "({number})"
html_static_path = ["static"]
book_repository = "owner/name"
templates_path = ["templates"]
book_requires = 'dependencies = ["torch"]'
"""
LAYOUT = """
{% extends "!layout.html" %}
{% block header %}
<header>{{ (book_services or {}).values()|join(" ") }}</header>
<menu>{{ (book_downloads or [])|map("first")|join(" ") }}</menu>
{% endblock %}
"""
CHAPTER = r"""
# Everything

A line with `code`, *stress*, $x^2$, a *star\** and a \_, to {ref}`below`.

:::{note}
Mind {eq}`eq-one`.
:::

```{math}
:label: eq-one
x = |y|
```

| what | how much |
|---|---|
| `a\|b` | $\|y\| > 0$ |

```{code-cell}
:tags: [remove-cell]

import math
```

```{code-cell}
x = 1
print(x)
x + 1
```

```{code-cell}
:tags: [skip-execution]

x.cuda()
```

```{code-cell}
:tags: [remove_input]

print("seen", x)
```

(below)=
## Below

Term
: What it means.

1. one
2. two
   - inside

> Said by somebody.

```{exercise} Why not?
:label: q-why

Say why.
```

```{solution-start} q-why
```

Because:

```{code-cell}
:snippet: double
```

```{code-cell}
:tags: [raises-exception]

double(None)
```

```{solution-end}
```

~~~{task} Add `x`
:name: add

Return $x + 1$.
~~~

See {doc}`/index`, {numref}`q-why` and {download}`../src/snippets/double.py`.
"""
TASK = """
# %% stub
def add(x): ...

# %% check
def test_add():
    'Is it the sum?'
    assert add(1) == 2, "1 + 1 is 2"

# %% solution
def add(x): return x + 1
"""
EQUATION = "```{math}\n:label: eq-zero\n0 = 0\n```\n"
HIDDEN = "# Hidden\n\n```{code-cell}\n:tags: [remove-input]\n\nx = 1\n```\n"
FILES = [
    "checked-gradients/notebooks/chapter.ipynb",
    "checked-gradients/notebooks/requirements.txt",
    "checked-gradients/scripts/chapter.py",
    "checked-gradients/snippets/double.py",
    "checked-gradients/tasks/test_add.py",
]
FORMS = Path(__file__).parents[2] / ".github/ISSUE_TEMPLATE"
COPY, RUNNABLE = "Copy", "Copy runnable"


def with_downloads(book):
    book.configure(CONF)
    for name in ("copy_buttons.js", "copy_buttons.css"):
        book.write(f"book/_config/static/{name}", "")
    book.write("book/_config/templates/layout.html", LAYOUT)
    return book


@pytest.fixture(scope="module")
def book(module_book):
    """A built book: a chapter that has everything, and one of a hidden cell."""
    found = with_downloads(module_book(CHAPTER))
    found.write("book/hidden.md", HIDDEN)
    found.write("src/tasks/add.py", TASK)
    begun = found.root / "src/tasks/begun.py"  # which no page names
    begun.write_bytes("# na\xefve".encode("latin-1"))
    listed = "```{toctree}\nchapter\nhidden\n```\n"
    found.write("book/index.md", f"# Tiny\n\n{EQUATION}\n{listed}")
    found.good()
    return found


@pytest.fixture(scope="module")
def site(book):
    return book.root / "build/html"


@pytest.fixture(scope="module")
def notebook(site):
    return nbformat.read(site / "notebooks/chapter.ipynb", as_version=4)


def test_markdown_is_what_jupyter_renders(notebook):
    text = "\n\n".join(cell.source for cell in notebook.cells)
    for expected in (
        "# Everything",
        r"`code`, *stress*, $x^2$, a *star\** and a \_, to [Below](#Below).",
        "> **Note**\n>\n> Mind (2).",
        "$$\nx = |y| \\tag{2}\n$$",
        r"| `a\|b` | $\vert y\vert > 0$ |",
        "**Term**\n\n> What it means.",
        "1. one\n2. two\n\n   - inside",
        "> Said by somebody.",
        "Why not?\n\nSay why.",
        "Answer to question 1",
        "```python\nx.cuda()\n```",  # it did not run
        "seen 1",  # its code is hidden
    ):
        assert expected in text
    assert re.search(r"^### Question 1 . Why not\?$", text, re.MULTILINE)


def test_code_cells_are_those_that_ran_and_are_shown(notebook):
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.source.split("\n")[0] for cell in cells] == [
        "x = 1",
        "def double(x: float) -> float:",
        "double(None)",
        "def add(x): ...",
        "# The checker: it says how far you have come.",
    ]
    kinds = [output.output_type for output in cells[0].outputs]
    assert kinds == ["stream", "execute_result"]
    assert cells[2].metadata == {"tags": ["raises-exception"]}


def test_a_script_has_cells_and_goes_on_after_an_error(site):
    text = (site / "scripts/chapter.py").read_text()
    assert text.startswith(
        "# Tiny, Everything; verified with torch 2.13.0\n\n"
        '# /// script\n# dependencies = ["torch"]\n# ///\n\n'
    )
    assert text.count("\n# %%\n") == 3
    assert "print(x + 1)" in text
    assert "# x.cuda()" in text
    assert "try:\n    double(None)\nexcept Exception as raised:" in text
    assert "# %% [markdown]\n# # Everything\n" in text


def test_the_text_has_code_with_what_it_printed_and_links_to_files(site):
    text = (site / "chapter.md").read_text()
    block = "```python\nx = 1\nprint(x)\nx + 1\n```\n\n"
    assert f"{block}```text\n1\n```\n\n```text\n2\n```\n" in text
    assert "```text\nTypeError: unsupported operand" in text
    assert "See [Tiny](index.html), " in text
    assert "(snippets/double.py)" in text
    assert not (site / "hidden.md").exists()


def test_each_piece_of_code_has_its_buttons(site):
    html = (site / "chapter.html").read_text()
    bars = re.findall(r'(?s)<div class="take.*?</div>', html)
    labels = [re.findall(r"<button[^>]*>(.*?)</button>", bar) for bar in bars]
    runnable = [[RUNNABLE], [COPY], [RUNNABLE], [COPY, RUNNABLE]]
    assert labels == [*runnable, ["Copy task"], [COPY]]
    reports = [re.findall(r'<a href="([^"]*)"', bar) for bar in bars]
    assert [len(links) for links in reports] == [1, 0, 1, 1, 0, 0]
    address, _, asked = unescape(reports[0][0]).partition("?")
    assert address == "https://github.com/owner/name/issues/new"
    asked = parse_qs(asked)
    assert (FORMS / asked["template"][0]).exists()
    assert asked["block"][0].startswith("# Tiny, Everything, block 1;")
    copied = unescape(re.findall(r'data-typed="([^"]*)"', bars[-2])[0])
    assert copied == (site / "tasks/test_add.py").read_text()
    assert "for check in (\n        test_add,\n    ):" in copied


def test_a_page_of_hidden_code_has_no_downloads(site):
    assert "programs" not in (site / "hidden.html").read_text()
    assert not (site / "notebooks/hidden.ipynb").exists()


def test_services_find_notebooks_on_their_branch(site):
    head = re.compile("<header>(.*)</header>")
    assert head.findall((site / "hidden.html").read_text()) == [""]
    [addresses] = head.findall((site / "chapter.html").read_text())
    colab, binder = unescape(addresses).split()
    path = "notebooks/chapter.ipynb"
    assert colab == (
        "https://colab.research.google.com/github/owner/name/blob/notebooks/"
        + path
    )
    host, _, opened = binder.partition("?")
    assert host == "https://mybinder.org/v2/gh/owner/name/notebooks"
    assert parse_qs(opened) == {"labpath": [path]}
    needs = (site / "notebooks/requirements.txt").read_text().split("\n")
    assert needs[1:] == ["torch==2.13.0", ""]


def test_the_whole_book_is_with_its_newest_release(site):
    newest = "https://github.com/owner/name/releases/latest/download/"
    for page in ("index", "chapter", "hidden"):
        html = (site / f"{page}.html").read_text()
        [menu] = re.findall("<menu>(.*)</menu>", html)
        assert menu.split()[-3:] == [
            "checked-gradients.zip",
            f"{newest}checked-gradients.pdf",
            f"{newest}checked-gradients.epub",
        ]


def test_links_lead_to_the_one_address_of_a_snippet(site, book):
    given = (site / "snippets/double.py").read_bytes()
    assert given == (book.root / "src/snippets/double.py").read_bytes()
    assert 'href="snippets/double.py"' in (site / "chapter.html").read_text()
    assert not (site / "_downloads").exists()


def test_the_archive_is_the_same_each_time(site, book):
    archive = site / "checked-gradients.zip"
    before = archive.read_bytes()
    with zipfile.ZipFile(archive) as opened:
        assert opened.namelist() == FILES
    archive.unlink()  # so that there is something to build
    book.good()
    assert archive.read_bytes() == before


def test_what_a_notebook_has_no_form_for_stops_the_build(make_book):
    cell = "```{code-cell}\nx = 1\n```"
    rst = "```{eval-rst}\n-a  an option of a command\n```"
    book = make_book(f"# Chapter\n\n{cell}\n\n{rst}\n")
    built = with_downloads(book).html()
    assert built.status != 0
    assert "a notebook has no form for 'option_list'" in built.said
    assert "remedy: say it in another way" in built.said


def test_a_snippet_that_no_page_shows_is_looked_at(make_book):
    book = with_downloads(make_book("# C\n"))
    book.write("src/snippets/open.py", "def open(:\n")
    place = "src/snippets/open.py:1: the code does not parse: invalid"
    assert place in book.html().said
