"""A program for every block of a chapter: the block and what it needs.

A program is one comment line, then the statements of earlier blocks that the
block needs, then the block.
It works where a reader puts it:

- in a file, the value that a notebook shows under a block has to be printed,
  and a figure has to be shown; what an earlier statement prints on the way is
  held back, since the page shows it elsewhere;
- in Python's own REPL, a blank line ends a definition or a loop, so there is
  none inside and one after each.
"""

import ast
import itertools
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field

from nbformat import NotebookNode

from bookbuild.chapters.errors import ChapterError
from bookbuild.chapters.reader import Chapter
from bookbuild.execution.watcher import Statement

HIDDEN = frozenset({"remove-cell", "remove-input", "remove_cell"})
COMPOUND = (
    ast.FunctionDef | ast.ClassDef | ast.For | ast.While | ast.If | ast.With
    | ast.Try | ast.AsyncFunctionDef | ast.Match
)  # fmt: skip
PYPLOT = re.compile(r"pyplot as plt\b")
IMPORT = "import matplotlib.pyplot as plt"
CLOSE = 'plt.close("all")  # a notebook begins each block with new figures'
QUIET = "with contextlib.redirect_stdout(io.StringIO()):  # printed earlier\n"
# Text of which ``print`` shows the same as the notebook does.
PLAIN = re.compile(
    r"tensor\(|Parameter containing|torch\.|[-+\d\[({]|True|False|nan|inf|"
    r"[A-Z]\w* ?\((?:\w+=|\n|\))"
)


@dataclass
class Chunk:
    """A piece of a block: a statement with the comments above it.

    Attributes:
        block: The number of its block, from 0.
        text: Its code.
        nodes: The syntax of its statements: more than one if they share a
            line, none if the block does not parse.
        statements: The numbers of those that ran.
        spaced: Whether a blank line goes before it.
    """

    block: int
    text: str
    nodes: list[ast.stmt]
    statements: list[int]
    spaced: bool = False

    @property
    def compound(self) -> bool:
        """Whether it has an indented body."""
        return bool(self.nodes) and isinstance(self.nodes[0], COMPOUND)


@dataclass
class Program:
    """The program of one block.

    Attributes:
        block: The block's number on its page, from 1.
        head: The opening comment.
        groups: Its code, a group for each block that it takes from.
        raises: Whether it ends with an error, on purpose.
        earlier: The numbers of the chunks of earlier blocks, for checks.
    """

    block: int
    head: str
    groups: list[list[str]]
    raises: bool = False
    earlier: list[int] = field(default_factory=list)

    @property
    def alone(self) -> bool:
        """Whether the block needs nothing from the blocks before it."""
        return not self.earlier

    @property
    def text(self) -> str:
        """The program."""
        groups = ["\n".join(group) for group in self.groups]
        return "\n\n".join([self.head, *groups]) + "\n"


@dataclass
class Code:
    """A code cell as downloads hold it.

    Attributes:
        source: Its code.
        outputs: What it gave.
        raises: Whether it shows an error on purpose.
        script: Its code as a part of a script.
    """

    source: str
    outputs: list[NotebookNode]
    raises: bool
    script: str


@dataclass
class Page:
    """The programs of a chapter.

    Attributes:
        about: A comment that names the book, the chapter and the versions.
        programs: One for each code cell that a reader sees, in order.
        cells: The number of each program's cell in the notebook.
        code: The same cells, for downloads.
        snippets: The names of the snippets that it shows, each once.
    """

    about: str
    programs: list[Program]
    cells: list[int]
    code: list[Code]
    snippets: list[str] = field(default_factory=list)

    def packed(self) -> dict:
        """Return the programs as the page's script reads them, small."""
        pieces: dict[str, int] = {}
        for program in self.programs:
            for group in program.groups:
                for piece in group:
                    pieces.setdefault(piece, len(pieces))
        sources = [code.source for code in self.code]
        head, block, rest = self.programs[0].head.rpartition(", block 1")
        return {
            "head": [head + block[:-1], rest],  # the number goes between
            "pieces": [_packed(piece, sources) for piece in pieces],
            "raise": [p.block for p in self.programs if p.raises],
            "programs": [
                [[pieces[piece] for piece in group] for group in p.groups]
                for p in self.programs
            ],
        }


def _packed(piece: str, sources: list[str]) -> str | list[int]:
    """Return where the page shows a piece, or the piece if it does not.

    Returns:
        The block, from 0, that shows it, its first line there, from 0, the
        number of its lines, and of the line ends after the last.
    """
    core = piece.rstrip("\n")
    for block, source in enumerate(sources):
        before, found, _ = f"\n{source}\n".partition(f"\n{core}\n")
        if found:
            ends = len(piece) - len(core)
            return [block, before.count("\n"), core.count("\n") + 1, ends]
    return piece


def build(
    chapter: Chapter,
    statements: list[Statement],
    book: str,
    title: str,
    versions: dict[str, str],
) -> Page:
    """Return the programs of a chapter that was run.

    Args:
        chapter: The chapter, with its outputs.
        statements: What was seen of its statements.
        book: The title of the book.
        title: The title of the chapter.
        versions: What it was run with.
    """
    return Builder(chapter, statements, book, title, versions).page()


def _raises(cell: NotebookNode) -> bool:
    return "raises-exception" in cell.metadata.get("tags", [])


def is_hidden(cell: NotebookNode) -> bool:
    """Return whether the reader does not see a cell's code."""
    return not HIDDEN.isdisjoint(cell.metadata.get("tags", []))


def check_syntax(chapter: Chapter) -> list[ChapterError]:
    """Return which cells are not Python: IPython may run them, all the same."""
    found = []
    for line, cell in zip(
        chapter.body_lines, chapter.notebook.cells, strict=True
    ):
        if cell.cell_type != "code" or _raises(cell):
            continue
        try:
            with warnings.catch_warnings(action="ignore"):
                compile(cell.source, "cell", "exec", dont_inherit=True)
        except SyntaxError as error:
            inside = 0 if "snippet" in cell.metadata else error.lineno - 1
            fault = ChapterError(
                chapter.path,
                line + inside,
                f"the cell is not Python: {error.msg}",
                "mend it; what only IPython understands, such as commands "
                "with % and !, does not run for a reader who copies it",
            )
            found.append(fault)
    return found


def check(chapter: Chapter, statements: list[Statement]) -> list[ChapterError]:
    """Return what a reader would lack: each fault once, where it is."""
    cells = chapter.notebook.cells
    places = [i for i, cell in enumerate(cells) if cell.cell_type == "code"]
    found: dict[str, ChapterError] = {}
    for statement in statements:
        place = places[statement.block]
        cell, begin = cells[place], chapter.body_lines[place]
        if statement.raised or is_hidden(cell):
            continue
        for line, message, remedy in _faults(chapter, statements, statement):
            at, said = begin + line - 1, message
            if snippet := cell.metadata.get("snippet"):
                # A snippet's lines are not in the chapter.
                at = begin
                said = message.replace("the cell", f"the snippet {snippet!r}")
            error = ChapterError(chapter.path, at, said, remedy)
            found.setdefault(message, error)
    return list(found.values())


def _faults(
    chapter: Chapter, statements: list[Statement], statement: Statement
) -> Iterator[tuple[int, str, str]]:
    """Return what a reader would lack: line, message and remedy."""
    cells = chapter.code_cells
    for number, reason in statement.needs.items():
        other = statements[number]
        if not is_hidden(cells[other.block]):
            continue
        if bound := re.fullmatch(r"binds '(\w+)'", reason):
            name = bound[1]
            yield (
                _line_of(name, cells[statement.block], statement),
                (
                    f"the cell uses the name {name!r}, which is bound only in "
                    "a hidden cell; who copies it does not get that"
                ),
                f"show the cell that binds {name!r}, or bind it here",
            )
        else:
            code = cells[other.block].source.splitlines()[other.line - 1]
            yield (
                statement.line,
                f"the cell needs what a hidden cell does: {code!r} {reason}",
                "show that cell; downloads do not hold what nobody sees",
            )
    for path in statement.files:
        yield (
            statement.line,
            f"the cell reads the file {path!r}, which a reader does not have",
            "make the data in the cell, or write the file in a cell above",
        )
    for module, line in statement.imports:
        yield (
            line,
            f"the cell imports {module!r}, which a reader may not have",
            "use torch, numpy, matplotlib and the standard library only",
        )


def _line_of(name: str, cell: NotebookNode, statement: Statement) -> int:
    """Return the line in which a statement names something."""
    lines = [
        node.lineno
        for node in ast.walk(ast.parse(cell.source))
        if isinstance(node, ast.Name)
        and node.id == name
        and statement.line <= node.lineno <= statement.end
    ]
    return min(lines, default=statement.line)


class Builder:
    """Puts the programs of one chapter together."""

    def __init__(
        self,
        chapter: Chapter,
        statements: list[Statement],
        book: str,
        title: str,
        versions: dict[str, str],
    ) -> None:
        """Cut every block into chunks."""
        self.chapter, self.statements = chapter, statements
        known = {"python": "Python"}
        listed = ", ".join(
            f"{known.get(name, name)} {version}"
            for name, version in versions.items()
            if name != "ipykernel"
        )
        self.head = f"# {book}, {title}, block %d; verified with {listed}"
        self.chunks: list[Chunk] = []
        self.of_block: list[list[int]] = []
        self.tails: list[str] = []
        numbers: dict[int, list[int]] = {}
        for number, statement in enumerate(statements):
            numbers.setdefault(statement.block, []).append(number)
        for block, cell in enumerate(chapter.code_cells):
            first = len(self.chunks)
            self._cut(block, cell.source, numbers.get(block, []))
            self.of_block.append(list(range(first, len(self.chunks))))
        self.chunk_of = {
            statement: index
            for index, chunk in enumerate(self.chunks)
            for statement in chunk.statements
        }

    def _cut(self, block: int, source: str, numbers: list[int]) -> None:
        """Cut a block into chunks; numbers: of its statements that ran."""
        try:
            nodes = ast.parse(source).body
        except SyntaxError:  # it does not parse, and that is its point
            self.chunks.append(Chunk(block, source, [], []))
            self.tails.append("")
            return
        lines = source.splitlines()
        chunk, end = None, 0
        for node, ran in itertools.zip_longest(nodes, numbers):
            part = lines[end : node.end_lineno]
            if chunk and node.lineno <= end:
                chunk.text = "\n".join([chunk.text, *part])
            else:
                spaced = chunk is not None and not part[0].strip()
                compound = isinstance(node, COMPOUND)
                text = _tight(part, node, end) if compound else "\n".join(part)
                chunk = Chunk(block, text.lstrip("\n"), [], [], spaced)
                self.chunks.append(chunk)
            chunk.nodes.append(node)
            chunk.statements += [] if ran is None else [ran]
            end = max(end, node.end_lineno)
        self.tails.append("\n".join(lines[end:]).strip("\n"))

    def needed(self, block: int) -> list[int]:
        """Return the chunks of earlier blocks that a block needs, in order."""
        found: set[int] = set()
        ahead = set(self.of_block[block])
        while ahead:
            found |= ahead
            ahead = {
                self.chunk_of[number]
                for index in ahead
                for statement in self.chunks[index].statements
                for number in self.statements[statement].needs
            } - found
        return self._without_repeats(sorted(found - {*self.of_block[block]}))

    def _without_repeats(self, earlier: list[int]) -> list[int]:
        """Drop imports of what an import before them has brought."""
        kept: list[int] = []
        brought: set[tuple[str, str]] = set()
        for index in earlier:
            nodes = self.chunks[index].nodes
            parts = {part for node in nodes for part in _imports(node)}
            if not parts or not parts <= brought:
                kept.append(index)
            brought |= parts
        return kept

    def page(self) -> Page:
        """Return the programs of all blocks that a reader sees."""
        snippets = dict.fromkeys(path.stem for path in self.chapter.snippets)
        about = self.head.replace(", block %d", "")
        page = Page(about, [], [], [], list(snippets))
        for index, cell in enumerate(self.chapter.notebook.cells):
            if cell.cell_type == "code":
                block = self.chapter.code_cells.index(cell)
                if not is_hidden(cell):
                    page.programs.append(
                        self.program(block, len(page.programs) + 1)
                    )
                    page.cells.append(index)
                    page.code.append(
                        Code(
                            cell.source,
                            cell.outputs,
                            _raises(cell),
                            self.scripted(block),
                        )
                    )
        return page

    def program(
        self, block: int, number: int, without: frozenset[int] = frozenset()
    ) -> Program:
        """Return the program of one block.

        Args:
            block: The block, from 0.
            number: The number that the page gives it, from 1.
            without: Chunks to leave out, for the check that none can be.
        """
        earlier = [i for i in self.needed(block) if i not in without]
        groups: list[list[str]] = []
        before = None
        quiet = False
        for index in earlier:
            chunk = self.chunks[index]
            if chunk.block != before:
                groups.append([])
                before = chunk.block
            text = chunk.text
            if any(self.statements[n].prints for n in chunk.statements):
                text, quiet = _quiet(text), True
            self._add(groups[-1], chunk, text)
        if quiet:
            groups.insert(0, ["import contextlib\nimport io"])
        groups.append(self._own(block, earlier))
        for group in groups[:-1]:  # a blank line goes between any two
            group[-1] = group[-1].rstrip("\n")
        raises = _raises(self.chapter.code_cells[block])
        return Program(number, self.head % number, groups, raises, earlier)

    def scripted(self, block: int) -> str:
        """Return a block as a part of a script, which goes on after errors."""
        code = "\n".join(self._own(block, [])).rstrip("\n")
        if not _raises(self.chapter.code_cells[block]):
            return code
        if not all(self.chunks[i].nodes for i in self.of_block[block]):
            code = f"exec({code!r})"  # it does not parse, and that is its point
        return (
            f"try:\n{_indented(code)}\n"
            "except Exception as raised:  # the error that this block shows\n"
            '    print(f"{type(raised).__name__}: {raised}")'
        )

    @staticmethod
    def _add(group: list[str], chunk: Chunk, text: str) -> None:
        """Add a chunk to a group, with the blank lines that it needs."""
        if group and chunk.spaced and not group[-1].endswith("\n"):
            group[-1] += "\n"
        ended = "\n" if chunk.compound or text.startswith(QUIET) else ""
        group.append(text + ended)

    def _own(self, block: int, earlier: list[int]) -> list[str]:
        cell = self.chapter.code_cells[block]
        indices = self.of_block[block]
        group: list[str] = []
        for index in indices:
            self._add(group, self.chunks[index], self.chunks[index].text)
        if not group:
            return [cell.source]
        last = self.chunks[indices[-1]]
        shown = _shown_value(cell)
        node = last.nodes[-1] if last.nodes else None
        if shown is not None and isinstance(node, ast.Expr):
            group[-1] = _printed(last.text, node, shown)
        if self.tails[block]:
            group.append(self.tails[block])
        before = any(PYPLOT.search(self.chunks[i].text) for i in earlier)
        if self._draws(indices) and self._draws(earlier):
            group[:0] = [CLOSE] if before else [IMPORT, CLOSE]
            before = True
        if _has_figure(cell) and "plt.show()" not in cell.source:
            if not before and not PYPLOT.search(cell.source):
                group.append(f"\n{IMPORT}")
            group.append("\nplt.show()")
        return group

    def _draws(self, chunks: list[int]) -> bool:
        """Return whether any of some chunks draws a figure of pyplot's."""
        numbers = [n for index in chunks for n in self.chunks[index].statements]
        return any(self.statements[number].draws for number in numbers)


def _imports(node: ast.stmt) -> set[tuple[str, str]]:
    """Return what an import binds: names and what they stand for."""
    if isinstance(node, ast.Import):
        return {(part.asname or "", part.name) for part in node.names}
    if isinstance(node, ast.ImportFrom):
        return {
            (part.asname or part.name, f"{node.module}.{part.name}")
            for part in node.names
        }
    return set()


def _tight(part: list[str], node: ast.stmt, end: int) -> str:
    """Drop the blank lines in a statement's body, but not those in strings."""
    kept: set[int] = set()
    for string in ast.walk(node):
        if isinstance(string, ast.Constant | ast.JoinedStr):
            kept.update(range(string.lineno, string.end_lineno + 1))
    return "\n".join(
        line
        for number, line in enumerate(part, start=end + 1)
        if line.strip() or number in kept
    )


def _quiet(text: str) -> str:
    """Hold back what a statement prints."""
    return QUIET + _indented(text)


def _indented(text: str) -> str:
    """Indent code, but not the lines inside its strings."""
    kept: set[int] = set()
    for string in ast.walk(ast.parse(text)):
        if isinstance(string, ast.Constant | ast.JoinedStr):
            kept.update(range(string.lineno + 1, string.end_lineno + 1))
    return "\n".join(
        line if number in kept or not line else "    " + line
        for number, line in enumerate(text.splitlines(), start=1)
    )


def _shown_value(cell: NotebookNode) -> str | None:
    """Return the text of the value that the notebook shows under a cell."""
    for output in cell.outputs:
        if output.output_type == "execute_result":
            if any(kind.startswith("image/") for kind in output.data):
                return None
            return output.data.get("text/plain")
    return None


def _has_figure(cell: NotebookNode) -> bool:
    return any(
        kind.startswith("image/")
        for output in cell.outputs
        for kind in output.get("data", {})
    )


def _printed(text: str, node: ast.Expr, shown: str) -> str:
    """Print the value of a chunk's last expression, as the page shows it."""
    # The chunk ends with the expression's last line; columns count bytes.
    code = text.encode()
    lines = code.splitlines(keepends=True)
    first = sum(map(len, lines[: node.lineno - node.end_lineno - 1]))
    start = first + node.col_offset
    end = len(code) - len(lines[-1]) + node.end_col_offset
    before, value = code[:start].decode(), code[start:end].decode()
    after = code[end:].decode()
    opening, closing = "print(", ")"
    if _is_class(node.value, shown):
        form = "{0.__module__}." * ("." in shown) + "{0.__qualname__}"
        opening, closing = f'print("{form}".format(', "))"
    elif not PLAIN.match(shown):
        opening, closing = "print(repr(", "))"
    elif isinstance(node.value, ast.Tuple):
        called = ast.parse(f"f{value}").body[0].value
        if not isinstance(called, ast.Call):  # it has no brackets of its own
            opening, closing = "print((", "))"
    return f"{before}{opening}{value}{closing}{after}"


def _is_class(value: ast.expr, shown: str) -> bool:
    """Return whether a value is a class, of which IPython shows the name."""
    named = value.func if isinstance(value, ast.Call) else value
    name = getattr(named, "attr", getattr(named, "id", ""))
    asked = {"type"} if isinstance(value, ast.Call) else {"__class__"}
    short = shown.rpartition(".")[2]
    return shown.replace(".", "").isidentifier() and (
        name in asked or (name == short != "" and short[0].isupper())
    )
