"""The book's commands; ``nox -l`` lists them.

All sessions use one environment; ``tests`` and ``colab`` have others besides.
"""

import hashlib
import os
import shutil
import sys
from pathlib import Path

import nox

nox.options.sessions = ["html", "tests"]
nox.options.default_venv_backend = "none"  # the sessions share their own

PYPROJECT = nox.project.load_toml("pyproject.toml")
ENVIRONMENTS = {
    # What builds and checks the book ...
    "book": [
        "--editable=.",  # an edited snippet is the snippet that is tested
        *nox.project.dependency_groups(
            PYPROJECT, "html", "live", "tests", "lint"
        ),
    ],
    # ... and what a reader has who copies a block: nothing but this.
    "bare": PYPROJECT["project"]["dependencies"],
    "colab": ["ipykernel", *PYPROJECT["project"]["dependencies"]],
}
PYTHONS = {"colab": "3.13"}  # if there is one; else that of nox
# All tests, on all processors: each file whole, in their order, since those
# of the browser keep a loop of events running.
AT_A_TIME = ["--numprocesses=auto", "--dist=loadfile", "--no-loadscope-reorder"]
# The files that other services read, each with the schema that it must fit.
SCHEMAS = {
    ".github/workflows/*.yml": "github-workflows",
    ".github/dependabot.yml": "dependabot",
    ".github/ISSUE_TEMPLATE/config.yml": "github-issue-config",
    ".github/ISSUE_TEMPLATE/*-form.yml": "github-issue-forms",
    ".readthedocs.yaml": "readthedocs",
    "CITATION.cff": "citation-file-format",
}
PINNED = """\
# The versions that the site is verified with; pip installs no others here.
# Made by: nox -s pin"""


def environment(
    session: nox.Session, name: str, constraints: str = "constraints.txt"
) -> str:
    """Install once, and again when what to install has changed."""
    folder = Path(".nox", name)
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    pins = Path(constraints).read_text(encoding="utf-8")
    project = PYPROJECT["project"]  # its dependencies are installed, too
    wanted = [*ENVIRONMENTS[name], project, pins, str(Path.cwd()), sys.version]
    state = hashlib.sha256(repr(wanted).encode()).hexdigest()
    stamp = folder / "installed"
    if not stamp.exists() or stamp.read_text() != state:
        pythons = [PYTHONS.get(name, sys.executable), sys.executable]
        make = [f"--python={each}" for each in pythons]
        session.run(
            *(sys.executable, "-m", "virtualenv", "--quiet", *make, str(folder))
        )
        session.run(
            str(python),
            "-m",
            "pip",
            "install",
            "--quiet",
            f"--constraint={constraints}",  # the verified versions
            *ENVIRONMENTS[name],
        )
        stamp.write_text(state)
    return str(python)


def kernel(session: nox.Session) -> None:
    """Put a Jupyter kernel beside the bare environment, not into it."""
    folder, pins = Path(".nox/kernel"), Path("constraints.txt")
    stamp, state = folder / "installed", pins.read_text(encoding="utf-8")
    if not stamp.exists() or stamp.read_text(encoding="utf-8") != state:
        shutil.rmtree(folder, ignore_errors=True)
        install = [environment(session, "bare"), "-m", "pip", "install"]
        options = ["--quiet", f"--constraint={pins}", f"--target={folder}"]
        session.run(*install, *options, "ipykernel")
        stamp.write_text(state, encoding="utf-8")


def run(session: nox.Session, *command: str) -> None:
    """Run a Python module in the environment of the book."""
    session.run(environment(session, "book"), "-m", *command)


@nox.session
def html(session: nox.Session) -> None:
    """Build the site into build/html; further arguments go to sphinx-build."""
    run(session, "bookbuild", "html", *session.posargs)


@nox.session
def epub(session: nox.Session) -> None:
    """Build the book for e-readers; further arguments go to sphinx-build."""
    run(session, "bookbuild", "epub", *session.posargs)


@nox.session
def live(session: nox.Session) -> None:
    """Rebuild and reload on save; arguments: --port, --no-browser, Sphinx's."""
    run(session, "bookbuild", "live", *session.posargs)


@nox.session
def doctest(session: nox.Session) -> None:
    """Run every >>> example, in snippets and chapters; arguments: pytest."""
    examples = ["--doctest-modules", "src/snippets"]
    run(session, "pytest", *examples, *session.posargs)
    run(session, "bookbuild", "doctest")


@nox.session
def tests(session: nox.Session) -> None:
    """Build the site and run every test; further arguments go to pytest."""
    run(session, "tools.browser")  # first, for it may have to be installed
    environment(session, "bare")
    kernel(session)
    run(session, "bookbuild", "html")
    run(session, "pytest", *(session.posargs or AT_A_TIME))


@nox.session
def histories(session: nox.Session) -> None:
    """Look for a stale page after many made-up edits; arguments: pytest."""
    wanted = ["tests/bookbuild/test_never_stale.py::test_no_build_is_stale"]
    if "HISTORIES" in os.environ:  # a long search: the whole book, too
        environment(session, "bare")
        run(session, "bookbuild", "html")
        wanted += ["tests/book/test_same.py", "tests/book/test_programs.py"]
    session.env["HISTORIES"] = os.environ.get("HISTORIES", "25")
    run(session, "pytest", *wanted, *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Check code, spelling, types and workflows; arguments: ruff check."""
    run(session, "ruff", "check", *session.posargs)
    run(session, "ruff", "format", "--check")
    run(session, "codespell_lib")
    run(session, "mypy")
    for files, schema in SCHEMAS.items():
        found = map(str, Path().glob(files))
        option = f"--builtin-schema=vendor.{schema}"
        run(session, "check_jsonschema", "--quiet", option, *found)
    programs = Path(environment(session, "book")).parent
    session.run(str(programs / "zizmor"), "--offline", "--quiet", ".github")
    # What actionlint checks, and more; shellcheck is not on every machine.
    options = ["--strict-exit", "--shellcheck="]
    session.run(str(programs / "jactionlint"), *options)


@nox.session
def linkcheck(session: nox.Session) -> None:
    """Ask every outside address whether it still answers (needs a network)."""
    run(session, "bookbuild", "linkcheck", *session.posargs)


@nox.session
def record(session: nox.Session) -> None:
    """Run every chapter afresh and record its outputs, times and versions."""
    run(session, "bookbuild", "record", *session.posargs)


@nox.session
def pin(session: nox.Session) -> None:
    """Write the installed versions down; arguments: pip install --upgrade."""
    python = environment(session, "book")
    install = [python, "-m", "pip", "install", "--upgrade"]
    if session.posargs:
        session.run(*install, *session.posargs)
    freeze = [python, "-m", "pip", "freeze", "--exclude-editable"]
    frozen = str(session.run(*freeze, silent=True)).splitlines()
    # A local label such as "+cpu" says where a wheel is from, not what it is.
    pins = sorted(
        (line.partition("+")[0] for line in frozen if "==" in line),
        key=lambda pin: pin.partition("==")[0].lower(),
    )
    Path("constraints.txt").write_text(
        "\n".join([PINNED, *pins, ""]), encoding="utf-8"
    )


@nox.session
def colab(session: nox.Session) -> None:
    """Run the notebooks as Colab would; arguments: torch==2.13.0 instead."""
    lines = Path("tools/colab.txt").read_text(encoding="utf-8").splitlines()
    instead = {pin.partition("==")[0]: pin for pin in session.posargs}
    known = [line.partition("==")[0] for line in lines]
    if unknown := instead.keys() - known:
        session.error(f"tools/colab.txt has no {', '.join(sorted(unknown))}")
    pins = [instead.get(k, line) for k, line in zip(known, lines, strict=True)]
    run(session, "bookbuild", "html")
    constraints = Path(".nox/colab.txt")
    constraints.write_text("\n".join(pins), encoding="utf-8")
    python = environment(session, "colab", str(constraints))
    run(session, "tools.colab", python)


@nox.session
def screenshots(session: nox.Session) -> None:
    """Build the site; take the pictures of it for README and for links."""
    run(session, "tools.browser")
    run(session, "bookbuild", "html")
    run(session, "tools.screenshots")


@nox.session
def pdf(session: nox.Session) -> None:
    """Build the site, and print all of it into build/checked-gradients.pdf."""
    run(session, "tools.browser")
    run(session, "bookbuild", "html")
    run(session, "tools.pdf")


@nox.session
def bench(session: nox.Session) -> None:
    """Measure builds side by side; arguments: --only a,b --runs 5 ..."""
    run(session, "tools.browser")
    run(session, "tools.bench", *session.posargs)


@nox.session
def audit(session: nox.Session) -> None:
    """Run Lighthouse on every page (needs npm); arguments: pages, --stock."""
    run(session, "tools.browser")
    run(session, "bookbuild", "html")
    run(session, "tools.audit", *session.posargs)
