"""The Sphinx extension that makes the programs of each chapter.

It looks at a chapter when MyST-NB has made its doctree, since MyST-NB knows
which cells the reader sees.
"""

from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

from bookbuild.chapters import verified
from bookbuild.chapters.checks import needed_labels
from bookbuild.chapters.errors import ChapterError
from bookbuild.chapters.reader import Chapter
from bookbuild.execution import fork_client
from bookbuild.execution.executed_chapters import noted, report
from bookbuild.execution.watcher import Statement
from bookbuild.programs import (
    block_programs,
    cells,
    program_checks,
    program_runs,
    turned_blocks,
)
from bookbuild.programs.block_programs import Page


def pages(env: BuildEnvironment) -> dict[str, Page]:
    """Return the pages that have blocks, by name."""
    return noted(env, "book_blocks")


def needs_programs(app: Sphinx) -> bool:
    """Return whether a builder needs what programs give: page and record."""
    return app.builder.format == "html" or app.builder.name == "dummy"


def prepare(app: Sphinx) -> None:
    """Have programs run, with the settings that the chapters run with."""
    if needs_programs(app):
        key = Path(app.config.nb_execution_cache_path).name
        fork_client.start_programs(key)


def build(app: Sphinx, doctree: nodes.document) -> None:
    """Make the programs of a chapter that has just been read."""
    env, document = app.env, app.env.current_document
    chapter = document.get("book_chapter")
    if chapter is None:  # it could not be read or run
        return
    statements = document["book_run"].statements
    add_needs(chapter, statements)
    tell_differences(chapter, doctree)
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
        if needs_programs(app):
            run_programs(app, chapter, page)
        # Sphinx drops and merges what it knows of a page.
        env.metadata[document.docname]["book_blocks"] = page


def run_programs(app: Sphinx, chapter: Chapter, page: Page) -> None:
    """Run each block's program, also with every value that a reader turns."""
    env, document = app.env, app.env.current_document
    name = document.docname.replace("/", ".")
    runs = Path(app.config.nb_execution_cache_path)
    found = document["book_run"]
    limit = chapter.notebook.metadata.get("mystnb", {}).get(
        "execution_timeout", env.mystnb_config.execution_timeout
    )
    every = enumerate(chapter.notebook.cells)
    numbers = [number for number, c in every if c.cell_type == "code"]
    errors = []
    if app.builder.format == "html":
        kept = runs / "programs" / f"{name}.json"
        drawn = dict(zip(numbers, found.figures, strict=True))
        errors += program_runs.check(chapter, page.blocks, drawn, kept, limit)
    try:
        folder = runs / "turns" / name
        turned = turned_blocks.run(
            chapter, page.blocks, found.values, folder, limit
        )
    except ChapterError as error:
        errors.append(error)
        turned = []
    if turned:
        metadata = env.metadata[document.docname]
        metadata["book_turns"] = turned
        for each in turned:
            place = numbers.index(each.block.cell)
            cell = metadata["book_record"]["cells"][place]
            cell["turned"] = each.recorded()
    report(env, document.docname, errors)


def add_needs(chapter: Chapter, statements: list[Statement]) -> None:
    """Add what authors say that a cell needs to what the watcher saw."""
    ran = cells.executed_cells(chapter).values()
    labelled = {str(c.metadata.get("label")): n for n, c in enumerate(ran)}
    for block, cell in enumerate(ran):
        needed = {labelled.get(label) for label in needed_labels(cell)}
        needs = {
            number: "is what its option 'needs' names"
            for number, statement in enumerate(statements)
            if statement.block in needed
        }
        for statement in statements:
            if statement.block == block:
                statement.needs = {**needs, **statement.needs}


def tell_differences(chapter: Chapter, doctree: nodes.document) -> None:
    """Say below outputs that differ each time why they do."""
    for node in [*doctree.findall(nodes.container)]:
        parts = {part.get("nb_element") for part in node.children}
        if "cell_code_output" not in parts:
            continue
        metadata = chapter.notebook.cells[node["cell_index"]].metadata
        if reason := metadata.get("differs"):
            text = f"This output differs each time: {reason}"
            note = nodes.paragraph("", "", nodes.emphasis(text, text))
            node.parent.insert(node.parent.index(node) + 1, note)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the steps."""
    app.setup_extension("bookbuild.chapters.verified")
    app.add_config_value("book_repository", "", "html", str)  # owner/name
    app.connect("builder-inited", prepare)
    app.connect("doctree-read", build)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
