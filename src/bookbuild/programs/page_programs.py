"""The Sphinx extension that makes the programs of each chapter.

It looks at a chapter when MyST-NB has made its doctree, since MyST-NB knows
which cells the reader sees.
"""

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

from bookbuild.chapters import verified
from bookbuild.execution.executed_chapters import noted, report
from bookbuild.programs import block_programs, cells, program_checks
from bookbuild.programs.block_programs import Page


def pages(env: BuildEnvironment) -> dict[str, Page]:
    """Return the pages that have blocks, by name."""
    return noted(env, "book_blocks")


def build(app: Sphinx, doctree: nodes.document) -> None:
    """Make the programs of a chapter that has just been read."""
    env, document = app.env, app.env.current_document
    chapter = document.get("book_chapter")
    if chapter is None:  # it could not be read or run
        return
    statements = document["book_run"].statements
    shown = cells.shown_cells(doctree)
    if errors := program_checks.check(chapter, statements, shown):
        report(env, document.docname, errors)
        return
    title = env.titles[document.docname].astext()
    page = block_programs.build(
        chapter,
        statements,
        shown,
        f"{app.config.project}, {title}",
        verified.load(app)["versions"],
    )
    if page.blocks:
        # Sphinx drops and merges what it knows of a page.
        env.metadata[document.docname]["book_blocks"] = page


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the steps."""
    app.setup_extension("bookbuild.chapters.verified")
    app.connect("doctree-read", build)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
