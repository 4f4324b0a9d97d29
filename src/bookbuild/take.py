"""The Sphinx extension by which readers take code away from a page.

Every code cell that a reader sees gets the id ``block-<number>``, and the
page carries the cells' programs as data for its script, ``take.js``: pieces
of code, most of them as places in the blocks that the page shows, and for each
program the numbers of its pieces.
Without JavaScript there is no button and the code can be selected.
"""

import json
import re

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

from bookbuild import programs, record
from bookbuild.chapter import Chapter

TITLE = re.compile(r"^# (.+)$", re.MULTILINE)


def title(chapter: Chapter) -> str:
    """Return a chapter's title, without Markdown's marks."""
    for cell in chapter.notebook.cells:
        if cell.cell_type == "markdown" and (
            found := TITLE.search(cell.source)
        ):
            return found[1].replace("`", "").strip()
    return chapter.path.stem


def build_programs(
    app: Sphinx, env: BuildEnvironment, _docnames: list[str]
) -> None:
    """Make the programs of the chapters that were just run."""
    pages = vars(env).setdefault("book_pages", {})
    # Not at env-purge-doc: that comes also before a page is read again.
    for name in pages.keys() - env.found_docs:
        del pages[name]
    versions = record.load(app)["versions"]
    for name, chapter in app.book_chapters.items():
        pages.pop(name, None)
        if chapter.code_cells:
            pages[name] = programs.build(
                chapter, app.config.project, title(chapter), versions
            )


def number_blocks(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Give the cells of a page the ids by which programs name them."""
    page = app.env.book_pages.get(docname)
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


def embed(
    app: Sphinx,
    pagename: str,
    _templatename: str,
    context: dict,
    _doctree: nodes.document | None,
) -> None:
    """Add the programs to the page."""
    page = vars(app.env).get("book_pages", {}).get(pagename)
    if page:
        packed = json.dumps(
            page.packed(), ensure_ascii=False, separators=(",", ":")
        ).replace("<", "\\u003c")  # no code can end the script element
        context["body"] += (
            f'<script type="application/json" id="programs">{packed}</script>\n'
        )


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the steps and the page's script."""
    # After bookbuild.book has run the chapters.
    app.connect("env-before-read-docs", build_programs, priority=600)
    app.connect("doctree-resolved", number_blocks)
    app.connect("html-page-context", embed)
    app.add_js_file("take.js", loading_method="defer")
    app.add_css_file("take.css")
    return {"parallel_read_safe": True, "parallel_write_safe": True}
