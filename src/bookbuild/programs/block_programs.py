"""A program for every block of a chapter.

A block is a code cell that ran and that the reader sees.
Its program is a comment that says where the block is from, then the
statements of earlier blocks that the block depends on, then the block.
A program works in two places:

- In a file it prints the value that a notebook shows under the block, and it
  shows the figures.  It does not print what the earlier statements print.
- In Python's REPL a blank line ends a compound statement.  So a program has no
  blank line inside a compound statement, and one after it.
"""

import re
from dataclasses import dataclass
from itertools import groupby

from nbformat import NotebookNode

from bookbuild.chapters.reader import Chapter
from bookbuild.execution.watcher import Statement
from bookbuild.programs.cells import (
    executed_cells,
    expects_error,
    shown_outputs,
    syntax_error,
)
from bookbuild.programs.printed_value import has_figure, with_value
from bookbuild.programs.segments import SILENCE, Segment, cut, indented

PYPLOT = re.compile(r"pyplot as plt\b")
IMPORT = "import matplotlib.pyplot as plt"
CLOSE = 'plt.close("all")  # a notebook begins each block with new figures'


@dataclass
class Program:
    """The program of one block.

    Attributes:
        head: The comment at its top.
        code: For each block that it takes code from, the pieces of code.
        independent: Whether it needs no code of earlier blocks.
    """

    head: str
    code: list[list[str]]
    independent: bool

    @property
    def text(self) -> str:
        """The program."""
        blocks = ["\n".join(pieces) for pieces in self.code]
        return "\n\n".join([self.head, *blocks]) + "\n"


@dataclass
class Block:
    """A code cell that ran and that the reader sees.

    Attributes:
        number: Its number among these blocks of the page, from 1.
        cell: The number of its cell in the notebook, from 0.
        source: Its code.
        outputs: The outputs that the page shows.
        raises: Whether it ends with an error that the text is about.
        program: Its program.
        script: Its code as a part of the chapter's script.
    """

    number: int
    cell: int
    source: str
    outputs: list[NotebookNode]
    raises: bool
    program: Program
    script: str


@dataclass
class Page:
    """The blocks of a chapter.

    Attributes:
        about: A comment that names the book, the chapter and the versions.
        blocks: The blocks that the reader sees; at least one.
        snippets: The names of the snippets that the chapter shows.
    """

    about: str
    blocks: list[Block]
    snippets: list[str]

    def packed(self) -> dict:
        """Return the programs as the page's script reads them.

        Most pieces of code are on the page already: they are given as places.
        """
        codes = [block.program.code for block in self.blocks]
        every = [piece for code in codes for part in code for piece in part]
        pieces = {piece: i for i, piece in enumerate(dict.fromkeys(every))}
        head, _, rest = self.blocks[0].program.head.rpartition("block 1")
        return {
            "head": [f"{head}block ", rest],  # the number goes between
            "pieces": [self._place(piece) for piece in pieces],
            "raise": [block.number for block in self.blocks if block.raises],
            "programs": [
                [[pieces[piece] for piece in part] for part in code]
                for code in codes
            ],
        }

    def _place(self, piece: str) -> str | list[int]:
        """Return the place of a piece on the page, or the piece itself.

        A place is the block, from 0, the first line in it, from 0, the number
        of lines, and the number of line ends to add.
        """
        core = piece.rstrip("\n")
        for index, block in enumerate(self.blocks):
            before, found, _ = f"\n{block.source}\n".partition(f"\n{core}\n")
            if found:
                added = len(piece) - len(core)
                lines = core.count("\n") + 1
                return [index, before.count("\n"), lines, added]
        return piece


def build(
    chapter: Chapter,
    statements: list[Statement],
    shown: dict[int, bool],
    name: str,
    versions: dict[str, str],
) -> Page:
    """Return the blocks of a chapter, with their programs.

    Args:
        chapter: The chapter, with its outputs.
        statements: What the watcher saw of its statements.
        shown: The cells that the reader sees, as ``shown_cells`` returns them.
        name: The names of the book and the chapter.
        versions: The versions of Python and of the packages.
    """
    listed = ", ".join(
        f"{'Python' if package == 'python' else package} {version}"
        for package, version in versions.items()
        if package != "ipykernel"
    )
    verified = f"verified with {listed}"
    snippets = dict.fromkeys(path.stem for path in chapter.snippets)
    page = Page(f"# {name}; {verified}", [], list(snippets))
    indices = executed_cells(chapter)
    segments = [
        cut(
            chapter.notebook.cells[index].source,
            number,
            [s for s in statements if s.block == number],
        )
        for number, index in enumerate(indices)
    ]
    # Both lists are in the order in which the statements ran.
    segment_of = [s for block in segments for s in block for _ in s.ran]
    for index, own in zip(indices, segments, strict=True):
        if index in shown:
            number = len(page.blocks) + 1
            head = f"# {name}, block {number}; {verified}"
            cell = chapter.notebook.cells[index]
            outputs = shown_outputs(cell) if shown[index] else []
            earlier = _dependencies(own, segment_of)
            printing = with_value(own, outputs)
            page.blocks.append(
                Block(
                    number=number,
                    cell=index,
                    source=cell.source,
                    outputs=outputs,
                    raises=expects_error(cell),
                    program=Program(
                        head,
                        _code([*earlier, *printing], outputs),
                        independent=not earlier,
                    ),
                    script=_script(cell, _code(printing, outputs)),
                )
            )
    return page


def _dependencies(
    own: list[Segment], segment_of: list[Segment]
) -> list[Segment]:
    """Return the segments of earlier blocks that a block depends on, in order.

    Args:
        own: The segments of the block.
        segment_of: The segment of each statement of the chapter.
    """
    found: set[Segment] = set()
    waiting = list(own)
    while waiting:
        segment = waiting.pop()
        if segment not in found:
            found.add(segment)
            waiting += [segment_of[n] for s in segment.ran for n in s.needs]
    found.difference_update(own)
    kept: list[Segment] = []
    imported: set[tuple[str, str]] = set()
    for segment in dict.fromkeys(segment_of):
        if segment in found and not (
            segment.imports and segment.imports <= imported
        ):
            kept.append(segment.silenced())
            imported |= segment.imports
    return kept


def _code(
    segments: list[Segment], outputs: list[NotebookNode]
) -> list[list[str]]:
    """Return the pieces of code of a program, for each block that it uses.

    Args:
        segments: Those of earlier blocks, then those of the program's own.
        outputs: What the page shows below the program's own block.
    """
    code: list[list[str]] = []
    has_pyplot = has_drawn = False
    for _, group in groupby(segments, lambda segment: segment.block):
        if code:  # a blank line goes between any two blocks
            code[-1][-1] = code[-1][-1].rstrip("\n")
        block = list(group)
        code.append(_laid_out(block))
        if any(statement.draws for s in block for statement in s.ran):
            if has_drawn:
                code[-1][:0] = [CLOSE] if has_pyplot else [IMPORT, CLOSE]
                has_pyplot = True
            has_drawn = True
        has_pyplot |= any(PYPLOT.search(segment.text) for segment in block)
    shows = any("plt.show()" in segment.text for segment in block)
    if has_figure(outputs) and not shows:
        code[-1] += [f"\n{IMPORT}"] * (not has_pyplot) + ["\nplt.show()"]
    if any(segment.text.startswith(SILENCE) for segment in segments):
        code.insert(0, ["import contextlib\nimport io"])
    return code


def _laid_out(segments: list[Segment]) -> list[str]:
    """Return the code of segments, with the blank lines that they need."""
    pieces: list[str] = []
    for segment in segments:
        ended = "\n" if segment.is_compound else ""
        if pieces and segment.blank_before and not pieces[-1].endswith("\n"):
            pieces[-1] += "\n"
        pieces.append(segment.text + ended)
    return pieces


def _script(cell: NotebookNode, code: list[list[str]]) -> str:
    """Return a block as a part of a script, which goes on after its error."""
    text = "\n".join(code[0]).rstrip("\n")
    if not expects_error(cell):
        return text
    if syntax_error(text):
        text = f"exec({text!r})"  # else the script would not compile
    return (
        f"try:\n{indented(text)}\n"
        "except Exception as raised:  # the error that this block shows\n"
        '    print(f"{type(raised).__name__}: {raised}")'
    )
