"""The build runs each block's program and compares it with the page."""

from unittest.mock import Mock

import pytest
from docutils import nodes
from nbformat.v4 import new_output

from bookbuild.chapters import reader
from bookbuild.execution import fork_client, record
from bookbuild.execution.executed_chapters import fill
from bookbuild.execution.run import Run, run
from bookbuild.programs import (
    block_programs,
    cells,
    page_programs,
    program_runs,
)
from tests.bookbuild.test_programs import rendered
from tests.bookbuild.test_run import QUIET, prepare, settings


def programs_of(folder, codes):
    """Return a chapter of cells, its run, and its programs."""
    text = "\n".join(f"```{{code-cell}}\n{code}\n```" for code in codes)
    path = folder / "chapter.md"
    path.write_text(text)
    chapter = reader.read(path, text, folder)
    found = run(chapter, settings(folder), QUIET)
    fill(chapter, found)
    page_programs.add_needs(chapter, found.statements)
    shown = dict.fromkeys(cells.executed_cells(chapter), True)
    for number, cell in enumerate(chapter.notebook.cells):
        if cells.has_tag(cell, "remove-input"):
            shown.pop(number)
    page = block_programs.build(chapter, found.statements, shown, "", {})
    return chapter, found, page


@pytest.fixture
def wrong(tmp_path):
    """A function: what is wrong with the programs of a chapter of cells."""
    prepare()
    fork_client.start_programs("tests")

    def check(*codes):
        chapter, found, page = programs_of(tmp_path, codes)
        kept = tmp_path / "programs/chapter.json"
        drawn = dict(enumerate(found.figures))
        errors = program_runs.check(chapter, page.blocks, drawn, kept, 30)
        return [*map(str, errors)]

    return check


LIST = "x = [1]"
SET = "print({'a', 'b', 'c', 'd', 'e'})"
TIME = "import time\nprint(time.time())"
# The watcher does not see this: a setting without a word for setting.
UNSEEN = "import csv", ":label: limit\n_ = csv.field_size_limit(9)"
USE = "print(csv.field_size_limit())"
PLOT = """import matplotlib.pyplot as plt
fig, ax = plt.subplots()
_ = ax.plot([1, 3 - %s], label="a line")"""
SHOWS = "plt.show()\nprint(len(plt.get_fignums()))\nplt.plot([1])\nplt.show()"
BACK = """plt.figure(1).gca().plot([1, 2])
_ = plt.figure(2).gca().plot([3, 4])
_ = plt.figure(1).gca().set_title("back")"""
ASPECT = "plt.plot([1, 2])\nplt.gca().set_aspect('equal')\nplt.show()"
INSIDE = "def second():\n    plt.plot([3, 4])\n    plt.show()\nsecond()"
SHOWN = """def shown(y):
    line = plt.plot(y)[0]
    plt.show()
    print("shown")
    return line
one = shown([1])
plt.show()
two = shown([2])"""
FAILS = "import os\n1 / (os.environ['PYTHONHASHSEED'] == '0')"


def test_programs_that_give_what_the_page_shows(wrong):
    raises = ":tags: [raises-exception]\n"
    assert not wrong(
        *("x = [1]", "x", "x.append(2)", "print(x)"),
        *("import torch", "torch.ones(2)", "print(torch.rand(1) < 2)"),
        *(f"{raises}print(1)\n1 / 0", f"{raises}x = = 1"),
        *(f":differs: the order of a set\n{SET}", f":differs: a time\n{TIME}"),
        *(":tags: [remove-output]\nprint(1)\n2", "3"),
        *("def f():\n    return 1", "import inspect"),
        "print(inspect.getsource(f))",
        *(*UNSEEN, f":needs: limit\n{USE}"),
        *(PLOT % 1, "ax.set(xlabel='x')\nfig", SHOWS, BACK),
        *(ASPECT, INSIDE, SHOWN, "print(one.get_ydata(), two.get_ydata())"),
        *("type(1), [str]", "fig = plt.figure()"),
        *(f"{raises}plt.plot([1])\n1 / 0", f"{raises}plt.figure()\n1 / 0"),
        "from __future__ import annotations\nlater = []",
        "def f(x: Lost):\n    later.append(x)\nf(1)\nlater",
        'print("one\\rtwo\\x1b[31m red")',
        ":tags: [shows-warning]\nimport warnings\nwarnings.warn('so')",
        *(":tags: [skip-execution]\n1 / 0", "4"),
    )


def test_a_difference_stops_the_build(wrong):
    codes = {
        "import os, torch\nx = 1": None,
        SET: ["-{'", "+{'", "':differs: reason'"],
        TIME: ["-17", "+17"],
        "print(torch.rand(2))": ["-tensor(", "+tensor("],
        UNSEEN[0]: None,
        UNSEEN[1]: None,
        PLOT % "(os.environ['MPLBACKEND'] == 'agg')": ["-", "+", " y=[1 2]"],
        USE: ["-9", "+131072", "':needs: label'"],
        f":differs: it may fail\n{FAILS}": ["+ZeroDivisionError"],
        "import os\nif os.environ['MPLBACKEND'] == 'agg':\n    os._exit(1)": [
            "it did not end in time, or ended Python"
        ],
    }
    for _ in range(2):  # the next build tells it again
        told = wrong(*codes)
        for error, texts in zip(
            told, filter(None, codes.values()), strict=True
        ):
            assert [text for text in texts if text not in error] == []
    lines = [error.split("chapter.md:")[1].split(":")[0] for error in told]
    assert lines == ["6", "9", "13", "23", "28", "32", "36"]


def test_programs_are_run_once(wrong, monkeypatch):
    assert len(wrong("1", "import torch", TIME)) == 1
    outcome = Mock(wraps=fork_client.run_program)
    monkeypatch.setattr(fork_client, "run_program", outcome)
    assert len(wrong("1", "import torch", TIME)) == 1
    assert outcome.call_count == 1  # the one that was not right


def test_without_a_fork_server_a_program_has_a_process(wrong, monkeypatch):
    monkeypatch.setenv(fork_client.PROGRAMS, "")
    (told,) = wrong("print(1)", SET)
    assert "chapter.md:5:" in told


def test_an_output_that_differs_is_said_to_and_not_recorded(tmp_path):
    text = f"```{{code-cell}}\n:differs: it prints the time\n{TIME}\n```\n"
    chapter = reader.read(tmp_path / "chapter.md", text, tmp_path)
    outputs = [[new_output("stream", text="1\n")]]
    found = Run(outputs=outputs, figures=[["Figure"]], values=[{}])
    (cell,) = record.entry(chapter, found)["cells"]
    assert cell == {"code": "import time", "outputs": []}
    fill(chapter, found)
    doctree = rendered(chapter)
    page_programs.tell_differences(chapter, doctree)
    _, note = doctree.children
    assert isinstance(note, nodes.paragraph)
    assert note.astext() == "This output differs each time: it prints the time"
