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
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import nbformat
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import (
    CellExecutionError,
    CellTimeoutError,
    DeadKernelError,
)

from bookbuild.chapter import Chapter, Value, fill_values
from bookbuild.errors import ChapterError, ChapterErrors

LIBRARIES = ("torch", "numpy", "matplotlib", "ipykernel")
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


@dataclass
class Settings:
    """How chapters are run.

    Attributes:
        store: The folder that keeps runs; it may be deleted at any time.
        matplotlibrc: The house style of figures.
        timeout: The longest that one cell may take, in seconds.
        workers: How many chapters run at a time.
        keep: How many runs the store keeps.
    """

    store: Path
    matplotlibrc: Path | None = None
    timeout: float = 60
    workers: int = os.cpu_count() or 1
    keep: int = 500


def versions() -> dict[str, str]:
    """Return the versions that the outputs of a chapter may depend on."""
    # A local label such as "+cpu" says where a wheel is from, not what it is.
    found = {name: version(name).split("+")[0] for name in LIBRARIES}
    return {"python": platform.python_version(), **found}


def key(chapter: Chapter, settings: Settings) -> str:
    """Return the name under which the run of a chapter is kept."""
    style = settings.matplotlibrc
    parts = {
        "cells": [
            [c.cell_type == "code" and c.source, _expects_error(c)]
            for c in chapter.notebook.cells
            if c.cell_type == "code"
        ],
        "values": [
            [
                sum(c.cell_type == "code" for c in chapter.notebook.cells[:i]),
                cell.cell_type,
                [value.expression for value in values],
            ]
            for i, (cell, values) in enumerate(
                zip(chapter.notebook.cells, chapter.values, strict=True)
            )
            if values
        ],
        "versions": versions(),
        "machine": [platform.system(), platform.machine()],
        "style": style.read_text(encoding="utf-8") if style else "",
        "how": Path(__file__).read_text(encoding="utf-8"),
    }
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


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
        say: Called with a line of progress as each chapter is done.
        afresh: Run all, whatever the store holds.

    Raises:
        ChapterErrors: Cells that raise, never end or write to stderr.
    """

    async def work() -> list[Run | ChapterError]:
        limit = asyncio.Semaphore(settings.workers)

        async def one(chapter: Chapter) -> Run | ChapterError:
            async with limit:
                try:
                    return await _run_one(chapter, settings, say, afresh=afresh)
                except ChapterError as error:
                    return error

        return await asyncio.gather(*map(one, chapters))

    results = asyncio.run(work())
    errors = [r for r in results if isinstance(r, ChapterError)]
    if errors:
        raise ChapterErrors(errors)
    _trim(settings)
    return results


def fill(chapter: Chapter, run: Run) -> None:
    """Put the outputs and values of a run into the chapter's notebook."""
    pairs = zip(chapter.code_cells, run.outputs, strict=True)
    for count, (cell, outputs) in enumerate(pairs, start=1):
        cell.outputs = [nbformat.from_dict(output) for output in outputs]
        cell.execution_count = count
    for cell, values in zip(chapter.notebook.cells, run.values, strict=True):
        fill_values(cell, values)


async def _run_one(
    chapter: Chapter,
    settings: Settings,
    say: Callable[[str], None],
    *,
    afresh: bool,
) -> Run:
    if not chapter.code_cells and not any(chapter.values):
        return Run([], [{} for _ in chapter.notebook.cells], [], fresh=False)
    stored = settings.store / f"{key(chapter, settings)}.json"
    if not afresh and stored.exists():
        found = json.loads(stored.read_text(encoding="utf-8"))
        os.utime(stored)  # the store forgets what was not used for longest
        return Run(**found, fresh=False)
    start = time.perf_counter()
    run = await _execute(chapter, settings)
    say(
        f"ran {chapter.path.name}: {len(run.outputs)} cells, "
        f"{time.perf_counter() - start:.1f} s"
    )
    settings.store.mkdir(parents=True, exist_ok=True)
    content = {
        "outputs": run.outputs,
        "values": run.values,
        "seconds": run.seconds,
    }
    # Written aside and renamed: another build never reads half a file.
    with tempfile.NamedTemporaryFile(
        "w", dir=settings.store, delete=False, encoding="utf-8"
    ) as file:
        json.dump(content, file)
    Path(file.name).replace(stored)
    return run


async def _execute(chapter: Chapter, settings: Settings) -> Run:
    run = Run([], [], [])
    with tempfile.TemporaryDirectory() as folder:
        client = _client(chapter, settings, folder)
        async with (
            client.async_setup_kernel(
                cwd=folder, env=_environment(settings, folder)
            ),
            _killed_at_the_end(client),
        ):
            for index, cell in enumerate(chapter.notebook.cells):
                if cell.cell_type == "code":
                    start = time.perf_counter()
                    await _execute_cell(client, chapter, index)
                    run.seconds.append(round(time.perf_counter() - start, 4))
                    run.outputs.append(_outputs(chapter, index))
                run.values.append(
                    await _evaluate(client, chapter, chapter.values[index])
                )
    return run


@asynccontextmanager
async def _killed_at_the_end(client: NotebookClient) -> AsyncIterator[None]:
    """End the kernel at once; nbclient leaves one that it was given."""
    try:
        yield
    finally:
        await client.km.shutdown_kernel(now=True)


# Figures as SVG, cut to their contents, with no date in them.
_KERNEL_OPTIONS = [
    "--InlineBackend.figure_formats=svg",
    "--InlineBackend.print_figure_kwargs="
    + repr({"bbox_inches": "tight", "metadata": {"Date": None}}),
    "--HistoryManager.enabled=False",
]


def _client(
    chapter: Chapter, settings: Settings, folder: str
) -> NotebookClient:
    # Only this environment's kernel: one of the same name that is installed
    # for the user would run another Python.
    specs = KernelSpecManager(kernel_dirs=[])
    manager = AsyncKernelManager(
        kernel_name="python3",
        kernel_spec_manager=specs,
        transport="ipc" if sys.platform != "win32" else "tcp",
        connection_file=str(Path(folder, "..", Path(folder).name + "-kernel")),
    )
    return NotebookClient(
        chapter.notebook,
        km=manager,
        extra_arguments=_KERNEL_OPTIONS,
        timeout=settings.timeout,
        record_timing=False,
    )


def _environment(settings: Settings, folder: str) -> dict[str, str]:
    """Return the kernel's environment: the same on every machine."""
    changed = {
        "IPYTHONDIR": str(Path(folder, ".ipython")),
        "PYTHONHASHSEED": "0",
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    }
    if settings.matplotlibrc:
        changed["MATPLOTLIBRC"] = str(settings.matplotlibrc.resolve())
    return {**os.environ, **changed}


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


def _trim(settings: Settings) -> None:
    """Forget the runs that were not used for longest."""
    runs = sorted(
        settings.store.glob("*.json"),
        key=lambda path: path.stat().st_mtime,
        reverse=True,
    )
    for path in runs[settings.keep :]:
        path.unlink(missing_ok=True)
