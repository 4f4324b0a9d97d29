"""Read a chapter: MyST Markdown in, a notebook with its snippets out.

Three things are ours, the rest is MyST-NB's text format:

- a code cell with the option ``:snippet: name`` and no body becomes a cell
  that holds the source of that snippet;
- ``{run}`` followed by an expression in backquotes stands for the value of
  that expression at this point of the chapter, formatted as between the
  braces of an f-string (``{run}`loss:.3f```), in prose, captions and
  alternative texts;
- every cell knows its own line in the chapter, so that errors can name it.
"""

import re
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from myst_nb.core.read import (
    MystMetadataParsingError,
    read_myst_markdown_notebook,
)
from myst_parser.config.main import MdParserConfig
from nbformat import NotebookNode

from bookbuild.chapters import quiz
from bookbuild.chapters import snippets as snippet
from bookbuild.chapters.errors import ChapterError

RUN_ROLE = re.compile(r"\{run\}`([^`\n]+)`")
FENCE = re.compile(r"^(`{3,}|~{3,}|:{3,})\{code-cell\}")


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
        lines: For each cell, the line in the file where it begins.
        body_lines: For each code cell, the line of its first line of code.
        values: For each cell, the ``{run}`` expressions that it holds.
        snippets: The files of the snippets that it shows.
    """

    path: Path
    notebook: NotebookNode
    lines: list[int]
    body_lines: list[int]
    values: list[list[Value]]
    snippets: list[Path] = field(default_factory=list)

    @cached_property
    def code_cells(self) -> list[NotebookNode]:
        """The cells that run."""
        return [c for c in self.notebook.cells if c.cell_type == "code"]


def read(path: Path, text: str, snippets: Path) -> Chapter:
    """Read a chapter.

    Args:
        path: The chapter's file, for messages.
        text: What the file holds.
        snippets: The folder of the snippets.

    Raises:
        ChapterError: An unknown or broken snippet, or options that do not
            parse, with the line and the remedy.
    """
    try:
        notebook = read_myst_markdown_notebook(
            quiz.with_tildes(text),
            config=MdParserConfig(enable_extensions={"colon_fence"}),
            add_source_map=True,
            path=path,
        )
    except MystMetadataParsingError as error:
        found = re.search(r"line (\d+)", str(error))
        raise ChapterError(
            path,
            int(found[1]) if found else 1,
            f"the options could not be read: {error}",
            "mend the YAML of the cell's options or of the page's front matter",
        ) from error
    notebook.metadata.setdefault(
        "kernelspec", {"name": "python3", "display_name": "Python 3"}
    )
    notebook.metadata.setdefault(
        "language_info", {"name": "python", "pygments_lexer": "ipython3"}
    )
    file_lines = text.splitlines()
    source_map = notebook.metadata["source_map"]
    chapter = Chapter(path, notebook, [], [], [])
    for index, cell in enumerate(notebook.cells):
        start = source_map[index]
        if cell.cell_type == "code":
            # MyST-NB counts a code cell from its fence, from 1 ...
            chapter.lines.append(start)
            if "snippet" in cell.metadata:
                _fill_snippet(chapter, cell, start, snippets)
                chapter.body_lines.append(start)
            else:
                chapter.body_lines.append(_body_line(file_lines, start, cell))
        else:
            # ... and a Markdown cell from the blank lines before it, from 0;
            # what it reports is one line too far down, so begin one above.
            while not file_lines[start].strip():
                start += 1
            source_map[index] = start - 1
            chapter.lines.append(start + 1)
            chapter.body_lines.append(start + 1)
        chapter.values.append(_values(cell, file_lines, chapter.lines[-1]))
    return chapter


def fill_values(cell: NotebookNode, results: dict[str, str]) -> None:
    """Put the values of a cell's ``{run}`` expressions in their places."""

    def fill(text: str) -> str:
        return RUN_ROLE.sub(lambda found: results[found[1]], text)

    if cell.cell_type == "markdown":
        cell.source = fill(cell.source)
    elif "mystnb" in cell.metadata:
        cell.metadata["mystnb"] = _map_strings(cell.metadata["mystnb"], fill)


def _fill_snippet(
    chapter: Chapter, cell: NotebookNode, line: int, folder: Path
) -> None:
    name = str(cell.metadata["snippet"])
    if cell.source.strip():
        raise ChapterError(
            chapter.path,
            line,
            f"the cell names the snippet {name!r} and has code of its own",
            "put the code into a cell of its own below",
        )
    try:
        path = snippet.find(folder, name)
    except snippet.UnknownSnippetError as error:
        raise ChapterError(
            chapter.path,
            line,
            str(error),
            f"correct the name, or add the file {name}.py to the snippets",
        ) from error
    try:
        cell.source = snippet.page_source(path)
    except SyntaxError as error:
        raise ChapterError(
            path,
            error.lineno or 1,
            f"the snippet {name!r} does not parse: {error.msg}; "
            f"{chapter.path.name}:{line} shows it",
            "mend the snippet's code",
        ) from error
    chapter.snippets.append(path)


def _body_line(lines: list[str], start: int, cell: NotebookNode) -> int:
    """Return the line of a cell's first line of code, from its fence's."""
    fence = FENCE.match(lines[start - 1].lstrip())
    marker = fence[1] if fence else "```"
    end = next(
        number
        for number in range(start, len(lines) + 1)
        if number == len(lines) or lines[number].strip() == marker
    )
    return end - len(cell.source.splitlines()) + 1


def _values(cell: NotebookNode, lines: list[str], start: int) -> list[Value]:
    if cell.cell_type == "markdown":
        text = cell.source
    elif "mystnb" in cell.metadata:
        texts: list[str] = []
        _map_strings(cell.metadata["mystnb"], lambda s: texts.append(s) or s)
        text = "\n".join(texts)
    else:
        return []
    found = []
    for expression in dict.fromkeys(RUN_ROLE.findall(text)):
        role = f"{{run}}`{expression}`"
        line = next(
            (
                number
                for number, content in enumerate(lines[start - 1 :], start)
                if role in content
            ),
            start,
        )
        found.append(Value(expression, line))
    return found


def _map_strings(value: object, function: object) -> object:
    """Apply a function to every string inside nested dicts and lists."""
    if isinstance(value, str):
        return function(value)
    if isinstance(value, dict):
        return {k: _map_strings(v, function) for k, v in value.items()}
    if isinstance(value, list):
        return [_map_strings(v, function) for v in value]
    return value
