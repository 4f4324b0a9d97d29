"""What all tests share: the repository, its chapters, and the built site."""

import pickle
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from sphinx.environment import BuildEnvironment

from bookbuild.execution.executed_chapters import noted
from bookbuild.programs import page_programs
from bookbuild.programs.block_programs import Page

ROOT = Path(__file__).parents[1]


@pytest.fixture
def tell(record_property: Callable) -> Callable[[str], None]:
    """A function that says at the end of the run what a test has counted."""
    return partial(record_property, "counted")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what the tests have counted."""
    stats = terminalreporter.stats
    for report in stats.get("passed", []) + stats.get("failed", []):
        for _, line in report.user_properties:
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
    found = site.rglob("*.html")
    return sorted(path.relative_to(site).as_posix() for path in found)


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
    return max(pages, key=lambda page: len(soup(page).select(".answer")))


@pytest.fixture(scope="session")
def environment(site: Path) -> BuildEnvironment:
    """What Sphinx remembers of the build: programs, and what chapters gave."""
    assert site
    memory = ROOT / "build/sphinx/doctrees/environment.pickle"
    return pickle.loads(memory.read_bytes())  # noqa: S301 (our own build's)


@pytest.fixture(scope="session")
def records(environment: BuildEnvironment) -> dict[str, dict]:
    """What each chapter with code gave, as it would be recorded."""
    records = noted(environment, "book_record")
    return {name: found for name, found in records.items() if found["cells"]}


@pytest.fixture(scope="session")
def programs(environment: BuildEnvironment) -> dict[str, Page]:
    """The programs of every chapter, as its page copies them."""
    return page_programs.pages(environment)
