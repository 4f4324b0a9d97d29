"""What the tests of the book share: what its programs give to a reader."""

import hashlib
import json
import os
import re
import subprocess
from pathlib import Path

import pytest

LIMIT = 600  # seconds for all programs of one test; they take far less
LISTED = """
import importlib.metadata as im, sys
print(sys.version, sorted(f"{d.name} {d.version}" for d in im.distributions()))
"""


@pytest.fixture(scope="session")
def tutorial(root):
    """The names of the chapters that one reads in order; no reference."""
    index = (root / "book/index.md").read_text("utf-8")
    trees = re.findall(r"(?ms)^```\{toctree\}\n(.*?)^```", index)
    return [
        name
        for tree in trees
        if ":caption: Reference" not in tree
        for name in re.findall(r"(?m)^[^:\n].*", tree)
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
def installed(bare_python):
    """Python's version, and the packages that are installed there."""
    command = [bare_python, "-I", "-c", LISTED]
    return subprocess.check_output(command, text=True)


@pytest.fixture(scope="session")
def run_bare(root, bare_python, installed):
    """A function: what programs give in the bare environment.

    A program that was run there before, with the same versions, is not run
    again: ``build/verdicts`` keeps what it gave, and may be deleted.

    Args of the function:
        name: The file below ``build/verdicts``.
        programs: Their code.
    """
    script = root / "tests/book/bare.py"
    around = json.dumps([installed, script.read_text("utf-8")])

    def run(name, programs):
        file = root / f"build/verdicts/{name}.json"
        known = json.loads(file.read_text("utf-8")) if file.exists() else {}
        keys = [
            hashlib.sha256(f"{around}\n{text}".encode()).hexdigest()
            for text in programs
        ]
        new = dict(zip(keys, programs, strict=True))
        new = {key: new[key] for key in new.keys() - known.keys()}
        if new:
            done = subprocess.run(
                [bare_python, "-I", str(script)],
                input=json.dumps(list(new.values())),
                capture_output=True,
                text=True,
                # No display, so that plt.show() returns at once.
                env={"PATH": os.environ["PATH"], "MPLBACKEND": "Agg"},
                check=False,
                timeout=LIMIT,
            )
            assert done.returncode == 0, done.stderr
            known |= zip(new, json.loads(done.stdout), strict=True)
            file.parent.mkdir(parents=True, exist_ok=True)
            kept = {key: known[key] for key in keys}
            file.write_text(json.dumps(kept), encoding="utf-8")
        return [known[key] for key in keys]

    return run
