"""Tell each page's template what the page is and which files it needs.

- where the page stands: its part of the book and its number there;
- when the book was last verified, with which versions;
- a description, and, where the site's address is known, the address for the
  canonical link and the social card;
- the style sheets and scripts that the page needs.

Sections that hold a cell of PyTorch and one of NumPy get the class ``pair``.
A style that looked for such sections itself, with ``:has()``, would have
browsers style the whole page again at each piece of it that arrives.
"""

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

from bookbuild.chapters.verified import NAMES, load
from bookbuild.pages.reading_time import reading_time

# book.js and code.css have what the book needs of these.
REPLACED = ("sphinx-book-theme.js", "pygments.css")
SWITCHER = "DOCUMENTATION_OPTIONS."  # the theme's, of versions; we have one
TABS = ("design-tabs.js", "sd-tab-set")  # a script, and the class it serves
LENGTH = 160  # characters of a description that search engines show


def places(env: BuildEnvironment) -> dict[str, dict]:
    """Return where each page stands: its part, its number, how many."""
    found = {}
    root = env.get_doctree(env.config.root_doc)
    for toctree in root.findall(addnodes.toctree):
        pages = [page for _title, page in toctree["entries"]]
        part = {"part": toctree["caption"] or "", "count": len(pages)}
        found |= {p: {**part, "number": n} for n, p in enumerate(pages, 1)}
    return found


def own_description(doctree: nodes.document) -> str:
    """Return what the author has described the page as, or nothing."""
    metas = doctree.findall(nodes.meta)
    own = (m["content"] for m in metas if m.get("name") == "description")
    return next(own, "")


def beginning(doctree: nodes.document) -> str:
    """Return the page's first paragraph, cut to what search engines show."""
    for paragraph in doctree.findall(nodes.paragraph):
        timed = paragraph.next_node(reading_time)  # not known while reading
        if isinstance(paragraph.parent, nodes.section) and not timed:
            text = " ".join(paragraph.astext().split())
            if len(text) <= LENGTH:
                return text
            return text[:LENGTH].rsplit(" ", 1)[0].rstrip(",;:") + " …"
    return ""


def verified(record: dict, page: str) -> dict:
    """Return what the foot of a page says of the last verification."""
    chapter = record["chapters"].get(page, {})
    versions = record["versions"]
    return {
        "date": record["date"],
        "versions": ", ".join(
            f"{name} {versions[key]}"
            for key, name in NAMES.items()
            if key in versions and key != "ipykernel"  # no reader needs it
        ),
        "cells": chapter.get("cells", 0),
        "seconds": f"{chapter.get('seconds', 0):.1f}",
    }


def complete(
    app: Sphinx,
    pagename: str,
    _template: str,
    context: dict,
    doctree: nodes.document | None,
) -> None:
    """Complete the context of a page's template."""
    if not hasattr(app, "book_places"):
        app.book_places = places(app.env)
    address = app.config.html_baseurl
    context["book_place"] = app.book_places.get(pagename)
    context["book_verified_record"] = verified(load(app), pagename)
    own = own_description(doctree) if doctree else ""
    context["book_described"] = bool(own)  # Sphinx writes it
    context["book_description"] = own or (doctree and beginning(doctree))
    context["book_address"] = address and address.rstrip("/") + "/"
    tabs = TABS[1] in (context.get("body") or "")
    unused = REPLACED if tabs else (*REPLACED, TABS[0])
    for kind in ("css_files", "script_files"):
        context[kind] = [
            file
            for file in context[kind]
            if not str(file.filename or "").endswith(unused)
            and SWITCHER not in file.attributes.get("body", "")
        ]


def mark_sections(_app: Sphinx, doctree: nodes.document, _docname: str) -> None:
    """Give sections that hold a cell of PyTorch and one of NumPy a class."""
    for section in doctree.findall(nodes.section):
        if any("tag_numpy" in c.get("classes", ()) for c in section.children):
            section["classes"].append("pair")


def setup(app: Sphinx) -> dict[str, bool]:
    """Complete each page after the theme has."""
    app.connect("doctree-resolved", mark_sections)
    app.connect("html-page-context", complete, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
