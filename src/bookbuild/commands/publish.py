"""A build publishes whole or not at all, and only when there is a need.

Sphinx writes into an empty stage; when it has succeeded without a warning,
the stage takes the site's place in one step.
What the site was made of, and what it then was, is noted beside it: while
both are unchanged the next build has nothing to do.
Otherwise Sphinx makes every page afresh, from the runs in the store: of a
site that was half kept and half made again nobody could say whether it is
the one that a clean build makes.
"""

import contextlib
import ctypes
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from bookbuild.execution import inputs

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2


def up_to_date(state: str, site: Path) -> bool:
    """Return whether the site is the one that was made of this state."""
    try:
        note = json.loads(_note(site).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return note == {"inputs": state, "site": inputs.digest(site)}


def publish(
    build: Callable[[Path, Path], int],
    state: Callable[[], str],
    work: Path,
    site: Path,
) -> int:
    """Build into a stage and, if that succeeds, make it the site.

    Args:
        build: Called with the stage's folder for pages and that for Sphinx's
            own memory; returns an exit status, 0 for success.
        state: Returns what the site would be made of now.
        work: The folder of the stage.
        site: The folder that readers are given.

    Returns:
        The exit status of the build.
    """
    with locked(work):
        clear_up(work, site)
        before = state()
        if up_to_date(before, site):  # another build made it meanwhile
            return 0
        status = build(work / "html", work / "doctrees")
        if status == 0:
            made = work / "html"
            (made / ".buildinfo").unlink(missing_ok=True)
            shutil.rmtree(made / ".doctrees", ignore_errors=True)
            note = {"inputs": before, "site": inputs.digest(made)}
            replace(made, site)
            if state() == before:
                new = work / "note"
                new.write_text(json.dumps(note), encoding="utf-8")
                new.replace(_note(site))
        shutil.rmtree(work, ignore_errors=True)
    return status


@contextlib.contextmanager
def locked(work: Path) -> Iterator[None]:
    """Have the stage to oneself; the system frees it however a build ends."""
    work.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(work.with_name(work.name + ".lock"))
    try:
        lock.acquire(timeout=0)
    except Timeout:
        print(
            f"Another build is at work in {work.parent}; this one waits for it",
            file=sys.stderr,
            flush=True,
        )
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def clear_up(work: Path, site: Path) -> None:
    """Remove what a build that was killed has left."""
    old = _aside(site)
    if old.exists() and not site.exists():  # killed between two renames
        old.rename(site)
    for left_over in (work, old):
        if left_over.exists():
            shutil.rmtree(left_over)
    work.mkdir(parents=True)


def replace(new: Path, site: Path) -> None:
    """Put a new folder in the place of the site's, in one step if possible."""
    if not site.exists():
        new.rename(site)
    elif not _exchange(new, site):
        old = _aside(site)
        site.rename(old)
        new.rename(site)
        shutil.rmtree(old)


def _exchange(one: Path, other: Path) -> bool:
    """Exchange two folders; return whether this system can."""
    if sys.platform != "linux":
        return False
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except AttributeError:  # an older C library
        return False
    return not rename(
        _AT_FDCWD,
        os.fsencode(one),
        _AT_FDCWD,
        os.fsencode(other),
        _RENAME_EXCHANGE,
    )


def _note(site: Path) -> Path:
    return site.with_name(site.name + ".json")


def _aside(site: Path) -> Path:
    return site.with_name(site.name + ".old")
