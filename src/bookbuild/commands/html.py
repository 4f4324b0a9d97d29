"""``python -m bookbuild html``: build the site and publish it."""

import gc
import shutil
import sys
import time
from pathlib import Path

from bookbuild.commands import publish
from bookbuild.commands.fingerprint import fingerprint
from bookbuild.commands.sphinx import BUILD, SITE, WORK, set_date, sphinx
from bookbuild.pages import bundle

STUDENT = "--student"  # the edition without answers


def html(arguments: list[str]) -> int:
    """Build the site, or the student edition, and say where it is."""
    begun = time.perf_counter()
    gc.disable()  # nearly all that a build makes stays: a sixth of its time
    set_date()
    site, work = SITE, WORK
    if STUDENT in arguments:
        arguments = [a for a in arguments if a != STUDENT]
        arguments.append("--define=book_student=1")
        site, work = BUILD / "student", BUILD / "sphinx-student"
    status = build(arguments, site=site, work=work)
    if status == 0:
        where = (site / "index.html").resolve().as_uri()
        seconds = time.perf_counter() - begun
        print(f"The site is built, in {seconds:.1f} s. Open {where}")
    else:
        kept = " The last good site stays in place." if site.exists() else ""
        print(f"The site was not built.{kept}", file=sys.stderr)
    gc.freeze()  # or Python would go through all of it at its end
    return status


def build(
    arguments: list[str], *display: str, site: Path = SITE, work: Path = WORK
) -> int:
    """Make the pages that have changed; publish the site if all is well.

    Args:
        arguments: Arguments of ``sphinx-build`` that may change pages.
        display: Arguments that change only what the terminal shows.
        site: The folder to publish.
        work: The folder of Sphinx.
    """
    key = fingerprint(arguments)
    with publish.locked(site):
        publish.clear_up(site)
        shop = publish.Workshop(work)
        shop.open(key)
        status = 1
        try:
            status = sphinx("html", work, [*arguments, *display])
            if status == 0:
                new = site.with_name(f"{site.name}.new")
                shutil.rmtree(new, ignore_errors=True)
                bundle.finish(work / "html", new, BUILD / "finished")
                publish.replace(new, site)
                shop.accept(key)
        finally:
            if status:
                shop.restore()
    return status
