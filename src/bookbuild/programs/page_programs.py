"""The Sphinx extension that makes the programs of each chapter.

It looks at the chapter when MyST-NB has made a doctree of it, since MyST-NB
knows which cells the reader sees.
``env.book_pages`` holds the blocks of each page that has some, by the page's
name, for the copy buttons and the downloads.
"""

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

from bookbuild.chapters import verified
from bookbuild.execution.executed_chapters import report
from bookbuild.programs import block_programs, cells, program_checks
from bookbuild.programs.block_programs import Page


def pages(env: BuildEnvironment) -> dict[str, Page]:
    """Return the pages with blocks, by name."""
    return vars(env).setdefault("book_pages", {})


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
        pages(env)[document.docname] = page


def forget(_app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    """Forget the programs of a chapter that is read again or is gone."""
    pages(env).pop(docname, None)


def merge(
    _app: Sphinx,
    env: BuildEnvironment,
    docnames: set[str],
    other: BuildEnvironment,
) -> None:
    """Take over what a parallel reader has made."""
    made = pages(other)
    pages(env).update({name: made[name] for name in docnames & made.keys()})


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the steps."""
    app.setup_extension("bookbuild.chapters.verified")
    app.connect("doctree-read", build)
    app.connect("env-purge-doc", forget)
    app.connect("env-merge-info", merge)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
