"""A page as the Markdown that Jupyter renders, cell by cell.

The input is the page as Sphinx has resolved it, so every reference has its
words and every equation, figure and question its number, and no MyST is
left.  What a notebook cannot show as the page does becomes the nearest thing:
an admonition a quotation, a question and its answer sections of their own,
a figure's caption the text below it.

A kind of node that this does not know is an error, never left out: give it a
method of ``block`` or, if it stands in a line, of ``word``.
"""

import re
from collections.abc import Callable, Iterable
from functools import singledispatchmethod
from urllib.parse import quote

from docutils import nodes
from sphinx import addnodes
from sphinx_exercise.nodes import exercise_enumerable_node, solution_node

from bookbuild.chapters.quiz import quiz, quiz_option

SPECIAL = re.compile(r"([\\`*_\[\]<$])")
LINE_START = re.compile(r"^(\s*)([#>+-]|\d+(?=[.)]))", re.MULTILINE)
SILENT = (
    nodes.comment
    | nodes.target
    | nodes.meta
    | nodes.substitution_definition
    | nodes.system_message
    | addnodes.index
    | addnodes.toctree
    | addnodes.highlightlang
    | nodes.raw
)
MARKDOWN, CODE = "markdown", "code"


class UnknownNodeError(Exception):
    """A page holds something that has no form in a notebook yet."""

    def __init__(self, node: nodes.Node) -> None:
        """Keep the node, whose place the error is."""
        super().__init__(
            f"a notebook has no form for {type(node).__name__!r} "
            f"({node.astext()[:40]!r})"
        )
        self.node = node


class Writer:
    """Turns one page into cells.

    Args:
        number: Returns the number of a numbered figure or question, or "".
        link: Returns where an internal address leads in a notebook, or "".
        blocks: The place of each code cell that is shown, by its index in
            the page's own notebook.
    """

    def __init__(
        self,
        number: Callable[[nodes.Element], str],
        link: Callable[[str], str],
        blocks: dict[int, int],
    ) -> None:
        """Begin without cells."""
        self.number, self.link, self.blocks = number, link, blocks
        self.cells: list[tuple[str, str | int]] = []
        self.waiting: list[str] = []
        self.level = 0
        self.in_table = False
        self.anchors: dict[str, str] = {}

    def page(self, document: nodes.document) -> list[tuple[str, str | int]]:
        """Return the cells: Markdown, or the place of a code cell."""
        for node in document.findall(nodes.section):
            words = node.next_node(nodes.title)
            for name in node["ids"]:
                self.anchors[name] = _anchor(words.astext())
        self._walk(document)
        self._flush()
        return self.cells

    def _flush(self) -> None:
        if self.waiting:
            self.cells.append((MARKDOWN, "\n\n".join(self.waiting)))
            self.waiting = []

    # -- What may hold code cells --------------------------------------------

    def _walk(self, parent: nodes.Element) -> None:
        for node in parent.children:
            if not isinstance(node, SILENT):
                self._step(node)

    def _step(self, node: nodes.Element) -> None:
        if isinstance(node, nodes.section):
            self.level += 1
            self._walk(node)
            self.level -= 1
        elif isinstance(node, nodes.title | nodes.subtitle):
            self._heading(self.inline(node), self.level)
        elif isinstance(node, exercise_enumerable_node):
            self._question(node)
        elif isinstance(node, solution_node):
            self._heading(node["summary"], self.level + 2)
            self._walk(node)
        elif node.get("nb_element") == "cell_code":
            self._cell(node)
        elif isinstance(node, nodes.compound | nodes.container):
            self._walk(node)
        else:
            self.waiting.append(self.block(node))

    def _heading(self, text: str, level: int) -> None:
        mark = "#" * min(max(level, 1), 6)
        self.waiting.append(f"{mark} {' '.join(text.split())}")

    def _question(self, node: nodes.Element) -> None:
        title, *rest = node.children
        words = title["title"] % self.number(node)
        self._heading(f"{words} {self.inline(title)}", self.level + 1)
        self._walk(_holding(rest))

    def _cell(self, node: nodes.Element) -> None:
        place = self.blocks.get(node["cell_index"])
        if place is None:  # its code is hidden
            return
        self._flush()
        self.cells.append((CODE, place))
        for figure in node.findall(nodes.figure):
            self.waiting.append(self.block(figure))

    # -- Blocks --------------------------------------------------------------

    def blocks_of(self, parent: nodes.Element) -> str:
        """Return the blocks inside a node."""
        parts = [
            self.block(child)
            for child in parent.children
            if not isinstance(child, SILENT)
        ]
        return "\n\n".join(part for part in parts if part)

    @singledispatchmethod
    def block(self, node: nodes.Node) -> str:
        """Return the Markdown of a block."""
        return self.word(node)

    @block.register
    def _(self, node: nodes.paragraph | addnodes.compact_paragraph) -> str:
        text = self.inline(node).strip()
        return LINE_START.sub(r"\1\\\2", text)

    @block.register
    def _(self, node: nodes.literal_block | nodes.doctest_block) -> str:
        text = node.astext().rstrip("\n")
        language = node.get("language", "")
        if text.startswith(">>>"):
            language = "pycon"
        return f"```{language}\n{text}\n```"

    @block.register
    def _(self, node: nodes.math_block) -> str:
        tex = node.astext().strip()
        if node.get("number"):
            tex += f" \\tag{{{node['number']}}}"
        return f"$$\n{tex}\n$$"

    @block.register
    def _(self, node: nodes.bullet_list) -> str:
        return self._items(node, lambda _: "- ")

    @block.register
    def _(self, node: nodes.enumerated_list) -> str:
        first = node.get("start", 1)
        return self._items(node, lambda i: f"{first + i}. ")

    def _items(self, node: nodes.Element, mark: Callable[[int], str]) -> str:
        lines = []
        for position, item in enumerate(node.children):
            body = self.blocks_of(item)
            lead = mark(position)
            lines.append(lead + _indent(body, " " * len(lead), first=False))
        return "\n".join(lines)

    @block.register
    def _(
        self,
        node: nodes.definition_list
        | nodes.container
        | nodes.compound
        | nodes.section,
    ) -> str:
        return self.blocks_of(node)

    @block.register
    def _(self, node: nodes.definition_list_item) -> str:
        terms = [c for c in node.children if isinstance(c, nodes.term)]
        words = ", ".join(f"**{self.inline(t)}**" for t in terms)
        body = self.blocks_of(node.children[-1])
        return f"{words}\n\n{_indent(body, '> ')}"

    @block.register
    def _(self, node: nodes.Admonition) -> str:
        if isinstance(node, nodes.admonition):
            title, *rest = node.children
            words = self.inline(title)
        else:
            words, rest = type(node).__name__.capitalize(), node.children
        text = self.blocks_of(_holding(rest))
        return _indent(f"**{words}**\n\n{text}", "> ")

    @block.register
    def _(self, node: quiz) -> str:
        # Markdown has no lists with letters: they are written.
        question, *rest = node.children
        words = f"**{node['title']}.** {self.inline(question).strip()}"
        return "\n\n".join([words, *map(self.block, rest)])

    @block.register
    def _(self, node: quiz_option) -> str:
        letter = node["letter"]
        choice, *feedback = node.children
        option = (
            f"**{letter}.** {self.inline(choice).strip()}\n\n"
            f"<details>\n<summary>Feedback on {letter}</summary>\n\n"
            f"{self.blocks_of(_holding(feedback))}\n\n</details>"
        )
        return "- " + _indent(option, "  ", first=False)

    @block.register
    def _(self, node: nodes.block_quote) -> str:
        return _indent(self.blocks_of(node), "> ")

    @block.register
    def _(self, node: nodes.attribution) -> str:
        return "\N{EM DASH} " + self.inline(node)

    @block.register
    def _(self, node: nodes.figure) -> str:
        parts = [
            self.inline(child)
            if isinstance(child, nodes.caption)
            else self.blocks_of(child)
            for child in node.children
            if isinstance(child, nodes.caption | nodes.legend)
        ]
        number = self.number(node)
        words = f"**Figure {number}.** " if number else ""
        return words + "\n\n".join(parts)

    @block.register
    def _(self, node: nodes.table) -> str:
        self.in_table = True
        rows = [
            [" ".join(self.blocks_of(entry).split()) for entry in row.children]
            for row in node.findall(nodes.row)
        ]
        self.in_table = False
        width = max(map(len, rows))
        if not list(node.findall(nodes.thead)):
            rows.insert(0, [""] * width)
        rows.insert(1, ["---"] * width)
        lines = "\n".join(f"| {' | '.join(row)} |" for row in rows)
        titles = [c for c in node.children if isinstance(c, nodes.title)]
        return "\n\n".join([*(f"**{self.inline(t)}**" for t in titles), lines])

    @block.register
    def _(self, node: nodes.rubric | nodes.title | nodes.label) -> str:
        return f"**{self.inline(node)}**"

    @block.register
    def _(self, _node: nodes.transition) -> str:
        return "---"

    @block.register
    def _(self, node: nodes.line_block) -> str:
        return "  \n".join(self.inline(line) for line in node.children)

    @block.register
    def _(self, node: nodes.citation | nodes.footnote) -> str:
        label, *rest = node.children
        return f"\\[{label.astext()}\\] {self.blocks_of(_holding(rest))}"

    # -- Inside a line -------------------------------------------------------

    def inline(self, node: nodes.Element) -> str:
        """Return the Markdown of all that stands in a line."""
        return "".join(map(self.word, node.children))

    @singledispatchmethod
    def word(self, node: nodes.Node) -> str:
        """Return the Markdown of what stands in a line."""
        if isinstance(node, SILENT):
            return ""
        if isinstance(node, nodes.Inline | nodes.TextElement):
            return self.inline(node)
        raise UnknownNodeError(node)

    @word.register
    def _(self, node: nodes.Text) -> str:
        text = SPECIAL.sub(r"\\\1", node.astext())
        return text.replace("|", "\\|") if self.in_table else text

    @word.register
    def _(self, node: nodes.strong | addnodes.literal_strong) -> str:
        return f"**{self.inline(node)}**"

    @word.register
    def _(
        self,
        node: nodes.emphasis
        | nodes.title_reference
        | addnodes.literal_emphasis,
    ) -> str:
        return f"*{self.inline(node)}*"

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
    def _(self, node: nodes.superscript) -> str:
        return f"<sup>{self.inline(node)}</sup>"

    @word.register
    def _(self, node: nodes.subscript) -> str:
        return f"<sub>{self.inline(node)}</sub>"

    @word.register
    def _(self, node: nodes.image) -> str:
        return f"*{node.get('alt', '')}*"

    @word.register
    def _(self, node: nodes.math_block) -> str:
        return f"\n\n{self.block(node)}\n\n"


def _anchor(heading: str) -> str:
    """Return the address that Jupyter gives to a heading."""
    return "#" + quote(" ".join(heading.split()).replace(" ", "-"))


def _holding(children: Iterable[nodes.Node]) -> nodes.container:
    """Return a node that holds others, which keep their own parent."""
    made = nodes.container()
    made.children = list(children)
    return made


def _indent(text: str, prefix: str, *, first: bool = True) -> str:
    lines = [
        (prefix + line).rstrip() if line or prefix.strip() else line
        for line in text.split("\n")
    ]
    if not first:
        lines[0] = text.split("\n", 1)[0]
    return "\n".join(lines)
