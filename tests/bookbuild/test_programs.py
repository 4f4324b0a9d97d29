"""Programs of a tiny chapter, and what stops the build: what a reader lacks.

Whether the programs of the book work is tested in tests/book.
"""

import ast
import textwrap

import pytest
from nbformat import v4

from bookbuild.chapters import reader as chapter
from bookbuild.execution import needs
from bookbuild.programs import block_programs as programs


@pytest.fixture
def read(tmp_path):
    """A function that reads a chapter of some cells: code, or tags and code."""

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


def made(found, **outputs):
    """Return the page of a chapter; outputs: the value a cell shows."""
    for number, cell in enumerate(found.code_cells):
        shown = outputs.get(f"cell{number}")
        cell.outputs = []
        if shown:
            data = {"text/plain": shown}
            cell.outputs = [v4.new_output("execute_result", data=data)]
    versions = {"python": "3.11", "torch": "2.13", "ipykernel": "7"}
    return programs.build(found, "Book", "A title", versions)


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
    [("tensor(1.)", "print(x)"), ("3", "print(x)"), ("'a'", "print(repr(x))"),
     ("array([1.])", "print(repr(x))")],
)  # fmt: skip
def test_a_value_that_the_page_shows_is_printed(read, shown, last):
    page = made(read("x = y = 1\nx"), cell0=shown)
    assert page.programs[0].text.splitlines()[-1] == last


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
            ["x = 1", "y = 2\nprint(x, lost)"],
            9,
            "the cell uses the name 'lost', which no cell binds before",
            "bind or import 'lost'",
        ),
        (
            ["def f():\n    return lost", "f()"],
            9,
            "the cell uses the name 'lost', which no cell binds before",
            "bind or import 'lost'",
        ),
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
            ["import numpy as np\nx = np.loadtxt('points.csv')"],
            5,
            (
                "the cell reads the file 'points.csv', which a reader does not "
                "have"
            ),
            "make the data in the cell",
        ),
        (
            ["import math\nimport pandas as pd"],
            5,
            "the cell imports 'pandas', which a reader may not have",
            "use torch, numpy, matplotlib and the standard library only",
        ),
    ],
)
def test_what_a_reader_lacks(read, cells, line, message, remedy):
    (error,) = programs.check(read(*cells))
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
    (error,) = programs.check(read(code))
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
    (error,) = programs.check(read(*cells))
    assert error.line == line
    assert error.message.startswith(message)
    assert "show that cell" in error.remedy


def test_what_a_hidden_cell_does_to_nothing_is_no_fault(read):
    cells = ["x = [1]", ("remove-cell", "y = [1]\ny.append(2)"), "print(x)"]
    assert not programs.check(read(*cells))


def test_all_faults_are_told_each_once(read):
    errors = programs.check(read("print(one, two)", "print(two, three)"))
    names = [error.message.split("'")[1] for error in errors]
    assert names == ["one", "two", "three"]


def test_an_error_that_is_the_point_is_no_fault(read):
    assert not programs.check(read(("raises-exception", "print(lost)")))
    assert not programs.check(read(("raises-exception", "x = = 1")))


def test_the_build_stops_and_says_where(make_book):
    book = make_book(
        "# Chapter\n\n```{code-cell}\nx = 1\nprint(x + lost)\n```\n"
    )
    built = book.html()
    assert built.status != 0
    assert "book/chapter.md:5: the cell uses the name 'lost'" in built.said
    assert "remedy: bind or import 'lost'" in built.said


def test_statements_are_found_once_for_a_chapter(read, monkeypatch):
    found = read("x = 1", "print(x)")
    first = programs.analyse(found)
    monkeypatch.setattr(needs, "analyse", None)  # it would be called
    assert programs.analyse(found) is first
