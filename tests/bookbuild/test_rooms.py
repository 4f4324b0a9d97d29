"""The folders of the machinery are used in one direction."""

import ast

FOLDERS = ["chapters", "execution", "programs", "pages", "commands"]


def imported(path):
    """Return the modules of the machinery that a file imports."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        found |= {name for name in names if name.startswith("bookbuild.")}
    return found


def test_a_folder_imports_only_from_those_before_it(root):
    machinery = root / "src/bookbuild"
    files = sorted(machinery.glob("*/*.py"))
    assert {path.parent.name for path in files} == set(FOLDERS)
    wrong = [
        f"{path.relative_to(machinery)} imports {name}"
        for path in files
        for name in sorted(imported(path))
        if FOLDERS.index(name.split(".")[1]) > FOLDERS.index(path.parent.name)
    ]
    assert wrong == []


def test_snippets_know_nothing_of_the_machinery(root):
    for path in (root / "src/snippets").glob("*.py"):
        assert imported(path) == set(), path.name
        assert "sphinx" not in path.read_text("utf-8").lower(), path.name


def test_no_two_classes_have_one_name(root):
    names = [
        node.name
        for path in sorted((root / "src/bookbuild").rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef)
    ]
    assert sorted(names) == sorted(set(names))
