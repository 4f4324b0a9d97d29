"""Checks of a chapter: a reader who copies a block must lack nothing."""

import ast
import re
from collections.abc import Iterator

from nbformat import NotebookNode

from bookbuild.chapters.errors import ChapterError
from bookbuild.chapters.reader import Chapter
from bookbuild.execution.watcher import Statement
from bookbuild.programs.cells import executed_cells, has_tag, syntax_error

Fault = tuple[int, int, str, str]  # cell, line in it, message, remedy


def check(
    chapter: Chapter, statements: list[Statement], shown: dict[int, bool]
) -> list[ChapterError]:
    """Return the faults of a chapter.

    Args:
        chapter: The chapter.
        statements: What the watcher saw of its statements.
        shown: The cells that the reader sees, as ``shown_cells`` returns them.
    """
    cells = executed_cells(chapter)
    faults = list(_not_python(cells, statements))
    if not faults:
        found: dict[str, Fault] = {}
        for fault in _missing(cells, statements, shown):
            found.setdefault(fault[2], fault)  # each message once
        faults = list(found.values())
    return [_error(chapter, *fault) for fault in faults]


def _error(
    chapter: Chapter, index: int, line: int, message: str, remedy: str
) -> ChapterError:
    """Return the error for a line of a cell."""
    first = chapter.body_lines[index]
    snippet = chapter.notebook.cells[index].metadata.get("snippet")
    if snippet:  # the chapter does not have its lines
        said = message.replace("the cell", f"the snippet {snippet!r}")
        return ChapterError(chapter.path, first, said, remedy)
    return ChapterError(chapter.path, first + line - 1, message, remedy)


def _not_python(
    cells: dict[int, NotebookNode], statements: list[Statement]
) -> Iterator[Fault]:
    """Find cells that IPython runs although they are not Python."""
    ran = {statement.block for statement in statements}
    remedy = (
        "mend it; what only IPython understands, such as commands "
        "with % and !, does not run for a reader who copies it"
    )
    for block, (index, cell) in enumerate(cells.items()):
        error = syntax_error(cell.source)
        if error and (block in ran or not has_tag(cell, "raises-exception")):
            message = f"the cell is not Python: {error.msg}"
            yield index, error.lineno, message, remedy


def _missing(
    cells: dict[int, NotebookNode],
    statements: list[Statement],
    shown: dict[int, bool],
) -> Iterator[Fault]:
    """Find what a statement needs and what the reader does not have."""
    indices = list(cells)
    for statement in statements:
        index, line = indices[statement.block], statement.line
        if statement.raised or index not in shown:
            continue
        for number, reason in statement.needs.items():
            needed = statements[number]
            hidden = indices[needed.block]
            if hidden in shown:
                continue
            if bound := re.fullmatch(r"binds '(\w+)'", reason):
                name = bound[1]
                place = _line_of(name, cells[index].source, statement)
                message = (
                    f"the cell uses the name {name!r}, which is bound only in "
                    "a hidden cell; who copies it does not get that"
                )
                remedy = f"show the cell that binds {name!r}, or bind it here"
                yield index, place, message, remedy
            else:
                code = cells[hidden].source.split("\n")[needed.line - 1]
                message = "the cell needs what a hidden cell does: "
                remedy = (
                    "show that cell; downloads do not hold what nobody sees"
                )
                yield index, line, f"{message}{code!r} {reason}", remedy
        for path in statement.files:
            message = f"the cell reads the file {path!r}, which a reader"
            remedy = (
                "make the data in the cell, or write the file in a cell above"
            )
            yield index, line, f"{message} does not have", remedy
        for module, place in statement.imports:
            message = (
                f"the cell imports {module!r}, which a reader may not have"
            )
            remedy = (
                "use torch, numpy, matplotlib and the standard library only"
            )
            yield index, place, message, remedy


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
