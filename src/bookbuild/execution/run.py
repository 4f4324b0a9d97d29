"""Runs a chapter's cells, through MyST-NB's own client and jupyter-cache.

What is run is a notebook of code alone: the chapter's cells, a cell of the
expressions that the text quotes after each place that quotes some, and last a
cell whose value says what each statement needs.  So the cache knows nothing of
the text, of tags that change what is shown, or of a cell's place in the file.
"""

import ast
import re
from dataclasses import dataclass, field

from myst_nb.core.config import NbParserConfig
from myst_nb.core.execute import ExecutionError, create_client
from myst_nb.core.loggers import LoggerType
from nbclient.exceptions import CellTimeoutError
from nbformat import NotebookNode, v4

from bookbuild.chapters.errors import ChapterError
from bookbuild.chapters.reader import Chapter
from bookbuild.execution import (
    DEPENDENCIES,
    FIGURE,
    KERNEL,
    VALUES,
    terminal,
    watcher,
)

EXPECTS_ERROR = "raises-exception"
SHOWS_WARNING = "shows-warning"
WARNING = re.compile(r"^.*?:\d+: (?=\w+: )", re.MULTILINE)  # its beginning
CODE_LINE = re.compile(r"\n  .*\n?\Z")  # its end
# Tags that change what runs; all others change only what is shown.
RUN_TAGS = {EXPECTS_ERROR, "skip-execution"}
ANSI = re.compile(r"\x1b\[[0-9;]*m")
CELL_FRAME = re.compile(r"Cell In\[\d+\], line (\d+)")


@dataclass
class Run:
    """What running a chapter gave.

    Attributes:
        outputs: For each code cell its outputs, as the notebook format has it.
        figures: For each code cell what each of its figures draws.
        values: For each cell the values of its ``{run}`` expressions.
        statements: What each statement of the code cells needs.
        seconds: How long the chapter took when it ran.
    """

    outputs: list[list[NotebookNode]] = field(default_factory=list)
    figures: list[list[str]] = field(default_factory=list)
    values: list[dict[str, str]] = field(default_factory=list)
    statements: list[watcher.Statement] = field(default_factory=list)
    seconds: float = 0


def run(chapter: Chapter, config: NbParserConfig, logger: LoggerType) -> Run:
    """Run a chapter, or take its run from the cache.

    Args:
        chapter: The chapter.
        config: MyST-NB's settings.
        logger: Where MyST-NB tells what it does.

    Raises:
        ChapterError: A cell raises, never ends, ends the kernel or writes to
            stderr; or a value cannot be had.
    """
    found = Run(values=[{} for _ in chapter.values])
    if not (chapter.code_cells or any(chapter.values)):
        return found
    notebook, places = _code_alone(chapter)
    before = [cell.outputs for cell in notebook.cells]
    own = chapter.notebook.metadata.get(config.metadata_key, {})
    config = config.copy(**{k: v for k, v in own.items() if "execution" in k})
    client = create_client(notebook, str(chapter.path), config, logger)
    try:
        with client:
            notebook = client.notebook
    except (ExecutionError, RuntimeError) as error:  # a kernel that has died
        # nbclient gives each cell that it begins a new list of outputs.
        begun = [(places[0], notebook.cells[0])] + [
            (place, cell)
            for place, cell, old in zip(
                places, notebook.cells, before, strict=True
            )
            if cell.outputs is not old
        ]
        cause = error.__cause__ or error
        raise _failure(chapter, *begun[-1], cause) from None
    found.seconds = (client.exec_metadata or {}).get("runtime") or 0
    *cells, last = notebook.cells
    for place, cell in zip(places[:-1], cells, strict=True):
        if cell.source.startswith(VALUES):
            texts = ast.literal_eval(cell.outputs[0].data["text/plain"])
            names = [value.expression for value in chapter.values[place]]
            found.values[place] = dict(zip(names, texts, strict=True))
        else:
            bundles = [output.get("data", {}) for output in cell.outputs]
            drawn = [data.pop(FIGURE, None) for data in bundles]
            found.figures.append([*filter(None, drawn)])
            found.outputs.append(_outputs(chapter, place, cell))
    seen = ast.literal_eval(last.outputs[0].data["text/plain"])
    found.statements = watcher.load(seen)
    return found


def _code_alone(chapter: Chapter) -> tuple[NotebookNode, list[int]]:
    """Return the notebook to run, and for each cell its place in the chapter.

    The last cell, of dependencies, has no place.
    """
    cells, places = [], []

    def add(source: str, place: int, tags: list[str]) -> None:
        metadata = {"tags": tags} if tags else {}
        cell = v4.new_code_cell(source, metadata=metadata, id=f"{len(cells)}")
        cells.append(cell)
        places.append(place)

    for place, cell in enumerate(chapter.notebook.cells):
        if cell.cell_type == "code":
            tags = RUN_TAGS.intersection(cell.metadata.get("tags", []))
            add(cell.source, place, sorted(tags))
        if values := chapter.values[place]:
            # One on a line, by which _failure finds the one that raised.
            lines = [f'    f"""{{{value.expression}}}""",' for value in values]
            add("\n".join([VALUES, "[", *lines, "]"]), place, [])
    add(f"{DEPENDENCIES}\nget_ipython().dependencies()", -1, [])
    kernel = {"name": KERNEL, "display_name": KERNEL, "language": "python"}
    return v4.new_notebook(cells=cells, metadata={"kernelspec": kernel}), places


def _failure(
    chapter: Chapter, place: int, cell: NotebookNode, error: BaseException
) -> ChapterError:
    """Return what an author is told of the cell at which a run stopped."""
    line = chapter.body_lines[place]
    raised = _error(cell)
    if isinstance(error, CellTimeoutError):
        message = "the cell did not end in time"
        remedy = (
            "look for a loop that never ends, or make the example smaller; "
            "'mystnb: {execution_timeout: 300}' in the front matter gives more"
        )
        return ChapterError(chapter.path, line, message, remedy)
    if raised is None:
        message = "the kernel died while the cell ran"
        remedy = "look for what ends the process, or takes all its memory"
        return ChapterError(chapter.path, line, message, remedy)
    trace = ANSI.sub("", "\n".join(raised.traceback))
    frames = CELL_FRAME.findall(trace)
    inside = int(frames[0]) - 1 if frames else 0
    said = f"raised {raised.ename}: {raised.evalue}"
    if cell.source.startswith(VALUES):
        values = chapter.values[place]
        value = values[min(max(inside - 2, 0), len(values) - 1)]
        message = f"{{run}}`{value.expression}` {said}"
        remedy = "mend it, with names that the cells above this line have bound"
        return ChapterError(chapter.path, value.line, message, remedy)
    remedy = (
        f"mend the cell; if the error is what it teaches, give it the option "
        f"':tags: [{EXPECTS_ERROR}]'"
    )
    if raised.ename == "FileNotFoundError":
        remedy = (
            "make the data in the cell, or write the file in a cell above; "
            "cells run in an empty folder"
        )
    if "snippet" not in chapter.notebook.cells[place].metadata:
        line += inside
    return ChapterError(chapter.path, line, f"the cell {said}", remedy, trace)


def _outputs(
    chapter: Chapter, place: int, cell: NotebookNode
) -> list[NotebookNode]:
    """Return a cell's outputs in the form that is shown.

    Raises:
        ChapterError: The cell writes to stderr, or raises or warns of nothing
            where its tag says that it does.
    """
    kept: list[NotebookNode] = []
    said = ""  # on stderr
    for output in cell.outputs:
        if output.output_type == "stream" and output.name == "stderr":
            said += output.text
            continue
        if output.output_type == "error":
            # The one line that teaches; the frames above it name the files
            # of this machine.
            shown = terminal.shown(f"{output.ename}: {output.evalue}")
            output.traceback = [ANSI.sub("", shown)]
        if output.output_type == "execute_result":
            output.execution_count = None
        if output.output_type == "stream" and kept and "text" in kept[-1]:
            kept[-1].text += output.text  # the pieces depend on timing
        else:
            kept.append(output)
    for output in kept:
        if "text" in output:
            output.text = terminal.shown(output.text)
        elif text := output.get("data", {}).get("text/plain"):
            output.data["text/plain"] = terminal.shown(text)
    kept += _warnings(chapter, place, said)
    if EXPECTS_ERROR in cell.metadata.get("tags", []) and not _error(cell):
        line = chapter.body_lines[place]
        message = f"the cell is tagged '{EXPECTS_ERROR}' and raises nothing"
        remedy = (
            "remove the tag, or restore the mistake that the text speaks of"
        )
        raise ChapterError(chapter.path, line, message, remedy)
    return kept


def _warnings(chapter: Chapter, place: int, said: str) -> list[NotebookNode]:
    """Return the warnings that a cell is to show, without where they arose.

    Raises:
        ChapterError: The cell writes to stderr what it should not, or does not
            warn where its tag says that it does.
    """
    tags = chapter.notebook.cells[place].metadata.get("tags", [])
    before, *warned = WARNING.split(said)
    if SHOWS_WARNING in tags and warned and not before:
        lines = (CODE_LINE.sub("", warning).strip() for warning in warned)
        text = terminal.shown("\n".join(lines) + "\n")
        return [v4.new_output("stream", name="stderr", text=text)]
    message = "the cell writes to stderr"
    remedy = (
        "mend what it warns of; a reader would take it for a fault; if a "
        "warning is what it teaches, give it the option "
        f"':tags: [{SHOWS_WARNING}]'"
    )
    if SHOWS_WARNING in tags:
        message = f"the cell is tagged '{SHOWS_WARNING}' and "
        message += "writes more than warnings" if said else "warns of nothing"
        remedy = "let it warn and write nothing else, or remove the tag"
    elif not said:
        return []
    line = chapter.body_lines[place]
    raise ChapterError(chapter.path, line, message, remedy, said)


def _error(cell: NotebookNode) -> NotebookNode | None:
    errors = (o for o in cell.outputs if o.output_type == "error")
    return next(errors, None)
