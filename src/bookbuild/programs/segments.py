"""Blocks, cut into the segments that a program takes or leaves."""

import ast
from dataclasses import dataclass, replace
from itertools import zip_longest

from bookbuild.execution.watcher import Statement

SILENCE = "with contextlib.redirect_stdout(io.StringIO()):  # printed earlier\n"


@dataclass(eq=False)  # equal only to itself, so that sets can hold it
class Segment:
    """A statement of a block, with the comments above it.

    Statements that share a line share a segment.
    Comments at the end of a block are a segment without statements.

    Attributes:
        block: The number of the block, from 0.
        text: The code.
        nodes: The syntax trees of the statements.
        ran: What the watcher saw of the statements that ran.
        blank_before: Whether the block has a blank line before it.
    """

    block: int
    text: str
    nodes: list[ast.stmt]
    ran: list[Statement]
    blank_before: bool = False

    @property
    def is_compound(self) -> bool:
        """Whether it is a compound statement, such as a loop."""
        return any(map(_is_compound, self.nodes))

    @property
    def imports(self) -> set[tuple[str, str]]:
        """The names and what they stand for, of a segment that only imports."""
        found = set()
        for node in self.nodes:
            if isinstance(node, ast.Import):
                found |= {(a.asname or "", a.name) for a in node.names}
            elif isinstance(node, ast.ImportFrom):
                found |= {
                    (a.asname or a.name, f"{node.module}.{a.name}")
                    for a in node.names
                }
            else:
                return set()
        return found

    def silenced(self) -> "Segment":
        """Return the segment without what it prints."""
        if not any(statement.prints for statement in self.ran):
            return self
        text = SILENCE + indented(self.text)
        return replace(self, text=text, nodes=ast.parse(text).body)


def cut(source: str, block: int, ran: list[Statement]) -> list[Segment]:
    """Cut a block into segments.

    Args:
        source: The code of the block.
        block: The number of the block, from 0.
        ran: Its statements that ran: the first of all, in order.
    """
    try:
        nodes = ast.parse(source).body
    except SyntaxError:  # the block shows that error
        return [Segment(block, source, [], ran)]
    lines = source.split("\n")
    found: list[Segment] = []
    end = 0  # the last line of the segments so far
    for node, statement in zip_longest(nodes, ran):
        part = lines[end : node.end_lineno]
        new_ran = [statement] if statement else []
        if found and node.lineno <= end:  # it begins in the line of the last
            found[-1].text = "\n".join([found[-1].text, *part])
            found[-1].nodes.append(node)
            found[-1].ran += new_ran
        else:
            blank_before = bool(found) and not part[0].strip()
            text = "\n".join(part).lstrip("\n")
            if _is_compound(node):
                text = _without_blank_lines(text)
            found.append(Segment(block, text, [node], new_ran, blank_before))
        end = max(end, node.end_lineno)
    if comments := "\n".join(lines[end:]).strip("\n"):
        found.append(Segment(block, comments, [], []))
    return found


def indented(text: str) -> str:
    """Indent code by four spaces, but not the lines inside its strings."""
    inside = _lines_in_strings(text)
    return "\n".join(
        line if number in inside or not line else "    " + line
        for number, line in enumerate(text.split("\n"), start=1)
    )


def _without_blank_lines(text: str) -> str:
    """Remove the blank lines of code, but not those inside its strings."""
    inside = _lines_in_strings(text)
    return "\n".join(
        line
        for number, line in enumerate(text.split("\n"), start=1)
        if line.strip() or number in inside
    )


def _lines_in_strings(text: str) -> set[int]:
    """Return the numbers of the lines that begin inside a string."""
    return {
        number
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Constant | ast.JoinedStr)
        for number in range(node.lineno + 1, node.end_lineno + 1)
    }


def _is_compound(node: ast.stmt) -> bool:
    return not {"body", "cases"}.isdisjoint(node._fields)
