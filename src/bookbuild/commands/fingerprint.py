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
from bookbuild.execution.cache_key import packages

VARIABLES = ("BOOK_ADDRESS", "BOOK_REPOSITORY", "SOURCE_DATE_EPOCH")
OWN = Path(__file__).parents[1]


def fingerprint(arguments: list[str]) -> str:
    """Return a number that changes when every page must be made again.

    Args:
        arguments: How the build is asked for.
    """
    parts = [
        *(sys.version, arguments, packages()),
        [os.environ.get(name) for name in VARIABLES],
        # Sphinx would leave the page of a chapter that is gone.
        sorted(map(str, SOURCE.rglob("*.md"))),
    ]
    total = hashlib.sha256(repr(parts).encode())
    for folder in OWN, CONFIG:
        for path in sorted(folder.rglob("*")):
            # Sphinx copies static files at every build.
            apart = {"__pycache__", "static"}.intersection(path.parts)
            if path.is_file() and not apart:
                total.update(str(path.relative_to(folder)).encode())
                total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()
