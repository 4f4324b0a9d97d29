"""The table of what was measured: medians, and which figures are reached."""

import json
import platform
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from pathlib import Path

from bookbuild.execution import execute
from tools.builders import FailedError

OURS = "ours"
# What is to be reached: part, what is measured (how it begins), against what,
# and ours / that at most.
RATIOS = [
    ("a", "cold build", "stock", 0.35),
    ("a", "cold build", "floor", 1.5),
    ("b", "nothing changed", "Sphinx without execution", 1.1),
    ("f", "100 chapters, cold", "stock", 0.25),
]
SECONDS = ("c", "from save to browser", 2.0)
LINEAR = 1.5  # a chapter of the largest book costs at most so many times more


@dataclass
class Row:
    """One way to do one thing.

    Attributes:
        part: The part's letter.
        what: What is done.
        how: By which builder.
        seconds: What each run took.
        note: What else there is to say, such as why there are no runs.
    """

    part: str
    what: str
    how: str
    seconds: list[float] = field(default_factory=list)
    note: str = ""

    @property
    def median(self) -> float | None:
        """The median, if there is a run."""
        return statistics.median(self.seconds) if self.seconds else None


class Table:
    """Measures, prints as it goes, and writes the table after each row."""

    def __init__(self, runs: int, results: Path, memory: Path) -> None:
        """Take over the rows of before, if they were measured alike.

        Args:
            runs: How often to measure each way.
            results: The Markdown file to write.
            memory: The file that keeps all numbers.
        """
        self.runs, self.results, self.memory = runs, results, memory
        self.where = _where()
        self.rows: list[Row] = []
        if memory.exists():
            kept = json.loads(memory.read_text(encoding="utf-8"))
            if kept["where"] == self.where:
                self.rows = [Row(**row) for row in kept["rows"]]

    def begin(self, part: str) -> None:
        """Forget what was measured of a part."""
        self.rows = [row for row in self.rows if row.part != part]
        print(f"\npart {part}", flush=True)

    def measure(
        self, part: str, what: str, **ways: Callable[[], float]
    ) -> None:
        """Measure ways to do one thing, in turn; one is called ``ours``."""
        rows = {name: Row(part, what, name.replace("_", " ")) for name in ways}
        for number in range(1, self.runs + 1):
            for name, way in ways.items():
                row = rows[name]
                if row.note:  # it has failed, or takes too long
                    continue
                try:
                    row.seconds.append(round(way(), 3))
                    said = f"{row.seconds[-1]:.2f} s"
                except FailedError as error:
                    row.note = said = str(error)
                print(
                    f"  {time.strftime('%H:%M:%S')} {what}, {row.how}, "
                    f"run {number} of {self.runs}: {said}",
                    flush=True,
                )
        self.rows += rows.values()
        self.write()

    def note(self, text: str) -> None:
        """Add a note to the last row of ours."""
        ours = [row for row in self.rows if row.how == OURS]
        ours[-1].note = text
        self.write()

    def write(self) -> None:
        """Write the table and all numbers."""
        rows = sorted(self.rows, key=lambda row: row.part)
        lines = [
            "# How long builds take",
            "",
            "Made by `nox -s bench`; see `benchmarks/bench.py` for the parts.",
            f"{self.where}.",
            "Seconds are medians, with the fastest and the slowest run.",
            "",
            "| part | what | how | seconds | runs | ours / this | note |",
            "|---|---|---|---|---|---|---|",
            *(self._line(row) for row in rows),
            "",
            "## Figures to reach",
            "",
            "| figure | at most | measured | reached |",
            "|---|---|---|---|",
            *self._figures(),
            "",
        ]
        self.results.write_text("\n".join(lines), encoding="utf-8")
        kept = {"where": self.where, "rows": [asdict(row) for row in rows]}
        self.memory.write_text(json.dumps(kept, indent=1), encoding="utf-8")

    def _find(self, part: str, what: str, how: str = OURS) -> float | None:
        return next(
            (
                row.median
                for row in self.rows
                if (row.part, row.what, row.how) == (part, what, how)
            ),
            None,
        )

    def _line(self, row: Row) -> str:
        numbers, ratio = "", ""
        if row.median is not None:
            low, high = min(row.seconds), max(row.seconds)
            numbers = f"{row.median:.2f} ({low:.2f} to {high:.2f})"
            ours = self._find(row.part, row.what)
            if row.how != OURS and ours is not None:
                ratio = f"{ours / row.median:.2f}"
        cells = [row.part, row.what, row.how, numbers, len(row.seconds), ratio]
        return "| " + " | ".join(map(str, [*cells, row.note])) + " |"

    def _figures(self) -> list[str]:
        lines = []
        for part, what, other, most in RATIOS:
            ours, theirs = (
                self._find(part, what, how) for how in (OURS, other)
            )
            name = f"({part}) {what}: ours / {other}"
            if ours is not None and theirs is not None:
                lines.append(_figure(name, most, ours / theirs))
            elif ours is not None and (limit := self._limit(part, what, other)):
                lines.append(_figure(name, most, ours / limit, "below "))
        part, what, most = SECONDS
        if (ours := self._find(part, what)) is not None:
            lines.append(_figure(f"({part}) {what}, seconds", most, ours))
        return lines + self._linear()

    def _limit(self, part: str, what: str, how: str) -> float | None:
        """Return how long a way took at least that took too long."""
        for row in self.rows:
            same = (row.part, row.what, row.how) == (part, what, how)
            if same and row.note.startswith("over "):
                return float(row.note.split()[1])
        return None

    def _linear(self) -> list[str]:
        cold = sorted(
            (int(row.what.split()[0]), row.median)
            for row in self.rows
            if row.part == "f"
            and row.how == OURS
            and row.what.endswith("cold")
            and row.median is not None
        )
        slopes = [
            (after - before) / (many - few)
            for (few, before), (many, after) in pairwise(cold)
        ]
        match slopes:
            case [first, *_, last]:
                name = "(f) cold: one more chapter of a large book / of a small"
                return [_figure(name, LINEAR, last / first)]
        return []


def _figure(name: str, most: float, found: float, how: str = "") -> str:
    reached = "yes" if found <= most else "no"
    return f"| {name} | {most:g} | {how}{found:.2f} | {reached} |"


def _where() -> str:
    """Return what the numbers depend on, and nothing that names a machine."""
    versions = ", ".join(f"{k} {v}" for k, v in execute.versions().items())
    return (
        f"{platform.system()} {platform.machine()}, {execute.cores()} cores; "
        f"{versions}"
    )
