"""A build is published whole or not at all.

Sphinx builds on what it remembers of the last good build; a failed build would
leave its memory in doubt, and the next one would not warn again.  So a copy is
made before, and put back after a failure.
"""

import contextlib
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Have a folder to oneself; the system frees it however a build ends."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder.with_name(folder.name + ".lock"))
    try:
        held = lock.acquire(timeout=0)
    except Timeout:
        print(
            f"Another build is at work in {folder.parent}; this one waits",
            file=sys.stderr,
            flush=True,
        )
        held = lock.acquire()
    with held:
        yield


class Workshop:
    """A folder that a build changes, and gets back as it was if it fails.

    Attributes:
        folder: The folder.
    """

    def __init__(self, folder: Path) -> None:
        """Take the folder as it is."""
        self.folder = folder
        self._good = folder.with_name(folder.name + ".good")
        self._key = folder / "key"

    def open(self, key: str) -> None:
        """Prepare a build: keep a copy of what the last good one left.

        Args:
            key: What is left by a build with another key is thrown away.
        """
        if self._good.exists():  # a build was killed
            self.restore()
        if not self._key.exists() or self._key.read_text() != key:
            shutil.rmtree(self.folder, ignore_errors=True)
        if self.folder.exists():
            copy = self._good.with_suffix(".part")
            shutil.rmtree(copy, ignore_errors=True)
            shutil.copytree(self.folder, copy)
            copy.rename(self._good)
            self._key.unlink()

    def accept(self, key: str) -> None:
        """Keep what a build has made."""
        self._key.write_text(key)
        shutil.rmtree(self._good, ignore_errors=True)

    def restore(self) -> None:
        """Throw away what a build has made."""
        shutil.rmtree(self.folder, ignore_errors=True)
        if self._good.exists():
            self._good.rename(self.folder)


def replace(new: Path, site: Path) -> None:
    """Put a new folder in the place of the site's."""
    old = site.with_name(site.name + ".old")
    clear_up(site)
    if site.exists():
        site.rename(old)
    new.rename(site)
    shutil.rmtree(old, ignore_errors=True)


def clear_up(site: Path) -> None:
    """Put right what a build that was killed between two renames has left."""
    old = site.with_name(site.name + ".old")
    if old.exists() and not site.exists():
        old.rename(site)
    shutil.rmtree(old, ignore_errors=True)
