"""The builders that are measured: ours, stock MyST-NB, others, and the floor.

Each has a folder of its own below ``build/bench`` and gives how many seconds
a build took.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import nbformat

from bookbuild.execution import book

ROOT = Path(__file__).parents[1]
WORK = ROOT / "build/bench"
PYTHON = sys.executable
Chapters = dict[str, list[nbformat.NotebookNode]]
# Ours sets this for its kernels; for others it is set here, so that no
# builder loses time with threads that fight.
ONE_THREAD = {
    "MKL_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
}
NO_EXECUTION = ("-D", "nb_execution_mode=off")
WITH_CACHE = ("-D", "nb_execution_mode=cache")


class FailedError(Exception):
    """A builder that did not build."""


def run(
    *command: object,
    cwd: Path,
    limit: float | None = None,
    **environment: str,
) -> float:
    """Run a command; return how long it took.

    Args:
        command: The command and its arguments.
        cwd: The folder in which it runs.
        limit: How many seconds it may take.
        environment: Variables to set.

    Raises:
        FailedError: It failed or took too long; says how.
    """
    variables = {**os.environ, **ONE_THREAD}
    variables.pop("PYTHONPATH", None)
    log = WORK / "log.txt"
    start = time.perf_counter()
    with log.open("w", encoding="utf-8") as said:
        try:
            subprocess.run(
                list(map(str, command)),
                cwd=cwd,
                env={**variables, **environment},
                stdout=said,
                stderr=subprocess.STDOUT,
                check=True,
                timeout=limit,
            )
        except subprocess.TimeoutExpired:
            raise FailedError(f"over {limit:g} s") from None
        except subprocess.CalledProcessError:
            lines = log.read_text(encoding="utf-8").splitlines()
            print(*lines[-20:], sep="\n", file=sys.stderr)
            raise FailedError("did not build") from None
    return time.perf_counter() - start


def empty(folder: Path) -> Path:
    """Return the folder, empty."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


class Ours:
    """A copy of a book, and this project's builds of it."""

    def __init__(self, folder: Path, source: Path) -> None:
        """Copy the book and the machinery."""
        self.folder = empty(folder)
        shutil.copytree(source, folder / "book")
        shutil.copytree(ROOT / "src", folder / "src")

    def build(self) -> float:
        """Build as it stands."""
        return run(
            *(PYTHON, "-m", "bookbuild", "html"),
            cwd=self.folder,
            PYTHONPATH=str(self.folder / "src"),
        )

    def cold(self) -> float:
        """Build from nothing."""
        shutil.rmtree(self.folder / "build", ignore_errors=True)
        return self.build()

    def ran(self) -> str:
        """Return what the last build said that it ran."""
        said = (WORK / "log.txt").read_text(encoding="utf-8")
        found = re.search(r"^(.* ran)\b.*from the store$", said, re.MULTILINE)
        return found[1] if found else "nothing to do"


class Stock:
    """The same chapters as notebooks, and stock MyST-NB's builds of them."""

    CONF = """
project = "Stock"
extensions = ["myst_nb", "sphinx_design", "sphinx_exercise",
              "sphinxcontrib.bibtex"]
myst_enable_extensions = ["attrs_inline", "colon_fence", "deflist",
                          "dollarmath"]
bibtex_bibfiles = ["references.bib"]
html_theme = "sphinx_book_theme"
nb_execution_timeout = 300
numfig = True
"""

    def __init__(self, folder: Path, chapters: Chapters) -> None:
        """Write each chapter's cells as a notebook without outputs."""
        self.folder = empty(folder)
        self.source = write_notebooks(folder / "book", chapters)
        (self.source / "conf.py").write_text(self.CONF, encoding="utf-8")
        shutil.copy(ROOT / "book/_config/references.bib", self.source)

    def build(self, *options: str, limit: float | None = None) -> float:
        """Build as it stands."""
        return run(
            *(PYTHON, "-m", "sphinx", "-b", "html", *options),
            *(self.source, self.folder / "html"),
            cwd=self.folder,
            limit=limit,
        )

    def cold(self, *options: str, limit: float | None = None) -> float:
        """Build from nothing."""
        shutil.rmtree(self.folder / "html", ignore_errors=True)
        return self.build(*options, limit=limit)


def write_notebooks(folder: Path, chapters: Chapters) -> Path:
    """Write chapters as notebooks; return the folder."""
    for name, cells in chapters.items():
        path = folder / f"{name}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        notebook = nbformat.v4.new_notebook(cells=cells)
        notebook.metadata.kernelspec = {
            "name": "python3",
            "display_name": "Python 3",
            "language": "python",
        }
        nbformat.write(notebook, path)
    return folder


def cells_of(source: Path) -> Chapters:
    """Return each chapter's cells with the snippets in their places."""
    paths = sorted(p for p in source.rglob("*.md") if "_config" not in p.parts)
    result = {}
    for name, found in book.load(source, ROOT / "src/snippets", paths).items():
        cells = []
        for cell in found.notebook.cells:
            text = re.sub(r"\{run\}`[^`]*`", "a number", cell.source)
            if cell.cell_type == "code":
                new = nbformat.v4.new_code_cell(cell.source)
                new.metadata.tags = cell.metadata.get("tags", [])
            else:
                new = nbformat.v4.new_markdown_cell(text)
            cells.append(new)
        result[name] = cells
    return result


FLOOR = """
import io, json, sys
import matplotlib
matplotlib.use("svg")
import matplotlib.pyplot as plt, numpy, torch
for cells in json.load(open(sys.argv[1])):
    names = {"__name__": "__main__"}
    for source in cells:
        try:
            exec(source, names)
        except Exception:
            pass  # some are meant to raise
        for number in plt.get_fignums():
            plt.figure(number).savefig(io.StringIO(), format="svg")
        plt.close("all")
"""


def all_code_at_once(chapters: Chapters) -> float:
    """Run all code in one process that imports once."""
    folder = empty(WORK / "floor")
    sources = [
        [c.source for c in cells if c.cell_type == "code"]
        for cells in chapters.values()
    ]
    (folder / "cells.json").write_text(json.dumps(sources), encoding="utf-8")
    (folder / "floor.py").write_text(FLOOR, encoding="utf-8")
    return run(PYTHON, "floor.py", "cells.json", cwd=folder)


class Others:
    """Builders of other projects, in an environment that is made for them."""

    PACKAGES = (
        *("mkdocs-jupyter", "nbsphinx", "sphinx-gallery"),
        "pypandoc-binary",  # nbsphinx needs pandoc
    )

    def __init__(self, chapters: Chapters) -> None:
        """Install them and write the chapters as they want them."""
        self.place = WORK / "others"
        self.chapters = chapters
        self.python = self.place / "environment/bin/python"
        self.path = self._install()
        notebooks = empty(self.place / "notebooks")
        self.notebooks = write_notebooks(notebooks, chapters)
        names = "\n".join(f"   {name}" for name in chapters)
        if "index" not in chapters:
            (notebooks / "index.rst").write_text(
                f"Book\n====\n\n.. toctree::\n\n{names}\n", encoding="utf-8"
            )
        self._write_gallery()

    def _install(self) -> str:
        """Return the search path on which pandoc is found."""
        folder = self.place / "environment"
        done = folder / "installed"
        if not done.exists():
            run(PYTHON, "-m", "venv", empty(folder), cwd=ROOT)
            (packages,) = folder.glob("lib/*/site-packages")
            here = next(p for p in sys.path if p.endswith("site-packages"))
            # torch and all that belongs to it are not installed twice.
            (packages / "book.pth").write_text(here, encoding="utf-8")
            install = (self.python, "-m", "pip", "install", "--quiet")
            run(*install, *self.PACKAGES, cwd=ROOT)
            done.touch()
        (pandoc,) = folder.glob("lib/*/site-packages/pypandoc/files")
        return os.pathsep.join([str(pandoc), os.environ["PATH"]])

    def _sphinx(self, source: Path, out: Path) -> float:
        for old in out, source / "auto":
            shutil.rmtree(old, ignore_errors=True)
        return run(
            *(self.python, "-m", "sphinx", "-b", "html", source, out),
            cwd=self.place,
            PATH=self.path,
        )

    def nbsphinx(self) -> float:
        """Build with nbsphinx."""
        (self.notebooks / "conf.py").write_text(
            'extensions = ["nbsphinx"]\nnbsphinx_allow_errors = True\n'
            'html_theme = "sphinx_book_theme"\n',
            encoding="utf-8",
        )
        return self._sphinx(self.notebooks, self.place / "nbsphinx")

    def mkdocs_jupyter(self) -> float:
        """Build with mkdocs-jupyter."""
        (self.place / "mkdocs.yml").write_text(
            "site_name: Book\ndocs_dir: notebooks\nsite_dir: site\n"
            "plugins:\n  - mkdocs-jupyter:\n      execute: true\n"
            "      allow_errors: true\n",
            encoding="utf-8",
        )
        for old in "site", ".cache":
            shutil.rmtree(self.place / old, ignore_errors=True)
        return run(self.python, "-m", "mkdocs", "build", cwd=self.place)

    def sphinx_gallery(self) -> float:
        """Build with sphinx-gallery."""
        return self._sphinx(self.place / "gallery", self.place / "pictures")

    def _write_gallery(self) -> None:
        gallery = empty(self.place / "gallery")
        (gallery / "examples").mkdir()
        (gallery / "examples/GALLERY_HEADER.rst").write_text("Book\n====\n")
        for name, cells in self.chapters.items():
            file = f"plot_{re.sub(r'[^a-z]', '_', name)}.py"
            (gallery / "examples" / file).write_text(
                "\n".join([_titled(name), *map(_for_gallery, cells)]),
                encoding="utf-8",
            )
        (gallery / "index.rst").write_text(
            "Book\n====\n\n.. toctree::\n\n   auto/index\n"
        )
        (gallery / "conf.py").write_text(
            'extensions = ["sphinx_gallery.gen_gallery"]\n'
            'html_theme = "sphinx_book_theme"\n'
            'sphinx_gallery_conf = {"examples_dirs": "examples", '
            '"gallery_dirs": "auto", "only_warn_on_example_error": True}\n'
        )


def _titled(name: str) -> str:
    return f'"""\n{name}\n{"=" * len(name)}\n"""\n'


def _for_gallery(cell: nbformat.NotebookNode) -> str:
    if cell.cell_type != "code":
        return "# %%\n# Words.\n"
    if "raises-exception" not in cell.metadata.get("tags", []):
        return f"# %%\n{cell.source}\n"
    body = "".join(f"    {line}\n" for line in cell.source.splitlines())
    return f"# %%\ntry:\n{body}except Exception:\n    pass\n"
