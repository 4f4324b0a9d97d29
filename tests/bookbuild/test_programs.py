"""Programs of tiny chapters, and what stops the build: what a reader lacks.

Whether the programs of the book work is tested in tests/book.
"""

import contextlib
import io
import os
from pathlib import Path

import matplotlib.pyplot as plt
import nbformat
import pytest
from docutils.core import publish_doctree
from myst_nb.docutils_ import Parser
from nbformat import v4

from bookbuild.chapters import reader
from bookbuild.programs import (
    block_programs,
    cells,
    downloads,
    program_checks,
)
from bookbuild.programs.segments import SILENCE
from tests.bookbuild.test_watcher import watched

RAISES, HIDDEN = "raises-exception", "remove-cell"
OPTION = "mystnb: {%s: true}"
FRONT = f"---\n{OPTION}\n---\n\n"


@pytest.fixture
def read(tmp_path, tmp_path_factory, monkeypatch):
    """A function that reads a chapter of cells: code, or a tag and code."""
    monkeypatch.chdir(tmp_path_factory.mktemp("work"))
    data = Path("points.csv")
    data.write_text("1")
    os.utime(data, (0, 0))

    def make(*sources, front=""):
        parts = ["# Chapter"]
        for cell in sources:
            tag, code = cell if isinstance(cell, tuple) else ("", cell)
            option = tag if ":" in tag else f"tags: [{tag}]"
            options = f":{option}\n" if tag else ""
            parts.append(f"```{{code-cell}}\n{options}{code}\n```")
        path = tmp_path / "chapter.md"
        text = front + "\n\n".join(parts) + "\n"
        return reader.read(path, text, tmp_path)

    return make


def seen_of(chapter):
    """Run a chapter; return what was seen of its statements."""
    sources = [c.source for c in cells.executed_cells(chapter).values()]
    return watched(*sources, stops=False)[0].statements


def rendered(chapter):
    """Return what MyST-NB shows of a chapter, by its parser for docutils."""
    return publish_doctree(
        nbformat.writes(chapter.notebook),
        source_path="chapter.ipynb",
        parser=Parser(),
        settings_overrides={"nb_execution_mode": "off", "report_level": 5},
    )


def blocks(chapter, shown=None):
    """Return the blocks of a chapter; shown: the value of the first cell."""
    if shown:
        output = v4.new_output("execute_result", shown, execution_count=1)
        chapter.code_cells[0].outputs = [output]
    page = block_programs.build(
        chapter,
        seen_of(chapter),
        cells.shown_cells(rendered(chapter)),
        "Book, A title",
        {"python": "3.11", "torch": "2.13", "ipykernel": "7"},
    )
    return page.blocks


def printed(block):
    """Run the program of a block; return what it prints."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(block.program, {})  # noqa: S102 (it is made here)
    plt.close("all")
    return said.getvalue()


def test_a_program_names_its_place_and_the_versions(read):
    first, second = blocks(read("x = 1", "print(x)"))
    assert second.program == (
        "# Book, A title, block 2; verified with Python 3.11, torch 2.13\n\n"
        "x = 1\n\nprint(x)\n"
    )
    assert [len(first.code), len(second.code)] == [1, 2]


@pytest.mark.parametrize(
    ("sources", "earlier"),
    [
        # statements, not blocks
        (["import math\nimport os\nx = 1", "print(math.pi)"], "import math"),
        # an import that others have brought
        (
            ["import math\na = math.e", "import math\nb = math.pi", "a + b"],
            "import math\na = math.e\n\nb = math.pi",
        ),
        # what is printed there is held back
        (
            ["def f():\n    print(1)\n    return 2", "x = f()", "print(x)"],
            (
                "import contextlib\nimport io\n\n"
                "def f():\n    print(1)\n    return 2\n\n"
                f"{SILENCE}    x = f()"
            ),
        ),
        # what must be the first, before what is held back
        (
            ["x = print(1)", "from __future__ import annotations", "x, len"],
            (
                "from __future__ import annotations\n\n"
                f"import contextlib\nimport io\n\n{SILENCE}    x = print(1)"
            ),
        ),
        # statements of one line go together; what did not run has no users
        (["x = 1", (RAISES, "x = 2; 1 / 0\nx = 3"), "x"], "x = 2; 1 / 0"),
        # nothing that is hidden or did not run moves the numbers
        (["", ("skip-execution", "x = 2"), "x = 1", "print(x)"], "x = 1"),
        # a string keeps its blank lines, and its indentation
        (['if x := 1:\n\n    y = """\n\na"""', "y"],
         'if x := 1:\n    y = """\n\na"""'),
    ],
)  # fmt: skip
def test_what_a_program_takes_from_earlier_blocks(read, sources, earlier):
    *_, last = blocks(read(*sources))
    parts = ["\n".join(part) for part in last.code[:-1]]
    assert "\n\n".join(parts) == earlier


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ("torch.tensor(1.0)", "tensor(1.)"),
        ("torch.nn.Linear(1, 1).bias is None", "False"),
        ("'a'  # why\n# end", "'a'"),
        ("numpy.ones(1)", "array([1.])"),
        ("1, 2", "(1, 2)"),
        ("1.0 + 2, 2", "(3.0, 2)"),
        ("'a', 2", "('a', 2)"),
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
    imports = "import numpy, torch\nfrom fractions import Fraction"
    chapter = read(f"{imports}\n{code}", "print(Fraction)")
    block, other = blocks(chapter, {"text/plain": shown})
    assert printed(block) == f"{shown}\n"
    assert other.program.count("print") == 1


def test_each_block_draws_into_new_figures(read):
    """Two blocks that use pyplot's current axes draw two figures."""
    draw = "plt.plot([1])\n%s = plt.gca()"
    chapter = read("import matplotlib.pyplot as plt", draw % "a", draw % "b",
                   "print(a, b)\nplt.plot([2])", "print(len(b.lines))",
                   "print(a, len(b.lines))")  # fmt: skip
    found = blocks(chapter)
    counts = [block.program.count('plt.close("all")') for block in found]
    assert counts == [0, 0, 0, 2, 0, 1]
    assert printed(found[-1]).endswith(") 1\n")  # b has only its own line


@pytest.mark.parametrize(
    ("source", "program"),
    [
        # It can be typed into Python.
        (
            "def f():\n\n    return 1\nfor i in range(2):\n    f()\nf()",
            "def f():\n    return 1\n\nfor i in range(2):\n    f()\n\nf()",
        ),
        # It shows the figure that the page shows.
        ("x = 1", f"x = 1\n\n{block_programs.IMPORT}\n\nplt.show()"),
        ("plt = 1\n# plt.show()", "plt = 1\n# plt.show()"),
    ],
)
def test_what_a_program_has_of_its_own_block(read, source, program):
    shown = {"image/svg+xml": "<svg/>"} if "def" not in source else None
    (block,) = blocks(read(source), shown)
    assert "\n".join(block.code[-1]) == program


def test_a_script_begins_with_what_must_be_the_first(read):
    future = "from __future__ import annotations\n"
    found = blocks(read("x = 1", f"# why\n{future}def f(x: Lost):\n    1"))
    text = downloads.script(["Text.", *found], "# About")
    assert text.startswith(f"# About\n\n{future}# %% [markdown]\n# Text.")
    assert text.count(future) == 1
    exec(text, {})  # noqa: S102 (it is made here)


@pytest.mark.parametrize(
    ("code", "script"),
    [("1 / x", "1 / x"), ("x = = 1", "exec('x = = 1')"),
     ("return 1", "exec('return 1')")],
)  # fmt: skip
def test_an_expected_error_ends_a_program_and_not_a_script(read, code, script):
    _, block = blocks(read("x = 0", (RAISES, code)))
    assert block.raises
    assert block.program.endswith(f"{code}\n")
    assert block.script.startswith(f"try:\n    {script}\nexcept Exception as")


def test_what_the_page_is_sent_makes_the_programs(read):
    chapter = read("import math", "def f():\n    return math.pi", "f()")
    page = block_programs.Page("", blocks(chapter), [])
    packed = page.packed()
    sources = [block.source.split("\n") for block in page.blocks]

    def piece(found):
        if isinstance(found, str):
            return found
        block, first, count, ends = found
        return "\n".join(sources[block][first : first + count]) + "\n" * ends

    for block, code in zip(page.blocks, packed["programs"], strict=True):
        pieces = [[piece(packed["pieces"][i]) for i in part] for part in code]
        head = str(block.number).join(packed["head"])
        parts = ["\n".join(part) for part in pieces]
        assert "\n\n".join([head, *parts]) + "\n" == block.program


@pytest.mark.parametrize(
    ("tag", "front", "seen"),
    [
        ("hide-input", "", [(1, 1), (2, 0)]),
        *((f"remove{mark}output", "", [(1, 0), (2, 0)]) for mark in "-_"),
        (OPTION % "remove_code_outputs", "", [(1, 0), (2, 0)]),
        ("", FRONT % "remove_code_outputs", [(1, 0), (2, 0)]),
        *((f"remove{mark}cell", "", [(2, 0)]) for mark in "-_"),
        *((f"remove{mark}input", "", [(2, 0)]) for mark in "-_"),
        (OPTION % "remove_code_source", "", [(2, 0)]),
        ("skip-execution", "", [(2, 0)]),
        ("", FRONT % "remove_code_source", []),
    ],
)
def test_blocks_are_what_ran_and_is_shown(read, tag, front, seen):
    chapter = read((tag, "1"), "print(1)", "", front=front)
    found = blocks(chapter, {"text/plain": "1"})
    assert [(block.cell, len(block.outputs)) for block in found] == seen
    assert [block.number for block in found] == [*range(1, len(seen) + 1)]
    for block in found:
        last = "print(1)\n" if block.outputs or block.cell == 2 else "\n1\n"
        assert block.program.endswith(last)


USES, NEEDS = "the cell uses the name", "the cell needs what a hidden cell does"
NO_PYTHON = "the cell is not Python"


@pytest.mark.parametrize(
    ("sources", "told"),
    [
        ([(HIDDEN, "a = 1"), "print(a)"], [f"9: {USES} 'a'"]),
        (
            [(HIDDEN, "a = 1"), (HIDDEN, "b = 2"), "print(a)\nprint(a, b)",
             "print(b)"], [f"14: {USES} 'a'", f"15: {USES} 'b'"],
        ),
        (
            ["x = [1]", (HIDDEN, "x.append(2)"), "y = 1\nprint(x)"],
            [f"14: {NEEDS}: 'x.append(2)'"],
        ),
        (
            ["import torch", ("remove_input", "torch.manual_seed(0)"),
             "print(torch.rand(1))"], [f"13: {NEEDS}: 'torch.manual_seed(0)'"],
        ),
        (["import math\nimport nbformat as nb"], ["5: the cell imports 'nbf"]),
        (
            ["import numpy as np\nx = np.loadtxt('points.csv')"],
            ["5: the cell reads the file"],
        ),
        (["%time 1", "x = = 1"], [f"4: {NO_PYTHON}", f"8: {NO_PYTHON}"]),
        (["x = 1\n!ls"], [f"5: {NO_PYTHON}"]),
        (["x = 1\nlen?"], [f"5: {NO_PYTHON}"]),
        (["import asyncio\n\nawait asyncio.sleep(0)"], [f"6: {NO_PYTHON}"]),
        # No fault: the reader needs nothing of these.
        (["x = [1]", (HIDDEN, "y = [1]\ny.append(2)"), "print(x)"], []),
        ([(RAISES, "print(lost)")], []),
        ([(RAISES, "x = = 1")], []),
        ([("skip-execution", "%time lost"), ""], []),
    ],
)  # fmt: skip
def test_what_a_reader_lacks(read, sources, told):
    chapter = read(*sources)
    statements = [] if "Python" in str(told) else seen_of(chapter)
    shown = cells.shown_cells(rendered(chapter))
    errors = program_checks.check(chapter, statements, shown)
    for error, start in zip(errors, told, strict=True):
        assert f"{error.line}: {error.message}".startswith(start)
        assert error.path.name == "chapter.md"
        assert error.remedy
