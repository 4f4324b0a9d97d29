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
    has_tag,
    shown_outputs,
    syntax_error,
)
from bookbuild.programs.segments import HELD_BACK, Segment, cut, indented

PYPLOT = re.compile(r"pyplot as plt\b")
IMPORT = "import matplotlib.pyplot as plt"
CLOSE = 'plt.close("all")  # a notebook begins each block with new figures'


@dataclass
class Block:
    """A code cell that ran and that the reader sees."""

    number: int  # among these cells of the page, from 1
    cell: int  # the number of the cell in the notebook, from 0
    source: str
    outputs: list[NotebookNode]  # those that the page shows
    raises: bool  # whether the block ends with an error on purpose
    head: str  # the comment at the top of the program
    # The pieces of code of the program, in a list for each block that they are
    # from.  The block's own list is the last.
    code: list[list[str]]
    script: str  # the block as a part of the chapter's script
    comment: str = ""  # what notebook and script say above it
    named: bool = False  # whether the page names it and another page shows it

    @property
    def program(self) -> str:
        """Its program."""
        blocks = ["\n".join(pieces) for pieces in self.code]
        return "\n\n".join([self.head, *blocks]) + "\n"


@dataclass
class Page:
    """The blocks of a chapter."""

    about: str  # a comment with the book, the chapter and the versions
    blocks: list[Block]  # at least one
    snippets: list[str]  # the names of those that the chapter shows

    def packed(self) -> dict:
        """Return the programs as the page's script reads them."""
        parts = [part for block in self.blocks for part in block.code]
        pieces = dict.fromkeys(piece for part in parts for piece in part)
        numbers = {piece: number for number, piece in enumerate(pieces)}
        head, _, rest = self.blocks[0].head.rpartition("block 1")
        return {
            "head": [f"{head}block ", rest],  # the number goes between
            "pieces": [self._place(piece) for piece in pieces],
            "raise": [block.number for block in self.blocks if block.raises],
            "programs": [
                [[numbers[piece] for piece in part] for part in block.code]
                for block in self.blocks
            ],
        }

    def _place(self, piece: str) -> str | list[int]:
        """Return where the page shows a piece of code, or else the piece.

        Returns:
            The block, from 0; the first line in it, from 0; the number of
            lines; and the number of line ends to add.
        """
        core = piece.rstrip("\n")
        for index, block in enumerate(self.blocks):
            before, found, _ = f"\n{block.source}\n".partition(f"\n{core}\n")
            if found and not block.named:
                lines = core.count("\n") + 1
                ends = len(piece) - len(core)
                return [index, before.count("\n"), lines, ends]
        return piece


def build(
    chapter: Chapter,
    statements: list[Statement],
    shown: dict[int, bool],
    name: str,
    versions: dict[str, str],
) -> Page:
    """Return the blocks of a chapter.

    Args:
        chapter: The chapter, with its outputs.
        statements: What the watcher saw of its statements.
        shown: The cells that the reader sees, as ``shown_cells`` returns them.
        name: The names of the book and the chapter.
        versions: The versions of Python and of the packages.
    """
    listed = ", ".join(
        f"{package.replace('python', 'Python')} {version}"
        for package, version in versions.items()
        if package != "ipykernel"
    )
    verified = f"verified with {listed}"
    snippets = dict.fromkeys(path.stem for path in chapter.snippets)
    page = Page(f"# {name}; {verified}", [], list(snippets))
    cells = executed_cells(chapter)
    segments = [
        cut(cell.source, block, [s for s in statements if s.block == block])
        for block, cell in enumerate(cells.values())
    ]
    # Both lists are in the order in which the statements ran.
    segment_of = [s for block in segments for s in block for _ in s.ran]
    for (index, cell), own in zip(cells.items(), segments, strict=True):
        if index in shown:
            number = len(page.blocks) + 1
            outputs = shown_outputs(cell) if shown[index] else []
            earlier = _dependencies(own, segment_of)
            own_shown = _printing(own, outputs)
            turn = chapter.turns.get(index)
            page.blocks.append(
                Block(
                    number,
                    index,
                    cell.source,
                    outputs,
                    raises=has_tag(cell, "raises-exception"),
                    head=f"# {name}, block {number}; {verified}",
                    code=_code([*earlier, *own_shown], outputs),
                    script=_script(cell, _code(own_shown, outputs)),
                    comment=turn.comment if turn else "",
                    named="shown-in" in cell.metadata,
                )
            )
    return page


def _dependencies(
    own: list[Segment], segment_of: list[Segment]
) -> list[Segment]:
    """Return the segments of earlier blocks that a block depends on, in order.

    ``segment_of`` holds the segment of each statement of the chapter.
    """
    found: set[Segment] = set()
    futures = {s for s in segment_of if s.is_future}
    waiting = [*own, *(s for s in futures if s.block < own[0].block)]
    while waiting:
        segment = waiting.pop()
        if segment not in found:
            found.add(segment)
            waiting += [segment_of[n] for s in segment.ran for n in s.needs]
    kept: list[Segment] = []
    imported: set[tuple] = set()
    for segment in dict.fromkeys(segment_of):
        shows = segment.text == "plt.show()"  # it has been shown
        if segment not in found or segment in own or shows:
            continue
        if not segment.imports or segment.imports - imported:
            kept.append(segment.silenced())
            imported |= segment.imports
    return kept


def _printing(own: list[Segment], outputs: list[NotebookNode]) -> list[Segment]:
    """Return a block that prints its value, if the page shows it as text."""
    values = [
        output.data["text/plain"]
        for output in outputs
        if output.output_type == "execute_result" and not has_figure([output])
    ]
    with_code = [segment for segment in own if segment.nodes]
    if not (values and with_code):
        return own
    last = with_code[-1]
    return [s.printing(values[0]) if s is last else s for s in own]


def has_figure(outputs: list[NotebookNode]) -> bool:
    """Return whether an output is a picture."""
    kinds = (kind for output in outputs for kind in output.get("data", {}))
    return any(kind.startswith("image/") for kind in kinds)


def _code(
    segments: list[Segment], outputs: list[NotebookNode]
) -> list[list[str]]:
    """Return the pieces of code of a program, by block.

    The last segments are those of its own block, which has the outputs.
    """
    helpers = [
        Segment(-1, imports)
        for line, imports in HELD_BACK.values()
        if any(line in segment.text for segment in segments)
    ]
    segments = sorted([*helpers, *segments], key=lambda s: not s.is_future)
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
    return code


def _laid_out(segments: list[Segment]) -> list[str]:
    """Return the code of segments, with the blank lines that they need."""
    pieces: list[str] = []
    for segment in segments:
        if pieces and segment.blank_before and not pieces[-1].endswith("\n"):
            pieces[-1] += "\n"
        pieces.append(segment.text + "\n" * segment.compound)
    return pieces


def _script(cell: NotebookNode, code: list[list[str]]) -> str:
    """Return a block as a part of a script, which goes on after its error."""
    text = "\n".join(code[0]).rstrip("\n")
    if not has_tag(cell, "raises-exception"):
        return text
    if syntax_error(text):
        text = f"exec({text!r})"  # else no statement of the script would run
    return (
        f"try:\n{indented(text)}\n"
        "except Exception as raised:  # the error that this block shows\n"
        '    print(f"{type(raised).__name__}: {raised}")'
    )
