"""A page as the cells of a notebook: Markdown that Jupyter renders, and code.

The input is the page's doctree after Sphinx has resolved it.  So every
reference has its text, every equation, figure and question has its number,
and no MyST syntax is left.
Where a notebook has no such form, the page gets the nearest one: an admonition
becomes a quotation, a question and its answer become sections, and a figure's
caption becomes the text below it.

An unknown kind of node is an error, so that nothing is lost.  To teach this
module a kind, register a method of ``block`` or, if the node is part of a line
of text, of ``word``; or add it to ``MARKS``.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import singledispatchmethod
from textwrap import indent
from urllib.parse import quote

from docutils import nodes
from sphinx import addnodes
from sphinx_exercise.nodes import exercise_enumerable_node, solution_node

from bookbuild.chapters.quiz import quiz, quiz_option
from bookbuild.programs.block_programs import Block

SPECIAL = re.compile(r"([\\`*_\[\]<$])")
LINE_START = re.compile(r"^(\s*)([#>+-]|\d+(?=[.)]))", re.MULTILINE)
SILENT = (
    nodes.Invisible
    | nodes.meta
    | nodes.raw
    | nodes.system_message
    | addnodes.highlightlang
    | addnodes.toctree
)
CONTAINERS = (
    nodes.definition_list
    | nodes.container
    | nodes.compound
    | nodes.section
    | nodes.entry
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
    nodes.rubric: ("**", "**"),
    nodes.title: ("**", "**"),
    nodes.label: ("**", "**"),
    nodes.attribution: ("\N{EM DASH} ", ""),
}


class UnknownNodeError(Exception):
    """A page holds a node, its argument, that has no form in a notebook."""


@dataclass
class Writer:
    """Turns one page into cells."""

    # Returns the number of a numbered figure or question, or "".
    number: Callable[[nodes.Element], str]
    # Returns where an internal address leads in a notebook, or "".
    link: Callable[[str], str]
    blocks: dict[int, Block]  # by the numbers of their cells
    cells: list[str | Block] = field(default_factory=list)
    paragraphs: list[str] = field(default_factory=list)  # of the next cell
    anchors: dict[str, str] = field(default_factory=dict)
    level: int = 0  # of the section
    in_table: bool = False

    def page(self, document: nodes.document) -> list[str | Block]:
        """Return the cells of a page: Markdown, or a block."""
        for node in document.findall(nodes.section):
            # Jupyter's anchor of a heading is its text.
            words = node.next_node(nodes.title).astext().split()
            for name in node["ids"]:
                self.anchors[name] = "#" + quote("-".join(words))
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
            if not isinstance(node, SILENT):
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
        elif isinstance(node, solution_node):
            self._add_heading(node["summary"], self.level + 2)
            self._add_all(node.children)
        elif block := self.blocks.get(node.get("cell_index")):
            self._end_cell()
            self.cells.append(block)
            self.paragraphs += map(self.block, node.findall(nodes.figure))
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
        blocks = (self.block(n) for n in children if not isinstance(n, SILENT))
        return "\n\n".join(filter(None, blocks))

    @singledispatchmethod
    def block(self, node: nodes.Node) -> str:
        """Return the Markdown of a block."""
        if isinstance(node, CONTAINERS):
            return self.joined(node.children)
        return self.word(node).strip("\n")

    @block.register
    def _(self, node: nodes.paragraph | addnodes.compact_paragraph) -> str:
        return LINE_START.sub(r"\1\\\2", self.inline(node).strip())

    @block.register
    def _(self, node: nodes.literal_block | nodes.doctest_block) -> str:
        text = node.astext().rstrip("\n")
        language = node.get("language", "").replace("ipython3", "python")
        if text.startswith(">>>"):
            language = "pycon"
        return f"```{language}\n{text}\n```"

    @block.register
    def _(self, node: nodes.bullet_list | nodes.enumerated_list) -> str:
        lines = []
        for number, item in enumerate(node.children, node.get("start", 1)):
            is_bullet = isinstance(node, nodes.bullet_list)
            mark = "- " if is_bullet else f"{number}. "
            lines.append(_item(mark, self.joined(item.children)))
        return "\n".join(lines)

    @block.register
    def _(self, node: nodes.definition_list_item) -> str:
        terms = [c for c in node.children if isinstance(c, nodes.term)]
        words = ", ".join(f"**{self.inline(t)}**" for t in terms)
        return f"{words}\n\n{_quoted(self.joined(node.children[-1].children))}"

    @block.register
    def _(self, node: nodes.Admonition) -> str:
        if isinstance(node, nodes.admonition):
            title, *rest = node.children
            words = self.inline(title)
        else:
            words, rest = type(node).__name__.capitalize(), node.children
        return _quoted(f"**{words}**\n\n{self.joined(rest)}")

    @block.register
    def _(self, node: quiz) -> str:
        question, *options = node.children
        words = f"**{node['title']}.** {self.inline(question).strip()}"
        return "\n\n".join([words, *map(self.block, options)])

    @block.register
    def _(self, node: quiz_option) -> str:
        letter = node["letter"]  # Markdown has no lists with letters
        choice, *feedback = node.children
        option = (
            f"**{letter}.** {self.inline(choice).strip()}\n\n"
            f"<details>\n<summary>Feedback on {letter}</summary>\n\n"
            f"{self.joined(feedback)}\n\n</details>"
        )
        return _item("- ", option)

    @block.register
    def _(self, node: nodes.block_quote) -> str:
        return _quoted(self.joined(node.children))

    @block.register
    def _(self, node: nodes.figure) -> str:
        number = self.number(node)
        words = f"**Figure {number}.** " if number else ""
        captions = map(self.inline, node.findall(nodes.caption))
        legends = (self.joined(n.children) for n in node.findall(nodes.legend))
        return words + "\n\n".join([*captions, *legends])

    @block.register
    def _(self, node: nodes.table) -> str:
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

    @block.register
    def _(self, _node: nodes.transition) -> str:
        return "---"

    @block.register
    def _(self, node: nodes.line_block) -> str:
        return "  \n".join(map(self.inline, node.children))

    @block.register
    def _(self, node: nodes.citation | nodes.footnote) -> str:
        label, *rest = node.children
        return f"\\[{label.astext()}\\] {self.joined(rest)}"

    # -- Parts of a line -----------------------------------------------------

    def inline(self, node: nodes.Element) -> str:
        """Return the Markdown of a line of text."""
        return "".join(map(self.word, node.children))

    @singledispatchmethod
    def word(self, node: nodes.Node) -> str:
        """Return the Markdown of a part of a line."""
        if isinstance(node, SILENT):
            return ""
        if isinstance(node, nodes.Inline | nodes.TextElement):
            before, after = MARKS.get(type(node), ("", ""))
            return f"{before}{self.inline(node)}{after}"
        raise UnknownNodeError(node)

    @word.register
    def _(self, node: nodes.Text) -> str:
        text = SPECIAL.sub(r"\\\1", node.astext())
        return text.replace("|", "\\|") if self.in_table else text

    @word.register
    def _(self, node: nodes.literal) -> str:
        text = node.astext()
        if self.in_table:
            text = text.replace("|", "\\|")
        runs = re.findall("`+", text)
        if not runs:
            return f"`{text}`"
        fence = "`" * (1 + max(map(len, runs)))
        return f"{fence} {text} {fence}"

    @word.register
    def _(self, node: nodes.math) -> str:
        tex = node.astext().strip()
        if self.in_table:  # a bar would end the cell
            tex = tex.replace(r"\|", r"\Vert ").replace("|", r"\vert ")
        return f"${tex}$"

    @word.register
    def _(self, node: nodes.reference) -> str:
        text = self.inline(node)
        uri = node.get("refuri", "")
        if node.get("refid"):
            uri = self.anchors.get(node["refid"], "")
        elif node.get("internal"):
            uri = self.link(uri)
        return f"[{text}]({uri})" if uri else text

    @word.register
    def _(self, node: nodes.image) -> str:
        return f"*{node['alt']}*" if node.get("alt") else ""

    @word.register
    def _(self, node: nodes.math_block) -> str:
        tex = node.astext().strip()
        if node.get("number"):
            tex += f" \\tag{{{node['number']}}}"
        return f"\n\n$$\n{tex}\n$$\n\n"


def _item(mark: str, text: str) -> str:
    """Return an item of a list."""
    space = " " * len(mark)
    return mark + indent(text, space).removeprefix(space)


def _quoted(text: str) -> str:
    """Return a quotation."""
    return "\n".join(f"> {line}".rstrip() for line in text.split("\n"))
