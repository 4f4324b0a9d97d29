"""``python -m bookbuild live``: save a chapter, and see its page.

One process has everything imported and stays; the watching, the serving and
the reload in the browser are sphinx-autobuild's.
A chapter that was edited goes through Sphinx's own incremental build, for
speed: this is a preview, in which the navigation of another page may lag
behind.  Whatever else was edited, all pages are made afresh.
What readers get is ``html``'s work alone.
A build that fails tells why in the terminal; the last good pages stay.
"""

import argparse
import asyncio
import gc
import shutil
import sys
import time
from collections.abc import Sequence
from pathlib import Path

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

from bookbuild.commands import publish, sphinx
from bookbuild.commands.html import BUILD, CONFIG, SNIPPETS, SOURCE, set_date
from bookbuild.execution import inputs

WORK = BUILD / "live"
PAUSE = 0.5  # seconds


class Preview:
    """The pages that the author looks at.

    Attributes:
        site: The folder that is served.
    """

    def __init__(self, arguments: list[str]) -> None:
        """Begin with no page; the arguments are sphinx-build's."""
        self._good = WORK / "good"
        self.site = self._good / "html"
        self._arguments = arguments
        self._chapters: set[Path] = set()
        self._copied: tuple[int, ...] = ()  # the folders that are alike
        self._packages = inputs.packages()  # this process has imported these

    def build(self, changed: Sequence[Path] = ()) -> int:
        """Make what changed anew; return an exit status."""
        if inputs.packages() != self._packages:
            _say("Packages have changed; end this with Ctrl-C, start it again.")
            return 1
        begun = time.perf_counter()
        chapters = {path.resolve() for path in _chapters()}
        only_chapters = chapters == self._chapters >= set(changed)
        afresh = not (changed and only_chapters)
        with publish.locked(WORK):
            status = self._build(afresh=afresh)
        seconds = time.perf_counter() - begun
        if status == 0:
            self._chapters = chapters
            _say(f"The pages are up to date, after {seconds:.1f} s")
        else:
            _say("The last good pages stay until this is mended.")
        return status

    def _build(self, *, afresh: bool) -> int:
        """Build on a copy of the last good pages, and keep it if it is good.

        A copy, because what a build that fails leaves behind would hide the
        failure from the next one.
        """
        stage = WORK / "stage"
        if afresh:
            shutil.rmtree(stage, ignore_errors=True)
        elif self._folders() != self._copied:  # none, or another preview's
            self._copy()
        self._copied = ()
        _forget_snippets()
        status = sphinx(
            "html", stage / "html", stage / "doctrees", self._arguments
        )
        if status == 0:
            publish.replace(stage, self._good)
        return status

    def be_ready(self) -> None:
        """Do now what the next build need not do then."""
        if self._good.exists():
            with publish.locked(WORK):
                self._copy()
        gc.collect()  # builds collect no garbage

    def _copy(self) -> None:
        """Have a stage with the last good pages."""
        stage = WORK / "stage"
        shutil.rmtree(stage, ignore_errors=True)
        shutil.copytree(self._good, stage)
        self._copied = self._folders()

    def _folders(self) -> tuple[int, ...]:
        folders = WORK / "stage", self._good
        return tuple(f.stat().st_ino for f in folders if f.exists())


class Server(RebuildServer):
    """sphinx-autobuild's, building in this process, which is warm."""

    def __init__(self, preview: Preview) -> None:
        """Watch what the preview is made of."""
        watched = [SOURCE, SNIPPETS]
        super().__init__(watched, IgnoreFilter([], []), preview.build)
        self.preview = preview

    async def watch(self) -> None:
        """Build and reload at each change."""
        async for changes in watchfiles.awatch(
            *self.paths,
            watch_filter=lambda _, path: not self.ignore(path),
            step=10,  # milliseconds without a further change
        ):
            changed = [Path(path) for _, path in changes]  # they are absolute
            await asyncio.to_thread(self.change_callback, changed)
            self.flag.set()
            await asyncio.sleep(PAUSE)  # the page reloads
            await asyncio.to_thread(self.preview.be_ready)


def main(arguments: list[str]) -> int:
    """Build, serve, and build again whenever a file is saved."""
    parser = argparse.ArgumentParser(prog="live", allow_abbrev=False)
    parser.add_argument("--port", type=int, default=8000, help="0: a free one")
    parser.add_argument("--no-browser", action="store_true")
    options, others = parser.parse_known_args(arguments)
    set_date()
    preview = Preview(["--quiet", *others])
    preview.site.mkdir(parents=True, exist_ok=True)
    preview.build()
    preview.be_ready()
    gc.freeze()  # what was imported need not be gone through again
    port = options.port or find_free_port()
    address = f"127.0.0.1:{port}"
    _say(f"Look at http://{address} and write; Ctrl-C ends it.")
    if not options.no_browser:
        open_browser(address, delay=1)
    server = Server(preview)
    app = Starlette(
        routes=[
            WebSocketRoute("/websocket-reload", server, name="reload"),
            Mount("/", StaticFiles(directory=preview.site, html=True)),
        ],
        middleware=[Middleware(JavascriptInjectorMiddleware, ws_url=address)],
        lifespan=server.lifespan,
    )
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning")
    return 0


def _chapters() -> list[Path]:
    return [p for p in SOURCE.rglob("*.md") if CONFIG not in p.parents]


def _forget_snippets() -> None:
    """Have the snippets imported anew: the reference shows their docstrings."""
    package = SNIPPETS.name
    for name in list(sys.modules):
        if name == package or name.startswith(f"{package}."):
            del sys.modules[name]


def _say(text: str) -> None:
    print(text, flush=True)
