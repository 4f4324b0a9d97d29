"""The commands that make no site: doctest, linkcheck, record."""

import json
import shutil
import tempfile
from pathlib import Path

from bookbuild.commands.publish import locked
from bookbuild.commands.sphinx import BUILD, CONFIG, sphinx
from bookbuild.execution import record as the_record

RECORDED = Path("tests/book/recorded")


def doctest(arguments: list[str]) -> int:
    """Run every ``>>>`` example of the chapters."""
    return _check("doctest", arguments)


def linkcheck(arguments: list[str]) -> int:
    """Ask every outside address whether it answers."""
    return _check("linkcheck", arguments)


def _check(builder: str, arguments: list[str]) -> int:
    """Run a builder that makes no site."""
    with locked(BUILD / builder):
        # Afresh: a second run must warn of what the first has warned of.
        return sphinx(builder, BUILD / builder, ["--fresh-env", *arguments])


def record(arguments: list[str]) -> int:
    """Run every chapter afresh and write the record."""
    work = BUILD / "record"
    with locked(work), tempfile.TemporaryDirectory() as runs:
        options = ["--fresh-env", f"--define=nb_execution_cache_path={runs}"]
        # One chapter after the other, so that the times mean something.
        status = sphinx("dummy", work, [*options, "--jobs=1", *arguments])
        if status:
            return status
        made = (work / "records.json").read_text("utf-8")
        the_record.write(json.loads(made), CONFIG / "verified.json", RECORDED)
        shutil.rmtree(work)
    print(f"Recorded in {CONFIG / 'verified.json'} and {RECORDED}")
    return 0
