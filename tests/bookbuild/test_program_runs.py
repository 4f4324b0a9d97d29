"""The build runs each block's program and compares it with the page."""

import pytest

from bookbuild.chapters import reader
from bookbuild.execution import provisioner
from bookbuild.execution.executed_chapters import fill
from bookbuild.execution.run import run
from bookbuild.programs import (
    block_programs,
    cells,
    page_programs,
    program_runs,
)
from tests.bookbuild.test_run import QUIET, prepare, settings


@pytest.fixture
def wrong(tmp_path):
    """A function: what is wrong with the programs of a chapter of cells."""
    prepare()
    provisioner.start_programs("tests")

    def check(*codes):
        text = "\n".join(f"```{{code-cell}}\n{code}\n```" for code in codes)
        path = tmp_path / "chapter.md"
        path.write_text(text)
        chapter = reader.read(path, text, tmp_path)
        found = run(chapter, settings(tmp_path), QUIET)
        fill(chapter, found)
        page_programs.add_needs(chapter, found.statements)
        shown = dict.fromkeys(cells.executed_cells(chapter), True)
        page = block_programs.build(chapter, found.statements, shown, "", {})
        kept = tmp_path / "programs/chapter.json"
        errors = program_runs.check(chapter, page.blocks, kept, 30)
        return [*map(str, errors)]

    return check


LIST = "x = [1]"
SET = "print({'a', 'b', 'c', 'd', 'e'})"
TIME = "import time\nprint(time.time())"
# The watcher does not see this: a setting without a word for setting.
UNSEEN = "import csv", ":label: limit\n_ = csv.field_size_limit(9)"
USE = "print(csv.field_size_limit())"
FAILS = "import os\n1 / (os.environ['PYTHONHASHSEED'] == '0')"


@pytest.mark.parametrize(
    "codes",
    [
        [LIST, "x", "x.append(2)", "print(x)"],
        ["import torch", "torch.ones(2)\n", "print(torch.rand(1) < 2)"],
        [":tags: [raises-exception]\nprint(1)\n1 / 0"],
        [":tags: [raises-exception]\nx = = 1"],
        [f":differs: the order of a set\n{SET}"],
        [f":differs: it prints the time\n{TIME}"],
        [":tags: [remove-output]\nprint(1)\n2", "3"],
        ["def f():\n    return 1", "import inspect",
         "print(inspect.getsource(f))"],
        [*UNSEEN, f":needs: limit\n{USE}"],
        [":label: a b\n1", ":tags: [skip-execution]\n1 / 0", "2"],
    ],
)  # fmt: skip
def test_programs_that_give_what_the_page_shows(wrong, codes):
    assert wrong(*codes) == []


@pytest.mark.parametrize(
    ("codes", "line", "texts"),
    [
        ([LIST, SET], 5, ["-{'", "+{'", "':differs: reason'"]),
        ([TIME], 2, ["-17", "+17"]),
        (["import torch\nprint(torch.rand(2))"], 2, ["-tensor(", "+tensor("]),
        ([*UNSEEN, USE], 9, ["-9", "+131072", "':needs: label'"]),
        ([LIST, f":differs: it may fail\n{FAILS}"], 6, ["+ZeroDivisionError"]),
    ],
)  # fmt: skip
def test_a_difference_stops_the_build(wrong, codes, line, texts):
    (told,) = wrong(*codes)
    assert f"chapter.md:{line}: " in told
    assert [text for text in texts if text not in told] == []
    assert len(wrong(*codes)) == 1  # the next build tells it again
