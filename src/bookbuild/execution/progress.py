"""What an author sees while chapters run, and when they have."""

import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

EVERY = 10  # seconds between two lines where there is no terminal
SLOWEST = 3  # cells, in the summary
WORTH_NAMING = 0.5  # seconds; a faster cell is no slow one


@dataclass
class Running:
    """A chapter that is being run."""

    cells: int
    begun: float
    done: int = 0

    def __str__(self) -> str:
        """Return how far it is."""
        return (
            f"cell {min(self.done + 1, self.cells)} of {self.cells}, "
            f"{time.perf_counter() - self.begun:.0f} s"
        )


@dataclass
class Progress:
    """Tell which chapters run, how far they are, and for how long.

    On a terminal one line is kept up to date; elsewhere a line is written
    when a chapter begins and ends, and every few seconds in between.

    Attributes:
        say: Called with each line that stays.
        stream: Where the line goes that changes.
    """

    say: Callable[[str], None]
    stream: TextIO = field(default_factory=lambda: sys.stderr)
    running: dict[Path, Running] = field(default_factory=dict)
    _told: float = field(default_factory=time.perf_counter)

    @property
    def terminal(self) -> bool:
        """Whether one line can be written again and again."""
        return self.stream.isatty()

    def begin(self, path: Path, cells: int) -> None:
        """Note that a chapter begins to run."""
        self.running[path] = Running(cells, time.perf_counter())
        if not self.terminal:
            self.say(f"running {path.name}: {_count(cells, 'cell')}")

    def cell(self, path: Path) -> None:
        """Note that a cell has run."""
        self.running[path].done += 1
        self.tick()

    def end(self, path: Path, *, well: bool) -> None:
        """Note that a chapter has run, or failed."""
        chapter = self.running.pop(path)
        self._line("")
        seconds = time.perf_counter() - chapter.begun
        if well:
            cells = _count(chapter.cells, "cell")
            self.say(f"ran {path.name}: {cells}, {seconds:.1f} s")
        else:
            self.say(f"stopped in {path.name} after {seconds:.1f} s")

    def tick(self) -> None:
        """Tell how far the chapters are, if it is time to."""
        if self.terminal:
            self._line(self._state())
        elif self.running and time.perf_counter() - self._told > EVERY:
            self._told = time.perf_counter()
            self.say(self._state())

    def _state(self) -> str:
        return "; ".join(
            f"{path.name}: {c}" for path, c in self.running.items()
        )

    def _line(self, text: str) -> None:
        if self.terminal:
            # A line that is wrapped could not be written over.
            room = shutil.get_terminal_size().columns - 1
            self.stream.write(f"\r\x1b[K{text[:room]}")
            self.stream.flush()


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}" + "s" * (number != 1)


def summary(
    fresh: int, stored: int, cells: list[tuple[str, float]]
) -> list[str]:
    """Return the lines that sum up a build's runs.

    Args:
        fresh: How many chapters ran.
        stored: How many runs came from the store.
        cells: The place of each cell that ran, and how long it took.
    """
    ran = "no chapter ran"
    if fresh:
        cells_ran = _count(len(cells), "cell")
        ran = f"{_count(fresh, 'chapter')} ran ({cells_ran})"
    lines = [f"{ran}, {stored} came from the store"]
    slow = sorted(cells, key=lambda cell: -cell[1])[:SLOWEST]
    named = [
        f"{place} ({seconds:.1f} s)"
        for place, seconds in slow
        if seconds >= WORTH_NAMING
    ]
    if named:
        lines.append("slowest cells: " + ", ".join(named))
    return lines
