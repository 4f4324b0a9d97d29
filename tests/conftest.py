"""What all tests share: the repository, and the site that was built from it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

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
