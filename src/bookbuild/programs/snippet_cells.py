"""The Sphinx extension that shows of a snippet what a reader wants first.

The checks of its arguments are folded into a line of its code.
A snippet that another page shows (``:shown-in: page``) is a line, too, which
leads there; programs, notebook, script and Markdown have the code all the same.
"""

import re

from docutils import nodes
from sphinx.application import Sphinx

from bookbuild.chapters import snippets

FOLD = (
    '</pre><details class="fold"><summary class="c1">{}</summary><pre>',
    "</pre></details><pre>",
)


def prepare(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Note what is folded; put lines in the place of other pages' snippets."""
    last, line, there = None, nodes.paragraph(), ""
    for cell in [*doctree.findall(nodes.container)]:
        code = cell.next_node(nodes.literal_block)
        name = cell.get("cell_metadata", {}).get("snippet")
        if not name or code.parent.get("nb_element") != "cell_code_source":
            continue
        page, anchor = cell["cell_metadata"].get("shown-in"), f"snippet-{name}"
        if not page:
            code.parent["ids"].append(anchor)
            code["folds"] = snippets.checks(code.astext())
            continue
        cell["classes"] = []
        uri = app.builder.get_relative_uri(docname, page)
        follows = last and last.next_node(descend=False, siblings=True) is cell
        if follows and page == there:
            code.parent.parent.remove(code.parent)
            line += nodes.Text(", ")
        else:
            title = app.env.titles[page].astext()
            line = nodes.paragraph("", "Used here and shown in ")
            line += nodes.reference("", title, internal=True, refuri=uri)
            line += nodes.Text(": ")
            code.parent.parent.replace(code.parent, line)
        link = nodes.reference(internal=True, refuri=f"{uri}#{anchor}")
        line += [link]
        link += nodes.literal(name, name)
        last, there = cell, page


def folded(html: str, source: str, folds: list[tuple[int, int, int]]) -> str:
    """Return highlighted code in which runs of lines are folded.

    Args:
        html: The code as Pygments writes it, no element across lines.
        source: The code.
        folds: For each run the first line and the one after the last, from 0,
            and the number of checks in it.
    """
    lines, plain = html.split("\n"), source.split("\n")
    for first, end, count in folds:
        indent = re.match(" *", plain[first])[0]
        says = f"{indent}# {count} check{'s' * (count > 1)} of the arguments"
        lines[first] = f"{FOLD[0].format(says)}<span></span>{lines[first]}"
        lines[end] = f"{FOLD[1]}<span></span>{lines[end]}"
    return "\n".join(lines)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the step, after the one that gives blocks their buttons."""
    app.connect("doctree-resolved", prepare, priority=600)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
