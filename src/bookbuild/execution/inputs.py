"""What a site depends on, as one number.

If nothing of it has changed and the site is as it was published, there is
nothing to build.
The net is cast wide: a file that turns out not to matter costs a build in
which no cell runs; a file that is left out would cost the truth.
"""

import hashlib
import os
import platform
import sys
from collections.abc import Collection, Iterator
from pathlib import Path

# The folders of the project that no site is made of; in no folder count names
# that begin with a dot, and what Python has compiled.
APART = {"build", "tests", "benchmarks", "node_modules"}
COMPILED = "__pycache__"
# Variables of the environment that Sphinx and the chapters read.
VARIABLES = ("BOOK_ADDRESS", "SOURCE_DATE_EPOCH")
OWN = Path(__file__).parents[1]


def fingerprint(root: Path, arguments: list[str]) -> str:
    """Return a number that changes when anything that a site is made of does.

    Args:
        root: The project: all its files count, but for those ``APART``.
        arguments: How the build is asked for.
    """
    total = hashlib.sha256()
    for part in (
        platform.platform(),
        sys.version,
        *arguments,
        *(f"{name}={os.environ.get(name)}" for name in VARIABLES),
        *packages(),
    ):
        total.update(part.encode() + b"\0")
    total.update(digest(root, APART).encode())
    if not OWN.is_relative_to(root.resolve()):
        total.update(digest(OWN).encode())
    return total.hexdigest()


def digest(folder: Path, apart: Collection[str] = ()) -> str:
    """Return a number that changes when any file of a folder does.

    Args:
        folder: Where all files count.
        apart: The folders in it that do not.
    """
    total = hashlib.sha256()
    for path in _files(folder, apart):
        try:
            content = path.read_bytes()
        except FileNotFoundError:  # an editor's file of a moment
            continue
        name = path.relative_to(folder).as_posix().encode()
        total.update(name + b"\0" + hashlib.sha256(content).digest())
    return total.hexdigest()


def _files(folder: Path, apart: Collection[str]) -> Iterator[Path]:
    # Sphinx, too, goes where links lead.
    for where, folders, names in os.walk(folder, followlinks=True):
        here = apart if Path(where) == folder else ()
        folders[:] = sorted(
            name
            for name in folders
            if name not in {*here, COMPILED} and not name.startswith(".")
        )
        for name in sorted(names):
            if not name.startswith("."):
                yield Path(where, name)


def packages() -> tuple[str, ...]:
    """Return the names, with versions, of all that is installed.

    In the order in which Python looks: the first of a name is imported.
    """
    return tuple(
        name
        for folder in sys.path
        if Path(folder).is_dir()
        for name in sorted(path.name for path in Path(folder).iterdir())
        if name.endswith((".dist-info", ".egg-info"))
    )
