"""What runs of a chapter's cells, and what the reader sees of them."""

import warnings

from docutils import nodes
from nbformat import NotebookNode

from bookbuild.chapters.reader import Chapter


def executed_cells(chapter: Chapter) -> list[int]:
    """Return the numbers of the code cells that nbclient runs.

    It skips empty cells and those with a tag: ``NotebookClient.execute_cell``
    in nbclient 0.11.
    """
    return [
        number
        for number, cell in enumerate(chapter.notebook.cells)
        if cell.cell_type == "code"
        and cell.source.strip()
        and not has_tag(cell, "skip-execution")
    ]


def has_tag(cell: NotebookNode, tag: str) -> bool:
    """Return whether a cell has a tag."""
    return tag in cell.metadata.get("tags", [])


def expects_error(cell: NotebookNode) -> bool:
    """Return whether a cell shows an error on purpose."""
    return has_tag(cell, "raises-exception")


def shown_cells(doctree: nodes.document) -> dict[int, bool]:
    """Return the numbers of the cells whose code MyST-NB has put on a page.

    The values say whether it has put their outputs there.
    Tags, front matter and settings can hide both; MyST-NB knows them all.
    """
    found = {}
    for cell in doctree.findall(nodes.container):
        parts = {part.get("nb_element") for part in cell.children}
        if "cell_code_source" in parts:
            found[cell["cell_index"]] = "cell_code_output" in parts
    return found


def shown_outputs(cell: NotebookNode) -> list[NotebookNode]:
    """Return the outputs of a cell whose outputs are shown."""
    return [
        output
        for output in cell.outputs
        if output.output_type != "stream" or not has_tag(cell, "remove-stdout")
    ]


def syntax_error(source: str) -> SyntaxError | None:
    """Return why code does not compile, if it does not."""
    try:
        with warnings.catch_warnings(action="ignore"):
            compile(source, "cell", "exec", dont_inherit=True)
    except SyntaxError as error:
        return error
    return None
