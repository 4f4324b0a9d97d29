"""The book's commands; ``nox -l`` lists them.

All sessions share one environment, so PyTorch is installed once.
"""

import hashlib
from functools import partial
from pathlib import Path

import nox

nox.options.sessions = ["html", "tests"]
nox.options.reuse_venv = "yes"
nox.options.error_on_external_run = True

ENVIRONMENT = Path(".nox/book")
PYPROJECT = nox.project.load_toml("pyproject.toml")
book_session = partial(nox.session, venv_location=str(ENVIRONMENT))


def install(session: nox.Session) -> None:
    """Install everything once, and again when what to install has changed."""
    wanted = hashlib.sha256(
        Path("pyproject.toml").read_bytes()
        + Path("constraints.txt").read_bytes()
        + str(Path.cwd()).encode()
    ).hexdigest()
    stamp = ENVIRONMENT / "installed"
    if stamp.exists() and stamp.read_text() == wanted:
        return
    session.install(
        "--editable=.",  # an edited snippet is the snippet that is tested
        "--constraint=constraints.txt",  # the versions of the verified build
        *nox.project.dependency_groups(
            PYPROJECT, "html", "live", "tests", "lint"
        ),
    )
    stamp.write_text(wanted)


def bookbuild(session: nox.Session, command: str, *arguments: str) -> None:
    """Run one command of the site's machinery."""
    install(session)
    session.run(
        "python", "-m", "bookbuild", command, *arguments, *session.posargs
    )


@book_session
def html(session: nox.Session) -> None:
    """Build the site into build/html; further arguments go to sphinx-build."""
    bookbuild(session, "html")


@book_session
def live(session: nox.Session) -> None:
    """Rebuild and reload the browser on save; arguments: sphinx-autobuild."""
    bookbuild(session, "live")


@book_session
def doctest(session: nox.Session) -> None:
    """Run every >>> example, in snippets and chapters; arguments: pytest."""
    install(session)
    session.run("pytest", "--doctest-modules", "src/snippets", *session.posargs)
    session.run("python", "-m", "bookbuild", "doctest")


@book_session
def tests(session: nox.Session) -> None:
    """Build the site and run every test; further arguments go to pytest."""
    install(session)
    session.run("python", "-m", "bookbuild", "html")
    session.run("pytest", *session.posargs)


@book_session
def lint(session: nox.Session) -> None:
    """Check code, formatting and spelling; further arguments: ruff check."""
    install(session)
    session.run("ruff", "check", *session.posargs)
    session.run("ruff", "format", "--check")
    session.run("codespell")


@book_session
def linkcheck(session: nox.Session) -> None:
    """Ask every outside address whether it still answers (needs a network)."""
    bookbuild(session, "linkcheck")


@book_session
def record(session: nox.Session) -> None:
    """Run every chapter afresh and record its outputs, times and versions."""
    bookbuild(session, "record")
