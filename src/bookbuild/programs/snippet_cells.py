"""The Sphinx extension that shows of a snippet what a reader wants first.

The checks of its arguments are folded into a line of its code.
A snippet that another page shows (``:shown-in: page``) is a line, too, which
leads there; programs, notebook, script and Markdown have the code all the same.
"""

import re

from docutils import nodes
from sphinx.application import Sphinx

from bookbuild.chapters import snippets

FOLD = '</pre><details class="fold"><summary class="c1">{}</summary><pre>'


def prepare(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Note what is folded; put lines in the place of other pages' snippets."""
    line, last, placed = nodes.paragraph(), None, set()
    for cell in [*doctree.findall(nodes.container)]:
        metadata = cell.get("cell_metadata", {})
        name, page = metadata.get("snippet"), metadata.get("shown-in")
        if name and not page:
            for code in cell.findall(nodes.literal_block):
                if code.parent.get("nb_element") == "cell_code_source":
                    own = {f"snippet-{name}"} - placed  # the first has it
                    code.parent["ids"] += own
                    placed |= own
                    code["folds"] = snippets.checks(code.astext())
        if not page:
            continue
        uri = app.builder.get_relative_uri(docname, page)
        cell["classes"] = []
        cell.clear()
        if cell.previous_sibling() is last and line.get("page") == page:
            line += nodes.Text(", ")
        else:
            title = app.env.titles[page].astext()
            line = nodes.paragraph("", "Used here and shown in ", page=page)
            line += nodes.reference("", title, internal=True, refuri=uri)
            line += nodes.Text(": ")
            cell.append(line)
        link = nodes.reference(internal=True, refuri=f"{uri}#snippet-{name}")
        link += nodes.literal(name, name)
        line += link
        last = cell


def folded(html: str, node: nodes.literal_block) -> str:
    """Return code that Pygments has highlighted, with its checks folded."""
    lines, plain = html.split("\n"), node.astext().split("\n")
    for first, end, count in node.get("folds", ()):
        indent = re.match(" *", plain[first])[0]
        says = f"{indent}# {count} check{'s' * (count > 1)}"
        # Without an element before it, <pre> loses an empty first line.
        lines[first] = f"{FOLD.format(says)}<span></span>{lines[first]}"
        lines[end] = f"</pre></details><pre><span></span>{lines[end]}"
    empty = "<pre><span></span></pre>"  # below checks that end the code
    return "\n".join(lines).replace(empty, "")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the step, after the one that gives blocks their buttons."""
    app.connect("doctree-resolved", prepare, priority=600)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
