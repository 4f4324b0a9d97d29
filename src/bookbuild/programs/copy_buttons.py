"""The Sphinx extension by which readers take code away from a page.

Every code cell that a reader sees gets the id ``block-<number>``, and the page
carries the cells' programs as data for its script, ``copy_buttons.js``: pieces
of code, most of them as places in the blocks that the page shows, and for each
program the numbers of its pieces.
The buttons stand in the page from the first, so that no script adds hundreds
of elements to it while the reader waits.
Without JavaScript they do not show, and the code can be selected.
"""

import json
import re
from collections.abc import Iterator

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.writers.html5 import HTML5Translator

from bookbuild.programs.page_programs import pages

BLOCKS = (nodes.literal_block, nodes.doctest_block)
BLOCK = re.compile(r"block-(\d+)")


def number_blocks(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Give the cells of a page the ids by which programs name them."""
    page = pages(app.env).get(docname)
    if not page:
        return
    numbers = {
        cell: program.block
        for cell, program in zip(page.cells, page.programs, strict=True)
    }
    for node in doctree.findall(nodes.container):
        if node.get("nb_element") == "cell_code":
            number = numbers.get(node["cell_index"])
            if number:
                node["ids"].append(f"block-{number}")


def offer(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Say of each block that a reader sees which buttons it has."""
    page = pages(app.env).get(docname)
    programs = {p.block: p for p in page.programs} if page else {}
    for node in doctree.findall(lambda node: isinstance(node, BLOCKS)):
        if _is_output(node):
            continue
        program = programs.get(_block(node))
        node["take"] = []
        if not (program and program.alone):
            node["take"].append("Copy")
        if program:
            node["take"].append("Copy runnable")


def _is_output(node: nodes.Element) -> bool:
    return any("cell_output" in p.get("classes", ()) for p in _around(node))


def _block(node: nodes.Element) -> int | None:
    """Return the number of the block that a piece of code is."""
    for parent in _around(node):
        for name in parent.get("ids", ()):
            if found := BLOCK.fullmatch(name):
                return int(found[1])
    return None


def _around(node: nodes.Element) -> Iterator[nodes.Element]:
    """Go through all that an element is in."""
    while node := node.parent:
        yield node


def visit_block(writer: HTML5Translator, node: nodes.literal_block) -> None:
    """Write a block, and the buttons below it."""
    try:
        type(writer).visit_literal_block(writer, node)
    except nodes.SkipNode:  # it is highlighted, and so written to its end
        if labels := node.get("take"):
            buttons = "".join(
                f'<button type="button">{label}</button>' for label in labels
            )
            bar = (
                f'<div class="take pst-js-only">{buttons}'
                '<span role="status"></span></div>'
            )
            body, end, after = writer.body[-1].rpartition("</div>")
            writer.body[-1] = body + bar + end + after
        raise


def depart_block(writer: HTML5Translator, node: nodes.literal_block) -> None:
    """End a block that is not highlighted."""
    type(writer).depart_literal_block(writer, node)


def embed(
    app: Sphinx,
    pagename: str,
    _templatename: str,
    context: dict,
    _doctree: nodes.document | None,
) -> None:
    """Add the programs to the page."""
    page = pages(app.env).get(pagename)
    if page:
        packed = json.dumps(
            page.packed(), ensure_ascii=False, separators=(",", ":")
        ).replace("<", "\\u003c")  # no code can end the script element
        context["body"] += (
            f'<script type="application/json" id="programs">{packed}</script>\n'
        )


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the steps and the page's script."""
    app.setup_extension("bookbuild.programs.page_programs")
    app.connect("doctree-resolved", number_blocks)
    app.connect("doctree-resolved", offer, priority=600)
    app.add_node(
        nodes.literal_block, override=True, html=(visit_block, depart_block)
    )
    app.connect("html-page-context", embed)
    app.add_js_file("copy_buttons.js", loading_method="defer")
    app.add_css_file("copy_buttons.css")
    return {"parallel_read_safe": True, "parallel_write_safe": True}
