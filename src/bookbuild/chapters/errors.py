"""What is wrong with a chapter: the place, the fault and the remedy."""

import difflib
from collections.abc import Collection
from pathlib import Path


class ChapterError(Exception):
    """A fault that an author must mend before the site can be built.

    Args:
        path: The file to open.
        line: The line in it, counted from 1.
        message: What is wrong.
        remedy: What to do about it.
        details: Further lines, such as the traceback of a cell.
    """

    def __init__(
        self,
        path: Path,
        line: int,
        message: str,
        remedy: str,
        details: str = "",
    ) -> None:
        """Keep the parts, also as the arguments that pickle needs."""
        super().__init__(path, line, message, remedy, details)
        self.path, self.line = path, line
        self.message, self.remedy, self.details = message, remedy, details

    def __str__(self) -> str:
        """Return ``file:line: message``, the details, then the remedy."""
        path = self.path
        if path.is_relative_to(Path.cwd()):
            path = path.relative_to(Path.cwd())
        details = [f"    {line}\n" for line in self.details.splitlines()]
        return (
            f"{path}:{self.line}: {self.message}\n"
            f"{''.join(details)}  remedy: {self.remedy}"
        )


def nearest(word: str, known: Collection[str]) -> str:
    """Return the known word that is most like a misspelt one."""
    close = difflib.get_close_matches(word, sorted(known), n=1, cutoff=0)
    return f"; the closest is {close[0]!r}" if close else ""
