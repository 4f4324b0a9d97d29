"""Run chapters, in parallel, and keep what they gave.

What a chapter gives depends on its code, the expressions in its prose, the
versions of Python and of the libraries, and the settings of the kernel, and
on nothing else.
All of these are in the key under which a run is kept, so a stored run is
never stale: a changed snippet changes the code of the cells that show it.
A word of prose or a display tag is not in the key, and re-runs nothing.
"""

import ast
import asyncio
import hashlib
import json
import os
import platform
import re
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, distribution, version
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import (
    CellExecutionError,
    CellTimeoutError,
    DeadKernelError,
)

from bookbuild.chapters.errors import ChapterError, ChapterErrors
from bookbuild.chapters.reader import Chapter, Value, fill_values
from bookbuild.execution import inputs, kernel, progress, store

LIBRARIES = ("torch", "numpy", "matplotlib", "ipykernel")
# What decides how a cell is run, as it is in this process.
HOW = [
    Path(__file__).with_name(f"{name}.py").read_text(encoding="utf-8")
    for name in ("execute", "first", "forked", "kernel", "warm")
]
EXPECTS_ERROR = "raises-exception"
ANSI = re.compile(r"\x1b\[[0-9;]*m")
CELL_FRAME = re.compile(r"Cell In\[\d+\], line (\d+)")


@dataclass
class Run:
    """What running a chapter gave.

    Attributes:
        outputs: For each code cell its outputs, as the notebook format has it.
        values: For each cell the values of its ``{run}`` expressions.
        seconds: For each code cell how long it took.
        fresh: Whether it ran just now rather than coming from the store.
    """

    outputs: list[list[dict]]
    values: list[dict[str, str]]
    seconds: list[float]
    fresh: bool = True


def cores() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def at_a_time() -> int:
    """Return how many chapters to run at a time.

    That is one more than there are processors, since a kernel that begins or
    ends mostly waits.
    """
    return cores() + 1


@dataclass
class Settings:
    """How chapters are run.

    Attributes:
        store: The folder that keeps runs; it may be deleted at any time.
        matplotlibrc: The house style of figures.
        timeout: The longest that one cell may take, in seconds.
        workers: How many chapters run at a time.
        keep: How many runs the store keeps.
        fork: Whether kernels are forked, where that is safe.
        expected: How many seconds chapters took before, by the name of their
            file; the longest begin first.
    """

    store: Path
    matplotlibrc: Path | None = None
    timeout: float = 60
    workers: int = field(default_factory=at_a_time)
    keep: int = 500
    fork: bool = True
    expected: dict[str, float] = field(default_factory=dict)


def versions() -> dict[str, str]:
    """Return the versions that a record of a run names."""
    # A local label such as "+cpu" says where a wheel is from, not what it is.
    found = {name: version(name).split("+")[0] for name in LIBRARIES}
    return {"python": platform.python_version(), **found}


@lru_cache(maxsize=1)
def _libraries(_installed: tuple[str, ...]) -> dict[str, str]:
    """Return the versions of the libraries and of all that they need."""
    found: dict[str, str] = {}
    wanted = list(LIBRARIES)
    while wanted:
        name = wanted.pop()
        if name in found:
            continue
        try:
            package = distribution(name)
        except PackageNotFoundError:  # needed on another system
            continue
        found[name] = package.version
        wanted += [
            re.match(r"[\w.-]+", needed)[0]
            for needed in package.requires or ()
            if "extra ==" not in needed
        ]
    return found


def circumstances(settings: Settings) -> str:
    """Return a number for all but its code that a run depends on."""
    style = settings.matplotlibrc
    parts = [
        platform.python_version(),
        _libraries(inputs.packages()),
        [platform.system(), platform.machine()],
        style.read_text(encoding="utf-8") if style else "",
        HOW,
    ]
    return _digest(parts)


def key(chapter: Chapter, around: str) -> str:
    """Return the name under which the run of a chapter is kept.

    Args:
        chapter: The chapter.
        around: The ``circumstances`` of the run.
    """
    cells = [[c.source, _expects_error(c)] for c in chapter.code_cells]
    values = [
        [
            sum(c.cell_type == "code" for c in chapter.notebook.cells[:i]),
            cell.cell_type,
            [value.expression for value in values],
        ]
        for i, (cell, values) in enumerate(
            zip(chapter.notebook.cells, chapter.values, strict=True)
        )
        if values
    ]
    return _digest([cells, values, around])


def _digest(parts: object) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def stored(chapter: Chapter, folder: Path, around: str) -> Run | None:
    """Return the run of a chapter that is kept, if one is.

    Args:
        chapter: The chapter.
        folder: Where runs are kept.
        around: The ``circumstances`` of a run that would be made now.
    """
    if not chapter.code_cells and not any(chapter.values):
        return Run([], [{} for _ in chapter.notebook.cells], [], fresh=False)
    found = store.find(folder / f"{key(chapter, around)}.json")
    try:
        return Run(**json.loads(found or ""), fresh=False)
    except (ValueError, TypeError):  # none, or not a whole one
        return None


def warm_up(chapters: list[Chapter], settings: Settings) -> None:
    """Have the process that kernels are forked from import, if it is needed."""
    around = circumstances(settings)
    missing = [c for c in chapters if not stored(c, settings.store, around)]
    _warm_up(missing, settings)


def _warm_up(missing: list[Chapter], settings: Settings) -> None:
    if missing:
        sources = [cell.source for c in missing for cell in c.code_cells]
        kernel.warm_up(
            kernel.environment(settings.matplotlibrc),
            "\n".join(sources),
            fork=settings.fork,
        )


def run_all(
    chapters: list[Chapter],
    settings: Settings,
    say: Callable[[str], None],
    *,
    afresh: bool = False,
) -> list[Run]:
    """Run chapters, or take their runs from the store.

    Args:
        chapters: What to run.
        settings: How to run it.
        say: Called with each line of progress.
        afresh: Run all, whatever the store holds.

    Raises:
        ChapterErrors: Cells that raise, never end or write to stderr.
    """
    around = circumstances(settings)
    runs = [
        None if afresh else stored(c, settings.store, around) for c in chapters
    ]
    missing = [i for i, run in enumerate(runs) if run is None]
    missing.sort(key=lambda i: _expected(chapters[i], settings), reverse=True)
    _warm_up([chapters[i] for i in missing], settings)
    some = [chapters[i] for i in missing]
    results = asyncio.run(
        _run_some(some, settings, around, progress.Progress(say))
    )
    errors = dict(zip(missing, results, strict=True))
    found = [
        e for _, e in sorted(errors.items()) if isinstance(e, ChapterError)
    ]
    if found:
        raise ChapterErrors(found)
    for i, run in zip(missing, results, strict=True):
        runs[i] = run
    store.trim(settings.store, settings.keep)
    return runs


def _expected(chapter: Chapter, settings: Settings) -> tuple[float, int]:
    """Return what to order chapters by: their time and length."""
    seconds = settings.expected.get(chapter.path.stem, 0.0)
    return seconds, len(chapter.code_cells)


async def _run_some(
    chapters: list[Chapter],
    settings: Settings,
    around: str,
    shown: progress.Progress,
) -> list[Run | ChapterError]:
    limit = asyncio.Semaphore(settings.workers)

    async def one(chapter: Chapter) -> Run | ChapterError:
        async with limit:
            shown.begin(chapter.path, len(chapter.code_cells))
            well = False
            try:
                run = await _execute(chapter, settings, shown)
                well = True
            except ChapterError as error:
                return error
            finally:
                shown.end(chapter.path, well=well)
            if circumstances(settings) == around:  # not edited meanwhile
                _keep(settings.store / f"{key(chapter, around)}.json", run)
            return run

    async def tell() -> None:
        while True:
            await asyncio.sleep(0.5)
            shown.tick()

    teller = asyncio.create_task(tell())
    try:
        return await asyncio.gather(*map(one, chapters))
    finally:
        teller.cancel()


def summary(chapters: list[Chapter], runs: list[Run]) -> list[str]:
    """Return the lines that sum up what ran and what did not need to."""
    cells = []
    for chapter, run in zip(chapters, runs, strict=True):
        lines = [
            line
            for line, cell in zip(
                chapter.body_lines, chapter.notebook.cells, strict=True
            )
            if cell.cell_type == "code"
        ]
        if run.fresh:
            cells += [
                (f"{chapter.path.name}:{line}", seconds)
                for line, seconds in zip(lines, run.seconds, strict=True)
            ]
    fresh = sum(run.fresh for run in runs)
    kept = sum(bool(run.outputs) and not run.fresh for run in runs)
    return progress.summary(fresh, kept, cells)


def fill(chapter: Chapter, run: Run) -> None:
    """Put the outputs and values of a run into the chapter's notebook."""
    pairs = zip(chapter.code_cells, run.outputs, strict=True)
    for count, (cell, outputs) in enumerate(pairs, start=1):
        cell.outputs = [nbformat.from_dict(output) for output in outputs]
        cell.execution_count = count
    for cell, values in zip(chapter.notebook.cells, run.values, strict=True):
        fill_values(cell, values)


def _keep(path: Path, run: Run) -> None:
    content = {
        "outputs": run.outputs,
        "values": run.values,
        "seconds": run.seconds,
    }
    store.keep(path, json.dumps(content).encode())


async def _execute(
    chapter: Chapter, settings: Settings, shown: progress.Progress
) -> Run:
    run = Run([], [], [])
    with tempfile.TemporaryDirectory() as folder:
        async with _kernel(chapter, settings, Path(folder)) as client:
            for index, cell in enumerate(chapter.notebook.cells):
                if cell.cell_type == "code":
                    start = time.perf_counter()
                    await _execute_cell(client, chapter, index)
                    run.seconds.append(round(time.perf_counter() - start, 4))
                    run.outputs.append(_outputs(chapter, index))
                    shown.cell(chapter.path)
                run.values.append(
                    await _evaluate(client, chapter, chapter.values[index])
                )
    return run


_OPTIONS = [
    # Figures as SVG, cut to their contents, with no date in them.
    "--InlineBackend.figure_formats=svg",
    "--InlineBackend.print_figure_kwargs="
    + repr({"bbox_inches": "tight", "metadata": {"Date": None}}),
    "--HistoryManager.enabled=False",
]


def _hide_sources() -> str:
    """Return the option that hides what is not installed, such as our own.

    A cell that imports it would run here and fail for a reader.
    """
    folders = [
        folder
        for folder in sys.path
        if Path(folder, "bookbuild").is_dir()
        and not any(Path(folder).glob("*.dist-info"))
    ]
    path = "__import__('sys').path"
    line = f"{path}[:] = [p for p in {path} if p not in {folders!r}]"
    return f"--IPKernelApp.exec_lines={line}"


@asynccontextmanager
async def _kernel(
    chapter: Chapter, settings: Settings, folder: Path
) -> AsyncIterator[NotebookClient]:
    """Have a kernel and its client for a while; then both are gone."""
    manager = kernel.manager(folder / "kernel", fork=settings.fork)
    client = NotebookClient(
        chapter.notebook,
        km=manager,
        extra_arguments=[*_OPTIONS, _hide_sources()],
        timeout=settings.timeout,
        record_timing=False,
    )
    environment = kernel.environment(settings.matplotlibrc)
    environment["IPYTHONDIR"] = str(folder / "ipython")
    empty = folder / "work"
    empty.mkdir()
    try:
        # Not nbclient's own way to set up a kernel: it takes over Ctrl-C.
        await client.async_start_new_kernel(cwd=str(empty), env=environment)
        await client.async_start_new_kernel_client()
        yield client
    finally:
        if client.kc is not None:
            client.kc.stop_channels()
        if manager.has_kernel:  # the manager would look every tenth second
            await manager.provisioner.kill()
            await manager.provisioner.wait()
        await manager.shutdown_kernel(now=True)


async def _execute_cell(
    client: NotebookClient, chapter: Chapter, index: int
) -> None:
    cell = chapter.notebook.cells[index]
    line = chapter.body_lines[index]
    try:
        await client.async_execute_cell(cell, index)
    except CellExecutionError as error:
        trace = ANSI.sub("", "\n".join(cell.outputs[-1].traceback))
        frames = CELL_FRAME.findall(trace)
        inside = int(frames[0]) - 1 if frames else 0
        where = line if "snippet" in cell.metadata else line + inside
        raise ChapterError(
            chapter.path,
            where,
            f"the cell raised {error.ename}: {error.evalue}",
            "mend the cell; if the error is what it teaches, give it the "
            f"option ':tags: [{EXPECTS_ERROR}]'",
            trace,
        ) from None
    except (CellTimeoutError, DeadKernelError) as error:
        late = isinstance(error, CellTimeoutError)
        raise ChapterError(
            chapter.path,
            line,
            f"the cell did not end within {client.timeout:g} s"
            if late
            else "the kernel died while the cell ran",
            "look for a loop that never ends, or make the example smaller",
        ) from None
    if _expects_error(cell) and not any(
        output.output_type == "error" for output in cell.outputs
    ):
        raise ChapterError(
            chapter.path,
            line,
            f"the cell is tagged '{EXPECTS_ERROR}' and raises nothing",
            "remove the tag, or restore the mistake that the text speaks of",
        )


def _outputs(chapter: Chapter, index: int) -> list[dict]:
    """Return a cell's outputs in the form that is shown and kept."""
    kept: list[dict] = []
    for output in chapter.notebook.cells[index].outputs:
        if output.output_type == "stream" and output.name == "stderr":
            raise ChapterError(
                chapter.path,
                chapter.body_lines[index],
                "the cell writes to stderr",
                "mend what it warns of; a reader would take it for a fault",
                output.text,
            )
        if output.output_type == "error":
            # The one line that teaches; the frames above it name the files
            # of this machine.
            output.traceback = [f"{output.ename}: {output.evalue}"]
        clean = dict(output)
        clean.pop("execution_count", None)
        if (
            kept
            and output.output_type == "stream"
            and kept[-1]["output_type"] == "stream"
        ):
            kept[-1]["text"] += output.text  # chunks depend on timing
        else:
            kept.append(clean)
    for output in kept:
        if output["output_type"] == "execute_result":
            output["execution_count"] = None
    return kept


async def _evaluate(
    client: NotebookClient, chapter: Chapter, values: list[Value]
) -> dict[str, str]:
    """Return the text of each expression, formatted as in an f-string."""
    if not values:
        return {}
    expressions = {
        str(i): 'f"""{' + value.expression + '}"""'
        for i, value in enumerate(values)
    }
    message = client.kc.execute(
        "", silent=True, store_history=False, user_expressions=expressions
    )
    reply = await client.async_wait_for_reply(message)
    answers = reply["content"]["user_expressions"]
    results = {}
    for i, value in enumerate(values):
        answer = answers[str(i)]
        if answer["status"] != "ok":
            raise ChapterError(
                chapter.path,
                value.line,
                f"{{run}}`{value.expression}` raised "
                f"{answer['ename']}: {answer['evalue']}",
                "use names that the cells above this line have bound",
            )
        results[value.expression] = ast.literal_eval(
            answer["data"]["text/plain"]
        )
    return results


def _expects_error(cell: nbformat.NotebookNode) -> bool:
    return EXPECTS_ERROR in cell.metadata.get("tags", [])
