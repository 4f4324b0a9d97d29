"""Measure builds side by side: ``nox -s bench``.

Parts, to be chosen with ``--only``:

a  a cold build, ours against stock MyST-NB and against the floor
b  nothing changed, ours against Sphinx's own build that executes nothing
c  a prose edit, ours (also from save to browser in ``live``) against stock
d  a code edit in one chapter, ours against stock
e  a snippet edit, ours against stock
f  generated books of 10, 30 and 100 chapters, ours against stock
g  the same chapters through nbsphinx, sphinx-gallery and mkdocs-jupyter

The ways to do a thing take turns, so that a machine that is busy is busy for
all.  Where stock MyST-NB has a cache to offer, it is measured with it, too.
The table is ``benchmarks/results.md``; parts that were measured before with
the same versions on the same kind of machine stay in it.
"""

import argparse
import itertools
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property, partial
from pathlib import Path

from playwright.sync_api import Error, sync_playwright

from tools import builders
from tools.builders import NO_EXECUTION, ROOT, WITH_CACHE, WORK
from tools.table import Table

STOCK_LIMIT = 300  # seconds; where stock takes longer it is not measured
CHROMIUM = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


class Edit:
    """Edits files again and again, and never twice in the same way."""

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


class Bench:
    """What the parts share: the book, its builders, and the table."""

    def __init__(self, table: Table) -> None:
        """Build nothing yet."""
        self.table = table

    @cached_property
    def chapters(self) -> builders.Chapters:
        """The chapters' cells."""
        return builders.cells_of(ROOT / "book")

    @cached_property
    def ours(self) -> builders.Ours:
        """This book, built once."""
        ours = builders.Ours(WORK / "ours", ROOT / "book")
        ours.cold()
        return ours

    @cached_property
    def stock(self) -> builders.Stock:
        """The same chapters, built once."""
        stock = builders.Stock(WORK / "stock", self.chapters)
        stock.cold()
        return stock

    @cached_property
    def off(self) -> builders.Stock:
        """The same chapters, of which no cell is ever executed."""
        return builders.Stock(WORK / "off", self.chapters)

    @cached_property
    def cached(self) -> builders.Stock:
        """Likewise, with the cache."""
        stock = builders.Stock(WORK / "cached", self.chapters)
        stock.cold(*WITH_CACHE)
        return stock

    def edited(
        self,
        row: tuple[str, str],
        edit: tuple[str, str],
        file: str,
        chapters: list[str],
    ) -> None:
        """Measure builds after edits of ours and of the same in stock.

        Args:
            row: The part and what it measures.
            edit: The text to replace, and what to put there.
            file: What to edit in ours, below its folder.
            chapters: The notebooks to edit in stock.
        """
        notebooks = [f"{name}.ipynb" for name in chapters]
        ours = Edit(*edit, self.ours.folder / file)
        stock = Edit(*edit, *(self.stock.source / n for n in notebooks))
        cached = Edit(*edit, *(self.cached.source / n for n in notebooks))
        self.table.measure(
            *row,
            ours=after(ours, self.ours.build),
            stock=after(stock, self.stock.build),
            stock_with_its_cache=after(
                cached, partial(self.cached.build, *WITH_CACHE)
            ),
        )
        ours()
        self.ours.build()
        self.table.note(self.ours.ran())
        for one in ours, stock, cached:
            one.undo()


def after(edit: Edit, build: Callable[[], float]) -> Callable[[], float]:
    """Return a way to edit, and to measure the build alone."""

    def once() -> float:
        edit()
        return build()

    return once


@contextmanager
def in_live(folder: Path, chapter: str) -> Iterator[Callable[[], float]]:
    """Have a way to measure from save to browser for a while."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = (builders.PYTHON, "-m", "bookbuild", "live", "--no-browser")
    file = folder / f"book/{chapter}.md"
    edit = Edit("\n# ", "\n# Edit%d ", file)
    live = subprocess.Popen(
        [*command, f"--port={port}"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder / "src")},
        stdout=subprocess.DEVNULL,
    )
    try:
        with sync_playwright() as driver:
            chromium = driver.chromium.launch(
                executable_path=shutil.which("chromium"), args=CHROMIUM
            )
            page = chromium.new_page()
            while live.poll() is None:
                try:
                    page.goto(f"http://127.0.0.1:{port}/{chapter}.html")
                    break
                except Error:  # until the first build is done
                    time.sleep(1)

            def once() -> float:
                time.sleep(2)  # an author does not save twice in a moment
                start = time.perf_counter()
                page.wait_for_function(
                    "document.body && document.body.innerText.includes("
                    f"'Edit{edit()} ')",
                    polling=20,
                    timeout=120_000,
                )
                return time.perf_counter() - start

            yield once
            chromium.close()
    finally:
        live.terminate()
        live.wait()
        edit.undo()


def part_a(bench: Bench) -> None:
    """A cold build; the floor is one process and Sphinx with no execution."""

    def floor() -> float:
        code = builders.all_code_at_once(bench.chapters)
        return code + bench.off.cold(*NO_EXECUTION)

    bench.table.measure(
        "a",
        "cold build",
        ours=bench.ours.cold,
        stock=bench.stock.cold,
        floor=floor,
    )


def part_b(bench: Bench) -> None:
    """Nothing has changed."""
    bench.ours.build()
    bench.off.cold(*NO_EXECUTION)
    bench.table.measure(
        "b",
        "nothing changed",
        ours=bench.ours.build,
        Sphinx_without_execution=partial(bench.off.build, *NO_EXECUTION),
    )


def part_c(bench: Bench) -> None:
    """A prose edit, in a build and in live."""
    bench.edited(
        ("c", "a prose edit"),
        (
            "You meet the two things that",
            "You meet, in edit %d, the two things that",
        ),
        "book/tensors.md",
        ["tensors"],
    )
    with in_live(bench.ours.folder, "formula-to-code") as once:
        bench.table.measure("c", "from save to browser", ours=once)


def part_d(bench: Bench) -> None:
    """A code edit in one chapter."""
    line = "a = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)"
    bench.edited(
        ("d", "a code edit in one chapter"),
        (line, line + "  # edit %d"),
        "book/tensors.md",
        ["tensors"],
    )


def part_e(bench: Bench) -> None:
    """A snippet edit."""
    line = "logsigmoid(margin).sum()  # (n,) -> ()"
    shown = [
        name
        for name, cells in bench.chapters.items()
        if any(line in cell.source for cell in cells)
    ]
    bench.edited(
        ("e", f"an edit of a snippet that {len(shown)} chapters show"),
        (line, line + ", edit %d"),
        "src/snippets/log_loss.py",
        shown,
    )


def generate(folder: Path, count: int) -> Path:
    """Write a book of chapters with a torch cell and a figure each."""
    source = builders.empty(folder) / "book"
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


def part_f(bench: Bench, counts: list[int]) -> None:
    """Books that are generated."""
    for count in counts:
        source = generate(WORK / "generated", count)
        ours = builders.Ours(WORK / "many", source)
        stock = builders.Stock(WORK / "plain", builders.cells_of(source))
        bench.table.measure(
            "f",
            f"{count} chapters, cold",
            ours=ours.cold,
            stock=partial(stock.cold, limit=STOCK_LIMIT),
        )
        stock.cold(*NO_EXECUTION)
        bench.table.measure(
            "f",
            f"{count} chapters, unchanged",
            ours=ours.build,
            stock=partial(stock.build, *NO_EXECUTION),
        )


def part_g(bench: Bench) -> None:
    """Other builders, in an environment of their own."""
    others = builders.Others(bench.chapters)
    bench.table.measure(
        "g",
        "the same chapters, cold",
        ours=bench.ours.cold,
        nbsphinx=others.nbsphinx,
        mkdocs_jupyter=others.mkdocs_jupyter,
        sphinx_gallery=others.sphinx_gallery,
    )


def main() -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--only", default="a,b,c,d,e,f,g")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--chapters", default="10,30,100", help="of part f")
    parser.add_argument(
        "--results",
        type=Path,
        default=ROOT / "benchmarks/results.md",
        help="where to write the table",
    )
    options = parser.parse_args()
    WORK.mkdir(parents=True, exist_ok=True)
    bench = Bench(Table(options.runs, options.results, WORK / "rows.json"))
    counts = [int(count) for count in options.chapters.split(",")]
    parts = {
        "a": part_a,
        "b": part_b,
        "c": part_c,
        "d": part_d,
        "e": part_e,
        "f": partial(part_f, counts=counts),
        "g": part_g,
    }
    for name in options.only.split(","):
        bench.table.begin(name)
        parts[name](bench)


if __name__ == "__main__":
    main()
