"""A build publishes whole or not at all.

Sphinx writes into a stage; when it has succeeded without a warning, the stage
is copied beside the site and takes its place with two renames.
A stage whose build did not end well is never built upon.
"""

import shutil
from collections.abc import Callable
from pathlib import Path


def publish(
    build: Callable[[Path, Path], int],
    work: Path,
    site: Path,
) -> int:
    """Build into a stage and, if that succeeds, make it the site.

    Args:
        build: Called with the stage's folder for pages and that for Sphinx's
            own memory; returns an exit status, 0 for success.
        work: The folder of the stage.
        site: The folder that readers are given.

    Returns:
        The exit status of the build.
    """
    unfinished = work / "unfinished"
    if unfinished.exists():
        shutil.rmtree(work)
    work.mkdir(parents=True, exist_ok=True)
    unfinished.touch()
    status = build(work / "html", work / "doctrees")
    if status == 0:
        _swap(work / "html", site)
        unfinished.unlink()
    return status


def _swap(stage: Path, site: Path) -> None:
    new = site.with_name(site.name + ".new")
    old = site.with_name(site.name + ".old")
    if not site.exists() and old.exists():  # killed between the renames
        old.rename(site)
    for left_over in (new, old):
        if left_over.exists():
            shutil.rmtree(left_over)
    shutil.copytree(
        stage, new, ignore=shutil.ignore_patterns(".buildinfo", ".doctrees")
    )
    if site.exists():
        site.rename(old)
    new.rename(site)
    if old.exists():
        shutil.rmtree(old)
