"""``python -m bookbuild html``: build the site and publish it."""

import gc
import shutil
import sys
import time

from bookbuild.commands import publish
from bookbuild.commands.fingerprint import fingerprint
from bookbuild.commands.sphinx import BUILD, SITE, WORK, set_date, sphinx
from bookbuild.pages import bundle


def html(arguments: list[str]) -> int:
    """Build the site and say where it is."""
    begun = time.perf_counter()
    gc.disable()  # nearly all that a build makes stays: a sixth of its time
    set_date()
    status = build(arguments)
    if status == 0:
        where = (SITE / "index.html").resolve().as_uri()
        seconds = time.perf_counter() - begun
        print(f"The site is built, in {seconds:.1f} s. Open {where}")
    else:
        kept = " The last good site stays in place." if SITE.exists() else ""
        print(f"The site was not built.{kept}", file=sys.stderr)
    gc.freeze()  # or Python would go through all of it at its end
    return status


def build(arguments: list[str], *display: str) -> int:
    """Make the pages that have changed; publish the site if all is well.

    Args:
        arguments: Arguments of ``sphinx-build`` that may change pages.
        display: Arguments that change only what the terminal shows.
    """
    key = fingerprint(arguments)
    with publish.locked(SITE):
        publish.clear_up(SITE)
        work = publish.Workshop(WORK)
        work.open(key)
        status = 1
        try:
            status = sphinx("html", WORK, [*arguments, *display])
            if status == 0:
                new = BUILD / "html.new"
                shutil.rmtree(new, ignore_errors=True)
                bundle.finish(WORK / "html", new, BUILD / "finished")
                publish.replace(new, SITE)
                work.accept(key)
        finally:
            if status:
                work.restore()
    return status
