"""Runs each block with every value that its reader can turn.

A run is the block's own program with other values in its code.  It is kept
beside the runs of the chapters, by the digest of its program.
The page gets what differs from its own outputs, line by line; the lines of a
picture are those of Matplotlib's SVG.
"""

import difflib
import gzip
import hashlib
import json
import re
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cached_property, partial
from itertools import groupby
from pathlib import Path

import numpy as np

from bookbuild.chapters import roles
from bookbuild.chapters.errors import ChapterError
from bookbuild.chapters.reader import Chapter
from bookbuild.chapters.turns import Turn
from bookbuild.execution import fork_client, record, terminal
from bookbuild.programs import program_runs
from bookbuild.programs.block_programs import Block

MOST = 40 * 1024  # bytes of one block's runs, as a server sends them
POINT = 1  # may be the difference of two figures' sizes
SVG = "image/svg+xml"
SIZE = re.compile(r'width="([\d.]+)pt" height="([\d.]+)pt"')
# What nobody sees, and the numbers of a picture that are lengths in points.
UNSEEN = re.compile(r"<!--.*?-->|<metadata>.*?</metadata>\s*", re.DOTALL)
LENGTH = re.compile(
    r'<defs>.*?</defs>|style=".*?"|scale\(.*?\)|(?<![\w#.])(-?\d+\.\d\d+)',
    re.DOTALL,
)
REMEDY = (
    "mend the cell or choose other values; a value with which an error is "
    "what the cell teaches is written 'raises(value)'"
)

Values = tuple[str, ...]  # one for each number


@dataclass
class Outcome:
    """What a block gives with some values.

    Attributes:
        text: What it prints.
        pictures: Its figures as SVG.
        figures: What they draw.
        caption: What the caption quotes, in order.
        alt: The text that stands for the figure.
        says: What happens, in a line.
    """

    text: str
    pictures: list[str]
    figures: list[str]
    caption: list[str]
    alt: str
    says: str


@dataclass
class TurnedBlock:
    """A block, what its reader can turn, and what it gives with all values."""

    block: Block
    turn: Turn
    outcomes: dict[Values, Outcome] = field(default_factory=dict)

    def program(self, values: Values) -> str:
        """Return the block's program with other values in its code."""
        head = [self.block.head, *map("\n".join, self.block.code[:-1])]
        lines = "\n".join(self.block.code[-1]).split("\n")
        for number, own, value in zip(
            self.turn.numbers, self.turn.own, values, strict=True
        ):
            place = lines.index(self.turn.line_of(number, own))
            lines[place] = self.turn.line_of(number, value)
        return "\n\n".join([*head, "\n".join(lines)]) + "\n"

    @cached_property
    def packed(self) -> dict[str, object]:
        """What the page's script reads."""
        own = self.outcomes[self.turn.own]
        pictures = [*map(rounded, own.pictures)]
        runs = [
            {
                "text": changes(own.text, outcome.text),
                "pictures": [
                    changes(old, rounded(new))
                    for old, new in zip(pictures, outcome.pictures, strict=True)
                ],
                "caption": outcome.caption,
                "alt": outcome.alt,
                "says": outcome.says,
            }
            for outcome in map(self.outcomes.get, self.turn.settings)
        ]
        return {
            "values": [n.values for n in self.turn.numbers],
            "text": own.text,
            "pictures": pictures,
            "runs": runs,
        }

    def recorded(self) -> dict[str, dict[str, list[str]]]:
        """Return what is recorded: all but what the page shows at first."""
        return {
            assigned(self.turn, values): {
                "outputs": outcome.text.splitlines(),
                "figures": "\n".join(outcome.figures).splitlines(),
                "texts": [outcome.says, *outcome.alt.splitlines()],
            }
            for values, outcome in self.outcomes.items()
            if values != self.turn.own
        }


def assigned(turn: Turn, values: Values) -> str:
    """Return values with their names, as the code binds them."""
    pairs = zip(turn.numbers, values, strict=True)
    return ", ".join(f"{number.name} = {value}" for number, value in pairs)


def changes(old: str, new: str) -> list[list]:
    """Return what makes one text of another, line by line.

    Returns:
        The changes, from the last to the first: the first line in the old
        text, the number of lines that go, and the lines that come.
    """
    lines, others = old.split("\n"), new.split("\n")
    if len(lines) == len(others):  # the same form, with other numbers
        pairs = enumerate(zip(lines, others, strict=True))
        groups = groupby(pairs, lambda pair: pair[1][0] == pair[1][1])
        runs = [[n for n, _ in group] for same, group in groups if not same]
        found = [(run[0], run[-1] + 1, run[0], run[-1] + 1) for run in runs]
    else:
        matcher = difflib.SequenceMatcher(None, lines, others)
        codes = matcher.get_opcodes()
        found = [places for kind, *places in codes if kind != "equal"]
    return [
        [start, end - start, *others[first:last]]
        for start, end, first, last in reversed(found)
    ]


def rounded(picture: str) -> str:
    """Return an SVG with lengths to a tenth, and nothing that nobody sees."""

    def tenth(found: re.Match) -> str:
        return f"{float(found[1]):.1f}" if found[1] else found[0]

    return LENGTH.sub(tenth, UNSEEN.sub("", picture))


def run(
    chapter: Chapter,
    blocks: list[Block],
    values: list[dict[str, str]],
    folder: Path,
    limit: float | None,
) -> list[TurnedBlock]:
    """Run what can be turned in a chapter, or take the runs from a folder.

    Args:
        chapter: The chapter, with its outputs.
        blocks: Its blocks.
        values: For each cell the values of its ``{run}`` expressions.
        folder: Where the runs are kept.
        limit: How many seconds one cell may take.

    Raises:
        ChapterError: A run does not give what the page can show.
    """
    turned = [
        TurnedBlock(block, chapter.turns[block.cell])
        for block in blocks
        if block.cell in chapter.turns
    ]
    for cell in chapter.turns.keys() - {block.cell for block in blocks}:
        turn, fault = chapter.turns[cell], "the cell is hidden, or does not run"
        raise _error(chapter, turn, turn.own, fault, "show it, and let it run")
    unused = {*folder.glob("*")}
    for each in turned:
        turn, quoted = each.turn, values[each.block.cell]
        if fault := _fault_of_page(each):
            raise _error(chapter, turn, turn.own, *fault)
        others = [setting for setting in turn.settings if setting != turn.own]
        programs = [*map(each.program, others)]
        files = [folder / _file_name(text, [*quoted]) for text in programs]
        whole = program_runs.whole_limit(each.block, limit)
        answer = partial(_answer, expressions=[*quoted], limit=whole)
        with ThreadPoolExecutor(program_runs.AT_A_TIME) as pool:
            answers = [*pool.map(answer, files, programs)]
        unused.difference_update(files)
        own = _outcome(turn, _as_answer(each.block, quoted), quoted)
        each.outcomes[turn.own] = own
        for setting, given in zip(others, answers, strict=True):
            if fault := _fault(own, given, raises=turn.raises(setting)):
                raise _error(chapter, turn, setting, fault)
            each.outcomes[setting] = _outcome(turn, given, quoted)
        packed = gzip.compress(json.dumps(each.packed).encode(), mtime=0)
        if len(packed) > MOST:
            fault = f"all runs take {len(packed)} bytes; {MOST} are the most"
            remedy = "choose fewer values, or draw fewer points"
            raise _error(chapter, turn, turn.own, fault, remedy)
    for file in unused:
        file.unlink()
    return turned


def _answer(
    file: Path, program: str, expressions: list[str], limit: float | None
) -> dict | None:
    """Return what a program gives, from its file if it has one."""
    if not file.exists():
        given = fork_client.run_program(program, limit, expressions)
        program_runs.keep(file, given)
    return json.loads(file.read_text("utf-8"))


def _file_name(program: str, expressions: list[str]) -> str:
    text = json.dumps([program, expressions])
    return hashlib.sha256(text.encode()).hexdigest() + ".json"


def _as_answer(block: Block, quoted: dict[str, str]) -> dict:
    """Return what the page shows, in the form of a program's answer."""
    data = [output.get("data", {}) for output in block.outputs]
    return {
        "out": "\n".join(record.texts(block.outputs)),
        "error": "",
        "pictures": [each[SVG] for each in data if SVG in each],
        "figures": [],
        "values": [*quoted.values()],
    }


def _outcome(turn: Turn, given: dict, quoted: dict[str, str]) -> Outcome:
    """Return what the page shows of a program's answer."""
    cell = deepcopy(turn.cell)
    values = dict.fromkeys(quoted, "")
    values |= zip(quoted, given["values"], strict=False)  # none after an error
    roles.fill_values(cell, values)
    image = cell.metadata.get("mystnb", {}).get("image", {})
    caption = [expression for expression, _ in roles.caption_roles(turn.cell)]
    return Outcome(
        text=terminal.shown(given["out"] + given["error"]),
        pictures=given["pictures"],
        figures=given["figures"],
        caption=[roles.on_one_line(values[e]) for e in caption],
        alt=str(image.get("alt", "")),
        says=given["error"] or str(cell.metadata.get("says", "")),
    )


def _fault_of_page(each: TurnedBlock) -> tuple[str, str] | None:
    """Return why no other value could be shown in a block; the remedy."""
    if not each.block.outputs:
        return "the cell shows no output", "print, draw or show what changes"
    code = {*"\n".join(each.block.code[-1]).split("\n")}
    if not code.issuperset(
        map(each.turn.line_of, each.turn.numbers, each.turn.own)
    ):
        message = "the line of a number does more than bind it"
        return message, "give the number a line of its own"
    texts = record.texts(each.block.outputs)
    if len(texts) > 1 or any("\x1b" in text for text in texts):
        return (
            "the cell prints in several places, or in colours",
            "print all before the figure, in one colour",
        )
    if any(kind != "text" for _, kind in roles.caption_roles(each.turn.cell)):
        return (
            "the caption quotes a value in a formula, which cannot be turned",
            "quote it outside of the formula",
        )
    return None


def _fault(own: Outcome, given: dict | None, *, raises: bool) -> str:
    """Return why the page cannot show a program's answer, or ""."""
    if given is None:
        return "it does not end in time, or ends Python"
    prints = bool(given["out"] or given["error"])
    sizes, others = (
        [[*map(float, SIZE.search(svg).groups())] for svg in pictures]
        for pictures in (own.pictures, given["pictures"])
    )
    faults = {
        f"it raises {given['error']}": given["error"] and not raises,
        "it raises nothing": raises and not given["error"],
        f"it writes to stderr: {given['err']}": given["err"],
        "it prints, and with the page's values it does not": (
            prints and not own.text
        ),
        f"it draws {len(others)} figures, not {len(sizes)}": (
            len(others) != len(sizes)
        ),
        f"its figures have the sizes {others} and not {sizes}, in points: "
        "fix the limits of the axes, so that the page keeps its place": (
            len(others) == len(sizes)
            and not np.allclose(sizes, others, rtol=0, atol=POINT)
        ),
    }
    return next((text for text, is_so in faults.items() if is_so), "")


def _error(
    chapter: Chapter,
    turn: Turn,
    setting: Values,
    fault: str,
    remedy: str = REMEDY,
) -> ChapterError:
    message = f"with {assigned(turn, setting)}: {fault}"
    return ChapterError(chapter.path, turn.line, message, remedy)
