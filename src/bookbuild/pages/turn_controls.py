"""The Sphinx extension that lets readers turn numbers of the code.

It puts a slider for each number between a block's code and its outputs, and a
table below the block where the author asks for one.  What the script
``turn_controls.js`` shows for each value is in a file beside the pages,
``_turns/<chapter>-<block>.js``.  It is a script, since a page from the disk
can load nothing else, and it is loaded when the reader comes near.
"""

import json
import re
from html import escape
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.writers.html5 import HTML5Translator

from bookbuild.chapters.turns import Turned
from bookbuild.execution.executed_chapters import noted
from bookbuild.pages.figures import COLOUR, colour_pairs
from bookbuild.programs.turned_blocks import TurnedBlock

FOLDER = "_turns"
TOKEN = re.compile(r"<[^>]+>|&[^;]+;|.", re.DOTALL)  # of HTML


class turn_controls(nodes.General, nodes.Element):  # noqa: N801 (as Sphinx's)
    """The controls of a block, which only HTML has: its attribute ``html``."""


def insert(app: Sphinx, doctree: nodes.document) -> None:
    """Put the controls and tables of a page into its doctree."""
    docname = app.env.current_document.docname
    found = noted(app.env, "book_turns").get(docname, [])
    blocks = {each.block.cell: each for each in found}
    for cell in [*doctree.findall(nodes.container)]:
        if each := blocks.get(cell.get("cell_index")):
            controls = turn_controls(html=_controls(docname, each))
            cell.insert(-1, controls)  # the last part of a cell is its output
            if each.turn.listed:
                table = _table(each)
                cell.parent.insert(cell.parent.index(cell) + 1, table)


def _table(each: TurnedBlock) -> nodes.table:
    """Return what happens with some values of the first number, as a table."""
    name = each.turn.numbers[0].name
    rows = [(name, "what happens")]
    for value in each.turn.listed:
        setting = value, *each.turn.own[1:]
        rows.append((value, each.outcomes[setting].says))
    group = nodes.tgroup("", *(nodes.colspec() for _ in rows[0]), cols=2)
    made = [
        nodes.row(
            "",
            nodes.entry("", nodes.paragraph("", "", nodes.literal(code, code))),
            nodes.entry("", nodes.paragraph(text, text)),
        )
        for code, text in rows
    ]
    group += [nodes.thead("", *made[:1]), nodes.tbody("", *made[1:])]
    return nodes.table("", group, classes=["turn-table"])


def _controls(docname: str, each: TurnedBlock) -> str:
    """Return the controls of a block."""
    says = escape(each.outcomes[each.turn.own].says)
    sliders = (
        _slider(f"turn-{each.block.number}-{number.name}", number, says)
        for number in each.turn.numbers
    )
    source = "../" * docname.count("/") + _path(docname, each)
    values = escape(", ".join(each.turn.own))
    return (
        f'<div class="turn pst-js-only" data-src="{source}">'
        f'{"".join(sliders)}<p><output aria-live="off">{says}</output> '
        f'<button type="button" hidden>Back to {values}</button></p></div>\n'
    )


def _slider(name: str, number: Turned, says: str) -> str:
    """Return a slider, with a button for a step at either side."""
    label, value = escape(number.name), escape(number.values[number.own])
    text = f"{value}: {says}" if says else value
    button = '<button type="button" aria-label="{}: {} value">{}</button>'
    return (
        f'<div><label for="{name}"><code>{label}</code></label>'
        f"{button.format(label, 'previous', '−')}"  # noqa: RUF001 (a minus)
        f'<input type="range" id="{name}" max="{len(number.values) - 1}" '
        f'value="{number.own}" aria-valuetext="{text}" autocomplete="off">'
        f"{button.format(label, 'next', '+')}<code>{value}</code></div>"
    )


def _path(docname: str, each: TurnedBlock) -> str:
    return f"{FOLDER}/{docname.replace('/', '.')}-{each.block.number}.js"


def visit(writer: HTML5Translator, node: turn_controls) -> None:
    """Write the controls of a block."""
    writer.body.append(node["html"])
    raise nodes.SkipNode


def mark_values(
    app: Sphinx,
    pagename: str,
    _templatename: str,
    context: dict,
    _doctree: nodes.document | None,
) -> None:
    """Give each value of the code that can be turned an element of its own."""
    for each in noted(app.env, "book_turns").get(pagename, []):
        before, start, rest = context["body"].partition(
            f'id="block-{each.block.number}">'
        )
        code, end, after = rest.partition("</pre>")
        for index, number in enumerate(each.turn.numbers):
            code = marked(code, index, number)
        context["body"] = f"{before}{start}{code}{end}{after}"


def marked(html: str, index: int, number: Turned) -> str:
    """Return highlighted code with an element around a number's value.

    Pygments begins with an empty element and makes one of each token.
    """
    start, end = number.columns
    head, first, code = html.rpartition("<span></span>")
    lines = code.split("\n")
    made, column = "", 0
    for part in TOKEN.findall(lines[number.line]):
        is_tag = len(part) > 1 and part[0] == "<"
        if column == start and part.startswith("<span"):
            own = escape(number.values[number.own])
            made += f'<span data-turned="{index}" data-own="{own}">'
            start = None
        made += part
        column += not is_tag
        if column == end and part == "</span>":
            made, end = f"{made}</span>", None
    lines[number.line] = made
    return "".join([head, first, "\n".join(lines)])


def write_files(app: Sphinx, error: Exception | None) -> None:
    """Write what each block gives; remove the files of former builds."""
    if error or app.builder.name != "html":
        return
    blocks = noted(app.env, "book_turns")
    folder = Path(app.outdir, FOLDER)
    folder.mkdir(exist_ok=True)
    unused = {*folder.iterdir()}
    palette = Path(app.confdir, app.config.book_palette)
    pairs = colour_pairs(palette.read_text("utf-8")) if blocks else {}
    for docname, found in blocks.items():
        for each in found:
            used = COLOUR.findall(json.dumps(each.packed))
            dark = {c: pairs[c] for c in ["000000", *used] if c in pairs}
            text = json.dumps(
                {**each.packed, "dark": dark},
                ensure_ascii=False,
                separators=(",", ":"),
            )
            file = Path(app.outdir, _path(docname, each))
            file.write_text(f"window.turned={text}\n", encoding="utf-8")
            unused.discard(file)
    for file in unused:
        file.unlink()


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the steps, the node, and the page's script."""
    app.setup_extension("bookbuild.programs.page_programs")
    app.setup_extension("bookbuild.pages.figures")
    app.add_node(turn_controls, html=(visit, None))
    app.connect("doctree-read", insert)
    app.connect("html-page-context", mark_values)
    app.connect("build-finished", write_files)
    app.add_js_file("turn_controls.js", loading_method="defer")
    app.add_css_file("turn_controls.css")
    return {"parallel_read_safe": True, "parallel_write_safe": True}
