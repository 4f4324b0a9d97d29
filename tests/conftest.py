"""What all tests share: the repository, its chapters, and the built site."""

import copy
import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup

from bookbuild.execution import book, execute
from bookbuild.programs import block_programs, copy_buttons

ROOT = Path(__file__).parents[1]
COUNTED = pytest.StashKey[list[str]]()


@pytest.fixture(scope="session")
def tell(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """A function that says at the end of the run what a test has counted."""
    return request.config.stash.setdefault(COUNTED, []).append


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand over what has been counted, where several processes test."""
    config = session.config
    if hasattr(config, "workeroutput"):
        config.workeroutput["counted"] = config.stash.get(COUNTED, [])


@pytest.hookimpl(optionalhook=True)  # pytest-xdist's
def pytest_testnodedown(node: Any) -> None:
    """Take over what such a process has counted."""
    counted = getattr(node, "workeroutput", {}).get("counted", [])
    node.config.stash.setdefault(COUNTED, []).extend(counted)


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Say what the tests have counted."""
    counted = config.stash.get(COUNTED, [])
    if counted:
        terminalreporter.section("what was counted")
        for line in counted:
            terminalreporter.write_line(line)


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository."""
    return ROOT


@pytest.fixture(scope="session")
def site() -> Path:
    """The built site; the session ``tests`` builds it before it runs pytest."""
    built = ROOT / "build" / "html"
    if not (built / "index.html").exists():
        pytest.fail(f"no site in {built}: build it with 'nox -s html'")
    return built


@pytest.fixture(scope="session")
def pages(site: Path) -> list[str]:
    """The addresses of all pages, relative to the site's root, sorted."""
    return sorted(
        path.relative_to(site).as_posix()
        for path in site.rglob("*.html")
        if "_static" not in path.parts
    )


@pytest.fixture(scope="session")
def soup(site: Path) -> Callable[[str], BeautifulSoup]:
    """A function that parses a page, once; a test must not change it."""

    @cache
    def parse(page: str) -> BeautifulSoup:
        html = (site / page).read_text(encoding="utf-8")
        return BeautifulSoup(html, "html.parser")

    return parse


@pytest.fixture(scope="session")
def with_answers(pages: list[str], soup: Callable) -> str:
    """The page with the most answers: a chapter."""
    return max(pages, key=lambda page: len(soup(page).select("details")))


@pytest.fixture(scope="session")
def runs(root: Path) -> dict[str, tuple]:
    """Every chapter with code, filled with its outputs, and its run."""
    source = root / "book"
    paths = sorted(p for p in source.rglob("*.md") if "_config" not in p.parts)
    chapters = book.load(source, root / "src/snippets", paths)
    settings = execute.Settings(
        store=root / "build/runs",
        matplotlibrc=source / "_config/matplotlibrc",
    )
    around = execute.circumstances(settings)
    found = {}
    for name, chapter in chapters.items():
        # What the site was built from, unless something has changed since.
        run = execute.stored(chapter, settings.store, around)
        if not run:
            [run] = execute.run_all([chapter], settings, print)
        if run.outputs:
            execute.fill(chapter, run)
            found[name] = chapter, run
    return found


@pytest.fixture(scope="session")
def programs(root: Path, runs: dict) -> dict[str, block_programs.Page]:
    """The programs of every chapter, as its page copies them."""
    verified = json.loads((root / "book/_config/verified.json").read_text())
    return {
        name: block_programs.build(
            copy.deepcopy(chapter),
            "Checked Gradients",
            copy_buttons.title(chapter),
            verified["versions"],
        )
        for name, (chapter, _run) in runs.items()
    }
