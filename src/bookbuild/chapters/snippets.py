"""Snippets as a chapter shows them: found by name, cut to fit a page.

A snippet is the module ``<name>.py`` of the folder of snippets.
On a page it loses its module docstring, and its function's docstring keeps
only the first paragraph: the rest stands in the reference.
Every other line is shown, and run, as it is in the file.
"""

import ast
import difflib
from pathlib import Path


class UnknownSnippetError(LookupError):
    """No snippet has this name; says which name is closest."""


def names(folder: Path) -> list[str]:
    """Return the names of all snippets, sorted."""
    return sorted(
        path.stem
        for path in folder.glob("*.py")
        if not path.stem.startswith("_")
    )


def find(folder: Path, name: str) -> Path:
    """Return the file of the snippet called ``name``.

    Raises:
        UnknownSnippetError: No such file; the message names the closest one.
    """
    known = names(folder)
    if name in known:
        return folder / f"{name}.py"
    close = difflib.get_close_matches(name, known, n=1, cutoff=0)
    hint = f"; the closest is {close[0]!r}" if close else ""
    raise UnknownSnippetError(f"there is no snippet {name!r}{hint}")


def page_source(path: Path) -> str:
    """Return the source of a snippet as a page shows it.

    Raises:
        SyntaxError: The file does not parse.
    """
    source = path.read_text(encoding="utf-8")
    tree = ast.parse(source, filename=str(path))
    lines = source.splitlines()
    # From the last docstring to the first, so that line numbers stay true.
    for node in reversed(list(ast.walk(tree))):
        if not isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef):
            continue
        text = ast.get_docstring(node)
        if text is None:
            continue
        string = node.body[0]
        first, last = string.lineno - 1, string.end_lineno
        if isinstance(node, ast.Module):
            lines[first:last] = []
        else:
            summary = " ".join(text.split("\n\n")[0].split())
            indent = " " * string.col_offset
            lines[first:last] = [f'{indent}"""{summary}"""']
    return "\n".join(lines).strip()
