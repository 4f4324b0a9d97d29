"""A real Chromium, and the built site over http and from the disk."""

import os
import shutil
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Error, Playwright, sync_playwright

INSTALLED = ("chromium", "chromium-browser", "google-chrome")
FLAGS = [
    "--disable-background-networking",  # it would ask for updates
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
]


class QuietHandler(SimpleHTTPRequestHandler):
    """Serve files and write no log."""

    def log_message(self, *_args: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """The driver."""
    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """The Chromium that is installed, else the one Playwright installs."""
    found = next(filter(None, map(shutil.which, INSTALLED)), None)
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    flags = [*FLAGS, "--no-sandbox"] if is_root else FLAGS
    try:
        chromium = playwright.chromium.launch(executable_path=found, args=flags)
    except Error as error:
        pytest.fail(
            "the browser tests need Chromium: install the package 'chromium', "
            f"or run 'playwright install chromium' ({error.message})"
        )
    yield chromium
    chromium.close()


@pytest.fixture(scope="session")
def http(site: Path) -> Iterator[str]:
    """The address of the site's root, served over http on this machine."""
    handler = partial(QuietHandler, directory=str(site))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
