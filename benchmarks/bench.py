"""Measure builds side by side: ``nox -s bench``.

Parts, to be chosen with ``--only``:

a  a cold build, ours against stock MyST-NB and against the floor
b  nothing changed, ours against Sphinx's own build that executes nothing
c  a prose edit, ours (also from save to browser in ``live``) against stock
d  a code edit in one chapter, ours against stock
e  a snippet edit, ours against stock
f  generated books of 10, 30 and 100 chapters, ours against stock
g  the same chapters through nbsphinx, sphinx-gallery and mkdocs-jupyter

All runs of a part alternate, so that a machine that is busy is busy for all;
the table gives medians and, in brackets, the fastest and the slowest.
It is written to ``build/bench/results.md`` and ``results.json``.
"""

import argparse
import itertools
import json
import os
import platform
import re
import shutil
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import nbformat

from bookbuild import book, execute

ROOT = Path(__file__).parents[1]
WORK = ROOT / "build/bench"
PYTHON = sys.executable
ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
}
STOCK_LIMIT = 300  # seconds; where stock takes longer it is not measured
OURS = "ours"
FLOOR = """
import json, sys, time
import matplotlib
matplotlib.use("svg")
import matplotlib.pyplot as plt, numpy, torch, io
for cells in json.load(open(sys.argv[1])):
    names = {"__name__": "__main__"}
    for source in cells:
        try:
            exec(source, names)
        except Exception:
            pass  # some are meant to raise
        for number in plt.get_fignums():
            plt.figure(number).savefig(io.StringIO(), format="svg")
        plt.close("all")
"""
STOCK_CONF = """
project = "Stock"
extensions = ["myst_nb", "sphinx_design",
              "sphinx_exercise", "sphinxcontrib.bibtex"]
myst_enable_extensions = ["attrs_inline", "colon_fence", "deflist",
                          "dollarmath"]
bibtex_bibfiles = ["references.bib"]
html_theme = "sphinx_book_theme"
nb_execution_timeout = 300
nb_execution_raise_on_error = False
numfig = True
"""


def run(
    *command: object,
    cwd: Path,
    path: Path | None = None,
    timeout: float | None = None,
) -> float | None:
    """Run a command; return how long it took, None if too long."""
    environment = {**os.environ, **ONE_THREAD}
    environment.pop("PYTHONPATH", None)
    if path:
        environment["PYTHONPATH"] = str(path)
    start = time.perf_counter()
    with (WORK / "log.txt").open("w") as log:
        try:
            subprocess.run(
                list(map(str, command)),
                cwd=cwd,
                env=environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                check=True,
                timeout=timeout,
            )
        except subprocess.TimeoutExpired:
            return None
        except subprocess.CalledProcessError:
            print((WORK / "log.txt").read_text()[-3000:], file=sys.stderr)
            raise
    return time.perf_counter() - start


def empty(folder: Path) -> Path:
    """Return the folder, empty."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


class Ours:
    """A copy of this book, or another, and this project's builds of it."""

    def __init__(self, folder: Path, source: Path = ROOT / "book") -> None:
        """Copy the book and the machinery."""
        self.folder = empty(folder)
        shutil.copytree(source, folder / "book")
        shutil.copytree(ROOT / "src", folder / "src")

    def build(self) -> float:
        """Build as it stands."""
        return run(
            *(PYTHON, "-m", "bookbuild", "html"),
            cwd=self.folder,
            path=self.folder / "src",
        )

    def cold(self) -> float:
        """Build from nothing."""
        shutil.rmtree(self.folder / "build", ignore_errors=True)
        return self.build()

    def afresh(self) -> float:
        """Build every page, and run no cell."""
        (self.folder / "build/html.json").unlink()
        return self.build()


class Stock:
    """The same chapters as notebooks, and stock MyST-NB's builds of them."""

    def __init__(self, folder: Path, chapters: dict[str, list]) -> None:
        """Write each chapter's cells as a notebook without outputs."""
        self.folder = empty(folder)
        self.source = folder / "book"
        for name, cells in chapters.items():
            path = self.source / f"{name}.ipynb"
            path.parent.mkdir(parents=True, exist_ok=True)
            notebook = nbformat.v4.new_notebook(cells=cells)
            notebook.metadata.kernelspec = {
                "name": "python3",
                "display_name": "Python 3",
                "language": "python",
            }
            nbformat.write(notebook, path)
        (self.source / "conf.py").write_text(STOCK_CONF)
        bibliography = ROOT / "book/_config/references.bib"
        shutil.copy(bibliography, self.source / "references.bib")

    def build(
        self, *options: str, timeout: float | None = None
    ) -> float | None:
        """Build as it stands."""
        return run(
            *(PYTHON, "-m", "sphinx", "-b", "html", *options),
            *(self.source, self.folder / "html"),
            cwd=self.folder,
            timeout=timeout,
        )

    def cold(self, timeout: float | None = None) -> float | None:
        """Build from nothing."""
        shutil.rmtree(self.folder / "html", ignore_errors=True)
        return self.build(timeout=timeout)

    def edit(self, old: str, new: str) -> None:
        """Replace text where it is first found in each notebook."""
        for path in self.source.rglob("*.ipynb"):
            text = path.read_text()
            if old in text:
                path.write_text(text.replace(old, new, 1))


def cells_of(source: Path) -> dict[str, list]:
    """Return each chapter's cells with the snippets in their places."""
    paths = sorted(p for p in source.rglob("*.md") if "_config" not in p.parts)
    result = {}
    for name, found in book.load(source, ROOT / "src/snippets", paths).items():
        cells = []
        for cell in found.notebook.cells:
            text = re.sub(r"\{run\}`[^`]*`", "a number", cell.source)
            if cell.cell_type == "code":
                new = nbformat.v4.new_code_cell(cell.source)
                new.metadata.tags = cell.metadata.get("tags", [])
            else:
                new = nbformat.v4.new_markdown_cell(text)
            cells.append(new)
        result[name] = cells
    return result


def floor(chapters: dict[str, list], folder: Path) -> float:
    """Run all code in one process that imports once."""
    sources = [
        [c.source for c in cells if c.cell_type == "code"]
        for cells in chapters.values()
    ]
    empty(folder)
    (folder / "cells.json").write_text(json.dumps(sources))
    (folder / "floor.py").write_text(FLOOR)
    return run(PYTHON, "floor.py", "cells.json", cwd=folder)


class Table:
    """Medians of what was measured."""

    def __init__(self, runs: int) -> None:
        """Begin with no row; each is measured so many times."""
        self.runs = runs
        self.rows: list[dict] = []

    def measure(
        self, part: str, what: str, **ways: Callable[[], float | None]
    ) -> None:
        """Measure ways to do one thing, in turn; the first one is ours."""
        times: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(self.runs):
            for name, way in ways.items():
                if (seconds := way()) is not None:
                    times[name].append(seconds)
        ours = statistics.median(times[OURS])
        for name, found in times.items():
            if not found:
                row = {"seconds": None, "ratio": None, "all": []}
            else:
                middle = statistics.median(found)
                row = {"seconds": middle, "ratio": ours / middle, "all": found}
            self.rows.append({"part": part, "what": what, "how": name, **row})
            print(self.line(self.rows[-1]), flush=True)
        self.write()

    @staticmethod
    def line(row: dict) -> str:
        """Return a row of the table."""
        if row["seconds"] is None:
            numbers = f"over {STOCK_LIMIT} s | |"
        else:
            low, high = min(row["all"]), max(row["all"])
            numbers = (
                f"{row['seconds']:.2f} ({low:.2f} to {high:.2f}) | "
                f"{row['ratio']:.2f} |"
            )
        how = row["how"].replace("_", " ")
        return f"| {row['part']} | {row['what']} | {how} | {numbers}"

    def write(self) -> None:
        """Write the table."""
        versions = ", ".join(f"{k} {v}" for k, v in execute.versions().items())
        where = (
            f"{platform.system()} {platform.machine()}, {execute.cores()} "
            f"cores, load {os.getloadavg()[0]:.1f}; {versions}; "
            f"median of {self.runs} (fastest to slowest)"
        )
        head = [
            where,
            "",
            "| | what | how | seconds | ours / this |",
            "|---|---|---|---|---|",
        ]
        lines = [*head, *map(self.line, self.rows)]
        (WORK / "results.md").write_text("\n".join(lines) + "\n")
        (WORK / "results.json").write_text(json.dumps(self.rows, indent=1))


class Edits:
    """Edit a file again and again, and never twice in the same way."""

    def __init__(self, path: Path, old: str, new: str) -> None:
        """In ``new``, ``%d`` becomes the number of the edit."""
        self.path, self.old, self.new = path, old, new
        self.text = path.read_text(encoding="utf-8")
        self.count = 0

    def __call__(self) -> int:
        """Make the next edit; return its number."""
        self.count += 1
        if self.old not in self.text:
            raise ValueError(f"{self.path} does not hold {self.old!r}")
        new = self.new % self.count
        self.path.write_text(self.text.replace(self.old, new, 1))
        return self.count

    def undo(self) -> None:
        """Put the file back as it was."""
        self.path.write_text(self.text)


def in_live(ours: Ours, chapter: str) -> tuple[Callable, Callable]:
    """Return ways to measure from save to browser, and to end that."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    live = subprocess.Popen(
        [PYTHON, "-m", "bookbuild", "live", f"--port={port}", "--no-browser"],
        cwd=ours.folder,
        env={**os.environ, "PYTHONPATH": str(ours.folder / "src")},
        stdout=subprocess.DEVNULL,
    )
    driver = sync_playwright().start()
    found = shutil.which("chromium") or shutil.which("google-chrome")
    chromium = driver.chromium.launch(
        executable_path=found, args=["--no-sandbox"]
    )
    page = chromium.new_page()
    while True:
        try:
            page.goto(f"http://127.0.0.1:{port}/{chapter}.html")
            break
        except Exception:  # noqa: BLE001 (until the first build is done)
            time.sleep(1)
    edit = Edits(ours.folder / f"book/{chapter}.md", "# ", "# Edit%d ")

    def once() -> float:
        time.sleep(1)  # an author does not save twice in a second
        start = time.perf_counter()
        page.wait_for_function(
            "document.body && document.body.innerText.includes("
            f"'Edit{edit()} ')",
            timeout=120_000,
        )
        return time.perf_counter() - start

    def end() -> None:
        chromium.close()
        driver.stop()
        live.terminate()
        live.wait()
        edit.undo()

    return once, end


def generate(folder: Path, count: int) -> Path:
    """Write a book of chapters with a torch cell and a figure each."""
    source = empty(folder) / "book"
    shutil.copytree(ROOT / "book/_config", source / "_config")
    names = [f"chapter-{i}" for i in range(count)]
    toctree = "\n".join(names)
    (source / "index.md").write_text(
        f"# Generated\n\n```{{toctree}}\n{toctree}\n```\n"
    )
    for number, name in enumerate(names):
        (source / f"{name}.md").write_text(
            f"# Chapter {number}\n\nSome words.\n\n```{{code-cell}}\n"
            "import torch\nimport matplotlib.pyplot as plt\n"
            f"x = torch.arange({number + 2}.0, requires_grad=True)\n"
            "(x**2).sum().backward()\nprint(x.grad[-1].item())\n```\n\n"
            "```{code-cell}\nfig, ax = plt.subplots()\n"
            "_ = ax.plot(x.grad)\n```\n"
        )
    return source


class Bench:
    """What the parts share: the book, ours and stock, and the table."""

    def __init__(self, runs: int) -> None:
        """Build both once, so that what follows finds what it edits."""
        self.table = Table(runs)
        self.chapters = cells_of(ROOT / "book")
        self.ours = Ours(WORK / "ours")
        self.stock = Stock(WORK / "stock", self.chapters)
        self.ours.cold()
        self.stock.cold()

    def edited(
        self, part: str, what: str, edit: Edits, old: str, new: str
    ) -> None:
        """Measure builds after edits of ours and of the same in stock."""
        count = itertools.count(1)

        def ours() -> float:
            edit()
            return self.ours.build()

        def stock() -> float:
            self.stock.edit(old, new % next(count))
            return self.stock.build()

        self.table.measure(part, what, ours=ours, stock=stock)
        edit.undo()


def part_a(bench: Bench) -> None:
    """A cold build; the floor is one process and Sphinx with no execution."""
    folder = WORK / "floor"
    bench.table.measure(
        "a",
        "cold build",
        ours=bench.ours.cold,
        stock=bench.stock.cold,
        floor=lambda: floor(bench.chapters, folder) + bench.ours.afresh(),
    )


def part_b(bench: Bench) -> None:
    """Nothing has changed."""
    off = ("-D", "nb_execution_mode=off")
    bench.ours.build()
    bench.stock.build(*off)
    bench.table.measure(
        "b",
        "nothing changed",
        ours=bench.ours.build,
        Sphinx_without_execution=lambda: bench.stock.build(*off),
    )


def part_c(bench: Bench) -> None:
    """A prose edit, in a build and in live."""
    chapter = bench.ours.folder / "book/tensors.md"
    bench.edited(
        "c",
        "a prose edit",
        Edits(chapter, "# Tensors", "# Edit%d Tensors"),
        "# Tensors",
        "# Tensors, edit %d",
    )
    once, end = in_live(bench.ours, "tensors")
    try:
        bench.table.measure("c", "from save to browser", ours=once)
    finally:
        end()


def part_d(bench: Bench) -> None:
    """A code edit in one chapter."""
    chapter = bench.ours.folder / "book/tensors.md"
    bench.edited(
        "d",
        "a code edit in one chapter",
        Edits(chapter, "\nimport torch\n", "\nimport torch  # %d\n"),
        "a = torch.tensor(",
        "z = %d; a = torch.tensor(",
    )


def part_e(bench: Bench) -> None:
    """A snippet edit."""
    file = bench.ours.folder / "src/snippets/log_loss.py"
    bench.edited(
        "e",
        "a snippet edit",
        Edits(file, "    return -torch", "    # %d\n    return -torch"),
        "    return -torch.nn.functional.logsigmoid",
        "    _ = %d; return -torch.nn.functional.logsigmoid",
    )


def part_f(bench: Bench, counts: list[int]) -> None:
    """Books that are generated."""
    for count in counts:
        source = generate(WORK / "generated", count)
        ours = Ours(WORK / "many", source)
        stock = Stock(WORK / "plain", cells_of(source))
        bench.table.measure(
            "f",
            f"{count} chapters, cold",
            ours=ours.cold,
            stock=partial(stock.cold, timeout=STOCK_LIMIT),
        )
        bench.table.measure(
            "f", f"{count} chapters, unchanged", ours=ours.build
        )


def part_g(bench: Bench) -> None:
    """Other builders, in an environment of their own."""
    chapters, table, ours = bench.chapters, bench.table, bench.ours
    place = WORK / "others"
    python = place / "venv/bin/python"
    if not python.exists():
        run(PYTHON, "-m", "venv", place / "venv", cwd=ROOT)
        here = next(p for p in sys.path if p.endswith("site-packages"))
        (packages,) = place.glob("venv/lib/*/site-packages")
        (packages / "book.pth").write_text(here)  # torch is not needed twice
        wanted = ["nbsphinx", "mkdocs-jupyter", "sphinx-gallery"]
        run(python, "-m", "pip", "install", *wanted, cwd=ROOT)
    stock = Stock(place / "notebooks", chapters)

    def nbsphinx() -> float:
        shutil.rmtree(place / "nbsphinx", ignore_errors=True)
        (stock.source / "conf.py").write_text(
            'extensions = ["nbsphinx"]\nnbsphinx_allow_errors = True\n'
            'html_theme = "sphinx_book_theme"\n'
        )
        command = (python, "-m", "sphinx", "-b", "html")
        return run(*command, stock.source, place / "nbsphinx", cwd=place)

    def mkdocs_jupyter() -> float:
        (place / "mkdocs.yml").write_text(
            "site_name: Book\ndocs_dir: notebooks/book\n"
            "site_dir: site\nplugins:\n  - mkdocs-jupyter:\n"
            "      execute: true\n      allow_errors: true\n"
        )
        shutil.rmtree(place / "site", ignore_errors=True)
        return run(python, "-m", "mkdocs", "build", cwd=place)

    gallery = empty(place / "gallery")
    (gallery / "examples").mkdir()
    (gallery / "examples/README.txt").write_text("Book\n====\n")
    for name, cells in chapters.items():
        code = [f'"""\n{name}\n{"=" * len(name)}\n"""\n']
        for cell in cells:
            source = cell.source
            if cell.cell_type != "code":
                code.append("# %%\n# Words.\n")
            elif "raises-exception" in cell.metadata.get("tags", []):
                body = "".join(f"    {s}\n" for s in source.splitlines())
                code.append(f"# %%\ntry:\n{body}except Exception:\n    pass\n")
            else:
                code.append(f"# %%\n{source}\n")
        file = f"plot_{name.replace('/', '_').replace('-', '_')}.py"
        (gallery / "examples" / file).write_text("\n".join(code))
    (gallery / "index.rst").write_text(
        "Book\n====\n\n.. toctree::\n\n   auto/index\n"
    )
    (gallery / "conf.py").write_text(
        'extensions = ["sphinx_gallery.gen_gallery"]\n'
        'html_theme = "sphinx_book_theme"\n'
        'sphinx_gallery_conf = {"examples_dirs": "examples", '
        '"gallery_dirs": "auto", "only_warn_on_example_error": True}\n'
    )

    def sphinx_gallery() -> float:
        for folder in "auto", "html":
            shutil.rmtree(gallery / folder, ignore_errors=True)
        command = (python, "-m", "sphinx", "-b", "html")
        return run(*command, gallery, gallery / "html", cwd=gallery)

    table.measure(
        "g",
        "the same chapters, cold",
        ours=ours.cold,
        nbsphinx=nbsphinx,
        mkdocs_jupyter=mkdocs_jupyter,
        sphinx_gallery=sphinx_gallery,
    )


def main() -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--only", default="a,b,c,d,e,f,g")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--chapters", default="10,30,100", help="of part f")
    options = parser.parse_args()
    WORK.mkdir(parents=True, exist_ok=True)
    bench = Bench(options.runs)
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
        parts[name](bench)


if __name__ == "__main__":
    main()
