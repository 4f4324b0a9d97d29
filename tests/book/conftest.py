"""What the tests of the book share: its chapters and what they give."""

import json
import os
import re
import subprocess
from itertools import chain
from pathlib import Path

import pytest

from bookbuild.execution import book, execute

LIMIT = 600  # seconds for all programs of one test; they take far less


@pytest.fixture(scope="session")
def runs(root):
    """Every chapter and what it gives now, here; stored runs are of here."""
    source = root / "book"
    paths = sorted(p for p in source.rglob("*.md") if "_config" not in p.parts)
    chapters = book.load(source, root / "src/snippets", paths)
    settings = execute.Settings(
        store=root / "build/runs",
        matplotlibrc=source / "_config/matplotlibrc",
    )
    results = execute.run_all(list(chapters.values()), settings, print)
    return {
        name: (chapter, run)
        for (name, chapter), run in zip(chapters.items(), results, strict=True)
        if run.outputs
    }


@pytest.fixture(scope="session")
def tutorial(root):
    """The names of the chapters that one reads in order; no reference."""
    index = (root / "book/index.md").read_text("utf-8")
    trees = re.findall(
        r"^```\{toctree\}\n(.*?)^```", index, re.MULTILINE | re.DOTALL
    )
    return [
        line
        for tree in trees
        if ":caption: Reference" not in tree
        for line in tree.splitlines()
        if line and not line.startswith(":")
    ]


@pytest.fixture(scope="session")
def bare_python(root):
    """The Python of an environment with torch, numpy and matplotlib only."""
    place = os.environ.get("BARE_ENVIRONMENT", root / ".nox/bare")
    folder = Path(place).absolute()
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    if not python.exists():
        pytest.fail(
            f"no Python in {folder}: 'nox -s tests' makes this environment, "
            "with torch, numpy and matplotlib and nothing else; name another "
            "one with BARE_ENVIRONMENT"
        )
    return str(python)


@pytest.fixture(scope="session")
def run_bare(root, bare_python):
    """A function that runs programs in the bare environment.

    It takes a list of programs, and how many of them may share a process as
    long as they end for lack of a name; it returns what each gave.
    """

    def run(programs, share=1):
        bundles = [
            programs[i : i + share] for i in range(0, len(programs), share)
        ]
        done = subprocess.run(
            [bare_python, "-I", str(root / "tests/book/bare.py")],
            input=json.dumps(bundles),
            capture_output=True,
            text=True,
            # No display, so that plt.show() returns at once.
            env={"PATH": os.environ["PATH"], "MPLBACKEND": "Agg"},
            check=False,
            timeout=LIMIT,
        )
        assert done.returncode == 0, done.stderr
        return list(chain.from_iterable(json.loads(done.stdout)))

    return run
