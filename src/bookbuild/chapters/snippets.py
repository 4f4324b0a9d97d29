"""Snippets as a chapter shows them: found by name, cut to fit a page.

A snippet is the module ``<name>.py`` of the folder of snippets.
On a page it loses its module docstring, and its function's docstring keeps
only the first paragraph: the rest stands in the reference.
Every other line is shown, and run, as it is in the file.
"""

import ast
from collections import Counter
from itertools import groupby
from pathlib import Path

SHORTEST = 3  # lines of checks that are worth the line that stands for them


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


def checks(source: str) -> list[tuple[int, int, int]]:
    """Return the lines of a snippet that only check arguments.

    A check is an ``if`` that does nothing but raise.  An assignment to names
    that only checks use belongs to them.

    Returns:
        For each run of such lines the first and the one after the last, from
        0, and the number of its checks.
    """
    runs = []
    for part in ast.parse(source).body:
        nodes = [*ast.walk(part)]
        found = {node for node in nodes if _is_check(node)}
        used = Counter(name for check in found for name in _names(check))
        every = Counter(_names(part))
        own = {name for name in used if every[name] == used[name] + 1}
        belongs = found | {node for node in nodes if own >= _bound(node)}
        bodies = [getattr(node, "body", None) for node in nodes]
        for body in (b for b in bodies if isinstance(b, list)):
            for is_run, group in groupby(body, belongs.__contains__):
                run = [*group]
                first, end = run[0].lineno - 1, run[-1].end_lineno
                count = sum(node in found for node in run)
                if is_run and count and end - first >= SHORTEST:
                    runs.append((first, end, count))
    return sorted(runs)


def _is_check(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.If)
        and not node.orelse
        and isinstance(node.body[-1], ast.Raise)
        and all(isinstance(n, ast.Assign) for n in node.body[:-1])
    )


def _bound(node: ast.AST) -> set[str]:
    """Return the names that an assignment binds, for others no name."""
    targets = node.targets if isinstance(node, ast.Assign) else []
    return {name for target in targets for name in _names(target)} or {""}


def _names(node: ast.AST) -> list[str]:
    return [n.id for n in ast.walk(node) if isinstance(n, ast.Name)]
