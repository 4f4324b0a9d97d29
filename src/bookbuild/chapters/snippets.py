"""Snippets as a chapter shows them: found by name, cut to fit a page.

A snippet is the module ``<name>.py`` of the folder of snippets.
On a page it loses its module docstring, and its function's docstring keeps
only the first paragraph: the rest stands in the reference.
Every other line is shown, and run, as it is in the file.
"""

import ast
from pathlib import Path


def names(folder: Path) -> list[str]:
    """Return the names of all snippets, sorted."""
    stems = (path.stem for path in folder.glob("*.py"))
    return sorted(stem for stem in stems if not stem.startswith("_"))


def page_source(path: Path) -> str:
    """Return the source of a snippet as a page shows it.

    Raises:
        SyntaxError: The file does not parse.
    """
    source = path.read_text(encoding="utf-8")
    tree = ast.parse(source, filename=str(path))
    lines = source.split("\n")
    # From the last docstring to the first, so that line numbers stay true.
    for node in reversed(list(ast.walk(tree))):
        if not isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef):
            continue
        text = ast.get_docstring(node)
        if text is None:
            continue
        string = node.body[0]
        summary = " ".join(text.split("\n\n")[0].split())
        short = [" " * string.col_offset + f'"""{summary}"""']
        is_module = isinstance(node, ast.Module)
        lines[string.lineno - 1 : string.end_lineno] = (
            [] if is_module else short
        )
    return "\n".join(lines).strip()
