"""Numbers of a cell's code that the reader turns.

An author names them in the cell's options::

    :turn: lr = 0.1, 0.5, 1.0; steps = 10, 20
    :says: "after {run}`steps` steps the loss is {run}`loss:.3g`"
    :table: 0.1, 1.0

Each of the two options below ``turn`` may be missing: ``says`` tells in one
line what happens, and ``table`` lists values of the first name for readers who
cannot turn anything, as on paper.
A value in ``raises(...)`` is one with which the cell ends with an error.
"""

import ast
import itertools
import re
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

from nbformat import NotebookNode

from bookbuild.chapters.errors import ChapterError, nearest

RAISES = re.compile(r"raises\((.*)\)")
OPTIONS = {"turn", "says", "table"}
MOST = 64  # runs of one cell
SYNTAX = "write ':turn: name = value, value', two names with ';' between them"


@dataclass
class Turned:
    """A name in a cell's code, and the values that it can have.

    Attributes:
        name: The name.
        values: The values, as they stand in code, in the reader's order.
        raising: Those with which the cell ends with an error.
        own: The place in ``values`` of the value that the page shows.
        line: The line of the cell with the value, from 0.
        columns: Where in this line the value begins and ends.
    """

    name: str
    values: list[str]
    raising: set[str]
    own: int
    line: int
    columns: tuple[int, int]


@dataclass
class Turn:
    """What can be turned in a cell.

    Attributes:
        cell: The cell with its ``{run}`` roles, which are still to be filled.
        line: The line of the chapter where the cell begins.
        numbers: What can be turned.
        listed: The values of the first number that a table lists.
    """

    cell: NotebookNode
    line: int
    numbers: list[Turned]
    listed: list[str]

    @property
    def settings(self) -> list[tuple[str, ...]]:
        """The values of all numbers, in each way that they go together."""
        return [*itertools.product(*(number.values for number in self.numbers))]

    @property
    def own(self) -> tuple[str, ...]:
        """The values that the page shows."""
        return tuple(number.values[number.own] for number in self.numbers)

    @property
    def comment(self) -> str:
        """What a notebook or script says of the other values."""
        lines = []
        for number in self.numbers:
            others = number.values[:]
            del others[number.own]
            lines.append(f"# turn {number.name}: {', '.join(others)}\n")
        return "".join(lines)

    def raises(self, values: tuple[str, ...]) -> bool:
        """Return whether the author says that the cell raises with these."""
        pairs = zip(self.numbers, values, strict=True)
        return any(value in number.raising for number, value in pairs)

    def line_of(self, number: Turned, value: str) -> str:
        """Return a number's line of the code, with a value."""
        line = self.cell.source.split("\n")[number.line]
        start, end = number.columns
        return line[:start] + value + line[end:]


class OptionError(ValueError):
    """What is wrong with an option, and the remedy."""


def read(path: Path, line: int, cell: NotebookNode) -> Turn | None:
    """Return what can be turned in a cell, if anything can.

    Raises:
        ChapterError: The option cannot be read, or the code has not what it
            names.
    """
    if not OPTIONS.intersection(cell.metadata):
        return None
    try:
        parts = str(cell.metadata.get("turn", "")).split(";")
        numbers = [_number(part, cell.source) for part in parts]
        listed = _listed(cell.metadata.get("table"), numbers[0])
    except OptionError as error:
        message, remedy = error.args
        message = f"the option 'turn': {message}"
        raise ChapterError(path, line, message, remedy) from None
    turn = Turn(deepcopy(cell), line, numbers, listed)
    if (count := len(turn.settings)) > MOST:
        message = f"the option 'turn': {count} runs; {MOST} are the most"
        raise ChapterError(path, line, message, "choose fewer values")
    return turn


def _listed(table: object, number: Turned) -> list[str]:
    """Return the values of a table's rows."""
    values = [] if table is None else _values(str(table))
    for value in values:
        if value not in number.values:
            known = nearest(value, number.values)
            message = f"its table has {value}, which it does not turn{known}"
            raise OptionError(message, "list values of the first name")
    return values


def _number(part: str, source: str) -> Turned:
    """Return one number of the option, with its place in the code."""
    name, equals, listed = (text.strip() for text in part.partition("="))
    if not (equals and name.isidentifier()):
        raise OptionError(f"{part.strip()!r} names no values", SYNTAX)
    values = _values(listed)
    raising = {found[1] for found in map(RAISES.fullmatch, values) if found}
    values = [RAISES.sub(r"\1", value) for value in values]
    found = [*_assignments(name, source)]
    if [node.end_lineno - node.lineno for node in found] != [0]:
        raise OptionError(
            f"the cell has {len(found)} lines '{name} = value' at its margin",
            "give it exactly one, whose value is a number or another literal",
        )
    (node,) = found
    line = source.split("\n")[node.lineno - 1].encode()
    columns = tuple(
        len(line[:offset].decode())
        for offset in (node.col_offset, node.end_col_offset)
    )
    own = ast.get_source_segment(source, node)
    if own not in values or not 1 < len(values) == len({*values}):
        raise OptionError(
            f"its values of {name} must be two or more, each once, and the "
            f"code's own among them, which is {own}",
            "write each value as the code would",
        )
    index = values.index(own)
    return Turned(name, values, raising, index, node.lineno - 1, columns)


def _values(listed: str) -> list[str]:
    """Return the values of a list as they stand in it."""
    text = f"[{listed}]"
    try:
        nodes = getattr(ast.parse(text, mode="eval").body, "elts", [])
    except SyntaxError:
        nodes = []
    values = [ast.get_source_segment(text, node) for node in nodes]
    if not (values and all(_is_literal(RAISES.sub(r"\1", v)) for v in values)):
        raise OptionError(f"{listed!r} is no list of values", SYNTAX)
    return values


def _assignments(name: str, source: str) -> Iterator[ast.expr]:
    """Yield the literals that a cell binds to a name at its top level."""
    try:
        statements = ast.parse(source).body
    except SyntaxError:
        return
    for statement in statements:
        match statement:
            case (
                ast.Assign(targets=[ast.Name(id=bound)], value=value)
                | ast.AnnAssign(target=ast.Name(id=bound), value=value)
            ) if bound == name and _is_literal(value):
                yield value


def _is_literal(code: ast.expr | str) -> bool:
    try:
        ast.literal_eval(code)
    except (ValueError, SyntaxError):
        return False
    return True
