"""Mend what screen readers cannot make sense of and keyboards cannot reach.

- Sphinx writes a signature of several lines as a description list without
  terms. Here its lines are plain boxes.
- docutils gives an entry of the bibliography the role ``doc-biblioentry``.
  ARIA has deprecated it (https://www.w3.org/TR/dpub-aria-1.1/#doc-biblioentry),
  and the list of the entries then has no items. Here an entry is an item.
- MyST-NB names what folds code "Toggle hidden content". Here its name is what
  it shows.
- Boxes that scroll are no stops for the Tab key in every browser. Here all that
  may scroll are; the script of the page takes out those that do not.

axe finds these faults of Sphinx 9.0, docutils 0.22 and MyST-NB 1.4
(``tests/browser/test_accessible.py``).
"""

import re

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.writers.html5 import HTML5Translator

BOXES = {
    "<dl>": '<span class="sig-lines">',
    "</dl>": "</span>",
    "<dd>": '<span class="sig-line">',
    "</dd>": "</span>",
}

LABEL = ' aria-label="Toggle hidden content"'
SCROLLING = re.compile(
    "<pre(?=[ >])|<div class="
    '"(?:formula|drawing|pst-scrollable-table-container|output text_html)"'
)


def reach(
    _app: Sphinx, _page: str, _template: str, context: dict, _doctree: object
) -> None:
    """Name what folds code, and make a tab stop of all that may scroll."""
    if body := context.get("body"):
        body = body.replace(LABEL, "")
        context["body"] = SCROLLING.sub(r'\g<0> tabindex="0"', body)


def visit_parameters(
    writer: HTML5Translator, node: addnodes.desc_parameterlist
) -> None:
    """Begin the parameters of a signature."""
    node["begun"] = len(writer.body)
    HTML5Translator.visit_desc_parameterlist(writer, node)


def depart_parameters(
    writer: HTML5Translator, node: addnodes.desc_parameterlist
) -> None:
    """End the parameters, and replace the tags of the list by boxes."""
    HTML5Translator.depart_desc_parameterlist(writer, node)
    text = "".join(writer.body[node["begun"] :])
    for tag, box in BOXES.items():
        text = text.replace(tag, box)
    writer.body[node["begun"] :] = [text]


def visit_citation(writer: HTML5Translator, node: nodes.citation) -> None:
    """Begin an entry of the bibliography."""
    HTML5Translator.visit_citation(writer, node)
    writer.body[-1] = writer.body[-1].replace("doc-biblioentry", "listitem")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register how these nodes are written."""
    parameters = visit_parameters, depart_parameters
    citation = visit_citation, HTML5Translator.depart_citation
    app.add_node(addnodes.desc_parameterlist, override=True, html=parameters)
    app.add_node(nodes.citation, override=True, html=citation)
    app.connect("html-page-context", reach)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
