"""Faults that only all pages together show.

Sphinx finds a label on two pages only where one process has read both.
"""

import re
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from pathlib import Path

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

from bookbuild.chapters.errors import ChapterError

# An ePub has no others; Sphinx makes the excluded pages itself.
NAME = re.compile(r"(?!(404|genindex|search)$)[\w/.-]+", re.ASCII)
APART = nodes.footnote | nodes.citation  # each page has its own


def note_contents(app: Sphinx, doctree: nodes.document) -> None:
    """Note a page's labels with their lines, and the snippets it shows."""
    labels = {
        node["label"]: node.line
        for node in doctree.findall(nodes.math_block)
        if node.get("label")
    }
    for name, is_explicit in doctree.nametypes.items():
        node = doctree.ids.get(doctree.nameids[name])
        if is_explicit and node and not isinstance(node, APART):
            labels[name] = node.line
    name = app.env.current_document.docname
    app.env.metadata[name]["book_labels"] = labels
    app.env.metadata[name]["book_shows"] = {
        part.parent["cell_metadata"].get("snippet")
        for part in doctree.findall(nodes.container)
        if part.get("nb_element") == "cell_code_source"
        and "shown-in" not in part.parent["cell_metadata"]
    }


def check(env: BuildEnvironment) -> Iterator[ChapterError]:
    """Yield what keeps pages from being found."""
    first: dict[str, str] = {}
    for name in sorted(env.found_docs):
        path, noted = Path(env.doc2path(name)), env.metadata[name]
        for label, line in noted.get("book_labels", {}).items():
            here = f"{path.name}:{line or 1}"
            if (other := first.setdefault(label, here)) != here:
                message = f"the label {label!r} is in {other} too"
                remedy = "give one of the two another label"
                yield ChapterError(path, line or 1, message, remedy)
        if not NAME.fullmatch(name):
            message = (
                f"the page's name {name!r} is that of a page of Sphinx, or has "
                "signs that links escape"
            )
            remedy = "name the file with letters of ASCII, digits, '-' and '_'"
            yield ChapterError(path, 1, message, remedy)
        titles = len(env.tocs[name])
        if titles != 1 and not noted.get("book_errors"):
            remedy = "begin it with '# What it is about', sections with '##'"
            yield ChapterError(path, 1, f"a page with {titles} titles", remedy)
    yield from check_snippets(env)
    try:
        TopologicalSorter(env.toctree_includes).prepare()
    except CycleError as error:
        # Each page is in the toctree of the next; the root may list any.
        pairs = pairwise(error.args[1])
        entry, name = max(pairs, key=lambda p: p[0] == env.config.root_doc)
        trees = env.get_doctree(name).findall(addnodes.toctree)
        line = next(t.line for t in trees if entry in t["includefiles"])
        message = "this toctree leads back to its own page"
        remedy = f"take the entry {entry!r} out"
        yield ChapterError(Path(env.doc2path(name)), line, message, remedy)


def check_snippets(env: BuildEnvironment) -> Iterator[ChapterError]:
    """Yield the snippets that another page should show and does not."""
    uses = [
        (name, *use)
        for name in sorted(env.found_docs)
        for use in env.metadata[name].get("book_snippets", ())
    ]
    for name, line, snippet, page in uses:
        pages = [
            n
            for n in sorted(env.found_docs)
            if snippet in env.metadata[n].get("book_shows", ())
        ]
        at_fault = env.metadata.get(page, {}).get("book_errors")
        if page and page not in pages and not at_fault:
            message = f"the page {page!r} does not show the snippet {snippet!r}"
            if env.config.book_student:
                message += ", but for answers, which students do not have"
            known = ", ".join(pages) or "there is none"
            remedy = f"name one that does ({known}), or take 'shown-in' out"
            yield ChapterError(Path(env.doc2path(name)), line, message, remedy)
