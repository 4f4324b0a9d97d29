"""A real Chromium, and the built site over http and from the disk."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright, sync_playwright

from tools import browser as web


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """The driver."""
    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """The Chromium that is installed, else the one Playwright installs."""
    with web.browser(playwright) as chromium:
        yield chromium


@pytest.fixture(scope="session")
def http(site: Path) -> Iterator[str]:
    """The address of the site's root, served over http on this machine."""
    with web.served(site) as address:
        yield address
