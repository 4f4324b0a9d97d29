"""What holds for every snippet: one file, one name, told in full."""

import ast
import doctest
import importlib.util
import shutil
import sys
from pathlib import Path

import pytest

import snippets

FOLDER = Path(snippets.__file__).parent
FILES = sorted(FOLDER.glob("[!_]*.py"))
SECTIONS = ["Args", "Raises", "Example", "Explained in", "Source"]
# These read or draw a graph, or are a table; they compute no formula.
WITHOUT_FORMULA = {"autograd_graph", "draw_graph", "penguins", "trace"}
ROOM = {"draw_graph": 150, "trace": 120, "value": 140}
CLASSES = {"value": "Value"}  # the state is the lesson
CHAPTERS = {
    "installing",
    "tensors",
    "gaussian-mean",
    "logistic-regression",
    "gradients-three-ways",
    "training-logistic-regression",
}


@pytest.fixture(params=FILES, ids=lambda path: path.stem)
def path(request):
    return request.param


@pytest.fixture
def tree(path):
    return ast.parse(path.read_text(encoding="utf-8"))


@pytest.fixture
def public(path, tree):
    """The function or the class that readers take away."""
    name = CLASSES.get(path.stem, path.stem)
    return next(n for n in tree.body if getattr(n, "name", "") == name)


@pytest.fixture
def docstring(public):
    return ast.get_docstring(public)


def test_there_are_eleven():
    assert len(FILES) == 11


def test_imports_nothing_that_a_reader_lacks(tree):
    allowed = {"torch", "numpy", "matplotlib"} | sys.stdlib_module_names
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            modules = [node.module]
        else:
            continue
        assert {module.split(".")[0] for module in modules} <= allowed


def test_has_one_public_function_named_as_the_module(path, tree):
    kind = ast.ClassDef if path.stem in CLASSES else ast.FunctionDef
    public = [
        node
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
        and not node.name.startswith("_")
    ]
    assert [node.name for node in public] == [CLASSES.get(path.stem, path.stem)]
    assert isinstance(public[0], kind)


def test_has_types(path, tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            args = [arg for arg in node.args.args if arg.arg != "self"]
            assert node.returns is not None, path
            assert all(arg.annotation for arg in args), path


def test_is_short(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    assert len(lines) <= ROOM.get(path.stem, 90)
    assert max(map(len, lines)) <= 80


def test_module_docstring_is_one_line(tree):
    assert "\n" not in ast.get_docstring(tree)


def test_docstring_has_every_section(path, public, docstring):
    """Without arguments there is nothing to describe or to refuse."""
    alone = isinstance(public, ast.FunctionDef) and not public.args.args
    sections = SECTIONS[2:] if alone else SECTIONS
    lines = docstring.splitlines()
    places = [lines.index(f"{section}:") for section in sections]
    assert places == sorted(places)
    outcomes = {"Returns:", "Yields:", "Attributes:"} & set(lines)
    assert len(outcomes) == 1
    assert (outcomes == {"Attributes:"}) == (path.stem in CLASSES)


def test_docstring_opens_with_one_sentence(docstring):
    first = docstring.split("\n\n")[0]
    assert first.endswith(".")
    assert first.count(".") == 1
    assert "\n" not in first


def test_formula_follows_the_first_sentence(path, docstring):
    second = docstring.split("\n\n")[1]
    assert (second == ".. math::") != (path.stem in WITHOUT_FORMULA)


def test_names_a_chapter(docstring):
    section = docstring.split("Explained in:\n")[1].split("\n")[0].strip()
    assert section in {f":doc:`/{chapter}`" for chapter in CHAPTERS}


def test_runs_as_one_copied_file(path, tmp_path, monkeypatch):
    """Load a copy from an empty folder and run its example."""
    copy = shutil.copy(path, tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(
        sys,
        "path",
        [entry for entry in sys.path if Path(entry) != FOLDER.parent],
    )
    for name in [name for name in sys.modules if name.startswith("snippets")]:
        monkeypatch.delitem(sys.modules, name)
    spec = importlib.util.spec_from_file_location(path.stem, copy)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    failed, tried = doctest.testmod(module)
    assert failed == 0
    assert tried > 0
    assert not any(name.startswith("snippets") for name in sys.modules)
