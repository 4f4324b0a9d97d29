"""Which cells of a chapter run, and what the reader sees of them."""

import warnings

from docutils import nodes
from nbformat import NotebookNode

from bookbuild.chapters.reader import Chapter


def has_tag(cell: NotebookNode, tag: str) -> bool:
    """Return whether a cell has a tag."""
    return tag in cell.metadata.get("tags", [])


def executed_cells(chapter: Chapter) -> dict[int, NotebookNode]:
    """Return the code cells that nbclient 0.11 does not skip, by number."""
    return {
        number: cell
        for number, cell in enumerate(chapter.notebook.cells)
        if cell.cell_type == "code"
        and cell.source.strip()
        and not has_tag(cell, "skip-execution")
    }


def shown_cells(doctree: nodes.document) -> dict[int, bool]:
    """Return the cells whose code the reader sees, by number.

    The values say whether the reader sees their outputs, too.
    Tags, front matter and settings can hide both, and MyST-NB applies them
    when it makes the doctree.
    """
    found = {}
    for cell in doctree.findall(nodes.container):
        parts = {part.get("nb_element") for part in cell.children}
        if "cell_code_source" in parts:
            found[cell["cell_index"]] = "cell_code_output" in parts
    return found


def shown_outputs(cell: NotebookNode) -> list[NotebookNode]:
    """Return the outputs of a cell without those that a tag removes."""
    return [
        o for o in cell.outputs if not has_tag(cell, f"remove-{o.get('name')}")
    ]


def syntax_error(source: str) -> SyntaxError | None:
    """Return why code does not compile, if it does not."""
    try:
        with warnings.catch_warnings(action="ignore"):
            compile(source, "cell", "exec", dont_inherit=True)
    except SyntaxError as error:
        return error
    return None
