"""The table of what bench measured: medians, and which limits are kept."""

import json
import os
import platform
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from itertools import pairwise

from tools.builders import ROOT, WORK, FailedError

RESULTS = ROOT / "tools/bench.md"
MEMORY = WORK / "rows.json"  # all numbers
OURS, CACHED = "ours", "stock with its cache"
# Part, what is measured, how the others do it, and the most that
# ours / theirs may be.
RATIOS = [
    ("a", "cold build", "stock", 0.4),
    ("b", "nothing changed", CACHED, 1.0),
    ("c", "a prose edit", CACHED, 1.0),
    ("d", "a code edit", CACHED, 1.0),
    ("e", "a snippet edit", CACHED, 1.0),
    ("f", "100 chapters, cold", "stock", 0.4),
]
SECONDS = ("c", "from save to browser", 2.0)
LINEAR = 1.5  # a chapter of the largest book costs at most so many times more
LIBRARIES = ("torch", "numpy", "matplotlib", "sphinx", "myst-nb")


@dataclass
class Row:
    """One way to do one thing.

    Attributes:
        part: The part's letter.
        what: What is done.
        how: By which builder.
        seconds: What each run took.
        note: Why there are no more runs.
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
    """Measures, prints each run, and writes the table after each row."""

    def __init__(self, runs: int) -> None:
        """Take over the rows of before, if the versions are the same.

        Args:
            runs: How often to measure each way.
        """
        self.runs = runs
        self.where = _where()
        self.rows: list[Row] = []
        if MEMORY.exists():
            kept = json.loads(MEMORY.read_text(encoding="utf-8"))
            if kept["where"] == self.where:
                self.rows = [Row(**row) for row in kept["rows"]]

    def begin(self, part: str) -> None:
        """Forget what was measured of a part."""
        self.rows = [row for row in self.rows if row.part != part]
        print(f"\npart {part}", flush=True)

    def measure(
        self,
        part: str,
        what: str,
        prepare: Callable[[str], object] = lambda _how: None,
        **ways: Callable[[], float],
    ) -> None:
        """Measure ways to do one thing, in turn; one is called ``ours``."""
        rows = {name: Row(part, what, name.replace("_", " ")) for name in ways}
        for number in range(1, self.runs + 1):
            for name, way in ways.items():
                row = rows[name]
                if row.note:  # it has failed, or takes too long
                    continue
                prepare(name)
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
        self._write()

    def _write(self) -> None:
        rows = sorted(self.rows, key=lambda row: row.part)
        lines = [
            "# How long builds take",
            "",
            "Made by `nox -s bench`; see `tools/bench.py` for the parts.",
            f"{self.where}.",
            "Seconds are medians, with the fastest and the slowest run.",
            "",
            "| part | what | how | seconds | runs | ours / this | note |",
            "|---|---|---|---|---|---|---|",
            *(self._line(row) for row in rows),
            "",
            "## Limits",
            "",
            "| figure | at most | measured | kept |",
            "|---|---|---|---|",
            *self._figures(),
            "",
        ]
        RESULTS.write_text("\n".join(lines), encoding="utf-8")
        kept = {"where": self.where, "rows": [asdict(row) for row in rows]}
        MEMORY.write_text(json.dumps(kept, indent=1), encoding="utf-8")

    def _find(self, part: str, what: str, how: str = OURS) -> Row | None:
        wanted = part, what, how
        rows = [r for r in self.rows if (r.part, r.what, r.how) == wanted]
        return rows[0] if rows else None

    def _line(self, row: Row) -> str:
        numbers, ratio = "", ""
        if row.median is not None:
            low, high = min(row.seconds), max(row.seconds)
            numbers = f"{row.median:.2f} ({low:.2f} to {high:.2f})"
            ours = self._find(row.part, row.what)
            if row.how != OURS and ours and ours.median is not None:
                ratio = f"{ours.median / row.median:.2f}"
        cells = [row.part, row.what, row.how, numbers, len(row.seconds), ratio]
        return "| " + " | ".join(map(str, [*cells, row.note])) + " |"

    def _figures(self) -> list[str]:
        lines = []
        for part, what, how, most in RATIOS:
            ours, theirs = self._find(part, what), self._find(part, what, how)
            if ours and ours.median is not None and theirs:
                name = f"({part}) {what}: ours / {how}"
                if theirs.median is not None:
                    lines.append(
                        _figure(name, most, ours.median / theirs.median)
                    )
                elif theirs.note.startswith("over "):
                    least = float(theirs.note.split()[1])
                    lines.append(
                        _figure(name, most, ours.median / least, "below ")
                    )
        part, what, most = SECONDS
        ours = self._find(part, what)
        if ours and ours.median is not None:
            lines.append(
                _figure(f"({part}) {what}, seconds", most, ours.median)
            )
        return lines + self._linear()

    def _linear(self) -> list[str]:
        cold = sorted(
            (int(row.what.split()[0]), row.median)
            for row in self.rows
            if row.part == "f" and row.how == OURS
            and row.what.endswith("cold") and row.median is not None
        )  # fmt: skip
        slopes = [
            (after - before) / (many - few)
            for (few, before), (many, after) in pairwise(cold)
        ]
        if len(slopes) > 1:
            name = "(f) cold: one more chapter of a large book / of a small"
            return [_figure(name, LINEAR, slopes[-1] / slopes[0])]
        return []


def _figure(name: str, most: float, found: float, how: str = "") -> str:
    kept = "yes" if found <= most else "no"
    return f"| {name} | {most:g} | {how}{found:.2f} | {kept} |"


def _where() -> str:
    """Return what the numbers depend on, and nothing that names a machine."""
    # A local label such as "+cpu" says where a wheel is from.
    found = {name: version(name).partition("+")[0] for name in LIBRARIES}
    versions = {"Python": platform.python_version(), **found}
    listed = ", ".join(f"{name} {number}" for name, number in versions.items())
    cores = (
        len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count()
    )
    return f"{platform.system()} {platform.machine()}, {cores} cores; {listed}"
