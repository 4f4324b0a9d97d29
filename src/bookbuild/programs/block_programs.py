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
from functools import lru_cache

from nbformat import NotebookNode

from bookbuild.chapters.errors import ChapterError
from bookbuild.chapters.reader import Chapter
from bookbuild.execution import needs

HIDDEN = frozenset({"remove-cell", "remove-input", "remove_cell"})
COMPOUND = (
    ast.FunctionDef | ast.ClassDef | ast.For | ast.While | ast.If | ast.With
    | ast.Try | ast.AsyncFunctionDef | ast.Match
)  # fmt: skip
QUIET = "with contextlib.redirect_stdout(io.StringIO()):  # printed earlier\n"
# Text of which ``print`` shows the same as the notebook does.
PLAIN = re.compile(r"^(?:tensor\(|Parameter containing|torch\.|[-+\d\[({]|"
                   r"True|False|nan|inf|[A-Z]\w*\()")  # fmt: skip


@dataclass
class Chunk:
    """A piece of a block: a statement with the comments above it.

    Attributes:
        statements: The numbers of its statements; more than one if they
            share a line.
        text: Its code.
        spaced: Whether a blank line goes before it.
        compound: Whether it has an indented body.
    """

    statements: list[int]
    text: str
    spaced: bool
    compound: bool


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
    _statements,
    book: str,
    title: str,
    versions: dict[str, str],
) -> Page:
    """Return the programs of a chapter that was run."""
    return Builder(chapter, analyse(chapter), book, title, versions).page()


def analyse(chapter: Chapter) -> list[needs.Statement]:
    """Return the statements of a chapter."""
    return _statements(
        tuple(
            needs.Block(
                cell.source,
                raises=_raises(cell),
                hidden=is_hidden(cell),
            )
            for cell in chapter.code_cells
        )
    )


@lru_cache(maxsize=256)
def _statements(blocks: tuple[needs.Block, ...]) -> list[needs.Statement]:
    # A chapter is checked before it runs, and its programs are made after.
    return needs.analyse(blocks)


def _raises(cell: NotebookNode) -> bool:
    return "raises-exception" in cell.metadata.get("tags", [])


def is_hidden(cell: NotebookNode) -> bool:
    """Return whether the reader does not see a cell's code."""
    return not HIDDEN.isdisjoint(cell.metadata.get("tags", []))


def check(chapter: Chapter, _statements=None) -> list[ChapterError]:
    """Return what would not run for a reader: each fault once, where it is."""
    if foreign := list(_foreign(chapter)):
        return foreign
    statements = analyse(chapter)
    cells = chapter.notebook.cells
    places = [i for i, cell in enumerate(cells) if cell.cell_type == "code"]
    found: dict[str, ChapterError] = {}
    for statement, following in itertools.zip_longest(
        statements, statements[1:]
    ):
        place = places[statement.block]
        last = following is None or following.block != statement.block
        if last and _raises(cells[place]):  # the error is its point
            continue
        begin = chapter.body_lines[place]
        for line, message, remedy in [
            *_faults(statement),
            *_unseen_effects(chapter, statements, statement),
        ]:
            at, said = begin + line - 1, message
            if snippet := cells[place].metadata.get("snippet"):
                # A snippet's lines are not in the chapter.
                at = begin
                said = message.replace("the cell", f"the snippet {snippet!r}")
            error = ChapterError(chapter.path, at, said, remedy)
            found.setdefault(message, error)
    return list(found.values())


def _foreign(chapter: Chapter) -> Iterator[ChapterError]:
    """Find cells that Python does not understand: IPython may, all the same."""
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
            yield ChapterError(
                chapter.path,
                line + inside,
                f"the cell is not Python: {error.msg}",
                "mend it; what only IPython understands, such as commands "
                "with % and !, does not run for a reader who copies it",
            )


def _unseen_effects(
    chapter: Chapter,
    statements: list[needs.Statement],
    statement: needs.Statement,
) -> Iterator[tuple[int, str, str]]:
    """Return what a hidden cell does to what a statement uses."""
    cells = chapter.code_cells
    # A name that is bound there is told of by itself.
    if is_hidden(cells[statement.block]) or statement.unseen:
        return
    for number, reason in statement.needs.items():
        other = statements[number]
        if is_hidden(cells[other.block]):
            code = ast.unparse(other.node).splitlines()[0]
            yield (
                statement.node.lineno,
                f"the cell needs what a hidden cell does: {code!r} {reason}",
                "show that cell; downloads do not hold what nobody sees",
            )


def _faults(statement: needs.Statement) -> Iterator[tuple[int, str, str]]:
    """Return what a reader would lack: line, message and remedy."""
    for name, line in statement.missing:
        yield (
            line,
            f"the cell uses the name {name!r}, which no cell binds before",
            f"bind or import {name!r} in this cell or in one above it",
        )
    for name, line in statement.unseen:
        yield (
            line,
            (
                f"the cell uses the name {name!r}, which is bound only in a "
                "hidden cell; who copies it does not get that"
            ),
            f"show the cell that binds {name!r}, or bind it here",
        )
    for path, line in statement.files:
        yield (
            line,
            f"the cell reads the file {path!r}, which a reader does not have",
            "make the data in the cell, or write the file in a cell above",
        )
    for module, line in statement.imports:
        yield (
            line,
            f"the cell imports {module!r}, which a reader may not have",
            "use torch, numpy, matplotlib and the standard library only",
        )


class Builder:
    """Puts the programs of one chapter together."""

    def __init__(
        self,
        chapter: Chapter,
        statements: list[needs.Statement],
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
            chunks, tail = self._cut(cell.source, numbers.get(block, []))
            first = len(self.chunks)
            self.chunks += chunks
            self.of_block.append(list(range(first, len(self.chunks))))
            self.tails.append(tail)
        self.chunk_of = {
            statement: index
            for index, chunk in enumerate(self.chunks)
            for statement in chunk.statements
        }

    def _cut(self, source: str, numbers: list[int]) -> tuple[list[Chunk], str]:
        lines = source.splitlines()
        chunks: list[Chunk] = []
        end = 0
        for number in numbers:
            node = self.statements[number].node
            if node is None:  # it does not parse, and that is its point
                return [
                    Chunk([number], source, spaced=False, compound=False)
                ], ""
            if chunks and node.lineno <= end:
                chunks[-1].statements.append(number)
                more = lines[end : node.end_lineno]
                chunks[-1].text = "\n".join([chunks[-1].text, *more])
            else:
                part = lines[end : node.end_lineno]
                spaced = bool(chunks) and not part[0].strip()
                compound = isinstance(node, COMPOUND)
                text = _tight(part, node, end) if compound else "\n".join(part)
                chunks.append(
                    Chunk([number], text.lstrip("\n"), spaced, compound)
                )
            end = max(end, node.end_lineno)
        return chunks, "\n".join(lines[end:]).strip("\n")

    def needed(self, block: int) -> list[int]:
        """Return the chunks of earlier blocks that a block needs, in order."""
        own = set(self.of_block[block])
        found = set(own)
        while True:
            wanted = [n for i in found for n in self.chunks[i].statements]
            closed = needs.closure(self.statements, wanted)
            more = {self.chunk_of[number] for number in closed}
            if more <= found:
                return self._without_repeats(sorted(found - own))
            found |= more

    def _without_repeats(self, earlier: list[int]) -> list[int]:
        """Drop imports of what an import before them has brought."""
        kept: list[int] = []
        brought: set[tuple[str, str]] = set()
        for index in earlier:
            nodes = [
                self.statements[n].node for n in self.chunks[index].statements
            ]
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
            home = self.statements[chunk.statements[0]].block
            if home != before:
                groups.append([])
                before = home
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
        numbers = [
            number
            for index in self.of_block[block]
            for number in self.chunks[index].statements
        ]
        if any(self.statements[number].node is None for number in numbers):
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
        node = self.statements[last.statements[-1]].node
        shown = _shown_value(cell)
        if shown is not None and isinstance(node, ast.Expr):
            group[-1] = _printed(last.text, node, shown)
        if self.tails[block]:
            group.append(self.tails[block])
        if _has_figure(cell) and "plt.show()" not in cell.source:
            used = [*earlier, *indices]
            if not any(
                re.search(r"pyplot as plt\b", self.chunks[i].text) for i in used
            ):
                group.append("\nimport matplotlib.pyplot as plt")
            group.append("\nplt.show()")
        return group


def _imports(node: ast.stmt | None) -> set[tuple[str, str]]:
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
    """Print the value of a chunk's last expression."""
    lines = text.splitlines()
    # The chunk ends with the expression's last line.
    first = len(lines) - (node.end_lineno - node.lineno) - 1
    opening, closing = "print(", ")"
    if not PLAIN.match(shown) or shown.startswith("array("):
        opening, closing = "print(repr(", "))"
    last = lines[-1].encode()
    start = node.col_offset
    end = node.end_col_offset
    lines[-1] = last[:end].decode() + closing + last[end:].decode()
    head = lines[first].encode()
    lines[first] = head[:start].decode() + opening + head[start:].decode()
    return "\n".join(lines)
