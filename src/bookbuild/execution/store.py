"""Folders that keep what was made, from one build to the next.

All of it can be made again: such a folder may be deleted at any time, and
forgets by itself what was not used for longest.
Several builds may use one at a time.
"""

import contextlib
import os
import tempfile
import time
from pathlib import Path

ASIDE = ".part"  # what is being written
AN_HOUR = 3600  # seconds


def find(path: Path) -> bytes | None:
    """Return what is kept under a path, if anything is, and note the use."""
    try:
        os.utime(path)
        return path.read_bytes()
    except OSError:
        return None


def keep(path: Path, content: bytes) -> None:
    """Keep something; another build never reads half of it."""
    # Somebody may be deleting the folder: then it is made again next time.
    with contextlib.suppress(FileNotFoundError):
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(
            dir=path.parent, suffix=ASIDE, delete=False
        ) as file:
            file.write(content)
        Path(file.name).replace(path)


def trim(folder: Path, most: int) -> None:
    """Forget what was not used for longest.

    Args:
        folder: What to trim.
        most: How many files to leave.
    """
    used = {}
    for path in folder.glob("*"):
        # Another build may be trimming, too, or be writing just now.
        with contextlib.suppress(OSError):
            used[path] = path.stat().st_mtime
    written = [path for path in used if path.suffix != ASIDE]
    written.sort(key=lambda path: used[path], reverse=True)
    killed = [
        path
        for path in used
        if path.suffix == ASIDE and used[path] < time.time() - AN_HOUR
    ]
    for path in written[most:] + killed:
        path.unlink(missing_ok=True)
