"""``python -m bookbuild live``: save a chapter, and see its page.

The watching, the serving and the reload in the browser are
sphinx-autobuild's; the build is that of ``html``, in a process that has
everything imported.
A build that fails tells why in the terminal; the last good pages stay.
"""

import argparse
import asyncio
import gc
import sys
import time

import uvicorn
import watchfiles
from sphinx_autobuild.filter import IgnoreFilter
from sphinx_autobuild.middleware import JavascriptInjectorMiddleware
from sphinx_autobuild.server import RebuildServer
from sphinx_autobuild.utils import find_free_port, open_browser
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Mount, WebSocketRoute
from starlette.staticfiles import StaticFiles

from bookbuild.commands import html
from bookbuild.commands.sphinx import SITE, SNIPPETS, SOURCE, set_date
from bookbuild.execution.cache_key import packages


class Preview:
    """Builds the site in this process, again and again."""

    def __init__(self, arguments: list[str]) -> None:
        """Note how Sphinx is asked, and what this process has imported."""
        self._arguments = arguments
        self._packages = packages()

    def build(self) -> None:
        """Build, and say how it went."""
        if packages() != self._packages:
            _say("Packages have changed; end this with Ctrl-C, start it again.")
            return
        begun = time.perf_counter()
        # The reference shows the snippets' docstrings, and imports them.
        for name in list(sys.modules):
            if name.partition(".")[0] == SNIPPETS.name:
                del sys.modules[name]
        if html.build(self._arguments, "--quiet") == 0:
            seconds = time.perf_counter() - begun
            _say(f"The pages are up to date, after {seconds:.1f} s")
        else:
            _say("The last good pages stay until this is mended.")


class Server(RebuildServer):
    """sphinx-autobuild's, building in this process, which is warm."""

    async def watch(self) -> None:
        """Build and reload at each change."""
        later = asyncio.get_running_loop().call_later
        collection = later(1, gc.collect)
        async for _ in watchfiles.awatch(
            *self.paths,
            watch_filter=lambda _, path: not self.ignore(path),
            step=10,  # milliseconds without a further change
        ):
            # Never while a build forks: one that closes a database lets the
            # build go on, and in a fork SQLite's lock would stay locked.
            collection.cancel()
            await asyncio.to_thread(self.change_callback)
            self.flag.set()
            # When the browser has the page and its author looks at it.
            collection = later(1, gc.collect)


def live(arguments: list[str]) -> int:
    """Build, serve, and build again whenever a file is saved."""
    parser = argparse.ArgumentParser(prog="live", allow_abbrev=False)
    parser.add_argument("--port", type=int, default=8000, help="0: a free one")
    parser.add_argument("--no-browser", action="store_true")
    options, others = parser.parse_known_args(arguments)
    set_date()
    gc.disable()  # or a build would take half as long again
    preview = Preview(others)
    preview.build()
    gc.freeze()  # collections look only at what later builds make
    SITE.mkdir(parents=True, exist_ok=True)
    port = options.port or find_free_port()
    address = f"127.0.0.1:{port}"
    _say(f"Look at http://{address} and write; Ctrl-C ends it.")
    if not options.no_browser:
        open_browser(address, delay=1)
    server = Server([SOURCE, SNIPPETS], IgnoreFilter([], []), preview.build)
    app = Starlette(
        routes=[
            WebSocketRoute("/websocket-reload", server, name="reload"),
            Mount("/", StaticFiles(directory=SITE, html=True)),
        ],
        middleware=[Middleware(JavascriptInjectorMiddleware, ws_url=address)],
        lifespan=server.lifespan,
    )
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning")
    return 0


def _say(text: str) -> None:
    print(text, flush=True)
