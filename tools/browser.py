"""The built site as readers get it: served compressed, to a real Chromium.

For the tests, the audit and the screenshots; the build itself needs neither.
"""

import gzip
import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path

from playwright.sync_api import Browser, Error, Playwright

INSTALLED = ("chromium", "chromium-browser", "google-chrome")
# The same without the window around the page: half the work for a processor.
SHELL = "chromium-headless-shell"
FLAGS = [
    "--disable-background-networking",  # it would ask for updates
    "--disable-component-update",
    "--disable-gpu",
    "--disable-partial-raster",  # the same picture each time
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
]
TEXT = {".css", ".html", ".js", ".json", ".svg", ".txt", ".xml"}
NOT_FOUND = "404.html"


class Handler(SimpleHTTPRequestHandler):
    """Serves files as a site's server does: text compressed, kept a while."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer with a file, or with the site's page for wrong addresses."""
        path = Path(self.translate_path(self.path))
        if path.is_dir():
            path /= "index.html"
        status = 200
        if not path.is_file():
            path, status = Path(self.directory, NOT_FOUND), 404
        if not path.is_file():
            self.send_error(404)
            return
        content = path.read_bytes()
        self.send_response(status)
        self.send_header("Content-Type", self._kind(path))
        if path.suffix in TEXT:
            content = compressed(content)
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.copyfile(BytesIO(content), self.wfile)

    def _kind(self, path: Path) -> str:
        kind = self.guess_type(path)
        return f"{kind}; charset=utf-8" if path.suffix in TEXT else kind

    def log_message(self, *_args: object) -> None:
        """Say nothing."""


@cache
def compressed(content: bytes) -> bytes:
    """Return the content as servers send it: gzip's level 6, no time in it."""
    return gzip.compress(content, compresslevel=6, mtime=0)


@contextmanager
def served(site: Path) -> Iterator[str]:
    """Serve a site on this machine; yields the address of its root."""
    handler = partial(Handler, directory=str(site))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def chromium(*, window: bool = True) -> str | None:
    """Return the path of the Chromium that is installed, if one is.

    Args:
        window: Whether it is to have a window, as that of a reader has.
    """
    names = INSTALLED if window else (SHELL, *INSTALLED)
    return next(filter(None, map(shutil.which, names)), None)


def flags() -> list[str]:
    """Return how to start Chromium so that it talks to nobody else."""
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    return [*FLAGS, "--no-sandbox"] if is_root else FLAGS


@contextmanager
def browser(playwright: Playwright) -> Iterator[Browser]:
    """Start the Chromium that is installed, else the one of Playwright.

    Raises:
        RuntimeError: There is none.
    """
    try:
        started = playwright.chromium.launch(
            executable_path=chromium(window=False), args=flags()
        )
    except Error as error:
        raise RuntimeError(
            "this needs Chromium: install the package 'chromium', or run "
            f"'playwright install chromium' ({error.message})"
        ) from error
    with started:
        yield started
