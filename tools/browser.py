"""The built site as readers get it: served compressed, to a real Chromium.

For the tests and other tools; the build itself needs no browser.
``python -m tools.browser`` makes sure that there is a Chromium.
"""

import gzip
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from playwright.sync_api import Browser, Error, Playwright, sync_playwright

# The first has no window around the page: half the work for a processor.
INSTALLED = (
    "chromium-headless-shell", "chromium", "chromium-browser",
    "google-chrome", "google-chrome-stable",
)  # fmt: skip
PLAYWRIGHT = (sys.executable, "-m", "playwright")
APT = ("apt-get", "install", "--yes", "--no-install-recommends", "--quiet")
REMEDY = (
    "this needs Chromium, and none could be started or installed: install your "
    "system's package 'chromium' or 'google-chrome', or, with a network, run "
    "'python -m playwright install --with-deps chromium'"
)
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
TIMEOUT = 300  # seconds for one way to install


class Handler(SimpleHTTPRequestHandler):
    """Serves files as a site's server does: text compressed."""

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
        kind = self.guess_type(path)
        if path.suffix in TEXT:
            kind += "; charset=utf-8"
            content = compressed(content)
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

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
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def chromium() -> str | None:
    """Return the path of the Chromium that is installed, if one is."""
    return next(filter(None, map(shutil.which, INSTALLED)), None)


def flags() -> list[str]:
    """Return how to start Chromium so that it talks to nobody else."""
    return [*FLAGS, "--no-sandbox"] if _is_root() else FLAGS


def _is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


@contextmanager
def browser(playwright: Playwright) -> Iterator[Browser]:
    """Start the Chromium that is installed, else the one of Playwright.

    Raises:
        RuntimeError: There is none.
    """
    try:
        started = playwright.chromium.launch(
            executable_path=chromium(), args=flags()
        )
    except Error as error:
        raise RuntimeError(f"{REMEDY} ({error.message})") from error
    with started:
        yield started


def starts() -> bool:
    """Return whether there is a Chromium that starts."""
    try:
        with sync_playwright() as playwright, browser(playwright):
            return True
    except RuntimeError:
        return False


def provide() -> None:
    """Install a Chromium if there is none.

    Raises:
        SystemExit: There is none, and this machine cannot get one by itself.
    """
    own: tuple[str, ...] = (*PLAYWRIGHT, "install", "--only-shell", "chromium")
    ways = [[own]]
    if _is_root() and shutil.which("apt-get"):
        ways += [
            [("apt-get", "update", "--quiet"), (*APT, INSTALLED[0])],
            # What Playwright's own download, if that is here, needs to start.
            [(*PLAYWRIGHT, "install-deps", "chromium")],
            [(*APT, "chromium")],
        ]
    for commands in ways:
        if starts():
            return
        for command in commands:
            print("no Chromium yet, trying:", *command, flush=True)
            _try(command)
    if not starts():
        sys.exit(REMEDY)


def _try(command: tuple[str, ...]) -> None:
    changes = {
        "DEBIAN_FRONTEND": "noninteractive",
        "PLAYWRIGHT_DOWNLOAD_CONNECTION_TIMEOUT": "5000",  # ms, not 30 s
    }
    try:
        subprocess.run(
            command,
            env={**os.environ, **changes},
            capture_output=True,
            text=True,
            check=True,
            timeout=TIMEOUT,
        )
    except subprocess.CalledProcessError as error:
        first, *_ = error.stderr.strip().splitlines() or ["it says nothing"]
        print(f"it failed: {first}")
    except (OSError, subprocess.TimeoutExpired) as error:
        print(f"it failed: {error}")


if __name__ == "__main__":
    provide()
