"""What every page says about itself, and which files it needs.

- where the reader is: the part of the book, and which of its pages this is;
- when the book was last verified, with which versions;
- a description, and, where the site's address is known, the canonical
  address and a social card;
- of a section, what it holds and is laid out by. A style that looks for it
  itself, with ``:has()``, has browsers go through the whole page again at each
  piece of it that arrives.
"""

import json
from pathlib import Path

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

# The theme's script and its colours of code: book.js and book.css have what
# this book needs of them.
REPLACED = ("sphinx-book-theme.js", "pygments.css")
# What one feature needs, by the class of the element that has the feature.
ONLY_WITH = {"design-tabs.js": "sd-tab-set"}
LIBRARIES = {
    "python": "Python",
    "torch": "PyTorch",
    "numpy": "NumPy",
    "matplotlib": "Matplotlib",
}
LENGTH = 160  # characters of a description that search engines show


def places(env: BuildEnvironment) -> dict[str, dict]:
    """Return where each page stands: its part, its number, how many."""
    found = {}
    root = env.get_doctree(env.config.root_doc)
    for toctree in root.findall(addnodes.toctree):
        pages = [page for _title, page in toctree["entries"]]
        for number, page in enumerate(pages, start=1):
            found[page] = {
                "part": toctree["caption"] or "",
                "number": number,
                "count": len(pages),
            }
    return found


def own_description(doctree: nodes.document | None) -> str:
    """Return what the author has described the page as, or nothing."""
    metas = doctree.findall(nodes.meta) if doctree else ()
    own = (m["content"] for m in metas if m.get("name") == "description")
    return next(own, "")


def beginning(doctree: nodes.document | None) -> str:
    """Return the page's first paragraph, cut to what search engines show."""
    for paragraph in doctree.findall(nodes.paragraph) if doctree else ():
        if isinstance(paragraph.parent, nodes.section):
            text = " ".join(paragraph.astext().split())
            if len(text) <= LENGTH:
                return text
            return text[:LENGTH].rsplit(" ", 1)[0].rstrip(",;:") + " …"
    return ""


def verified(record: dict, page: str) -> dict:
    """Return what the foot of a page says of the last verification."""
    chapter = record["chapters"].get(page, {})
    return {
        "date": record["date"],
        "versions": ", ".join(
            f"{name} {record['versions'][key]}"
            for key, name in LIBRARIES.items()
            if key in record["versions"]
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
    record = json.loads(
        Path(app.confdir, app.config.book_verified).read_text(encoding="utf-8")
    )
    address = app.config.html_baseurl
    context["book_place"] = app.book_places.get(pagename)
    context["book_verified_record"] = verified(record, pagename)
    own = own_description(doctree)
    context["book_described"] = bool(own)  # Sphinx writes it
    context["book_description"] = own or beginning(doctree)
    context["book_address"] = address and address.rstrip("/") + "/"
    context["css_files"] = [
        sheet
        for sheet in context["css_files"]
        if not str(sheet.filename).endswith(REPLACED)
    ]
    body = context.get("body") or ""
    context["script_files"] = [
        script
        for script in context["script_files"]
        if _is_needed(str(script.filename or ""), script, body)
    ]


def _is_needed(name: str, script: object, body: str) -> bool:
    if not name:  # settings of the theme's version switcher; we have none
        return "DOCUMENTATION_OPTIONS." not in script.attributes.get("body", "")
    return not name.endswith(REPLACED) and all(
        feature in body
        for file, feature in ONLY_WITH.items()
        if name.endswith(file)
    )


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
