"""What readers download runs as it is: notebooks, scripts, snippets.

All of it runs with torch, numpy and matplotlib only. A notebook needs a
Jupyter kernel besides; ``nox -s tests`` puts one into a folder of its own.
"""

import asyncio
import copy
import json
import os
import re
import subprocess
import tempfile
import zipfile
from pathlib import Path
from urllib.parse import unquote

import nbformat
import pytest
from jupyter_client import AsyncKernelManager
from jupyter_client.kernelspec import KernelSpec
from nbclient import NotebookClient
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from bookbuild.execution import execute
from bookbuild.execution.execute import Run
from bookbuild.pages import verified as record

ENOUGH = {"torch", "numpy", "matplotlib"}
TOOLS = {"pip", "setuptools", "wheel"}  # an environment may come with these
LISTED = """
import json, sys
from importlib.metadata import distributions
path = sys.argv[1:] or sys.path
print(json.dumps({d.name: d.requires or [] for d in distributions(path=path)}))
"""
EXAMPLES = "\nimport doctest\nassert doctest.testmod().attempted > 0\n"
CODE = re.compile(
    r"```.*?```|(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)|\$\$.*?\$\$", re.DOTALL
)
# Whatever MyST would make something of, and Jupyter would not.
RAW_MYST = {
    "a role": r"\{[a-z]+(?::[a-z]+)*\}`",
    "a directive": r"^\s*(?:`{3,}|~{3,}|:{3,})\s*\{",
    "a fence of colons": r"^\s*:{3,}",
    "a label": r"^\([\w-]+\)=\s*$",
    "an option": r"^:[a-z_-]+:(?: |$)",
    "an attribute": r"(?:\)|`|\$)\{[.#%]",
    "a cell break": r"^\+\+\+",
    "a comment": r"^\s*%\s",
    "a substitution": r"\{\{[^}]*\}\}",
    "a footnote": r"\[\^[^\]]+\]",
    "front matter": r"^---\n[a-z_]+:",
    "a definition": r"^: {3}",
}


@pytest.fixture(scope="session")
def kernel(root, bare_python):
    """How to start a Jupyter kernel in the bare environment."""
    folder = Path(os.environ.get("KERNEL_FOLDER", root / ".nox/kernel"))
    if not (folder / "ipykernel").exists():
        pytest.fail(
            f"no Jupyter kernel in {folder}: 'nox -s tests' puts one there"
        )
    return KernelSpec(
        argv=[
            *(bare_python, "-m", "ipykernel_launcher"),
            *("-f", "{connection_file}"),
        ],
        display_name="Python 3",
        language="python",
        env={
            "PYTHONPATH": str(folder),
            "OMP_NUM_THREADS": "1",  # kernels share the processors
        },
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


def _texts(notebook):
    """Return the text of every output of every code cell."""
    outputs = [c.outputs for c in notebook.cells if c.cell_type == "code"]
    return [
        "\n".join(texts) for texts in record.text_outputs(Run(outputs, [], []))
    ]


def _closure(listed, wanted):
    """Return packages and all that they require, of what is installed."""
    found, ahead = set(), [canonicalize_name(name) for name in wanted]
    while ahead:
        name = ahead.pop()
        if name in listed and name not in found:
            found.add(name)
            for line in listed[name]:
                needed = Requirement(line)
                if not needed.marker or needed.marker.evaluate({"extra": ""}):
                    ahead.append(canonicalize_name(needed.name))
    return found


@pytest.mark.parametrize("beside", [False, True])
def test_readers_have_nothing_else(bare_python, kernel, beside, tell):
    folders = [kernel.env["PYTHONPATH"]] if beside else []
    listed = subprocess.run(
        [bare_python, "-I", "-c", LISTED, *folders],
        capture_output=True,
        check=True,
    ).stdout
    installed = {
        canonicalize_name(name): requires
        for name, requires in json.loads(listed).items()
    }
    wanted = {"ipykernel"} if beside else ENOUGH
    more = installed.keys() - _closure(installed, wanted) - TOOLS
    where = "beside them for Jupyter" if beside else "for readers"
    tell(f"downloads: {len(installed)} packages {where}")
    assert wanted <= installed.keys()
    assert not more


async def _executed(notebook, kernel, limit):
    async with limit:
        with tempfile.TemporaryDirectory() as empty:
            manager = AsyncKernelManager(transport="ipc")
            manager.connection_file = str(Path(empty, "kernel.json"))
            manager._kernel_spec = kernel  # noqa: SLF001 (it is installed nowhere)
            client = NotebookClient(notebook, km=manager, timeout=120)
            try:
                await client.async_start_new_kernel(cwd=empty)
                await client.async_start_new_kernel_client()
                for index, cell in enumerate(notebook.cells):
                    if cell.cell_type == "code":
                        await client.async_execute_cell(cell, index)
            finally:
                client.kc.stop_channels()
                await manager.shutdown_kernel(now=True)


def test_every_notebook_runs_from_top_to_bottom(notebooks, kernel, runs, tell):
    assert notebooks.keys() == runs.keys()
    again = copy.deepcopy(notebooks)

    async def run_all():
        limit = asyncio.Semaphore(execute.cores())
        await asyncio.gather(
            *(_executed(nb, kernel, limit) for nb in again.values())
        )

    asyncio.run(run_all())
    cells, wrong = 0, []
    for name, notebook in notebooks.items():
        pairs = zip(_texts(notebook), _texts(again[name]), strict=True)
        for number, (before, after) in enumerate(pairs, start=1):
            cells += 1
            if not record.same(before, after):
                wrong.append(f"{name}, cell {number}: {before!r}, {after!r}")
    tell(f"downloads: {len(notebooks)} notebooks, {cells} cells ran")
    assert not wrong, "\n".join(wrong)


def test_notebooks_show_the_outputs_of_the_run(notebooks, runs):
    for name, (chapter, run) in runs.items():
        seen = [
            index
            for index, cell in enumerate(chapter.code_cells)
            if not {"remove-input", "remove-cell"}
            & set(cell.metadata.get("tags", []))
        ]
        made = ["\n".join(texts) for texts in record.text_outputs(run)]
        assert _texts(notebooks[name]) == [made[index] for index in seen]


def test_notebooks_hold_no_cell_of_the_machinery(notebooks):
    for name, notebook in notebooks.items():
        nbformat.validate(notebook)
        for cell in notebook.cells:
            assert cell.metadata.keys() <= {"tags"}, name
            assert set(cell.metadata.get("tags", [])) <= {"raises-exception"}


def test_links_in_notebooks_lead_to_notebooks_and_headings(notebooks):
    broken, checked = [], 0
    for name, notebook in notebooks.items():
        texts = [c.source for c in notebook.cells if c.cell_type == "markdown"]
        lines = "\n".join(texts).split("\n")
        headings = {_words(line) for line in lines if line.startswith("#")}
        for target in re.findall(
            r"\]\(([^)]*)\)", CODE.sub("", "\n".join(texts))
        ):
            checked += 1
            if target.startswith("#"):
                fine = _words(unquote(target)) in headings
            else:
                other = target.removesuffix(".ipynb")
                fine = target.startswith("http") or other in notebooks
            if not fine:
                broken.append(f"{name}: {target}")
    assert checked
    assert not broken, "\n".join(broken)


def _words(heading):
    """Return a heading without what Markdown and addresses add to it."""
    return re.sub(r"[#\\`*_ $-]", "", heading)


@pytest.mark.parametrize("what", RAW_MYST)
def test_no_notebook_holds_raw_myst(notebooks, what):
    pattern = re.compile(RAW_MYST[what], re.MULTILINE)
    found = [
        f"{name}: {hit[0]!r} in {cell.source[:80]!r}"
        for name, notebook in notebooks.items()
        for cell in notebook.cells
        if cell.cell_type == "markdown"
        and (hit := pattern.search(CODE.sub("", cell.source)))
    ]
    assert not found, "\n".join(found[:10])


def test_every_script_and_snippet_runs(site, notebooks, run_bare, tell):
    names = list(notebooks)
    scripts = [(site / f"scripts/{name}.py").read_text() for name in names]
    files = sorted((site / "snippets").glob("*.py"))
    snippets = [path.read_text() + EXAMPLES for path in files]
    results = run_bare(scripts + snippets)
    tell(f"downloads: {len(scripts)} scripts, {len(files)} snippet files ran")
    for name, result in zip(names, results, strict=False):
        wanted = "\n".join(_texts(notebooks[name]))
        assert not result["error"], f"{name}: {result}"
        assert record.same(wanted, result["out"]), name
    for path, result in zip(files, results[len(names) :], strict=True):
        said = {key: result[key] for key in ("out", "err", "error")}
        assert not any(said.values()), f"{path.name}: {said}"


def test_the_archive_holds_every_file_as_it_is(site):
    files = {
        path.relative_to(site).as_posix(): path.read_bytes()
        for folder in ("notebooks", "scripts", "snippets")
        for path in (site / folder).rglob("*")
        if path.is_file()
    }
    with zipfile.ZipFile(site / "checked-gradients.zip") as archive:
        inside = {
            name.removeprefix("checked-gradients/"): archive.read(name)
            for name in archive.namelist()
        }
        dates = {entry.date_time for entry in archive.infolist()}
    assert inside == files
    assert len(dates) == 1  # the book's, and no file's
