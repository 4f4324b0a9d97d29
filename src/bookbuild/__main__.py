"""The commands behind the nox sessions: ``python -m bookbuild <command>``."""

import sys
from pathlib import Path

from sphinx.cmd.build import build_main
from sphinx.util.console import bold, green

from bookbuild import book, execute, publish, record
from bookbuild.errors import ChapterErrors

SOURCE = Path("book")
CONFIG = SOURCE / "_config"
SNIPPETS = Path("src/snippets")
BUILD = Path("build")
SITE = BUILD / "html"
RECORDED = Path("tests/book/recorded")


def sphinx(builder: str, out: Path, memory: Path, arguments: list[str]) -> int:
    """Run Sphinx on the book, strictly."""
    options = [
        f"--builder={builder}",
        f"--conf-dir={CONFIG}",
        f"--doctree-dir={memory}",
        "--fail-on-warning",  # a warning is a fault on the page
        "--nitpicky",  # every reference must lead somewhere
        *arguments,
    ]
    try:
        return build_main([*options, str(SOURCE), str(out)])
    except SystemExit as end:  # a chapter that cannot be built has said why
        return int(end.code or 0)


def html(arguments: list[str]) -> int:
    """Build the site and publish it."""
    status = publish.publish(
        lambda out, memory: sphinx("html", out, memory, arguments),
        BUILD / "stage",
        SITE,
    )
    if status == 0:
        where = (SITE / "index.html").resolve()
        print(bold(green("The site is built. Open ")) + where.as_uri())
    else:
        kept = " The last good site stays in place." if SITE.exists() else ""
        print(f"The site was not built.{kept}", file=sys.stderr)
    return status


def doctest(arguments: list[str]) -> int:
    """Run every ``>>>`` example of the chapters."""
    return sphinx(
        "doctest", BUILD / "doctest", BUILD / "doctest/.doctrees", arguments
    )


def linkcheck(arguments: list[str]) -> int:
    """Ask every outside address whether it answers."""
    return sphinx(
        "linkcheck",
        BUILD / "linkcheck",
        BUILD / "linkcheck/.doctrees",
        arguments,
    )


def rerecord(_arguments: list[str]) -> int:
    """Run every chapter afresh and write the record."""
    paths = sorted(
        path for path in SOURCE.rglob("*.md") if CONFIG not in path.parents
    )
    settings = execute.Settings(
        store=BUILD / "runs",
        matplotlibrc=CONFIG / "matplotlibrc",
        workers=1,  # one after the other, so that the times mean something
    )
    try:
        chapters = book.load(SOURCE, SNIPPETS, paths)
        runs = execute.run_all(
            list(chapters.values()), settings, print, afresh=True
        )
    except ChapterErrors as error:
        print(error, file=sys.stderr)
        return 1
    record.write(
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
    from sphinx_autobuild.__main__ import main  # noqa: PLC0415 (only here)

    main(
        [
            f"--conf-dir={CONFIG}",
            f"--doctree-dir={BUILD / 'live/.doctrees'}",
            "--open-browser",
            f"--watch={SNIPPETS}",
            "--nitpicky",
            *arguments,
            str(SOURCE),
            str(BUILD / "live"),
        ]
    )
    return 0


COMMANDS = {
    "html": html,
    "doctest": doctest,
    "linkcheck": linkcheck,
    "record": rerecord,
    "live": live,
}


def main() -> int:
    """Run the command that is named on the command line."""
    name, *arguments = sys.argv[1:] or [""]
    if name not in COMMANDS:
        print(
            "usage: python -m bookbuild {" + ",".join(COMMANDS) + "} ...",
            file=sys.stderr,
        )
        return 2
    return COMMANDS[name](arguments)


if __name__ == "__main__":
    sys.exit(main())
