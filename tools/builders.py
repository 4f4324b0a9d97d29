"""The builders that bench compares: this project's, and stock MyST-NB.

Each has a folder of its own below ``build/bench`` and returns how many
seconds a build took.
"""

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import nbformat

from bookbuild.chapters import reader

ROOT = Path(__file__).parents[1]
WORK = ROOT / "build/bench"
# The book sets these for its kernels. Stock MyST-NB gets them here, so that
# it loses no time with threads that compete for the processors.
ONE_THREAD = dict.fromkeys(
    ("MKL_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1"
)
Chapters = dict[str, list[nbformat.NotebookNode]]


class FailedError(Exception):
    """A build that failed or took too long."""


def run(*command: object, cwd: Path, limit: float | None = None) -> float:
    """Run a command; return how many seconds it took.

    The modules of the copy in ``cwd`` are found first.

    Raises:
        FailedError: It failed, or took longer than the limit.
    """
    environment = {**os.environ, **ONE_THREAD, "PYTHONPATH": str(cwd / "src")}
    start = time.perf_counter()
    try:
        subprocess.run(
            list(map(str, command)),
            cwd=cwd,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            check=True,
            timeout=limit,
        )
    except subprocess.TimeoutExpired:
        raise FailedError(f"over {limit:g} s") from None
    except subprocess.CalledProcessError as error:
        print(error.stderr[-2000:], file=sys.stderr)
        raise FailedError("did not build") from None
    return time.perf_counter() - start


def empty(folder: Path) -> Path:
    """Return the folder, empty."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


class Ours:
    """A copy of a book, built as ``nox -s html`` builds it."""

    def __init__(self, folder: Path, source: Path) -> None:
        """Copy the book and the modules that build it."""
        self.folder = empty(folder)
        shutil.copytree(source, folder / "book")
        shutil.copytree(ROOT / "src", folder / "src")

    def build(self) -> float:
        """Build what has changed."""
        command = (sys.executable, "-m", "bookbuild", "html")
        return run(*command, cwd=self.folder)

    def cold(self) -> float:
        """Build everything."""
        shutil.rmtree(self.folder / "build", ignore_errors=True)
        return self.build()


class Stock:
    """The same chapters as notebooks, built by stock MyST-NB."""

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

    def __init__(self, folder: Path, chapters: Chapters, mode: str) -> None:
        """Write each chapter as a notebook without outputs.

        Args:
            folder: Where to put the notebooks and the site.
            chapters: The cells of each chapter.
            mode: MyST-NB's ``nb_execution_mode``.
        """
        self.folder, self.source = empty(folder), folder / "book"
        self.site = folder / "build/html"
        self.mode = f"nb_execution_mode={mode}"
        for name, cells in chapters.items():
            path = self.source / f"{name}.ipynb"
            path.parent.mkdir(parents=True, exist_ok=True)
            notebook = nbformat.v4.new_notebook(cells=cells)
            notebook.metadata.kernelspec = {
                "name": "python3",
                "display_name": "Python 3",
                "language": "python",
            }
            nbformat.write(notebook, path)
        (self.source / "conf.py").write_text(self.CONF, encoding="utf-8")
        shutil.copy(ROOT / "book/_config/references.bib", self.source)

    def build(self, limit: float | None = None) -> float:
        """Build what has changed."""
        command = (sys.executable, "-m", "sphinx", "-b", "html", "-D")
        places = (self.source, self.site)
        return run(*command, self.mode, *places, cwd=self.folder, limit=limit)

    def cold(self, limit: float | None = None) -> float:
        """Build everything."""
        shutil.rmtree(self.folder / "build", ignore_errors=True)
        return self.build(limit)


def cells_of(source: Path) -> Chapters:
    """Return the cells of each chapter, with the snippets in their places."""
    chapters = {}
    for path in sorted(source.rglob("*.md")):
        if "_config" in path.parts:
            continue
        text = path.read_text(encoding="utf-8")
        cells = []
        for cell in reader.read(
            path, text, ROOT / "src/snippets"
        ).notebook.cells:
            if cell.cell_type == "code":
                new = nbformat.v4.new_code_cell(cell.source)
                new.metadata.tags = cell.metadata.get("tags", [])
            else:
                prose = re.sub(r"\{run\}`[^`]*`", "a number", cell.source)
                new = nbformat.v4.new_markdown_cell(prose)
            cells.append(new)
        chapters[path.relative_to(source).with_suffix("").as_posix()] = cells
    return chapters
