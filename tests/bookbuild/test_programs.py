"""Programs of tiny chapters, and what stops the build: what a reader lacks.

Whether the programs of the book work is tested in tests/book.
"""

import ast
import contextlib
import io
import os
import textwrap

import matplotlib.pyplot as plt
import nbformat
import pytest
from docutils.core import publish_doctree
from myst_nb.docutils_ import Parser
from nbformat import v4

from bookbuild.chapters import reader
from bookbuild.execution.watcher import Watcher
from bookbuild.programs import block_programs, cells, program_checks
from bookbuild.programs.segments import SILENCE

RAISES, HIDDEN = "raises-exception", "remove-cell"
OPTION = "mystnb: {%s: true}"
FRONT = f"---\n{OPTION}\n---\n\n"
FIGURE = {"image/svg+xml": "<svg/>", "text/plain": "<Figure>"}


@pytest.fixture
def read(tmp_path, tmp_path_factory, monkeypatch):
    """A function that reads a chapter of cells: code, or a tag and code."""
    monkeypatch.chdir(tmp_path_factory.mktemp("work"))

    def make(*sources, front=""):
        parts = ["# Chapter"]
        for cell in sources:
            tag, code = cell if isinstance(cell, tuple) else ("", cell)
            option = tag if ":" in tag else f"tags: [{tag}]"
            options = f":{option}\n" if tag else ""
            code = textwrap.dedent(code).strip()
            parts.append(f"```{{code-cell}}\n{options}{code}\n```")
        path = tmp_path / "chapter.md"
        text = front + "\n\n".join(parts) + "\n"
        return reader.read(path, text, tmp_path)

    return make


def watched(chapter):
    """Run a chapter; return what was seen of its statements."""
    watcher = Watcher()
    for number, cell in enumerate(cells.executed_cells(chapter).values()):
        watcher.start_block(number)
        try:
            for node in ast.parse(cell.source).body:
                code = compile(ast.Module([node], []), "<cell>", "exec")
                with (
                    contextlib.redirect_stdout(io.StringIO()),
                    watcher.statement(node),
                ):
                    exec(code, watcher.namespace)  # noqa: S102 (a test wrote it)
        except Exception:
            if not cells.has_tag(cell, RAISES):
                raise
        plt.close("all")
    return watcher.statements


def rendered(chapter):
    """Return which cells MyST-NB shows, by its parser for docutils."""
    document = publish_doctree(
        nbformat.writes(chapter.notebook),
        source_path="chapter.ipynb",
        parser=Parser(),
        settings_overrides={"nb_execution_mode": "off", "report_level": 5},
    )
    return cells.shown_cells(document)


def blocks(chapter, **results):
    """Return the blocks of a chapter; results: what a cell's value shows."""
    for number, cell in enumerate(chapter.code_cells):
        if shown := results.get(f"cell{number}"):
            data = {"text/plain": shown} if isinstance(shown, str) else shown
            output = v4.new_output("execute_result", data, execution_count=1)
            cell.outputs = [output]
    page = block_programs.build(
        chapter,
        watched(chapter),
        rendered(chapter),
        "Book, A title",
        {"python": "3.11", "torch": "2.13", "ipykernel": "7"},
    )
    return page.blocks


def own_code(block):
    return "\n".join(block.code[-1])


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
    ("code", "shown", "last"),
    [
        ("x", "tensor(1.)", "print(x)"),
        ("x", "3", "print(x)"),
        ("x", "'a'", "print(repr(x))"),
        ("x", "array([1.])", "print(repr(x))"),
        ("x", "ValueError('a')", "print(repr(x))"),
        ("x", "Linear(in_features=1, out_features=1, bias=True)", "print(x)"),
        ("x", "Sequential(\n  (0): ReLU()\n)", "print(x)"),
        ("x  # why\n# end", "3", "print(x)  # why\n# end"),
        ("x = 2", "3", "x = 2"),
        ("x", FIGURE, f"x\n\n{block_programs.IMPORT}\n\nplt.show()"),
    ],
)
def test_a_value_that_the_page_shows_is_printed(read, code, shown, last):
    first, second = blocks(read(f"x = 1\n{code}", "print(x)"), cell0=shown)
    assert own_code(first) == f"x = 1\n{last}"
    assert second.program.count("print") == 1


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
    chapter = read(f"from fractions import Fraction\n{code}")
    (block,) = blocks(chapter, cell0=shown)
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(block.program, {})  # noqa: S102 (it is made here)
    assert said.getvalue() == f"{shown}\n"


def test_each_block_draws_into_new_figures(read):
    """Two blocks that use pyplot's current axes draw two figures."""
    draw = "plt.plot([1])\n%s = plt.gca()"
    chapter = read("import matplotlib.pyplot as plt", draw % "a", draw % "b",
                   "print(a, b)\nplt.plot([2])", "print(len(b.lines))",
                   "print(a, len(b.lines))")  # fmt: skip
    found = blocks(chapter)
    counts = [block.program.count('plt.close("all")') for block in found]
    assert counts == [0, 0, 0, 2, 0, 1]
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(found[-1].program, {})  # noqa: S102 (it is made here)
    plt.close("all")
    assert said.getvalue().endswith(") 1\n")  # b has a line of its own only


def test_a_program_can_be_typed_into_python(read):
    source = "def f():\n\n    return 1\nfor i in range(2):\n    f()\nf()"
    (block,) = blocks(read(source))
    assert own_code(block) == (
        "def f():\n    return 1\n\nfor i in range(2):\n    f()\n\nf()"
    )


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


# -- What the reader sees ----------------------------------------------------


@pytest.mark.parametrize(
    ("tag", "front", "seen"),
    [
        ("hide-input", "", [1, 2]),
        ("remove-cell", "", [2]),
        ("remove_cell", "", [2]),
        ("remove-input", "", [2]),
        ("remove_input", "", [2]),
        (OPTION % "remove_code_source", "", [2]),
        ("skip-execution", "", [2]),
        ("", FRONT % "remove_code_source", []),
    ],
)
def test_cells_that_have_a_program(read, tag, front, seen):
    found = blocks(read((tag, "seen = 1"), "print(1)", "", front=front))
    assert [block.cell for block in found] == seen
    assert [block.number for block in found] == [*range(1, len(seen) + 1)]


@pytest.mark.parametrize(
    ("tag", "front"),
    [
        ("remove-output", ""),
        ("remove_output", ""),
        (OPTION % "remove_code_outputs", ""),
        ("", FRONT % "remove_code_outputs"),
    ],
)
def test_an_output_that_the_page_hides_is_not_given(read, tag, front):
    (block,) = blocks(read((tag, "1"), front=front), cell0="1")
    assert block.outputs == []
    assert block.program.endswith("\n\n1\n")


# -- What stops the build ----------------------------------------------------


def faults(chapter, statements=None):
    statements = watched(chapter) if statements is None else statements
    return program_checks.check(chapter, statements, rendered(chapter))


@pytest.mark.parametrize(
    ("sources", "line", "message", "remedy"),
    [
        (
            [(HIDDEN, "secret = 1"), "print(secret)"], 9,
            "the cell uses the name 'secret', which is bound only in a hidden",
            "show the cell that binds 'secret'",
        ),
        (
            ["import math\nimport nbformat as nb"], 5,
            "the cell imports 'nbformat', which a reader may not have",
            "use torch, numpy, matplotlib and the standard library only",
        ),
        (
            ["x = [1]", (HIDDEN, "x.append(2)"), "y = 1\nprint(x)"], 14,
            "the cell needs what a hidden cell does: 'x.append(2)'",
            "show that cell",
        ),
        (
            ["import torch", ("remove_input", "torch.manual_seed(0)"),
             "print(torch.rand(1))"], 13,
            "the cell needs what a hidden cell does: 'torch.manual_seed(0)'",
            "show that cell",
        ),
    ],
)  # fmt: skip
def test_what_a_reader_lacks(read, sources, line, message, remedy):
    (error,) = faults(read(*sources))
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
    (error,) = faults(read(code), statements=[])
    # The title and a blank line are before the cell.
    assert error.line == line
    assert error.message.startswith("the cell is not Python: ")
    assert "does not run for a reader who copies it" in error.remedy


def test_a_file_that_a_reader_does_not_have(read, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    data = tmp_path / "points.csv"
    data.write_text("1")
    os.utime(data, (0, 0))
    (error,) = faults(read("import numpy as np\nx = np.loadtxt('points.csv')"))
    assert error.line == 5
    assert "points.csv', which a reader does not have" in error.message
    assert "make the data in the cell" in error.remedy


@pytest.mark.parametrize(
    ("sources", "names"),
    [
        (
            [(HIDDEN, "one = 1"), (HIDDEN, "two = 2"),
             "print(one)\nprint(one, two)", "print(two)"], ["one", "two"],
        ),
        (["x = [1]", (HIDDEN, "y = [1]\ny.append(2)"), "print(x)"], []),
        ([(RAISES, "print(lost)")], []),
        ([(RAISES, "x = = 1")], []),
        ([("skip-execution", "%time lost")], []),
        ([""], []),
    ],
)  # fmt: skip
def test_each_fault_is_told_once_and_no_other(read, sources, names):
    errors = faults(read(*sources))
    assert [error.message.split("'")[1] for error in errors] == names


def test_the_build_stops_and_says_where(make_book):
    book = make_book(
        "# Chapter\n\n```{code-cell}\nx = 1\n%matplotlib inline\n```\n"
    )
    built = book.html()
    assert built.status != 0
    assert "book/chapter.md:5: the cell is not Python" in built.said
    assert "remedy: mend it" in built.said
