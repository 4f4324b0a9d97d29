"""Snippets as a chapter shows them: found by name, cut to fit a page.

A snippet is the module ``<name>.py`` of the folder of snippets.
On a page it loses its module docstring, and its function's docstring keeps
only the first paragraph: the rest stands in the reference.
Every other line is shown, and run, as it is in the file.
"""

import ast
from itertools import groupby
from pathlib import Path

SHORTEST = 3  # lines of checks that are worth the line that stands for them


def names(folder: Path) -> list[str]:
    """Return the names of all snippets, sorted."""
    return sorted(path.stem for path in folder.glob("[!_]*.py"))


def page_source(path: Path) -> str:
    """Return the source of a snippet, which parses, as a page shows it."""
    source = path.read_text(encoding="utf-8")
    tree = ast.parse(source, filename=str(path))
    lines = source.split("\n")
    kinds = ast.Module | ast.FunctionDef | ast.ClassDef
    nodes = [node for node in ast.walk(tree) if isinstance(node, kinds)]
    found = [*filter(ast.get_docstring, nodes)]
    # From the last docstring to the first, so that line numbers stay true.
    for node in sorted(found, key=lambda n: n.body[0].lineno, reverse=True):
        string = node.body[0]
        text = ast.get_docstring(node)
        summary = " ".join(text.split("\n\n")[0].split())
        before = lines[string.lineno - 1].encode()[: string.col_offset]
        mark = "'" * 3 if '""' in f'{summary}"' else '"' * 3
        raw = "r" * ("\\" in summary)
        short = [f"{before.decode()}{raw}{mark}{summary}{mark}"]
        is_module = isinstance(node, ast.Module)
        lines[string.lineno - 1 : string.end_lineno] = (
            [] if is_module else short
        )
    return "\n".join(lines).strip()


def checks(source: str) -> list[tuple[int, int, int]]:
    """Return the lines of a snippet that do nothing but check arguments.

    Returns:
        For each run of such lines the first and the one after the last, from
        0, and the number of its checks.
    """
    bodies = (getattr(n, "body", None) for n in ast.walk(ast.parse(source)))
    runs = []
    for body in (body for body in bodies if isinstance(body, list)):
        for is_check, group in groupby(body, _is_check):
            run = [*group]
            first, end = run[0].lineno - 1, run[-1].end_lineno
            if is_check and end - first >= SHORTEST:
                runs.append((first, end, len(run)))
    return runs


def _is_check(node: ast.AST) -> bool:
    is_if = isinstance(node, ast.If) and not node.orelse
    kinds = [type(n) for n in node.body] if is_if else []
    return {*kinds[:-1]} <= {ast.Assign} and kinds[-1:] == [ast.Raise]
