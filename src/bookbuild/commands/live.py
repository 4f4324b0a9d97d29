"""``python -m bookbuild live``: save a chapter, and see its page.

The watching, the serving and the reload in the browser are
sphinx-autobuild's; the build is that of ``html``, in a process that has
everything imported.
A build that fails tells why in the terminal; the last good pages stay.
"""

import argparse
import asyncio
import gc
import mimetypes
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

import uvicorn
import watchfiles
from sphinx_autobuild.filter import IgnoreFilter
from sphinx_autobuild.middleware import JavascriptInjectorMiddleware
from sphinx_autobuild.server import RebuildServer
from sphinx_autobuild.utils import find_free_port, open_browser
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import Response
from starlette.routing import Mount, WebSocketRoute
from starlette.staticfiles import StaticFiles

from bookbuild.commands import html
from bookbuild.commands.sphinx import SITE, SNIPPETS, SOURCE, set_date
from bookbuild.execution.cache_key import packages

LATER = Response(status_code=503, headers={"Refresh": "1"})  # in a second


def build(arguments: list[str], imported: list[str]) -> None:
    """Build, unless there are other packages than imported; say how it went."""
    if packages() != imported:
        _say("Packages have changed; end this with Ctrl-C, start it again.")
        return
    begun = time.perf_counter()
    # The reference shows the snippets' docstrings, and imports them.
    for name in list(sys.modules):
        if name.partition(".")[0] == SNIPPETS.name:
            del sys.modules[name]
    try:
        status = html.build(arguments, "--quiet")
    except Exception:  # noqa: BLE001 (whatever it is, the next may be good)
        traceback.print_exc()
        status = 1
    if status == 0:
        seconds = time.perf_counter() - begun
        _say(f"The pages are up to date, after {seconds:.1f} s")
    else:
        _say("The last good pages stay until this is mended.")


def first_build(rebuild: Callable[[], None]) -> None:
    """Build until nothing was saved meanwhile: nobody watches so early."""
    built = None
    while built != (saved := _saved()):
        built = saved
        rebuild()


def _saved() -> dict[Path, int]:
    """Return when each file was saved; the build itself writes bytecode."""
    found = {}
    for folder in (SOURCE, SNIPPETS):
        for path in folder.rglob("*.*"):
            with suppress(FileNotFoundError):  # an editor's, and gone again
                found[path] = path.stat().st_mtime_ns
    return {path: at for path, at in found.items() if path.suffix != ".pyc"}


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


class Pages(StaticFiles):
    """The site, each file read at once: a build may exchange all of them."""

    def file_response(self, full_path: str, *_: object) -> Response:
        """Return a file."""
        kind, _ = mimetypes.guess_type(full_path)
        return Response(Path(full_path).read_bytes(), media_type=kind)


def live(arguments: list[str]) -> int:
    """Build, serve, and build again whenever a file is saved."""
    parser = argparse.ArgumentParser(prog="live", allow_abbrev=False)
    parser.add_argument("--port", type=int, default=8000, help="0: a free one")
    parser.add_argument("--no-browser", action="store_true")
    options, others = parser.parse_known_args(arguments)
    set_date()
    gc.disable()  # or a build would take half as long again
    rebuild = partial(build, others, packages())
    first_build(rebuild)
    gc.freeze()  # collections look only at what later builds make
    SITE.mkdir(parents=True, exist_ok=True)
    port = options.port or find_free_port()
    address = f"127.0.0.1:{port}"
    _say(f"Look at http://{address} and write; Ctrl-C ends it.")
    if not options.no_browser:
        open_browser(address, delay=1)
    server = Server([SOURCE, SNIPPETS], IgnoreFilter([], []), rebuild)
    app = Starlette(
        routes=[
            WebSocketRoute("/websocket-reload", server, name="reload"),
            Mount("/", Pages(directory=SITE, html=True)),
        ],
        middleware=[Middleware(JavascriptInjectorMiddleware, ws_url=address)],
        lifespan=server.lifespan,
        exception_handlers={FileNotFoundError: lambda *_: LATER},
    )
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning")
    return 0


def _say(text: str) -> None:
    print(text, flush=True)
