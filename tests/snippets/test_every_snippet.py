"""What holds for every snippet: one file, one name, told in full."""

import ast
import doctest
import importlib.util
import re
import shutil
import sys
from pathlib import Path

import pytest

import snippets

FOLDER = Path(snippets.__file__).parent
FILES = sorted(FOLDER.glob("[!_]*.py"))
SECTIONS = ["Args", "Raises", "Example", "Explained in", "Source"]
# These read or draw a graph, or are a table; they compute no formula.
WITHOUT_FORMULA = {
    "autograd_graph",
    "draw_graph",
    "gentoo",
    "penguins",
    "trace_graph",
}
ROOM = {"draw_graph": 170, "trace_graph": 120, "value": 140}
CLASSES = {"value": "Value"}  # the state is the lesson


@pytest.fixture(params=FILES, ids=lambda path: path.stem)
def path(request):
    return request.param


@pytest.fixture
def tree(path):
    return ast.parse(path.read_text(encoding="utf-8"))


@pytest.fixture
def public(path, tree):
    """The one function or class that readers take away."""
    [found] = (
        node
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
        and not node.name.startswith("_")
    )
    assert found.name == CLASSES.get(path.stem, path.stem)
    assert isinstance(found, ast.ClassDef) == (path.stem in CLASSES)
    return found


def test_is_short_and_imports_nothing_that_a_reader_lacks(path, tree):
    lines = path.read_text(encoding="utf-8").splitlines()
    assert len(lines) <= ROOM.get(path.stem, 90)
    # Jupyter looks for modules in the standard library first.
    assert path.stem not in sys.stdlib_module_names
    allowed = {"torch", "numpy", "matplotlib"} | sys.stdlib_module_names
    for node in ast.walk(tree):
        match node:
            case ast.Import():
                imported = {alias.name.split(".")[0] for alias in node.names}
                assert imported <= allowed
            case ast.ImportFrom():
                assert node.level == 0
                assert node.module.split(".")[0] in allowed


def test_docstring_tells_all(path, public):
    """Without arguments there is nothing to describe or to refuse."""
    docstring = ast.get_docstring(public)
    first, second = docstring.split("\n\n")[:2]
    assert re.fullmatch(r"[^.\n]+\.", first), "no single sentence"
    assert (second == ".. math::") != (path.stem in WITHOUT_FORMULA)
    alone = isinstance(public, ast.FunctionDef) and not public.args.args
    sections = SECTIONS[2:] if alone else SECTIONS
    lines = docstring.splitlines()
    places = [lines.index(f"{section}:") for section in sections]
    assert places == sorted(places)
    [outcome] = {"Returns:", "Yields:", "Attributes:"} & set(lines)
    assert (outcome == "Attributes:") == (path.stem in CLASSES)


def test_runs_as_one_copied_file(path, tmp_path, monkeypatch):
    """Load a copy from an empty folder and run its example."""
    copy = shutil.copy(path, tmp_path)
    monkeypatch.chdir(tmp_path)
    elsewhere = [entry for entry in sys.path if Path(entry) != FOLDER.parent]
    monkeypatch.setattr(sys, "path", elsewhere)
    for name in [name for name in sys.modules if name.startswith("snippets")]:
        monkeypatch.delitem(sys.modules, name)
    spec = importlib.util.spec_from_file_location(path.stem, copy)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    failed, tried = doctest.testmod(module)
    assert failed == 0
    assert tried > 0
    assert not any(name.startswith("snippets") for name in sys.modules)
