"""``live`` shows what an author saves, and goes on showing what was good."""

import asyncio
import http.client
import os
import re
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from sphinx_autobuild.filter import IgnoreFilter

from bookbuild.commands import live

SOURCE = Path(__file__).parents[2] / "src"
CHAPTER = """
# Chapter

First words.

```{code-cell}
:snippet: double
```

```{code-cell}
print("twice 21 is", double(21))
```
"""
REFERENCE = "```{eval-rst}\n.. autofunction:: snippets.double.double\n```\n"


class Author:
    """Somebody who saves files and looks at a page."""

    def __init__(self, book, process, said):
        """Wait until the first pages are there."""
        self.book, self.process, self.said = book, process, said
        self.address = self.told(r"Look at (http://\S+) ")[1]

    def told(self, pattern):
        """Wait until something is said in the terminal."""
        return self._wait(lambda: re.search(pattern, self.said.read_text()))

    def sees(self, text, name="chapter"):
        """Wait until a page shows a text; return the page."""
        return self._wait(lambda: text in (page := self.page(name)) and page)

    def page(self, name="chapter"):
        """Return a page as it is now; empty while it cannot be had.

        That is in the moment in which new pages take the place of old ones.
        """
        try:
            address = f"{self.address}/{name}.html"
            with urllib.request.urlopen(address) as answer:  # noqa: S310 (our own server)
                return answer.read().decode()
        except (OSError, http.client.HTTPException):
            return ""

    def _wait(self, found):
        for _ in range(3000):
            if answer := found():
                return answer
            assert self.process.poll() is None, self.said.read_text()
            time.sleep(0.02)
        pytest.fail(self.said.read_text())


@pytest.fixture
def author(make_book, tmp_path):
    book = make_book(CHAPTER)
    book.configure('extensions += ["sphinx.ext.autodoc"]')
    book.write("src/snippets/__init__.py", "")
    book.write("book/reference.md", f"# Reference\n\n{REFERENCE}")
    book.index("chapter", "reference")
    said = tmp_path / "said"
    path = os.pathsep.join([f"{book.root}/src", str(SOURCE)])
    command = [sys.executable, "-m", "bookbuild", "live"]
    with (
        said.open("w") as out,
        subprocess.Popen(
            [*command, "--port=0", "--no-browser"],
            cwd=book.root,
            stdout=out,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PYTHONPATH": path},
        ) as process,
    ):
        try:
            yield Author(book, process, said)
        finally:
            process.terminate()


def test_what_is_saved_is_shown(author):
    page = author.sees("twice 21 is 42")
    assert "websocket" in page.lower()  # the page reloads by itself

    author.book.write("book/chapter.md", CHAPTER.replace("First", "Other"))
    assert "twice 21 is 42" in author.sees("Other words.")

    snippet = (author.book.root / "src/snippets/double.py").read_text()
    changed = snippet.replace("return 2 * x", "return 20 * x")
    changed = changed.replace("More than", "Much more than")
    author.book.write("src/snippets/double.py", changed)
    page = author.sees("twice 21 is 420")
    assert "return 20 * x" in re.sub("<[^>]+>", "", page)
    author.sees("Much more than a page needs", "reference")

    author.book.write("book/chapter.md", CHAPTER.replace("21)", "21) / 0"))
    author.told(r"chapter\.md:10: the cell raised ZeroDivisionError")
    author.told(r"The last good pages stay until this is mended\.")
    assert "twice 21 is 420" in author.page()

    author.book.write("book/chapter.md", CHAPTER.replace("First", "Third"))
    author.sees("Third words.")

    author.book.configure('html_title = "New"')
    author.sees("<title>Chapter \N{EM DASH} New")


def test_a_file_saved_during_the_first_build_is_built(monkeypatch, tmp_path):
    chapter, seen = tmp_path / "chapter.md", []
    chapter.write_text("First words.")
    os.utime(chapter, (2**32, 2**32))  # a clock was wrong
    monkeypatch.setattr(live, "SOURCE", tmp_path)
    monkeypatch.setattr(live, "SNIPPETS", tmp_path)

    def build():
        seen.append(chapter.read_text())
        if len(seen) == 1:
            time.sleep(0.05)  # a file's time has steps of some milliseconds
            chapter.write_text("Other words.")

    live.first_build(build)
    assert seen == ["First words.", "Other words."]


def test_memory_is_cleared_only_between_builds(monkeypatch, tmp_path):
    building, cleared = [], []

    async def saves(*_paths, **_settings):
        yield
        yield  # while the author looks at the page

    def build():
        building.append(True)
        time.sleep(1.1 if cleared == [] else 0)
        building.clear()

    async def watch():
        await live.Server([tmp_path], IgnoreFilter([], []), build).watch()
        await asyncio.sleep(1.1)

    monkeypatch.setattr(live.watchfiles, "awatch", saves)
    monkeypatch.setattr(
        live.gc, "collect", lambda: cleared.append(bool(building))
    )
    asyncio.run(watch())
    assert cleared == [False]


def test_a_page_is_sent_whole_while_the_site_is_exchanged(tmp_path):
    site = tmp_path / "site"
    site.mkdir()
    page = site / "page.html"
    page.write_text("old")
    pages = live.Pages(directory=site, html=True)
    found = pages.lookup_path("page.html")
    pages.lookup_path = lambda _path: found  # then the folder is exchanged

    def answer():
        scope = {"method": "GET", "path": "/page.html", "headers": []}
        return asyncio.run(pages.get_response("page.html", scope))

    page.write_text("new, and longer")
    assert answer().body == b"new, and longer"
    assert answer().headers["content-length"] == "15"
    assert answer().headers["content-type"].startswith("text/html")
    page.unlink()  # what live answers then is LATER
    with pytest.raises(FileNotFoundError):
        answer()


def test_whatever_stops_a_build_live_goes_on(monkeypatch, capsys):
    def build(*_arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(live.html, "build", build)
    live.build([], live.packages())
    captured = capsys.readouterr()
    assert "No space left on device" in captured.err
    assert "The last good pages stay" in captured.out
