"""A page as the cells of a notebook: Markdown that Jupyter renders, and code.

The input is the page's doctree after Sphinx has resolved it.  So every
reference has its text, every equation, figure and question has its number,
and no MyST syntax is left.
Where a notebook has no such form, the page gets the nearest one: an admonition
becomes a quotation, a question and its answer become sections, and a figure's
caption becomes the text below it.

An unknown kind of node stops the build, so that nothing is lost.  To teach this
module a kind, add a method ``_block_<kind>`` or, if the node is part of a line
of text, ``_word_<kind>``; or add the kind to ``MARKS``.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from textwrap import indent
from urllib.parse import quote

from docutils import nodes
from sphinx import addnodes
from sphinx.util import logging
from sphinx_design.dropdown import dropdown_title
from sphinx_design.icons import fontawesome
from sphinx_design.tabs import sd_tab_input, sd_tab_label
from sphinx_exercise.nodes import (
    exercise_enumerable_node,
    exercise_node,
    solution_node,
)

from bookbuild.chapters.quiz import quiz, quiz_option
from bookbuild.programs.block_programs import Block
from bookbuild.programs.tasks import Code, task

logger = logging.getLogger(__name__)

SPECIAL = re.compile(r"([\\`*_\[\]<$]|&(?=#?\w+;)|~(?=~))")
# Before what would begin a heading, a quotation, a list or code.
LINE_START = re.compile(
    r"^\s*(?:(?=[#>+=~-])|\d+(?=[.)](?:\s|$)))", re.MULTILINE
)
ICON = re.compile(r'<svg [^>]*aria-hidden="true".*?</svg>', re.DOTALL)
DOWNLOADS = re.compile(r"(?:\.\./)*_downloads/")
SILENT = (
    nodes.Invisible
    | nodes.meta
    | nodes.system_message
    | addnodes.tabular_col_spec
    | fontawesome
    | sd_tab_input
)
CONTAINERS = (
    nodes.definition_list
    | nodes.container
    | nodes.compound
    | nodes.section
    | nodes.entry
    | nodes.field_list
    | addnodes.acks
    | addnodes.glossary
    | addnodes.hlist
    | addnodes.hlistcol
)
# What goes before and after the text of a node.
MARKS = {
    nodes.strong: ("**", "**"),
    addnodes.literal_strong: ("**", "**"),
    nodes.emphasis: ("*", "*"),
    nodes.title_reference: ("*", "*"),
    addnodes.literal_emphasis: ("*", "*"),
    nodes.superscript: ("<sup>", "</sup>"),
    nodes.subscript: ("<sub>", "</sub>"),
    nodes.caption: ("**", "**"),
    nodes.rubric: ("**", "**"),
    nodes.title: ("**", "**"),
    nodes.subtitle: ("**", "**"),
    nodes.attribution: ("\N{EM DASH} ", ""),
    nodes.footnote_reference: ("\\[", "\\]"),
    addnodes.centered: ("**", "**"),
    dropdown_title: ("**", "**"),
    sd_tab_label: ("**", "**"),
}


@dataclass
class Writer:
    """Turns one page into cells."""

    # Returns the number of a numbered equation, figure or question, or "".
    number: Callable[[nodes.Element], str]
    # Returns where an internal address leads in a notebook, or "".
    link: Callable[[str], str]
    blocks: dict[int, Block]  # by the numbers of their cells
    cells: list[str | Block | Code] = field(default_factory=list)
    paragraphs: list[str] = field(default_factory=list)  # of the next cell
    anchors: dict[str, str] = field(default_factory=dict)
    level: int = 0  # of the section
    in_table: bool = False
    pictures: bool = True  # whether a figure's picture is there, too

    def page(self, document: nodes.document) -> list[str | Block | Code]:
        """Return the cells of a page: Markdown, or a block."""
        for node in document.findall(nodes.section):
            # Jupyter's anchor of a heading is its text.
            if title := node.next_node(nodes.title):
                address = "#" + quote("-".join(title.astext().split()))
                self.anchors |= dict.fromkeys(node["ids"], address)
        self._add_all(document.children)
        self._end_cell()
        return self.cells

    def _end_cell(self) -> None:
        if self.paragraphs:
            self.cells.append("\n\n".join(self.paragraphs))
            self.paragraphs = []

    # -- Nodes that may contain code cells -----------------------------------

    def _add_all(self, children: Iterable[nodes.Node]) -> None:
        for node in children:
            self._add(node)

    def _add(self, node: nodes.Element) -> None:
        if isinstance(node, nodes.section):
            self.level += 1
            self._add_all(node.children)
            self.level -= 1
        elif isinstance(node, nodes.title | nodes.subtitle):
            self._add_heading(self.inline(node), self.level)
        elif isinstance(node, exercise_enumerable_node):
            title, *rest = node.children
            words = title["title"] % self.number(node)
            self._add_heading(f"{words} {self.inline(title)}", self.level + 1)
            self._add_all(rest)
        elif isinstance(node, exercise_node):
            self._add_heading(self.inline(node[0]), self.level + 1)
            self._add_all(node[1:])
        elif isinstance(node, solution_node):
            self._add_heading(node["summary"], self.level + 2)
            self._add_all(node.children)
        elif isinstance(node, task):
            title, asked, stub, *_ = node.children
            self._add_heading(self.inline(title), self.level + 1)
            self._add_all(asked.children)
            self._end_cell()
            self.cells += [Code(stub.astext()), Code(stub["checker"])]
        elif block := self.blocks.get(node.get("cell_index")):
            self._end_cell()
            self.cells.append(block)
            self.paragraphs += map(self._caption, node.findall(nodes.figure))
        elif isinstance(node, CONTAINERS):
            self._add_all(node.children)
        elif text := self.block(node):
            self.paragraphs.append(text)

    def _add_heading(self, text: str, level: int) -> None:
        mark = "#" * min(max(level, 1), 6)
        self.paragraphs.append(f"{mark} {' '.join(text.split())}")

    # -- Blocks --------------------------------------------------------------

    def joined(self, children: Iterable[nodes.Node]) -> str:
        """Return the Markdown of several blocks."""
        return "\n\n".join(filter(None, map(self.block, children)))

    def block(self, node: nodes.Node) -> str:
        """Return the Markdown of a block."""
        if method := self._method("block", node):
            return method(node)
        if isinstance(node, CONTAINERS):
            return self.joined(node.children)
        return self.word(node).strip("\n")

    def _method(self, kind: str, node: nodes.Node) -> Callable | None:
        """Return the method for a node's class or for one of its bases."""
        names = (
            f"_{kind}_{base.__name__.lower()}" for base in type(node).mro()
        )
        return next((getattr(self, n) for n in names if hasattr(self, n)), None)

    def _block_paragraph(self, node: nodes.paragraph) -> str:
        return LINE_START.sub(r"\g<0>\\", self.inline(node).strip())

    def _block_compact_paragraph(self, node: nodes.paragraph) -> str:
        return self.joined(node.children)  # a table of contents

    def _block_literal_block(self, node: nodes.literal_block) -> str:
        text = "".join(c.astext() for c in node.children).rstrip("\n")
        language = node.get("language", "").replace("ipython3", "python")
        if text.startswith(">>>"):
            language = "pycon"
        return fenced(text, language)

    _block_doctest_block = _block_productionlist = _block_literal_block

    def _block_bullet_list(self, node: nodes.Sequential) -> str:
        lines = []
        for number, item in enumerate(node.children, node.get("start", 1)):
            is_bullet = isinstance(node, nodes.bullet_list)
            mark = "- " if is_bullet else f"{number}. "
            lines.append(_item(mark, self.joined(item.children)))
        return "\n".join(lines)

    _block_enumerated_list = _block_bullet_list

    def _block_definition_list_item(
        self, node: nodes.definition_list_item
    ) -> str:
        count = node.first_child_matching_class(nodes.definition)
        terms, meanings = node.children[:count], node.children[count:]
        words = ", ".join(f"**{self.inline(t)}**" for t in terms)
        blocks = [block for m in meanings for block in m.children]
        return f"{words}\n\n{_quoted(self.joined(blocks))}"

    def _block_quiz(self, node: quiz) -> str:
        question, *options = node.children
        words = f"**{node['title']}.** {self.inline(question).strip()}"
        return "\n\n".join([words, *map(self.block, options)])

    def _block_quiz_option(self, node: quiz_option) -> str:
        letter = node["letter"]  # Markdown has no lists with letters
        choice, *feedback = node.children
        option = (
            f"**{letter}.** {self.inline(choice).strip()}\n\n"
            f"<details>\n<summary>Feedback on {letter}</summary>\n\n"
            f"{self.joined(feedback)}\n\n</details>"
        )
        return _item("- ", option)

    def _block_block_quote(self, node: nodes.block_quote) -> str:
        return _quoted(self.joined(node.children))

    # Sphinx's writer, which comes first, gives each admonition its title.
    _block_admonition = _block_topic = _block_sidebar = _block_block_quote
    _block_aside_main = _block_dropdown_main = _block_block_quote

    def _block_desc(self, node: addnodes.desc) -> str:
        *signatures, content = node.children
        lines = (f"`{s.astext()}`" for s in signatures)
        return "\n\n".join([*lines, _quoted(self.joined(content.children))])

    def _block_field(self, node: nodes.field) -> str:
        name, body = node.children
        return f"**{self.inline(name)}:** {self.joined(body.children)}"

    def _block_figure(self, node: nodes.figure) -> str:
        words = nodes.caption | nodes.legend
        shown = (c for c in node.children if not isinstance(c, words))
        return f"{self.joined(shown)}\n\n{self._caption(node)}".strip()

    def _caption(self, node: nodes.figure) -> str:
        number = self.number(node)
        words = f"**Figure {number}.** " if number else ""
        if not self.pictures:
            words = f"{self.joined(node.findall(nodes.image))}\n\n{words}"
        captions = map(self.inline, node.findall(nodes.caption))
        legends = (self.joined(n.children) for n in node.findall(nodes.legend))
        return words + "\n\n".join([*captions, *legends])

    def _block_table(self, node: nodes.table) -> str:
        self.in_table = True
        rows = [
            [" ".join(self.block(entry).split()) for entry in row.children]
            for row in node.findall(nodes.row)
        ]
        self.in_table = False
        width = max(map(len, rows))
        if not list(node.findall(nodes.thead)):
            rows.insert(0, [""] * width)
        rows.insert(1, ["---"] * width)
        lines = "\n".join(f"| {' | '.join(row)} |" for row in rows)
        titles = [n for n in node.children if isinstance(n, nodes.title)]
        return "\n\n".join([*map(self.word, titles), lines])

    def _block_transition(self, _node: nodes.transition) -> str:
        return "---"

    def _block_line_block(self, node: nodes.line_block) -> str:
        return "  \n".join(map(self.inline, node.children))

    def _block_citation(self, node: nodes.citation) -> str:
        label, *rest = node.children
        return f"\\[{label.astext()}\\] {self.joined(rest)}"

    _block_footnote = _block_citation

    # -- Parts of a line -----------------------------------------------------

    def inline(self, node: nodes.Element) -> str:
        """Return the Markdown of a line of text."""
        return "".join(map(self.word, node.children))

    def word(self, node: nodes.Node) -> str:
        """Return the Markdown of a part of a line."""
        if isinstance(node, SILENT):
            return ""
        if method := self._method("word", node):
            return method(node)
        if isinstance(node, nodes.Inline | nodes.TextElement):
            before, after = MARKS.get(type(node), ("", ""))
            text = self.inline(node)
            return f"{before}{text}{after}" if text else ""
        logger.warning(
            "a notebook has no form for %r (%r)\n  remedy: say it in another "
            "way, or teach bookbuild/programs/notebook_markdown.py this kind",
            type(node).__name__,
            node.astext()[:40],
            location=node,
            type="downloads",
        )
        return ""

    def _word_text(self, node: nodes.Text) -> str:
        text = SPECIAL.sub(r"\\\1", node.astext())
        return text.replace("|", "\\|") if self.in_table else text

    def _word_raw(self, node: nodes.raw) -> str:
        # A notebook stands one folder deeper than its page.
        html = node.astext() if "html" in node["format"].split() else ""
        return DOWNLOADS.sub(r"../\g<0>", ICON.sub("", html))

    def _word_abbreviation(self, node: nodes.abbreviation) -> str:
        meaning = node.get("explanation")
        return self.inline(node) + (f" ({meaning})" if meaning else "")

    def _word_literal(self, node: nodes.literal) -> str:
        text = node.astext()
        if self.in_table:
            text = text.replace("|", "\\|")
        runs = re.findall("`+", text)
        if not runs:
            return f"`{text}`"
        fence = "`" * (1 + max(map(len, runs)))
        return f"{fence} {text} {fence}"

    def _word_math(self, node: nodes.math) -> str:
        tex = node.astext().strip()
        if self.in_table:  # a bar would end the cell
            tex = tex.replace(r"\|", r"\Vert ").replace("|", r"\vert ")
        return f"${tex}$"

    def _word_reference(self, node: nodes.reference) -> str:
        text = self.inline(node)
        uri = node.get("refuri", "")
        if node.get("refid"):
            uri = self.anchors.get(node["refid"], "")
        elif node.get("internal"):
            uri = self.link(uri)
        return f"[{text}]({uri})" if uri else text

    def _word_image(self, node: nodes.image) -> str:
        return f"*{node['alt']}*" if node.get("alt") else ""

    def _word_math_block(self, node: nodes.math_block) -> str:
        tex = node.astext().strip()
        if node.get("number"):  # in its page; the reader sees the book's
            tex += f" \\tag{{{self.number(node)}}}"
        return f"\n\n$$\n{tex}\n$$\n\n"


def fenced(text: str, language: str) -> str:
    """Return a block of code, its fence longer than any in it."""
    fence = max(["```", *(run + "`" for run in re.findall("`{3,}", text))])
    return f"{fence}{language}\n{text}\n{fence}"


def _item(mark: str, text: str) -> str:
    """Return an item of a list."""
    space = " " * len(mark)
    return mark + indent(text, space).removeprefix(space)


def _quoted(text: str) -> str:
    """Return a quotation."""
    return "\n".join(f"> {line}".rstrip() for line in text.split("\n"))
