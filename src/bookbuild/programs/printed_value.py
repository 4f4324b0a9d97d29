"""Code that prints the value that a notebook shows under a cell."""

import ast
import re
from dataclasses import replace

from nbformat import NotebookNode

from bookbuild.programs.segments import Segment

# Values with these texts look the same when they are printed.
PRINT_IS_REPR = re.compile(
    r"tensor\(|Parameter containing|torch\.|[-+\d\[({]|True|False|nan|inf|"
    r"[A-Z]\w* ?\((?:\w+=|\n|\))"
)


def has_figure(outputs: list[NotebookNode]) -> bool:
    """Return whether a cell shows a picture."""
    return any(map(_is_picture, outputs))


def _is_picture(output: NotebookNode) -> bool:
    return any(kind.startswith("image/") for kind in output.get("data", {}))


def with_value(
    segments: list[Segment], outputs: list[NotebookNode]
) -> list[Segment]:
    """Return a block that prints the value that a notebook shows under it."""
    values = [
        output.data["text/plain"]
        for output in outputs
        if output.output_type == "execute_result" and not _is_picture(output)
    ]
    places = [place for place, s in enumerate(segments) if s.nodes]
    found = list(segments)
    if values and places:
        last = segments[places[-1]]
        node = last.nodes[-1]
        if isinstance(node, ast.Expr):
            text = _with_print(last.text, node, values[0])
            found[places[-1]] = replace(last, text=text)
    return found


def _with_print(text: str, node: ast.Expr, shown: str) -> str:
    """Print the expression with which code ends.

    Args:
        text: The code.
        node: The syntax tree of the expression.
        shown: The text of its value that the notebook shows.
    """
    code = text.encode()  # columns of syntax trees count bytes
    lines = code.splitlines(keepends=True)
    first = sum(map(len, lines[: node.lineno - node.end_lineno - 1]))
    start = first + node.col_offset
    end = len(code) - len(lines[-1]) + node.end_col_offset
    value = code[start:end].decode()
    opening, closing = _print_call(node.value, value, shown)
    before, after = code[:start].decode(), code[end:].decode()
    return f"{before}{opening}{value}{closing}{after}"


def _print_call(value: ast.expr, code: str, shown: str) -> tuple[str, str]:
    """Return what goes before and after an expression to print it."""
    if _is_class(value, shown):
        form = "{0.__module__}." * ("." in shown) + "{0.__qualname__}"
        return f'print("{form}".format(', "))"
    if not PRINT_IS_REPR.match(shown):
        return "print(repr(", "))"
    # A tuple without brackets would be several arguments.
    if isinstance(value, ast.Tuple) and not isinstance(
        ast.parse(f"f{code}").body[0].value, ast.Call
    ):
        return "print((", "))"
    return "print(", ")"


def _is_class(value: ast.expr, shown: str) -> bool:
    """Return whether a value is a class, of which IPython shows the name."""
    called = isinstance(value, ast.Call)
    function = value.func if called else value
    name = getattr(function, "attr", getattr(function, "id", ""))
    short = shown.rpartition(".")[2]
    return shown.replace(".", "").isidentifier() and (
        name == ("type" if called else "__class__")
        or (name == short != "" and short[0].isupper())
    )
