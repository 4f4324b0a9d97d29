"""The checkers are checked: right solutions pass, wrong ones are told apart.

The name of a wrong solution is a part of the message that its checker gives,
and that no other solution gets.
"""

import subprocess
import sys
from pathlib import Path

import pytest

from bookbuild.programs import tasks

FOLDER = Path(__file__).parents[2] / "src/tasks"
NAMES = tasks.names(FOLDER)
WRONG = 4  # solutions of each task, at least


@pytest.fixture(scope="session")
def said(run_bare):
    """What each program of each task prints, by task and part."""
    programs = {
        (name, part): tasks.program(FOLDER / f"{name}.py", part)
        for name in NAMES
        for part in tasks.parts(FOLDER / f"{name}.py")
        if part != "check"
    }
    given = run_bare("tasks", [*programs.values()])
    found = {name: {} for name in NAMES}
    for (name, part), answer in zip(programs, given, strict=True):
        assert not answer["err"], (name, part)
        found[name][part] = " ".join(answer["out"].split())
    return found


@pytest.mark.parametrize("name", NAMES)
def test_right_solutions_pass(said, name):
    right = [part for part in said[name] if part.startswith("right: ")]
    assert right, "another way to write it"
    for part in ["solution", *right]:
        assert said[name][part].endswith("Right."), (part, said[name][part])


@pytest.mark.parametrize("name", NAMES)
def test_each_wrong_solution_is_told_what_is_wrong(said, name):
    wrong = [part for part in said[name] if part.startswith("wrong: ")]
    assert len(wrong) >= WRONG
    for part in wrong:
        words = part.removeprefix("wrong: ")
        told = [other for other, text in said[name].items() if words in text]
        assert told == [part], (words, said[name][part])
        assert "Not yet: " in said[name][part], said[name][part]


@pytest.mark.parametrize("name", NAMES)
def test_the_untouched_stub_is_told_to_begin(said, name):
    assert said[name]["stub"].startswith("Not yet: "), said[name]["stub"]


def test_pytest_runs_the_checkers_too(tmp_path):
    for name in NAMES:
        text = tasks.program(FOLDER / f"{name}.py", "solution")
        (tmp_path / f"test_{name}.py").write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
