"""``python -m bookbuild html``: make the site, if it is not made already."""

import datetime as dt
import gc
import importlib
import json
import os
import sys
import time
from functools import partial
from pathlib import Path

from bookbuild.commands import publish
from bookbuild.execution import inputs

SOURCE = Path("book")
CONFIG = SOURCE / "_config"
SNIPPETS = Path("src/snippets")
BUILD = Path("build")
SITE = BUILD / "html"
RUNS = BUILD / "runs"  # what chapters gave


def html(arguments: list[str]) -> int:
    """Build the site and publish it."""
    begun = time.perf_counter()
    set_date()
    state = partial(inputs.fingerprint, Path(), arguments)
    where = (SITE / "index.html").resolve().as_uri()
    if publish.up_to_date(state(), SITE):
        print(f"Nothing has changed; the site is up to date. Open {where}")
        return 0
    gc.disable()  # nearly all that a build makes stays to its end
    if not RUNS.exists():  # every chapter must run
        _begin_to_import()
    # Sphinx and all that belongs to it are imported only from here.
    commands = importlib.import_module("bookbuild.commands.sphinx")
    status = publish.publish(
        lambda out, memory: commands.build_html(out, memory, arguments),
        state,
        BUILD / "stage",
        SITE,
    )
    if status == 0:
        seconds = time.perf_counter() - begun
        print(f"The site is built, in {seconds:.1f} s. Open {where}")
    else:
        kept = " The last good site stays in place." if SITE.exists() else ""
        print(f"The site was not built.{kept}", file=sys.stderr)
    return status


def _begin_to_import() -> None:
    """Have the process that kernels are forked from import what they need."""
    kernel = importlib.import_module("bookbuild.execution.kernel")
    if kernel.FORK_IS_SAFE:
        paths = [*SOURCE.rglob("*.md"), *SNIPPETS.glob("*.py")]
        code = "\n".join(path.read_text(encoding="utf-8") for path in paths)
        kernel.warm_up(kernel.environment(CONFIG / "matplotlibrc"), code)


def set_date() -> None:
    """Date what carries a date: by the committed record, not by the clock."""
    verified = CONFIG / "verified.json"
    if "SOURCE_DATE_EPOCH" in os.environ or not verified.exists():
        return
    date = json.loads(verified.read_text(encoding="utf-8"))["date"]
    day = dt.datetime.fromisoformat(date).replace(tzinfo=dt.UTC)
    os.environ["SOURCE_DATE_EPOCH"] = str(int(day.timestamp()))
