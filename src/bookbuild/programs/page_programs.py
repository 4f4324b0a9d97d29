"""The Sphinx extension that makes a program for every block of a chapter.

``env.book_pages`` holds, by the name of the page, what the copy buttons and
the downloads need of it.
"""

import re

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

from bookbuild.chapters import verified
from bookbuild.chapters.reader import Chapter
from bookbuild.execution.executed_chapters import PRIORITY, report
from bookbuild.programs import block_programs
from bookbuild.programs.block_programs import Page

TITLE = re.compile(r"^# (.+)$", re.MULTILINE)


def pages(env: BuildEnvironment) -> dict[str, Page]:
    """Return the programs of all chapters, by name."""
    return vars(env).setdefault("book_pages", {})


def title(chapter: Chapter) -> str:
    """Return a chapter's title, without Markdown's marks."""
    for cell in chapter.notebook.cells:
        if cell.cell_type == "markdown" and (
            found := TITLE.search(cell.source)
        ):
            return found[1].replace("`", "").strip()
    return chapter.path.stem


def build(app: Sphinx, docname: str, _source: list[str]) -> None:
    """Make the programs of a chapter that has just been run."""
    chapter = app.env.current_document.get("book_chapter")
    if not (chapter and chapter.code_cells):
        return
    statements = app.env.current_document["book_run"].statements
    if errors := block_programs.check(chapter, statements):
        report(app.env, docname, errors)
        return
    versions = verified.load(app)["versions"]
    pages(app.env)[docname] = block_programs.build(
        chapter, statements, app.config.project, title(chapter), versions
    )


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
    app.connect("source-read", build, priority=PRIORITY + 100)
    app.connect("env-purge-doc", forget)
    app.connect("env-merge-info", merge)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
