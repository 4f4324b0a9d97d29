"""Sphinx, as every command runs it, and the folders of the project."""

import datetime as dt
import os
import sys
from pathlib import Path

from sphinx.cmd.build import build_main

from bookbuild.chapters.verified import read_record
from bookbuild.execution import fork_client

SOURCE = Path("book")
CONFIG = SOURCE / "_config"
SNIPPETS = Path("src/snippets")
BUILD = Path("build")
SITE = BUILD / "html"
WORK = BUILD / "sphinx"  # what Sphinx writes and remembers


def cores() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def set_date() -> None:
    """Date what carries a date: by the committed record, not by the clock."""
    if "SOURCE_DATE_EPOCH" not in os.environ:
        date = read_record(CONFIG / "verified.json")["date"]
        day = dt.datetime.fromisoformat(date).replace(tzinfo=dt.UTC)
        os.environ["SOURCE_DATE_EPOCH"] = str(int(day.timestamp()))


def sphinx(builder: str, folder: Path, arguments: list[str]) -> int:
    """Run Sphinx on the book, strictly; return its exit status.

    Args:
        builder: The name of Sphinx's builder.
        folder: Where the builder's folder and Sphinx's memory are.
        arguments: Further arguments of ``sphinx-build``.
    """
    fork_client.start_kernels()  # it imports torch while Sphinx begins
    options = [
        f"--builder={builder}",
        f"--conf-dir={CONFIG}",
        f"--doctree-dir={folder / 'doctrees'}",
        f"--jobs={2 * cores()}",  # half of them wait for their kernels
        "--fail-on-warning",  # a warning is a fault on the page
        "--nitpicky",  # every reference must lead somewhere
        *arguments,
    ]
    try:
        return build_main([*options, str(SOURCE), str(folder / builder)])
    except SystemExit as end:  # what it says is why
        print(end, file=sys.stderr)
        return 1
