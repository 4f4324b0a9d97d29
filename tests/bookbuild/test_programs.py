"""Programs of a tiny chapter, and what stops the build: what a reader lacks.

Whether the programs of the book work is tested in tests/book.
"""

import ast
import contextlib
import io
import os
import textwrap

import matplotlib.pyplot as plt
import pytest
from nbformat import v4

from bookbuild.chapters import reader as chapter
from bookbuild.execution.watcher import Watcher
from bookbuild.programs import block_programs as programs


@pytest.fixture
def read(tmp_path, tmp_path_factory, monkeypatch):
    """A function that reads a chapter of some cells: code, or tags and code."""
    monkeypatch.chdir(tmp_path_factory.mktemp("work"))

    def make(*cells):
        parts = ["# Chapter"]
        for cell in cells:
            tags, code = cell if isinstance(cell, tuple) else ("", cell)
            option = f":tags: [{tags}]\n" if tags else ""
            code = textwrap.dedent(code).strip()
            parts.append(f"```{{code-cell}}\n{option}{code}\n```")
        path = tmp_path / "chapter.md"
        path.write_text("\n\n".join(parts) + "\n", encoding="utf-8")
        snippets = tmp_path / "snippets"
        snippets.mkdir(exist_ok=True)
        return chapter.read(path, path.read_text("utf-8"), snippets)

    return make


def watched(found):
    """Run a chapter; return what was seen of its statements."""
    watcher = Watcher()
    for number, cell in enumerate(found.code_cells):
        watcher.start_block(number)
        try:
            nodes = ast.parse(cell.source).body
            for node in nodes:
                code = compile(ast.Module([node], []), "<cell>", "exec")
                with (
                    contextlib.redirect_stdout(io.StringIO()),
                    watcher.statement(node),
                ):
                    exec(code, watcher.namespace)  # noqa: S102 (it is written below)
        except Exception:
            if "raises-exception" not in cell.metadata.get("tags", []):
                raise
        plt.close("all")
    return watcher.statements


def made(found, **outputs):
    """Return the page of a chapter; outputs: the value a cell shows."""
    for number, cell in enumerate(found.code_cells):
        shown = outputs.get(f"cell{number}")
        cell.outputs = []
        if shown:
            data = {"text/plain": shown}
            cell.outputs = [v4.new_output("execute_result", data=data)]
    versions = {"python": "3.11", "torch": "2.13", "ipykernel": "7"}
    return programs.build(found, watched(found), "Book", "A title", versions)


def test_a_program_names_its_place_and_the_versions(read):
    page = made(read("x = 1", "print(x)"))
    first, *rest = page.programs[1].text.splitlines()
    assert first == (
        "# Book, A title, block 2; verified with Python 3.11, torch 2.13"
    )
    assert rest == ["", "x = 1", "", "print(x)"]
    assert not page.programs[1].alone
    assert page.programs[0].alone


def test_it_holds_statements_not_blocks(read):
    page = made(read("import math\nimport os\nx = 1", "print(math.pi)"))
    assert "import os" not in page.programs[1].text
    assert "x = 1" not in page.programs[1].text


def test_what_was_printed_earlier_is_held_back(read):
    page = made(read("def f():\n    print(1)\n    return 2", "x = f()",
                     "print(x)"))  # fmt: skip
    text = page.programs[2].text
    assert "redirect_stdout" in text
    assert text.index("import contextlib") < text.index("redirect_stdout")
    ast.parse(text)


@pytest.mark.parametrize(
    ("shown", "last"),
    [
        ("tensor(1.)", "print(x)"),
        ("3", "print(x)"),
        ("'a'", "print(repr(x))"),
        ("array([1.])", "print(repr(x))"),
        ("Fraction(1, 2)", "print(repr(x))"),
        ("ValueError('a')", "print(repr(x))"),
        ("Linear(in_features=1, out_features=1, bias=True)", "print(x)"),
        ("Sequential(\n  (0): ReLU()\n)", "print(x)"),
    ],
)
def test_a_value_that_the_page_shows_is_printed(read, shown, last):
    page = made(read("x = y = 1\nx"), cell0=shown)
    assert page.programs[0].text.splitlines()[-1] == last


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ("1, 2", "(1, 2)"),
        ("(1, 2)", "(1, 2)"),
        ("(1, 2), 3", "((1, 2), 3)"),
        ("(1), (\n    'b')", "(1, 'b')"),
        ("1,", "(1,)"),
        ("()", "()"),
        ("type(1)", "int"),
        ("type(Fraction(1))", "fractions.Fraction"),
        ("Fraction", "fractions.Fraction"),
        ("Fraction(1).__class__", "fractions.Fraction"),
        ("Fraction(1)", "Fraction(1, 1)"),
    ],
)
def test_a_program_prints_a_value_as_the_page_shows_it(read, code, shown):
    found = read(f"from fractions import Fraction\n{code}")
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(made(found, cell0=shown).programs[0].text, {})  # noqa: S102 (it is made here)
    assert said.getvalue() == f"{shown}\n"


def test_a_block_begins_with_new_figures(read):
    draw = "plt.plot([1])\nlast = plt.gca()"
    page = made(read("import matplotlib.pyplot as plt", draw,
                     "print(last)\nplt.plot([2])", "print(last)"))  # fmt: skip
    assert 'plt.close("all")' in page.programs[2].text
    assert "plt.close" not in page.programs[1].text
    assert "plt.close" not in page.programs[3].text


def test_what_did_not_run_is_no_part_of_other_programs(read):
    page = made(read("x = 1", ("raises-exception", "x = 2; 1 / 0\nx = 3"),
                     "print(x)"))  # fmt: skip
    assert page.programs[1].text.endswith("x = 2; 1 / 0\nx = 3\n")


def test_it_can_be_typed_into_python(read):
    page = made(
        read("def f():\n\n    return 1\nfor i in range(2):\n    f()\nf()")
    )
    code = page.programs[0].text.splitlines()[2:]
    assert code == [
        "def f():", "    return 1", "", "for i in range(2):", "    f()", "",
        "f()",
    ]  # fmt: skip


def test_hidden_cells_have_no_program(read):
    page = made(read(("remove-cell", "seen = 1"), "print(1)"))
    assert [program.block for program in page.programs] == [1]
    assert page.cells == [2]


def test_an_expected_error_ends_a_program_and_not_a_script(read):
    page = made(read("x = 0", ("raises-exception", "1 / x")))
    assert page.programs[1].raises
    assert page.programs[1].text.endswith("1 / x\n")
    assert page.code[1].script.startswith("try:\n    1 / x\nexcept")


def test_what_the_page_is_sent_makes_the_programs(read):
    page = made(read("import math", "def f():\n    return math.pi", "f()"))
    packed = page.packed()
    sources = [code.source.split("\n") for code in page.code]

    def piece(found):
        if isinstance(found, str):
            return found
        block, first, count, ends = found
        return "\n".join(sources[block][first : first + count]) + "\n" * ends

    for program, groups in zip(page.programs, packed["programs"], strict=True):
        parts = [
            "\n".join(piece(packed["pieces"][i]) for i in group)
            for group in groups
        ]
        head = str(program.block).join(packed["head"])
        assert "\n\n".join([head, *parts]) + "\n" == program.text


# -- What stops the build ----------------------------------------------------


@pytest.mark.parametrize(
    ("cells", "line", "message", "remedy"),
    [
        (
            [("remove-cell", "secret = 1"), "print(secret)"],
            9,
            (
                "the cell uses the name 'secret', which is bound only in a "
                "hidden cell"
            ),
            "show the cell that binds 'secret'",
        ),
        (
            ["import math\nimport nbformat as nb"],
            5,
            "the cell imports 'nbformat', which a reader may not have",
            "use torch, numpy, matplotlib and the standard library only",
        ),
    ],
)
def test_what_a_reader_lacks(read, cells, line, message, remedy):
    chapter = read(*cells)
    (error,) = programs.check(chapter, watched(chapter))
    assert error.path.name == "chapter.md"
    assert error.line == line
    assert error.message.startswith(message)
    assert remedy in error.remedy


@pytest.mark.parametrize(
    ("code", "line"),
    [
        ("%matplotlib inline", 4),
        ("x = 1\n!ls", 5),
        ("x = 1\nlen?", 5),
        ("import asyncio\n\nawait asyncio.sleep(0)", 6),
        ("x = = 1", 4),
    ],
)
def test_what_only_ipython_understands(read, code, line):
    (error,) = programs.check_syntax(read(code))
    # The title and a blank line are before the cell.
    assert error.line == line
    assert error.message.startswith("the cell is not Python: ")
    assert "does not run for a reader who copies it" in error.remedy


@pytest.mark.parametrize(
    ("cells", "line", "message"),
    [
        (
            ["x = [1]", ("remove-cell", "x.append(2)"), "y = 1\nprint(x)"],
            14,
            "the cell needs what a hidden cell does: 'x.append(2)'",
        ),
        (
            [
                "import torch",
                ("remove-input", "torch.manual_seed(0)"),
                "print(torch.rand(1))",
            ],
            13,
            "the cell needs what a hidden cell does: 'torch.manual_seed(0)'",
        ),
    ],
)
def test_what_a_hidden_cell_does(read, cells, line, message):
    chapter = read(*cells)
    (error,) = programs.check(chapter, watched(chapter))
    assert error.line == line
    assert error.message.startswith(message)
    assert "show that cell" in error.remedy


def test_what_a_hidden_cell_does_to_nothing_is_no_fault(read):
    cells = ["x = [1]", ("remove-cell", "y = [1]\ny.append(2)"), "print(x)"]
    chapter = read(*cells)
    assert not programs.check(chapter, watched(chapter))


def test_all_faults_are_told_each_once(read):
    chapter = read(("remove-cell", "one = 1"), ("remove-cell", "two = 2"),
                   "print(one)\nprint(one, two)", "print(two)")  # fmt: skip
    errors = programs.check(chapter, watched(chapter))
    names = [error.message.split("'")[1] for error in errors]
    assert names == ["one", "two"]


def test_a_file_that_a_reader_does_not_have(read, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    data = tmp_path / "points.csv"
    data.write_text("1")
    os.utime(data, (0, 0))
    chapter = read("import numpy as np\nx = np.loadtxt('points.csv')")
    (error,) = programs.check(chapter, watched(chapter))
    assert error.line == 5
    assert "points.csv', which a reader does not have" in error.message
    assert "make the data in the cell" in error.remedy


def test_an_error_that_is_the_point_is_no_fault(read):
    for code in ("print(lost)", "x = = 1"):
        chapter = read(("raises-exception", code))
        assert not programs.check_syntax(chapter)
        assert not programs.check(chapter, watched(chapter))


def test_the_build_stops_and_says_where(make_book):
    book = make_book(
        "# Chapter\n\n```{code-cell}\nx = 1\n%matplotlib inline\n```\n"
    )
    built = book.html()
    assert built.status != 0
    assert "book/chapter.md:5: the cell is not Python" in built.said
    assert "remedy: mend it" in built.said
