"""Read a chapter: MyST Markdown in, a notebook with its snippets out.

MyST-NB's text format, and three things more:

- a code cell with the option ``:snippet: name`` and no body becomes a cell
  that holds the source of that snippet;
- ``{run}`` followed by an expression in backquotes stands for the value of
  that expression at this point of the chapter, formatted as between the
  braces of an f-string (``{run}`loss:.3f```), in prose, formulas, captions
  and alternative texts;
- every cell knows its own line in the chapter, so that errors can name it.
"""

import itertools
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from myst_nb.core.read import read_myst_markdown_notebook
from nbformat import NotebookNode, from_dict

from bookbuild.chapters import checks, quiz, roles, snippets, turns
from bookbuild.chapters.blocks import SYNTAX, blocks
from bookbuild.chapters.errors import ChapterError, nearest
from bookbuild.chapters.turns import Turn

# What an error of MyST-Parser says; the rest of it is of no use to an author.
PARSING = re.compile(r"ParseWarnings\(msg='(.*?)', lineno")
ADDRESS = re.compile(r"\bat 0x[0-9a-f]+>|\b0x[0-9a-f]{9,}\b|grad_fn=<\w+")

CHECKS = (
    *(checks.check_text, checks.check_front_matter),
    *(checks.check_fences, checks.check_roles, checks.check_tables),
)


@dataclass
class Value:
    """An expression in the prose, to be replaced by what it evaluates to."""

    expression: str
    line: int


@dataclass
class Chapter:
    """A chapter, read and not yet run.

    Attributes:
        path: The chapter's file.
        notebook: Its cells, in order.
        body_lines: For each cell, the line of its first line of code or text.
        values: For each cell, the ``{run}`` expressions that it holds.
        snippets: The files of the snippets that it shows or names.
        uses: The line of each, its name, and the page to show it, if another.
        turns: What the reader can turn, by the number of the cell.
    """

    path: Path
    notebook: NotebookNode
    body_lines: list[int] = field(default_factory=list)
    values: list[list[Value]] = field(default_factory=list)
    snippets: list[Path] = field(default_factory=list)
    uses: list[tuple[int, str, str | None]] = field(default_factory=list)
    turns: dict[int, Turn] = field(default_factory=dict)

    @cached_property
    def code_cells(self) -> list[NotebookNode]:
        """The cells that run."""
        return [c for c in self.notebook.cells if c.cell_type == "code"]


def read(path: Path, text: str, folder: Path) -> Chapter:
    """Read a chapter.

    Args:
        path: The chapter's file, for messages.
        text: What the file holds.
        folder: The folder of the snippets.

    Raises:
        ChapterError: The first fault, with its line and the remedy.
    """
    text = quiz.with_tildes(re.sub(r"\r\n?", "\n", text))
    for check in CHECKS:
        for error in check(path, text):
            raise error
    chapter = Chapter(path, _notebook(path, text))
    lines = text.split("\n")
    ends = {b.first + 1: b.end for b in blocks(text) if b.kind == "fence"}
    source_map = chapter.notebook.metadata["source_map"]
    labels: set[str] = set()
    for index, cell in enumerate(chapter.notebook.cells):
        # MyST-NB counts a code cell from its fence, from 1 ...
        line = body_line = source_map[index]
        if cell.cell_type != "code":
            # ... and a Markdown cell from the blank lines before it, from 0;
            # what it reports is one line too far down, so begin one above.
            line = next(n for n in itertools.count(line) if lines[n].strip())
            source_map[index] = line - 1
            line = body_line = line + 1
        for error in checks.check_cell(path, line, cell):
            raise error
        for error in checks.check_labels(path, line, cell, labels):
            raise error
        if "snippet" in cell.metadata:
            _fill_snippet(chapter, cell, line, folder)
        elif cell.cell_type == "code":
            body_line = ends[line] - cell.source.count("\n") - 1
        if turn := turns.read(path, line, cell):
            chapter.turns[index] = turn
        chapter.body_lines.append(body_line)
        chapter.values.append(_values(cell, lines, line))
    return chapter


def _notebook(path: Path, text: str) -> NotebookNode:
    """Return the notebook that MyST-NB makes of a text."""
    try:
        notebook = read_myst_markdown_notebook(
            text, SYNTAX, add_source_map=True
        )
    except Exception as error:  # as many kinds as YAML has faults
        lines = text.split("\n")
        breaks = [i for i, line in enumerate(lines) if line[:3] == "+++"]
        parts = {i: f"{lines[i]}\n\nText" for i in breaks}
        for block in blocks(text):  # the error does not name the line
            if block.directive[0] in {"code-cell", "raw-cell"}:
                part = "\n".join(lines[block.first : block.end])
                parts[block.first] = part
        place = next((i for i in sorted(parts) if _is_invalid(parts[i])), 0)
        found = PARSING.search(str(error))
        said = found[1] if found else str(error).splitlines()[0]
        what, remedy = "cell's options", "mend the YAML: ':tags: [a, b]'"
        if place in breaks:
            what, remedy = "block break", "mend the JSON, or leave '+++' alone"
        message = f"the {what} could not be read: {said}"
        remedy += "; put a text with ': ' or ' #' in quotes"
        raise ChapterError(path, place + 1, message, remedy) from error
    # YAML has dates, which a notebook has not.
    settings = json.loads(json.dumps(notebook.metadata, default=str))
    notebook.metadata = from_dict(settings)
    kernel = {"name": "python3", "display_name": "Python 3"}
    language = {"name": "python", "pygments_lexer": "ipython3"}
    notebook.metadata.setdefault("kernelspec", kernel)
    notebook.metadata.setdefault("language_info", language)
    return notebook


def _is_invalid(cell: str) -> bool:
    try:
        read_myst_markdown_notebook(cell)
    except Exception:  # noqa: BLE001 (as many kinds as YAML has faults)
        return True
    return False


def _fill_snippet(
    chapter: Chapter, cell: NotebookNode, line: int, folder: Path
) -> None:
    name, known = str(cell.metadata["snippet"]), snippets.names(folder)
    if cell.source.strip():
        message = f"the cell names the snippet {name!r} and has code of its own"
        remedy = "put the code into a cell of its own below"
        raise ChapterError(chapter.path, line, message, remedy)
    if name not in known:
        message = f"there is no snippet {name!r}{nearest(name, known)}"
        remedy = f"correct the name, or add the file {name}.py to the snippets"
        raise ChapterError(chapter.path, line, message, remedy)
    path = folder / f"{name}.py"
    for error in checks.check_source(path):
        raise error
    cell.source = snippets.page_source(path)
    chapter.snippets.append(path)
    if "shown-in" in cell.metadata:  # YAML has lists and numbers, too
        cell.metadata["shown-in"] = str(cell.metadata["shown-in"])
    chapter.uses.append((line, name, cell.metadata.get("shown-in")))


def _values(cell: NotebookNode, lines: list[str], start: int) -> list[Value]:
    """Return the expressions of a cell, with the first line of each."""
    found = []
    for expression in roles.expressions(cell):
        role = f"{{run}}`{expression}`"
        places = (i for i, line in enumerate(lines, 1) if role in line)
        line = next((i for i in places if i >= start), start)
        found.append(Value(expression, line))
    return found


def check_values(
    chapter: Chapter, results: list[dict[str, str]]
) -> Iterator[ChapterError]:
    """Yield the values that the next build would not show."""
    for values, texts in zip(chapter.values, results, strict=True):
        for value in values:
            if found := ADDRESS.search(texts[value.expression]):
                role = f"{{run}}`{value.expression}`"
                message = f"{role} shows where Python keeps an object or how: "
                remedy = (
                    "quote a part of it, as .item() or .detach() of a tensor"
                )
                yield ChapterError(
                    chapter.path, value.line, message + found[0], remedy
                )
