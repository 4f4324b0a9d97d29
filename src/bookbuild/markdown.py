"""A page as the Markdown that Jupyter renders, cell by cell.

The input is the page as Sphinx has resolved it, so every reference has its
words and every equation, figure and question its number, and no MyST is
left.  What a notebook cannot show as the page does becomes the nearest thing:
an admonition a quotation, a question and its answer sections of their own,
a figure's caption the text below it.

A kind of node that this does not know is an error, never left out.
"""

import re
from collections.abc import Callable

from docutils import nodes
from sphinx import addnodes

from bookbuild.quiz import quiz, quiz_option

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
MARKS = {
    nodes.strong: ("**", "**"),
    nodes.emphasis: ("*", "*"),
    nodes.title_reference: ("*", "*"),
    nodes.superscript: ("<sup>", "</sup>"),
    nodes.subscript: ("<sub>", "</sub>"),
    addnodes.literal_emphasis: ("*", "*"),
    addnodes.literal_strong: ("**", "**"),
}
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
        number: Returns the number of a numbered figure, or "".
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

    def page(self, document: nodes.document) -> list[tuple[str, str | int]]:
        """Return the cells: Markdown, or the place of a code cell."""
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
            kind = type(node).__name__
            if isinstance(node, SILENT):
                continue
            if isinstance(node, nodes.section):
                self.level += 1
                self._walk(node)
                self.level -= 1
            elif isinstance(node, nodes.title | nodes.subtitle):
                self._heading(self.inline(node), self.level)
            elif kind in {"exercise_node", "exercise_enumerable_node"}:
                self._question(node)
            elif kind == "solution_node":
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
        heading = node.children[0]
        self._heading(self.inline(heading), self.level + 1)
        rest = nodes.container()
        rest.children = node.children[1:]
        self._walk(rest)

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

    def block(self, node: nodes.Element) -> str:  # noqa: C901, PLR0911, PLR0912 (a case for each kind)
        """Return the Markdown of a block."""
        match node:
            case nodes.paragraph() | addnodes.compact_paragraph():
                text = self.inline(node).strip()
                return LINE_START.sub(r"\1\\\2", text) if text else ""
            case nodes.literal_block() | nodes.doctest_block():
                return self._fence(node)
            case nodes.math_block():
                return self._formula(node)
            case nodes.bullet_list():
                return self._items(node, lambda _: "- ")
            case nodes.enumerated_list():
                first = node.get("start", 1)
                return self._items(node, lambda i: f"{first + i}. ")
            case nodes.definition_list():
                return self.blocks_of(node)
            case nodes.definition_list_item():
                terms = [c for c in node.children if isinstance(c, nodes.term)]
                words = ", ".join(f"**{self.inline(t)}**" for t in terms)
                body = self.blocks_of(node.children[-1])
                return f"{words}\n\n{_indent(body, '> ')}"
            case nodes.Admonition():
                return self._admonition(node)
            case quiz():
                return self._quiz(node)
            case nodes.block_quote():
                return _indent(self.blocks_of(node), "> ")
            case nodes.attribution():
                return "— " + self.inline(node)
            case nodes.figure():
                return self._caption(node)
            case nodes.image():
                return f"*{node.get('alt', '')}*"
            case nodes.table():
                return self._table(node)
            case nodes.rubric():
                return f"**{self.inline(node)}**"
            case nodes.transition():
                return "---"
            case nodes.line_block():
                return "  \n".join(self.inline(line) for line in node.children)
            case nodes.container() | nodes.compound() | nodes.section():
                return self.blocks_of(node)
            case nodes.title() | nodes.label():
                return f"**{self.inline(node)}**"
            case nodes.citation() | nodes.footnote():
                label = node.children[0].astext()
                rest = nodes.container()
                rest.children = node.children[1:]
                return f"\\[{label}\\] {self.blocks_of(rest)}"
            case nodes.Inline() | nodes.Text() | nodes.TextElement():
                return self._one(node)
        raise UnknownNodeError(node)

    @staticmethod
    def _fence(node: nodes.Element) -> str:
        language = node.get("language", "")
        if isinstance(node, nodes.doctest_block) or (
            node.astext().startswith(">>>")
        ):
            language = "pycon"
        text = node.astext().rstrip("\n")
        return f"```{language}\n{text}\n```"

    @staticmethod
    def _formula(node: nodes.math_block) -> str:
        tex = node.astext().strip()
        if node.get("number"):
            tex += f" \\tag{{{node['number']}}}"
        return f"$$\n{tex}\n$$"

    def _items(self, node: nodes.Element, mark: Callable[[int], str]) -> str:
        lines = []
        for position, item in enumerate(node.children):
            body = self.blocks_of(item)
            lead = mark(position)
            lines.append(lead + _indent(body, " " * len(lead), first=False))
        return "\n".join(lines)

    def _admonition(self, node: nodes.Element) -> str:
        rest = nodes.container()
        if isinstance(node, nodes.admonition):
            words = self.inline(node.children[0])
            rest.children = node.children[1:]
        else:
            words = type(node).__name__.capitalize()
            rest.children = node.children
        return _indent(f"**{words}**\n\n{self.blocks_of(rest)}", "> ")

    def _quiz(self, node: quiz) -> str:
        # Markdown has no lists with letters: they are written.
        question, *rest = node.children
        parts = [f"**{node['title']}.** {self.inline(question).strip()}"]
        for child in rest:
            if not isinstance(child, quiz_option):
                parts.append(self.block(child))
                continue
            letter = child["letter"]
            choice, *feedback = child.children
            body = nodes.container()
            body.children = feedback
            option = (
                f"**{letter}.** {self.inline(choice).strip()}\n\n"
                f"<details>\n<summary>Feedback on {letter}</summary>\n\n"
                f"{self.blocks_of(body)}\n\n</details>"
            )
            parts.append("- " + _indent(option, "  ", first=False))
        return "\n\n".join(parts)

    def _caption(self, node: nodes.figure) -> str:
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

    def _table(self, node: nodes.table) -> str:
        rows = [
            [
                " ".join(self.blocks_of(entry).split()).replace("|", "\\|")
                for entry in row.children
            ]
            for row in node.findall(nodes.row)
        ]
        width = max(map(len, rows))
        if not list(node.findall(nodes.thead)):
            rows.insert(0, [""] * width)
        rows.insert(1, ["---"] * width)
        lines = "\n".join(f"| {' | '.join(row)} |" for row in rows)
        titles = [c for c in node.children if isinstance(c, nodes.title)]
        return "\n\n".join([*(f"**{self.inline(t)}**" for t in titles), lines])

    # -- Inside a line -------------------------------------------------------

    def inline(self, node: nodes.Element) -> str:
        """Return the Markdown of all that stands in a line."""
        return "".join(map(self._one, node.children))

    def _one(self, node: nodes.Node) -> str:  # noqa: PLR0911 (a case for each kind)
        if type(node) in MARKS:
            before, after = MARKS[type(node)]
            return f"{before}{self.inline(node)}{after}"
        match node:
            case nodes.Text():
                return SPECIAL.sub(r"\\\1", node.astext())
            case nodes.literal():
                return _quoted(node.astext())
            case nodes.math():
                return f"${node.astext().strip()}$"
            case nodes.reference():
                return self._reference(node)
            case nodes.image():
                return f"*{node.get('alt', '')}*"
            case nodes.math_block():
                return f"\n\n{self._formula(node)}\n\n"
        if isinstance(node, SILENT):
            return ""
        if isinstance(node, nodes.Inline | nodes.TextElement):
            return self.inline(node)
        raise UnknownNodeError(node)

    def _reference(self, node: nodes.reference) -> str:
        text = self.inline(node)
        uri = node.get("refuri", "")
        if not uri or node.get("internal"):
            uri = self.link(uri)
        return f"[{text}]({uri})" if uri else text


def _quoted(code: str) -> str:
    """Return code as it stands in a line of text."""
    mark = "``" if "`" in code else "`"
    return f"{mark}{code}{mark}"


def _indent(text: str, prefix: str, *, first: bool = True) -> str:
    lines = [
        (prefix + line).rstrip() if line or prefix.strip() else line
        for line in text.split("\n")
    ]
    if not first:
        lines[0] = text.split("\n", 1)[0]
    return "\n".join(lines)
