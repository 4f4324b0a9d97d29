"""Tiny books, built by the real command in folders of their own."""

import contextlib
import io
import os
import subprocess
import sys
import textwrap
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from bookbuild.commands import html
from bookbuild.execution import fork_client

SOURCE = Path(__file__).parents[2] / "src"
CONF = """
project = "Tiny"
extensions = [
    "myst_nb",
    "sphinxcontrib.bibtex",
    "bookbuild.chapters.exercises",
    "bookbuild.chapters.quiz",
    "bookbuild.chapters.remedies",
    "bookbuild.chapters.bibliography",
    "bookbuild.chapters.verified",
    "bookbuild.execution.executed_chapters",
    "bookbuild.programs.page_programs",
    "bookbuild.programs.tasks",
    "bookbuild.pages.mathml",
    "bookbuild.pages.reading_time",
    "bookbuild.pages.search_index",
    "bookbuild.pages.shared_contents",
]
source_suffix = {".md": "myst-nb"}
exclude_patterns = ["_config"]
nb_custom_formats = {".md": ("nbformat.reads", {"as_version": 4}, False)}
nb_execution_mode = "cache"
nb_execution_cache_path = "../../build/runs"
nb_execution_timeout = 5
nb_execution_in_temp = True
nb_execution_raise_on_error = True
suppress_warnings = ["mystnb.exec"]
myst_enable_extensions = ["colon_fence", "dollarmath"]
numfig = True
numfig_secnum_depth = 0
numfig_format = {"exercise": "Question %s"}
html_theme = "basic"
html_math_renderer = "mathml"
bibtex_bibfiles = ["references.bib"]
"""
DATE = "1767312000"  # of the record below
SNIPPET = '''
"""Twice a number."""


def double(x: float) -> float:
    """Return twice x.

    More than a page needs.
    """
    return 2 * x
'''


@dataclass
class Built:
    """What a build said, and the site as it is afterwards."""

    status: int
    said: str
    site: Path

    def page(self, name: str) -> str:
        """Return the HTML of a page."""
        return (self.site / f"{name}.html").read_text(encoding="utf-8")

    def soup(self, name: str) -> BeautifulSoup:
        """Return a page, parsed."""
        return BeautifulSoup(self.page(name), "html.parser")


@dataclass
class Book:
    """A book in a folder of its own."""

    root: Path

    def write(self, path: str, text: str) -> None:
        """Write a file of the book, its indentation removed."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(textwrap.dedent(text).lstrip("\n"), encoding="utf-8")

    def index(self, *pages: str) -> None:
        """Write the index, which lists pages."""
        listed = "\n".join(["```{toctree}", *pages, "```"])
        self.write("book/index.md", f"# Tiny\n\n{listed}\n")

    def configure(self, lines: str) -> None:
        """Add lines to the configuration."""
        with (self.root / "book/_config/conf.py").open("a") as conf:
            conf.write(f"{lines}\n")

    def digest(self) -> dict[str, bytes]:
        """Return the site, file by file."""
        site = self.root / "build/html"
        return {
            path.relative_to(site).as_posix(): path.read_bytes()
            for path in sorted(site.rglob("*"))
            if path.is_file()
        }

    def run(self, *arguments: str, limit: float = 120) -> Built:
        """Run a command in a process; kill it after a limit in seconds."""
        path = [str(self.root / "build/installed"), str(SOURCE)]
        done = subprocess.run(
            [sys.executable, "-m", "bookbuild", *arguments],
            cwd=self.root,
            capture_output=True,
            text=True,
            timeout=limit,
            check=False,
            env={
                **os.environ,
                "PYTHONPATH": os.pathsep.join(path),
                fork_client.KERNELS: "",  # not this process's servers
                fork_client.PROGRAMS: "",
            },
        )
        said = done.stdout + done.stderr
        return Built(done.returncode, said, self.root / "build/html")

    def html(self) -> Built:
        """Build the site in this process, which imports Sphinx once."""
        said = io.StringIO()
        with (
            contextlib.chdir(self.root),
            contextlib.redirect_stdout(said),
            contextlib.redirect_stderr(said),
            warnings.catch_warnings(action="ignore"),  # as in the command
            pytest.MonkeyPatch.context() as environment,
        ):
            environment.setenv("SOURCE_DATE_EPOCH", DATE)  # or it would stay
            status = html.html([])
        return Built(status, said.getvalue(), self.root / "build/html")

    def good(self) -> Built:
        """Build the site, which must succeed."""
        built = self.html()
        assert built.status == 0, built.said
        return built


@pytest.fixture
def make_book(tmp_path: Path) -> Callable[[str], Book]:
    """Return a function that makes a book of one chapter or more."""
    return lambda chapter: _book(tmp_path, chapter)


@pytest.fixture(scope="module")
def module_book(
    tmp_path_factory: pytest.TempPathFactory,
) -> Callable[[str], Book]:
    """Return a function that makes a book for the tests of one file."""
    return lambda chapter: _book(tmp_path_factory.mktemp("book"), chapter)


def _book(root: Path, chapter: str) -> Book:
    book = Book(root)
    book.write("book/_config/conf.py", CONF)
    book.write("book/_config/references.bib", "")
    book.write(
        "book/_config/verified.json",
        '{"date": "2026-01-02", "versions": {"torch": "2.13.0"}, '
        '"platform": "Linux x86_64", '
        '"chapters": {"chapter": {"cells": 3, "seconds": 0.5}}}',
    )
    book.write("book/_config/matplotlibrc", "")
    book.write("src/snippets/double.py", SNIPPET)
    book.index("chapter")
    book.write("book/chapter.md", chapter)
    return book
