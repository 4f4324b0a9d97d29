"""Measure builds side by side: ``nox -s bench``.

Parts, to be chosen with ``--only``:

a  a cold build, ours against stock MyST-NB
b  nothing changed, ours against stock with its cache
c  a prose edit, ours (also from save to browser in ``live``) against the same
d  a code edit in one chapter, ours against the same
e  a snippet edit, ours against the same
f  generated books of 10, 30 and 100 chapters, ours against stock

The builders take turns, so that other load on the machine slows all alike.
The table is ``tools/bench.md``; parts that were measured before with the same
versions on the same kind of machine stay in it.
"""

import argparse
import itertools
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

from playwright.sync_api import Error, sync_playwright
from sphinx_autobuild.utils import find_free_port

from tools import browser as web
from tools.builders import ROOT, WORK, Chapters, Ours, Stock, cells_of, empty
from tools.table import Table

STOCK_LIMIT = 300  # seconds; where stock takes longer it is not measured


class Edit:
    """Edits files again and again, each time to a new text."""

    def __init__(self, old: str, new: str, *paths: Path) -> None:
        """In ``new``, ``%d`` becomes the number of the edit."""
        self.old, self.new = old, new
        self.texts = {path: path.read_text(encoding="utf-8") for path in paths}
        self.numbers = itertools.count(1)
        for path, text in self.texts.items():
            if old not in text:
                raise ValueError(f"{path} does not hold {old!r}")

    def __call__(self) -> int:
        """Make the next edit; return its number."""
        number = next(self.numbers)
        for path, text in self.texts.items():
            changed = text.replace(self.old, self.new % number, 1)
            path.write_text(changed, encoding="utf-8")
        return number

    def undo(self) -> None:
        """Put the files back as they were."""
        for path, text in self.texts.items():
            path.write_text(text, encoding="utf-8")


@dataclass
class Bench:
    """The book, its builders and the table, which the parts share."""

    table: Table

    @cached_property
    def chapters(self) -> Chapters:
        """The cells of each chapter."""
        return cells_of(ROOT / "book")

    @cached_property
    def ours(self) -> Ours:
        """This book, built once."""
        ours = Ours(WORK / "ours", ROOT / "book")
        ours.cold()
        return ours

    @cached_property
    def cached(self) -> Stock:
        """The same chapters with the cache of stock MyST-NB, built once."""
        stock = Stock(WORK / "cached", self.chapters, "cache")
        stock.cold()
        return stock

    def edited(
        self, part: str, what: str, change: tuple[str, str], file: str,
        chapters: list[str],
    ) -> None:  # fmt: skip
        """Measure builds after edits of ours and of the same text in stock.

        Args:
            part: The part's letter.
            what: The name of the edit in the table.
            change: The text to replace, and its replacement.
            file: The file to edit in ours.
            chapters: The notebooks to edit in stock.
        """
        notebooks = [self.cached.source / f"{name}.ipynb" for name in chapters]
        edits = {
            "ours": Edit(*change, self.ours.folder / file),
            "stock_with_its_cache": Edit(*change, *notebooks),
        }
        builds = self.ours.build, self.cached.build
        self.table.measure(
            part,
            what,
            prepare=lambda how: edits[how](),
            **dict(zip(edits, builds, strict=True)),
        )
        for edit, build in zip(edits.values(), builds, strict=True):
            edit.undo()
            build()  # so that the next part begins with nothing to do


@contextmanager
def in_live(
    folder: Path, chapter: str, change: tuple[str, str]
) -> Iterator[Callable[[], float]]:
    """Run ``live``; yield a function that measures from save to browser."""
    port = find_free_port()
    command = (sys.executable, "-m", "bookbuild", "live", "--no-browser")
    edit = Edit(*change, folder / f"book/{chapter}.md")
    live = subprocess.Popen(
        [*command, f"--port={port}"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder / "src")},
        stdout=subprocess.DEVNULL,
    )
    try:
        with sync_playwright() as driver, web.browser(driver) as chromium:
            page = chromium.new_page()
            while live.poll() is None:
                try:
                    page.goto(f"http://127.0.0.1:{port}/{chapter}.html")
                    break
                except Error:  # until the first build is done
                    time.sleep(1)

            def once() -> float:
                time.sleep(2)  # authors pause between two saves
                start = time.perf_counter()
                page.wait_for_function(
                    "document.body && document.body.innerText.includes("
                    f"'in edit {edit()},')",
                    polling=20,
                    timeout=120_000,
                )
                return time.perf_counter() - start

            yield once
    finally:
        live.terminate()
        live.wait()
        edit.undo()


def part_a(bench: Bench) -> None:
    """A cold build."""
    stock = Stock(WORK / "stock", bench.chapters, "auto")
    bench.table.measure(
        "a", "cold build", ours=bench.ours.cold, stock=stock.cold
    )


def part_b(bench: Bench) -> None:
    """Nothing has changed."""
    bench.table.measure(
        "b",
        "nothing changed",
        ours=bench.ours.build,
        stock_with_its_cache=bench.cached.build,
    )


def part_c(bench: Bench) -> None:
    """A prose edit, in a build and in ``live``."""
    words = "You meet the two things that"
    change = words, words.replace("meet", "meet, in edit %d,")
    bench.edited("c", "a prose edit", change, "book/tensors.md", ["tensors"])
    with in_live(bench.ours.folder, "tensors", change) as once:
        bench.table.measure("c", "from save to browser", ours=once)


def part_d(bench: Bench) -> None:
    """A code edit in one chapter."""
    line = "a = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)"
    change = line, line + "  # edit %d"
    bench.edited("d", "a code edit", change, "book/tensors.md", ["tensors"])


def part_e(bench: Bench) -> None:
    """An edit of a snippet."""
    line = "logsigmoid(margin).sum()  # (n,) -> ()"
    change, file = (line, line + ", edit %d"), "src/snippets/log_loss.py"
    shown = [
        name
        for name, cells in bench.chapters.items()
        if any(line in cell.source for cell in cells)
    ]
    bench.edited("e", "a snippet edit", change, file, shown)


def generate(folder: Path, count: int) -> Path:
    """Write a book of chapters with a torch cell and a figure each."""
    source = empty(folder) / "book"
    shutil.copytree(ROOT / "book/_config", source / "_config")
    names = [f"chapter-{i}" for i in range(count)]
    toctree = "\n".join(names)
    (source / "index.md").write_text(
        f"# Generated\n\n```{{toctree}}\n{toctree}\n```\n", encoding="utf-8"
    )
    for number, name in enumerate(names):
        (source / f"{name}.md").write_text(
            f"# Chapter {number}\n\nSome words.\n\n```{{code-cell}}\n"
            "import torch\nimport matplotlib.pyplot as plt\n"
            f"x = torch.arange({number + 2}.0, requires_grad=True)\n"
            "(x**2).sum().backward()\nprint(x.grad[-1].item())\n```\n\n"
            "```{code-cell}\nfig, ax = plt.subplots()\n"
            "_ = ax.plot(x.grad)\n```\n",
            encoding="utf-8",
        )
    return source


def part_f(bench: Bench) -> None:
    """Books of many chapters."""
    for count in (10, 30, 100):
        source = generate(WORK / "generated", count)
        ours = Ours(WORK / "many", source)
        stock = Stock(WORK / "plain", cells_of(source), "auto")
        bench.table.measure(
            "f",
            f"{count} chapters, cold",
            ours=ours.cold,
            stock=partial(stock.cold, STOCK_LIMIT),
        )
        bench.table.measure(
            "f", f"{count} chapters, unchanged", ours=ours.build
        )


def main() -> None:
    """Measure the parts that are asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--only", default="a,b,c,d,e,f")
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    WORK.mkdir(parents=True, exist_ok=True)
    bench = Bench(Table(options.runs))
    parts = {
        "a": part_a,
        "b": part_b,
        "c": part_c,
        "d": part_d,
        "e": part_e,
        "f": part_f,
    }
    for name in options.only.split(","):
        bench.table.begin(name)
        parts[name](bench)


if __name__ == "__main__":
    main()
