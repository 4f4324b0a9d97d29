"""One way to say what is wrong with a chapter: where, what, and the remedy."""

from pathlib import Path


class ChapterError(Exception):
    """Something that an author must mend before the site can be built.

    Args:
        path: The file that the author should open.
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
        """Put the parts into one message."""
        super().__init__(path, line, message, remedy, details)
        self.path, self.line = path, line
        self.message, self.remedy, self.details = message, remedy, details

    def __str__(self) -> str:
        """Return ``file:line: what``, the details, then the remedy."""
        path = self.path
        if path.is_absolute() and path.is_relative_to(Path.cwd()):
            path = path.relative_to(Path.cwd())
        parts = [f"{path}:{self.line}: {self.message}"]
        if self.details:
            parts += [f"    {line}" for line in self.details.splitlines()]
        parts.append(f"  remedy: {self.remedy}")
        return "\n".join(parts)


class ChapterErrors(Exception):
    """All the errors of one build, so that an author mends them in one go."""

    def __init__(self, errors: list[ChapterError]) -> None:
        """Keep the errors in the order of their files and lines."""
        super().__init__(errors)
        self.errors = sorted(errors, key=lambda e: (str(e.path), e.line))

    def __str__(self) -> str:
        """Return one message below the other."""
        return "\n".join(str(error) for error in self.errors)
