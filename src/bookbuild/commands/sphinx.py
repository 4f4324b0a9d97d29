"""What the commands do; they need Sphinx, and it takes a moment to import."""

import contextlib
import gc
import importlib
import sys
from pathlib import Path

from sphinx.cmd.build import build_main

from bookbuild.chapters.errors import ChapterErrors
from bookbuild.chapters.reader import Chapter
from bookbuild.commands import publish
from bookbuild.commands.html import BUILD, CONFIG, RUNS, SNIPPETS, SOURCE
from bookbuild.execution import book, execute
from bookbuild.pages import bundle
from bookbuild.pages import verified as the_record

RECORDED = Path("tests/book/recorded")
VERBOSE = {"-v", "-vv", "-vvv", "--verbose"}


def sphinx(builder: str, out: Path, memory: Path, arguments: list[str]) -> int:
    """Run Sphinx on the book, strictly.

    Afterwards no garbage is collected unless the caller sees to it.
    """
    options = [
        f"--builder={builder}",
        f"--conf-dir={CONFIG}",
        f"--doctree-dir={memory}",
        "--fail-on-warning",  # a warning is a fault on the page
        "--nitpicky",  # every reference must lead somewhere
        *arguments,
    ]
    gc.disable()  # it would go through all pages again and again
    try:
        return build_main([*options, str(SOURCE), str(out)])
    except SystemExit as end:  # a chapter that cannot be built has said why
        return int(end.code or 0)


def build_html(out: Path, memory: Path, arguments: list[str]) -> int:
    """Make the pages; where a chapter must run, torch is imported meanwhile.

    What Sphinx writes is raw: its pages are then finished into the site.
    """
    if RUNS.exists():  # else it is imported already
        with contextlib.suppress(ChapterErrors):  # Sphinx comes upon them, too
            # What they need is looked into while torch is imported.
            chapters = _chapters(check=False)
            execute.warm_up(list(chapters.values()), _settings())
    # What Sphinx tells of its steps would hide what the chapters do.
    quiet = [] if VERBOSE & set(arguments) else ["--quiet"]
    jobs = f"--jobs={execute.at_a_time()}"
    raw = out.with_name("raw")
    status = sphinx("html", raw, memory, [jobs, *quiet, *arguments])
    if status == 0:
        bundle.finish(raw, out, BUILD / "finished")
    return status


def doctest(arguments: list[str]) -> int:
    """Run every ``>>>`` example of the chapters."""
    return _check("doctest", arguments)


def linkcheck(arguments: list[str]) -> int:
    """Ask every outside address whether it answers."""
    return _check("linkcheck", arguments)


def _check(builder: str, arguments: list[str]) -> int:
    """Run a builder that makes no site."""
    out = BUILD / builder
    with publish.locked(out):
        # Afresh: a second run must warn of what the first has warned of.
        return sphinx(
            builder, out, out / ".doctrees", ["--fresh-env", *arguments]
        )


def record(_arguments: list[str]) -> int:
    """Run every chapter afresh and write the record."""
    try:
        chapters = _chapters()
        runs = execute.run_all(
            list(chapters.values()),
            # One after the other, so that the times mean something.
            _settings(workers=1),
            print,
            afresh=True,
        )
        print(*execute.summary(list(chapters.values()), runs), sep="\n")
    except ChapterErrors as error:
        print(error, file=sys.stderr)
        return 1
    the_record.write(
        chapters,
        dict(zip(chapters, runs, strict=True)),
        CONFIG / "verified.json",
        RECORDED,
    )
    print(
        f"Recorded in {CONFIG / 'verified.json'} and {RECORDED}; see the diff"
    )
    return 0


def live(arguments: list[str]) -> int:
    """Rebuild and reload the browser on save."""
    return importlib.import_module("bookbuild.commands.live").main(arguments)


def _chapters(*, check: bool = True) -> dict[str, Chapter]:
    paths = sorted(
        path for path in SOURCE.rglob("*.md") if CONFIG not in path.parents
    )
    return book.load(SOURCE, SNIPPETS, paths, check=check)


def _settings(**others: object) -> execute.Settings:
    return execute.Settings(
        store=RUNS, matplotlibrc=CONFIG / "matplotlibrc", **others
    )
