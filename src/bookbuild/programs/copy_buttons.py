"""The Sphinx extension that puts copy buttons below code.

Each code cell with a program gets the id ``block-<number>``.
The page carries the programs as JSON for its script, ``copy_buttons.js``.
The buttons are in the HTML: a script that added hundreds of elements would
keep the reader waiting.
What one types of a session (``sessions.py``) is in an attribute of its bar, and
so is the program of a task (``tasks.py``).
Where the repository is known, a link beside them opens its form for outputs
that differ, with the block filled in.
Without JavaScript the buttons are hidden, and the code can be selected.
"""

import json
from html import escape
from urllib.parse import urlencode

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.writers.html5 import HTML5Translator

from bookbuild.programs.page_programs import pages
from bookbuild.programs.sessions import typed
from bookbuild.programs.snippet_cells import folded

NEW_ISSUE, FORM = "https://github.com/%s/issues/new", "output-form.yml"
SCRIPTS = {"bash", "sh", "shell", "zsh"}  # no prompts in them, says Pygments


def label(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Note for each piece of code which buttons it has; outputs have none."""
    page = pages(app.env).get(docname)
    blocks = {block.cell: block for block in page.blocks} if page else {}

    def set_buttons(parent: nodes.Element, labels: list[str]) -> None:
        for kind in (nodes.literal_block, nodes.doctest_block):
            for node in parent.findall(kind):
                node["buttons"] = ["Copy task"] if "task" in node else labels

    set_buttons(doctree, ["Copy"])
    for part in doctree.findall(nodes.container):
        if part.get("nb_element") == "cell_code_output":
            set_buttons(part, [])
        elif block := blocks.get(part.get("cell_index")):
            part["ids"].append(f"block-{block.number}")
            # A block that needs no other is runnable as it is.
            copy = ["Copy"] if len(block.code) > 1 else []
            set_buttons(part, [*copy, "Copy runnable"])
            if repository := app.config.book_repository:
                code = part.next_node(nodes.literal_block)
                asked = {"template": FORM, "block": block.head}
                code["report"] = f"{NEW_ISSUE % repository}?{urlencode(asked)}"


def visit_code(writer: HTML5Translator, node: nodes.literal_block) -> None:
    """Write code, and the buttons below it."""
    language = node.get("language", "")
    commands = node.get("task") or typed(node.astext(), language)
    if commands is not None and language in SCRIPTS:
        node["language"] = "console"
    try:
        HTML5Translator.visit_literal_block(writer, node)
    except nodes.SkipNode:  # Sphinx has highlighted it and written all of it
        writer.body[-1] = folded(writer.body[-1], node)
        if labels := node.get("buttons"):
            buttons = "".join(
                f'<button type="button">{label}</button>' for label in labels
            )
            if address := node.get("report"):
                buttons += f'<a href="{escape(address)}">Output differs?</a>'
            data = f' data-typed="{escape(commands)}"' if commands else ""
            bar = (
                f'<div class="take pst-js-only"{data}>{buttons}'
                '<span role="status"></span></div>'
            )
            body, end, after = writer.body[-1].rpartition("</div>")
            writer.body[-1] = body + bar + end + after
        raise


def embed(
    app: Sphinx,
    pagename: str,
    _templatename: str,
    context: dict,
    _doctree: nodes.document | None,
) -> None:
    """Add the programs to the page."""
    if page := pages(app.env).get(pagename):
        packed = json.dumps(
            page.packed(), ensure_ascii=False, separators=(",", ":")
        ).replace("<", "\\u003c")  # no code can end the script element
        context["body"] += (
            f'<script type="application/json" id="programs">{packed}</script>\n'
        )


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the steps and the page's script."""
    app.setup_extension("bookbuild.programs.page_programs")
    app.setup_extension("bookbuild.programs.snippet_cells")
    app.connect("doctree-resolved", label)
    code = visit_code, HTML5Translator.depart_literal_block
    app.add_node(nodes.literal_block, override=True, html=code)
    app.connect("html-page-context", embed)
    app.add_js_file("copy_buttons.js", loading_method="defer")
    app.add_css_file("copy_buttons.css")
    return {"parallel_read_safe": True, "parallel_write_safe": True}
