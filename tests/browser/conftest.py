"""A real Chromium, and the built site over http and from the disk."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tools import browser as web


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The Chromium that is installed, else the one Playwright installs."""
    with sync_playwright() as driver, web.browser(driver) as chromium:
        yield chromium


@pytest.fixture(scope="session")
def http(site: Path) -> Iterator[str]:
    """The address of the site's root, served over http on this machine."""
    with web.served(site) as address:
        yield address


@pytest.fixture(scope="session")
def tab_of(browser: Browser) -> Callable:
    """A function: a tab with an empty cache, for as long as one needs it.

    It takes an address, the width of the window, and options of a context.
    """

    @contextmanager
    def tab_of(
        address: str = "about:blank",
        width: int = 1280,
        **options: object,
    ) -> Iterator[Page]:
        options.setdefault("viewport", {"width": width, "height": 800})
        options.setdefault("reduced_motion", "reduce")
        context = browser.new_context(**options)
        tab = context.new_page()
        tab.goto(address)
        try:
            yield tab
        finally:
            context.close()

    return tab_of
