"""What Sphinx writes that a screen reader cannot make sense of, written anew.

- A signature on several lines is a description list without terms; here its
  lines are plain boxes.
- An entry of the bibliography has a role that ARIA has given up, in a list
  that then has no items; here it is an item.

axe knows of both (``tests/browser/test_accessible.py``).
"""

import re

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.writers.html5 import HTML5Translator

LIST = re.compile(r"^</?d[ld]>")
BOXES = {
    "<dl>": '<span class="sig-lines">',
    "</dl>": "</span>",
    "<dd>": '<span class="sig-line">',
    "</dd>": "</span>",
}


def visit_parameters(
    writer: HTML5Translator, node: addnodes.desc_parameterlist
) -> None:
    """Begin the parameters of a signature."""
    node["begun"] = len(writer.body)
    HTML5Translator.visit_desc_parameterlist(writer, node)


def depart_parameters(
    writer: HTML5Translator, node: addnodes.desc_parameterlist
) -> None:
    """End them, and write boxes for the list."""
    HTML5Translator.depart_desc_parameterlist(writer, node)
    for place in range(node["begun"], len(writer.body)):
        writer.body[place] = LIST.sub(
            lambda tag: BOXES[tag[0]], writer.body[place]
        )


def visit_citation(writer: HTML5Translator, node: nodes.citation) -> None:
    """Begin an entry of the bibliography."""
    HTML5Translator.visit_citation(writer, node)
    writer.body[-1] = writer.body[-1].replace("doc-biblioentry", "listitem")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register how these are written."""
    app.add_node(
        addnodes.desc_parameterlist,
        override=True,
        html=(visit_parameters, depart_parameters),
    )
    app.add_node(
        nodes.citation,
        override=True,
        html=(visit_citation, HTML5Translator.depart_citation),
    )
    return {"parallel_read_safe": True, "parallel_write_safe": True}
