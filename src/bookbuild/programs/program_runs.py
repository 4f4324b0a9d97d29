"""Each block's program gives what the page shows under the block.

A program that has been found right is not run again: beside the runs of the
chapters, ``programs/<chapter>.json`` lists the digests of those that were.
"""

import difflib
import hashlib
import json
import os
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from nbformat import NotebookNode

from bookbuild.chapters.errors import ChapterError
from bookbuild.chapters.reader import Chapter
from bookbuild.execution import fork_client, record, terminal
from bookbuild.programs.block_programs import Block, has_figure
from bookbuild.programs.comparison import same

AT_A_TIME = 2  # programs of one chapter
LINES = 20  # of the difference that an author is shown
# Where a syntax error is: the program has other lines than the cell; and what
# Python writes around the name of a class in a list or a dict.
OTHER = re.compile(r"(?m) \([^()]*, line \d+\)$|<class '([\w.]+)'>")
REMEDY = (
    "if an earlier cell is missing in it, name that cell's label here, "
    "':needs: label'; if the output differs each time (a time, numbers "
    "without a seed, the order of a set, an address), mend that, or say so: "
    "':differs: reason'"
)


def check(
    chapter: Chapter,
    blocks: list[Block],
    drawn: dict[int, list[str]],
    kept: Path,
    limit: float | None,
) -> Iterator[ChapterError]:
    """Yield what is wrong with the programs of a chapter, once each is run.

    Args:
        chapter: The chapter, with its outputs.
        blocks: Its blocks.
        drawn: For each cell what each of its figures draws.
        kept: The file that lists the programs that were found right.
        limit: How many seconds one cell may take.
    """
    right = json.loads(kept.read_text("utf-8")) if kept.exists() else []
    cells = [chapter.notebook.cells[block.cell] for block in blocks]
    figures = [
        "\n".join(drawn[block.cell])
        if has_figure(block.outputs) or not drawn[block.cell]
        else None  # a tag hides them
        for block in blocks
    ]
    digests = [*map(_digest, blocks, cells, figures)]
    new = [n for n, digest in enumerate(digests) if digest not in right]
    programs = [blocks[n].program for n in new]
    limits = [whole_limit(blocks[n], limit) for n in new]
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        given = pool.map(fork_client.run_program, programs, limits)
        found = {
            n: difference(blocks[n], cells[n], figures[n], answer)
            for n, answer in zip(new, given, strict=True)
        }
    now = [digest for n, digest in enumerate(digests) if not found.get(n)]
    if now != right:
        keep(kept, now)
    for n, details in found.items():
        if details:
            yield ChapterError(
                chapter.path,
                chapter.body_lines[blocks[n].cell],
                "who copies this cell as a program gets something else than "
                "the page shows",
                REMEDY,
                details,
            )


def expected(block: Block, cell: NotebookNode) -> list[NotebookNode]:
    """Return the outputs of a cell that its program has, too.

    A program prints what the page may hide, but a value only if it is shown,
    and no text about a figure.
    """
    return [
        output
        for output in cell.outputs
        if output.output_type in {"stream", "error"}
        or (output.output_type == "execute_result" and output in block.outputs)
    ]


def difference(
    block: Block, cell: NotebookNode, figures: str | None, given: dict | None
) -> str:
    """Return how what a program gives differs from the page, or ""."""
    outputs = expected(block, cell)
    warned = any(output.get("name") == "stderr" for output in outputs)
    shown = "\n".join(record.texts(outputs))
    if given is None:
        return "it did not end in time, or ended Python"
    text = terminal.shown(given["out"] + given["error"])
    if given["err"] and not warned:
        text += f"\n(to stderr:) {given['err']}"
    fails = any(output.output_type == "error" for output in outputs)
    if cell.metadata.get("differs") and bool(given["error"]) == fails:
        return ""
    shown, text = OTHER.sub(r"\1", shown), OTHER.sub(r"\1", text)
    # Here both ran on one machine: two readings of a clock are not the same.
    if not same(shown, text, rtol=0):
        sides = shown, text
    elif fails or figures is None or same(figures, "\n".join(given["figures"])):
        return ""
    else:
        sides = figures, "\n".join(given["figures"])
    sides = [side.splitlines() for side in sides]
    lines = difflib.unified_diff(*sides, "the page", "the program", lineterm="")
    return "\n".join([*lines][:LINES])


def _digest(block: Block, cell: NotebookNode, figures: str | None) -> str:
    """Return a name for a program and for what it must give."""
    parts = [block.code, expected(block, cell), cell.metadata.get("differs")]
    parts += [figures, Path(__file__).read_text("utf-8")]
    text = json.dumps(parts, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def whole_limit(block: Block, limit: float | None) -> float | None:
    """Return how long a program may take, given the limit of one cell."""
    # A minute more, for a server that has still to import torch.
    return limit and limit * len(block.code) + 60


def keep(file: Path, found: object) -> None:
    """Write what was found, whole, whoever else builds."""
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_suffix(f".{os.getpid()}")
    part.write_text(json.dumps(found), encoding="utf-8")
    part.replace(file)
