"""What Sphinx's incremental build does not look at, as one number.

Sphinx makes a page again when its file, its settings or a template changes.
When the machinery, a package or the environment does, all pages are made
again.
"""

import hashlib
import os
import sys
from pathlib import Path

from bookbuild.commands.sphinx import CONFIG, SOURCE

VARIABLES = ("BOOK_ADDRESS", "SOURCE_DATE_EPOCH")
OWN = Path(__file__).parents[1]


def fingerprint(arguments: list[str]) -> str:
    """Return a number that changes when every page must be made again.

    Args:
        arguments: How the build is asked for.
    """
    total = hashlib.sha256(
        repr(
            [
                sys.version,
                arguments,
                [os.environ.get(name) for name in VARIABLES],
                packages(),
                # Sphinx would leave the page of a chapter that is gone.
                sorted(map(str, SOURCE.rglob("*.md"))),
            ]
        ).encode()
    )
    for folder in OWN, CONFIG:
        for path in sorted(folder.rglob("*")):
            # Sphinx copies static files at every build.
            apart = {"__pycache__", "static"}.intersection(path.parts)
            if path.is_file() and not apart:
                total.update(str(path.relative_to(folder)).encode())
                total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def packages() -> list[str]:
    """Return the names, with versions, of all that is installed."""
    return [
        name
        for folder in sys.path
        if Path(folder).is_dir()
        for name in sorted(path.name for path in Path(folder).iterdir())
        if name.endswith((".dist-info", ".egg-info"))
    ]
