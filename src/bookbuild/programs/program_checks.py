"""Checks of a chapter: a reader who copies a block must lack nothing."""

import ast
import re
from collections.abc import Iterator

from bookbuild.chapters.errors import ChapterError
from bookbuild.chapters.reader import Chapter
from bookbuild.execution.watcher import Statement
from bookbuild.programs.cells import (
    executed_cells,
    expects_error,
    syntax_error,
)


def check(
    chapter: Chapter, statements: list[Statement], shown: dict[int, bool]
) -> list[ChapterError]:
    """Return the faults of a chapter, each once.

    Args:
        chapter: The chapter.
        statements: What the watcher saw of its statements.
        shown: The cells that the reader sees, as ``shown_cells`` returns them.
    """
    indices = executed_cells(chapter)
    if errors := _syntax_errors(chapter, statements, indices):
        return errors
    cells = [chapter.notebook.cells[index] for index in indices]
    hidden = {
        number: cells[statement.block].source.split("\n")[statement.line - 1]
        for number, statement in enumerate(statements)
        if indices[statement.block] not in shown
    }
    found: dict[str, ChapterError] = {}
    for statement in statements:
        index = indices[statement.block]
        if index in shown and not statement.raised:
            source = cells[statement.block].source
            for fault in _faults(statement, source, hidden):
                found.setdefault(fault[1], _error(chapter, index, *fault))
    return list(found.values())


def _syntax_errors(
    chapter: Chapter, statements: list[Statement], indices: list[int]
) -> list[ChapterError]:
    """Return which cells IPython ran although they are not Python."""
    ran = {statement.block for statement in statements}
    found = []
    for block, index in enumerate(indices):
        cell = chapter.notebook.cells[index]
        error = syntax_error(cell.source)
        if error and (block in ran or not expects_error(cell)):
            message = f"the cell is not Python: {error.msg}"
            remedy = (
                "mend it; what only IPython understands, such as commands "
                "with % and !, does not run for a reader who copies it"
            )
            found.append(_error(chapter, index, error.lineno, message, remedy))
    return found


def _error(
    chapter: Chapter, index: int, line: int, message: str, remedy: str
) -> ChapterError:
    """Return the error for a line of a cell."""
    at = chapter.body_lines[index]
    snippet = chapter.notebook.cells[index].metadata.get("snippet")
    if snippet:  # its lines are not in the chapter
        message = message.replace("the cell", f"the snippet {snippet!r}")
    else:
        at += line - 1
    return ChapterError(chapter.path, at, message, remedy)


def _faults(
    statement: Statement, source: str, hidden: dict[int, str]
) -> Iterator[tuple[int, str, str]]:
    """Return what a reader would lack: line in the cell, message and remedy.

    Args:
        statement: The statement that the reader would run.
        source: The code of its cell.
        hidden: The first lines of the statements that the reader does not see,
            by the statements' numbers.
    """
    for number, reason in statement.needs.items():
        if number not in hidden:
            continue
        if bound := re.fullmatch(r"binds '(\w+)'", reason):
            name = bound[1]
            yield (
                _line_of(name, source, statement),
                (
                    f"the cell uses the name {name!r}, which is bound only in "
                    "a hidden cell; who copies it does not get that"
                ),
                f"show the cell that binds {name!r}, or bind it here",
            )
        else:
            need = f"{hidden[number]!r} {reason}"
            yield (
                statement.line,
                f"the cell needs what a hidden cell does: {need}",
                "show that cell; downloads do not hold what nobody sees",
            )
    for path in statement.files:
        yield (
            statement.line,
            f"the cell reads the file {path!r}, which a reader does not have",
            "make the data in the cell, or write the file in a cell above",
        )
    for module, line in statement.imports:
        yield (
            line,
            f"the cell imports {module!r}, which a reader may not have",
            "use torch, numpy, matplotlib and the standard library only",
        )


def _line_of(name: str, source: str, statement: Statement) -> int:
    """Return the first line of a statement that contains a name."""
    lines = [
        node.lineno
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Name)
        and node.id == name
        and statement.line <= node.lineno <= statement.end
    ]
    return min(lines, default=statement.line)
