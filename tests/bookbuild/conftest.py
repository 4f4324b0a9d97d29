"""Tiny books, built by the real command in folders of their own."""

import json
import os
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from bookbuild.__main__ import ENVIRONMENT

SOURCE = Path(__file__).parents[2] / "src"
SAID = "build/said"  # as builder.py has it
CONF = """
project = "Tiny"
extensions = [
    "myst_nb",
    "sphinxcontrib.bibtex",
    "bookbuild.chapters.exercises",
    "bookbuild.chapters.quiz",
    "bookbuild.chapters.remedies",
    "bookbuild.chapters.verified",
    "bookbuild.execution.executed_chapters",
    "bookbuild.programs.page_programs",
    "bookbuild.pages.mathml",
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
nb_merge_streams = True
suppress_warnings = ["mystnb.exec"]
myst_enable_extensions = ["colon_fence", "dollarmath"]
numfig = True
numfig_secnum_depth = 0
numfig_format = {"exercise": "Question %s"}
html_theme = "basic"
html_math_renderer = "mathml"
bibtex_bibfiles = ["references.bib"]
"""
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


class Builder:
    """The process that runs commands in forks of itself."""

    def __init__(self) -> None:
        """Start it: the time of its imports is spent once."""
        self.process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("builder.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, **ENVIRONMENT, "PYTHONPATH": str(SOURCE)},
        )

    def run(
        self,
        folder: Path,
        *arguments: str,
        path: Sequence[Path] = (),
        limit: float | None = None,
    ) -> int:
        """Run a command of bookbuild; return its exit status.

        Args:
            folder: The book's.
            arguments: The command and its arguments.
            path: Folders of packages to be found first.
            limit: After how many seconds to kill it, if at all.
        """
        order = [str(folder), arguments, list(map(str, path)), limit]
        print(json.dumps(order), file=self.process.stdin, flush=True)
        return int(self.process.stdout.readline())

    def end(self) -> None:
        """End the process."""
        with self.process:
            self.process.stdin.close()


@pytest.fixture(scope="session")
def builder() -> Iterator[Builder]:
    """Return the process that builds tiny books."""
    running = Builder()
    yield running
    running.end()


@dataclass
class Book:
    """A book in a folder of its own."""

    root: Path
    builder: Builder

    def write(self, path: str, text: str) -> None:
        """Write a file of the book, its indentation removed."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(textwrap.dedent(text).lstrip("\n"), encoding="utf-8")

    def digest(self) -> dict[str, bytes]:
        """Return the site, file by file."""
        site = self.root / "build/html"
        return {
            path.relative_to(site).as_posix(): path.read_bytes()
            for path in sorted(site.rglob("*"))
            if path.is_file()
        }

    def run(self, *arguments: str) -> Built:
        """Run a command of bookbuild in the book's folder."""
        done = subprocess.run(
            [sys.executable, "-m", "bookbuild", *arguments],
            cwd=self.root,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            env={**os.environ, "PYTHONPATH": str(SOURCE)},
        )
        said = done.stdout + done.stderr
        return Built(done.returncode, said, self.root / "build/html")

    def html(self) -> Built:
        """Build the site: by the same command, in a fork of the builder."""
        status = self.builder.run(self.root, "html")
        said = (self.root / SAID).read_text(encoding="utf-8")
        return Built(status, said, self.root / "build/html")


@pytest.fixture(scope="session")
def template(
    tmp_path_factory: pytest.TempPathFactory, builder: Builder
) -> Path:
    """Return the folder of a book of one chapter that has been built."""
    root = tmp_path_factory.mktemp("template")
    built = _book(root, builder, "# Chapter\n\nText.\n").run("html")
    assert built.status == 0, built.said
    return root


@pytest.fixture
def built_book(
    template: Path, builder: Builder, tmp_path: Path
) -> Callable[[], Book]:
    """Return a function that copies a book whose site has been built."""

    def copy() -> Book:
        shutil.copytree(template, tmp_path, dirs_exist_ok=True)
        return Book(tmp_path, builder)

    return copy


@pytest.fixture
def make_book(builder: Builder, tmp_path: Path) -> Callable[..., Book]:
    """Return a function that makes a book of one chapter or more."""

    def make(chapter: str = "# Chapter\n\nText.\n") -> Book:
        return _book(tmp_path, builder, chapter)

    return make


@pytest.fixture(scope="module")
def module_book(
    tmp_path_factory: pytest.TempPathFactory, builder: Builder
) -> Callable[[str], Book]:
    """Return a function that makes a book for the tests of one file."""
    return lambda chapter: _book(
        tmp_path_factory.mktemp("book"), builder, chapter
    )


def _book(root: Path, builder: Builder, chapter: str) -> Book:
    book = Book(root, builder)
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
    book.write(
        "book/index.md",
        """
        # Tiny

        ```{toctree}
        chapter
        ```
        """,
    )
    book.write("book/chapter.md", chapter)
    return book
