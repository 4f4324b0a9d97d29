"""What readers download runs as it is: notebooks, scripts, snippets.

All of it runs with torch, numpy and matplotlib only. A notebook needs a
Jupyter kernel besides; ``nox -s tests`` puts one into a folder of its own.
"""

import ast
import copy
import os
import posixpath
import re
import symtable
import tomllib
import zipfile
from pathlib import Path
from urllib.parse import unquote

import nbformat
import pytest

from bookbuild.execution.record import texts
from bookbuild.programs.comparison import same
from tools import colab

ENOUGH = {"torch", "numpy", "matplotlib"}
SAMPLE = "numbers-that-break"  # runs in a Jupyter kernel
EXAMPLES = "\nimport doctest\nassert doctest.testmod().attempted > 0\n"
CODE = re.compile(
    r"```.*?```|(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)|\$\$.*?\$\$", re.DOTALL
)
SCRIPT_BLOCK = re.compile(
    r"(?m)^# /// ([a-zA-Z0-9-]+)$\s((?:^#(?:| .*)$\s)+)^# ///$"
)
# What MyST would make something of, and Jupyter would not: roles, directives,
# fences, labels, options, attributes, cell breaks, comments, substitutions,
# footnotes, front matter and definitions.
RAW_MYST = re.compile(
    r"\{[a-z]+(?::[a-z]+)*\}`|^\s*(?:`{3,}|~{3,}|:{3,})\s*\{|^\s*:{3,}"
    r"|^\([\w-]+\)=\s*$|^:[a-z_-]+:(?: |$)|(?:\)|`|\$)\{[.#%]|^\+\+\+"
    r"|^\s*%\s|\{\{[^}]*\}\}|\[\^[^\]]+\]|^---\n[a-z_]+:|^: {3}",
    re.MULTILINE,
)


@pytest.fixture(scope="session")
def notebooks(site):
    """Every notebook of the site, by the name of its chapter."""
    folder = site / "notebooks"
    return {
        path.relative_to(folder).with_suffix("").as_posix(): nbformat.read(
            path, as_version=4
        )
        for path in sorted(folder.rglob("*.ipynb"))
    }


def shown(cells):
    """Return the text of the outputs of each code cell."""
    outputs = [c.outputs for c in cells if c.cell_type == "code"]
    return ["\n".join(texts(each)) for each in outputs]


def test_readers_have_nothing_else(installed):
    assert all(f"'{name} " in installed for name in ENOUGH)
    for name in ("scipy", "scikit-learn", "pandas", "torchvision", "ipython"):
        assert f"'{name} " not in installed


def test_notebooks_are_what_ran(notebooks, programs):
    """They hold the code and the outputs of the run, and nothing else."""
    assert notebooks.keys() == programs.keys()
    for name, notebook in notebooks.items():
        nbformat.validate(notebook)
        code = [c for c in notebook.cells if c.id.startswith("block-")]
        ran = programs[name].blocks
        assert [c.source for c in code] == [c.comment + c.source for c in ran]
        made = ["\n".join(texts(c.outputs)) for c in ran]
        assert shown(code) == made
        for cell, part in zip(code, ran, strict=True):
            tags = cell.metadata.get("tags", [])
            assert tags == ["raises-exception"] * part.raises
        for cell in notebook.cells:
            assert cell.metadata.keys() <= {"tags"}, name


def test_a_notebook_runs_from_top_to_bottom(
    root, notebooks, bare_python, monkeypatch
):
    """In a real Jupyter kernel; the others hold what scripts run."""
    folder = Path(os.environ.get("KERNEL_FOLDER", root / ".nox/kernel"))
    assert folder.exists(), "'nox -s tests' puts a Jupyter kernel there"
    notebook = copy.deepcopy(notebooks[SAMPLE])
    blocks = [c for c in notebook.cells if c.id.startswith("block-")]
    before = shown(blocks)
    monkeypatch.setenv("PYTHONPATH", str(folder))
    monkeypatch.setenv("JUPYTER_PATH", "")  # to be as it was, afterwards
    colab.run(notebook, bare_python)
    pairs = zip(before, shown(blocks), strict=True)
    assert [p for p in pairs if not same(*p)] == []
    asked = [c for c in notebook.cells if c.id.startswith("task-")]
    for checker in asked[1::2]:
        assert checker.outputs[0].text.startswith("Not yet: ")


def test_a_task_changes_no_name_that_its_notebook_uses_below(notebooks):
    tasks = 0
    for name, notebook in notebooks.items():
        bound, above = set(), set()
        for cell in notebook.cells:
            if cell.id.startswith("task-"):
                bound |= {n for n, _ in _bound(cell.source) - above}
                tasks += 1
            elif cell.cell_type == "code" and "raises-exception" not in (
                cell.metadata.get("tags", [])
            ):
                above |= _bound(cell.source)
                used = _taken(symtable.symtable(cell.source, "", "exec"))
                assert not bound.intersection(used), (name, cell.id)
    assert tasks


def _bound(source):
    """Return the names that code binds; an import with what it imports."""
    symbols = symtable.symtable(source, "", "exec").get_symbols()
    imports = {
        alias.asname
        or alias.name: f"{getattr(node, 'module', '')}.{alias.name}"
        for node in ast.parse(source).body
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    return {
        (name, imports.get(name, source))  # equal for the same import alone
        for symbol in symbols
        if symbol.is_assigned() or symbol.is_imported() or symbol.is_namespace()
        for name in [symbol.get_name()]
    }


def _taken(table):
    """Return the names that code takes from cells above it."""
    here = {
        symbol.get_name()
        for symbol in table.get_symbols()
        if symbol.is_global() or symbol.is_referenced()
        if not symbol.is_assigned() and not symbol.is_local()
    }
    inside = [_taken(child) for child in table.get_children()]
    return here.union(*inside)


def test_links_in_notebooks_lead_to_notebooks_and_headings(notebooks):
    broken, checked = [], 0
    for name, notebook in notebooks.items():
        cells = [c.source for c in notebook.cells if c.cell_type == "markdown"]
        text = "\n".join(cells)
        lines = text.split("\n")
        headings = {_words(line) for line in lines if line.startswith("#")}
        for target in re.findall(r"\]\(([^)]*)\)", CODE.sub("", text)):
            checked += 1
            if target.startswith("#"):
                fine = _words(unquote(target)) in headings
            else:
                other = posixpath.join(posixpath.dirname(name), target)
                other = posixpath.normpath(other).removesuffix(".ipynb")
                fine = target.startswith("http") or other in notebooks
            if not fine:
                broken.append(f"{name}: {target}")
    assert checked
    assert not broken, "\n".join(broken)


def _words(heading):
    """Return a heading without what Markdown and addresses add to it."""
    return re.sub(r"[#\\`*_ $-]", "", heading)


def test_texts_show_what_notebooks_show(site, notebooks, soup):
    for name, notebook in notebooks.items():
        path = site / f"{name}.md"
        text = path.read_text("utf-8")
        lines = set(text.split("\n"))
        for output in shown(notebook.cells):
            assert lines.issuperset(output.strip("\n").split("\n")), name
        words = " ".join(text.split())
        for figure in soup(f"{name}.html").select("main figure img"):
            assert f"*{' '.join(figure['alt'].split())}*" in words, name
        for target in re.findall(r"\]\(([^)#]+)", CODE.sub("", text)):
            inside = not target.startswith("http")
            assert not inside or (path.parent / target).exists(), target


def test_a_script_says_what_it_needs(site, root):
    """As PEP 723 reads it."""
    pyproject = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))
    project = pyproject["project"]
    for path in (site / "scripts").rglob("*.py"):
        [(kind, block)] = SCRIPT_BLOCK.findall(path.read_text("utf-8"))
        assert kind == "script"
        lines = block.splitlines(keepends=True)
        found = tomllib.loads("".join(line[1:].lstrip(" ") for line in lines))
        assert found == {
            key: project[key] for key in ("requires-python", "dependencies")
        }


def test_no_notebook_holds_raw_myst(notebooks):
    found = [
        f"{name}: {hit[0]!r} in {cell.source[:80]!r}"
        for name, notebook in notebooks.items()
        for cell in notebook.cells
        if cell.cell_type == "markdown"
        and (hit := RAW_MYST.search(CODE.sub("", cell.source)))
    ]
    assert not found, "\n".join(found[:10])


def test_every_script_and_snippet_runs(site, notebooks, run_bare):
    """With the blocks at its end whose numbers a reader turns, and runs again.

    What comes after such a block in a notebook must leave its names alone.
    """
    wanted, again = {}, {}
    for name, notebook in notebooks.items():
        turned = [c for c in notebook.cells if c.source.startswith("# turn ")]
        path = site / f"scripts/{name}.py"
        wanted[path] = "\n".join(shown([*notebook.cells, *turned]))
        again[path] = "\n".join(["", *(cell.source for cell in turned)])
    assert any(text.strip() for text in again.values())
    assert wanted.keys() == set((site / "scripts").rglob("*.py"))
    wanted |= dict.fromkeys((site / "snippets").glob("*.py"), "")
    texts = [path.read_text() + again.get(path, EXAMPLES) for path in wanted]
    results = run_bare("downloads", texts)
    for (path, output), result in zip(wanted.items(), results, strict=True):
        assert not result["error"], f"{path.name}: {result}"
        assert same(output, result["out"]), path.name


def test_the_archive_holds_every_file_as_it_is(site):
    files = {
        f"checked-gradients/{path.relative_to(site).as_posix()}": path
        for folder in ("notebooks", "scripts", "snippets", "tasks")
        for path in (site / folder).rglob("*.*")
    }
    with zipfile.ZipFile(site / "checked-gradients.zip") as archive:
        assert sorted(archive.namelist()) == sorted(files)
        for name, path in files.items():
            assert archive.read(name) == path.read_bytes(), name
        dates = {entry.date_time for entry in archive.infolist()}
    assert len(dates) == 1  # the book's, and no file's


def test_the_menu_of_each_chapter_leads_to_its_files(soup, programs):
    for name in programs:
        links = soup(f"{name}.html").select("details.downloads a")
        ends = [f"{name}.ipynb", f"{name}.py", f"{name}.md"]
        ends.append("checked-gradients.zip")
        found = [link["href"] for link in links]
        assert all(any(a.endswith(end) for a in found) for end in ends), found
        assert not any("://" in address for address in found)  # none is known
