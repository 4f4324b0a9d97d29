"""Blocks, cut into the segments that a program takes or leaves."""

import ast
import re
from dataclasses import dataclass, field, replace
from itertools import zip_longest

from bookbuild.execution.watcher import Statement

SILENCE = "with contextlib.redirect_stdout(io.StringIO()):  # printed earlier\n"
# What earlier statements do; what holds it back, and what that imports.
HELD_BACK = {
    "prints": (SILENCE, "import contextlib\nimport io"),
    "shows": (
        'with mock.patch("matplotlib.pyplot.show"):  # shown earlier\n',
        "from unittest import mock",
    ),
}
# Values with these texts look the same when they are printed.
PRINT_IS_REPR = re.compile(
    r"tensor\(|Parameter containing|torch\.|[-+\d\[({]|True|False|nan|inf|"
    r"[A-Z]\w* ?\((?:\w+=|\n|\))"
)


@dataclass(eq=False)  # equal only to itself, so that sets can hold it
class Segment:
    """A statement of a block, with the comments above it.

    Statements that share a line share a segment.
    Comments at the end of a block are a segment without statements.
    """

    block: int  # the number of the block, from 0
    text: str  # the code
    nodes: list[ast.stmt] = field(default_factory=list)  # the statements
    ran: list[Statement] = field(default_factory=list)  # those that ran
    compound: bool = False  # whether it is a compound statement
    blank_before: bool = False  # whether the block has a blank line before it

    @property
    def imports(self) -> set[tuple[str, str, str | None]]:
        """What it imports, if it does nothing else."""
        kinds = ast.Import | ast.ImportFrom
        if not all(isinstance(node, kinds) for node in self.nodes):
            return set()
        return {
            (getattr(node, "module", ""), alias.name, alias.asname)
            for node in self.nodes
            for alias in node.names
        }

    @property
    def is_future(self) -> bool:
        """Whether it must be at the top of a file, and holds for all of it."""
        return any(module == "__future__" for module, _, _ in self.imports)

    def silenced(self) -> "Segment":
        """Return the segment without what it prints and shows."""
        made = self
        for does, (line, _) in HELD_BACK.items():
            if any(getattr(statement, does) for statement in self.ran):
                text = line + indented(made.text)
                made = replace(self, text=text, compound=True)
        return made

    def printing(self, shown: str) -> "Segment":
        """Return the segment with its last expression printed as a value."""
        node = self.nodes[-1]
        if not isinstance(node, ast.Expr):
            return self
        code = self.text.encode()  # columns of syntax trees count bytes
        lines = code.splitlines(keepends=True)
        first = sum(map(len, lines[: node.lineno - node.end_lineno - 1]))
        start = first + node.col_offset
        end = len(code) - len(lines[-1]) + node.end_col_offset
        value = code[start:end].decode()
        opening, closing = _print_call(node.value, value, shown)
        call = f"{opening}{value}{closing}".encode()
        return replace(self, text=(code[:start] + call + code[end:]).decode())


def cut(source: str, block: int, ran: list[Statement]) -> list[Segment]:
    """Cut a block into segments, given its number and its statements that ran.

    An exception may have kept the last statements from running.
    """
    try:
        nodes = ast.parse(source).body
    except SyntaxError:  # the block shows that error
        return [Segment(block, source, ran=ran)]
    lines = source.split("\n")
    found: list[Segment] = []
    end = 0  # the last line of the segments so far
    for node, statement in zip_longest(nodes, ran):
        part = lines[end : node.end_lineno]
        if found and node.lineno <= end:
            found[-1].text = "\n".join([found[-1].text, *part])
        else:
            text = "\n".join(part).lstrip("\n")
            found.append(Segment(block, text))
            found[-1].blank_before = end > 0 and not part[0].strip()
            if {"body", "cases"}.intersection(node._fields):
                found[-1].text = _without_blank_lines(text)
                found[-1].compound = True
        found[-1].nodes.append(node)
        found[-1].ran += [statement] if statement else []
        end = max(end, node.end_lineno)
    if comments := "\n".join(lines[end:]).strip("\n"):
        found.append(Segment(block, comments))
    return found


def indented(code: str) -> str:
    """Indent code by four spaces, but not the lines inside its strings."""
    return "\n".join(
        line if in_string or not line else f"    {line}"
        for line, in_string in _lines(code)
    )


def _without_blank_lines(code: str) -> str:
    """Remove the blank lines of code, but not those inside its strings."""
    return "\n".join(
        line for line, in_string in _lines(code) if in_string or line.strip()
    )


def _lines(code: str) -> list[tuple[str, bool]]:
    """Return the lines of code, and whether each begins inside a string."""
    in_strings = {
        number
        for node in ast.walk(ast.parse(code))
        if isinstance(node, ast.Constant | ast.JoinedStr)
        for number in range(node.lineno + 1, node.end_lineno + 1)
    }
    lines = enumerate(code.split("\n"), start=1)
    return [(line, number in in_strings) for number, line in lines]


def _print_call(value: ast.expr, code: str, shown: str) -> tuple[str, str]:
    """Return what goes before and after an expression to print its value."""
    called = isinstance(value, ast.Call)
    function = value.func if called else value
    name = getattr(function, "attr", getattr(function, "id", ""))
    short = shown.rpartition(".")[2]
    # Of a class IPython shows the name alone.
    if shown.replace(".", "").isidentifier() and (
        name == ("type" if called else "__class__")
        or (name == short and short[0].isupper())
    ):
        form = "{0.__module__}." * ("." in shown) + "{0.__qualname__}"
        return f'print("{form}".format(', "))"
    if not PRINT_IS_REPR.match(shown):
        return "print(repr(", "))"
    if isinstance(value, ast.Tuple):
        call = code[0] == "(" and ast.parse(f"f{code}").body[0].value
        if not isinstance(call, ast.Call):  # it has no brackets of its own
            return "print((", "))"
    return "print(", ")"
