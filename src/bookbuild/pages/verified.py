"""The record of the last verification: versions, times, outputs.

``python -m bookbuild record`` runs every chapter afresh and writes

- ``book/_config/verified.json``: when, with which versions, on what platform,
  each chapter's cells and run time;
- one file a chapter in ``tests/book/recorded``: every text output of every
  cell and every value that the prose quotes, which the tests compare with
  what the chapters give now.

Pages quote the first through the role ``{verified}`` and the directive
``{verified-table}``; no page types such a number.
"""

import datetime as dt
import json
import math
import os
import platform
import re
from pathlib import Path

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective, SphinxRole

from bookbuild.chapters.reader import Chapter
from bookbuild.execution.execute import Run, versions

NUMBER = re.compile(
    r"[-+]?(?:\d+\.\d*|\.\d+|\d+)(?:[eE][-+]?\d+)?|\b(?:nan|inf)\b"
)
NAMES = {
    "python": "Python",
    "torch": "PyTorch",
    "numpy": "NumPy",
    "matplotlib": "Matplotlib",
    "ipykernel": "IPython kernel",
}


def text_outputs(run: Run) -> list[list[str]]:
    """Return the text of each output of each cell, pictures left out."""
    return [
        [text for output in outputs if (text := _text(output)) is not None]
        for outputs in run.outputs
    ]


def prose_values(run: Run) -> list[list[str]]:
    """Return the values that the prose quotes, as pairs with their sources."""
    return [
        [expression, value]
        for values in run.values
        for expression, value in values.items()
    ]


def _text(output: dict) -> str | None:
    if output["output_type"] == "stream":
        return output["text"]
    if output["output_type"] == "error":
        return f"{output['ename']}: {output['evalue']}"
    data = output["data"]
    if any(kind.startswith("image/") for kind in data):
        return None
    return data.get("text/plain", "")


def same(recorded: str, given: str, rtol: float = 1e-3) -> bool:
    """Return whether two outputs agree, numbers to a relative tolerance.

    Everything between the numbers must be equal but for white space, which
    moves when a number gains a digit.
    Numbers below 1e-6 in size count as equal: they are rounding noise.
    """

    def split(text: str) -> tuple[list[str], list[float]]:
        between = [" ".join(part.split()) for part in NUMBER.split(text)]
        return between, [float(number) for number in NUMBER.findall(text)]

    words, numbers = split(recorded)
    other_words, other_numbers = split(given)
    if words != other_words:
        return False
    return all(
        a == b
        or (a != a and b != b)  # noqa: PLR0124 (nan equals nan here)
        or (
            math.isfinite(a - b)
            and abs(a - b) <= max(rtol * max(abs(a), abs(b)), 1e-6)
        )
        for a, b in zip(numbers, other_numbers, strict=True)
    )


def write(
    chapters: dict[str, Chapter],
    runs: dict[str, Run],
    verified: Path,
    recorded: Path,
) -> None:
    """Write the record of a verification."""
    recorded.mkdir(parents=True, exist_ok=True)
    for old in recorded.glob("*.json"):
        if old.stem not in runs:
            old.unlink()
    for name, run in runs.items():
        if not run.outputs:
            (recorded / f"{name}.json").unlink(missing_ok=True)
            continue
        cells = [
            {
                "code": cell.source.splitlines()[0],
                "outputs": [text.splitlines() for text in texts],
            }
            for cell, texts in zip(
                chapters[name].code_cells, text_outputs(run), strict=True
            )
        ]
        _dump(
            recorded / f"{name}.json",
            {"cells": cells, "values": prose_values(run)},
        )
    _dump(
        verified,
        {
            "date": _today().isoformat(),
            "versions": versions(),
            "platform": f"{platform.system()} {platform.machine()}",
            "chapters": {
                name: {
                    "cells": len(run.outputs),
                    "seconds": round(sum(run.seconds), 2),
                }
                for name, run in runs.items()
                if run.outputs
            },
        },
    )


def _dump(path: Path, content: object) -> None:
    path.write_text(
        json.dumps(content, indent=1, ensure_ascii=False) + "\n",
        encoding="utf-8",
    )


def _today() -> dt.date:
    stamp = os.environ.get("SOURCE_DATE_EPOCH")
    now = dt.datetime.now(tz=dt.UTC)
    if stamp:
        now = dt.datetime.fromtimestamp(int(stamp), tz=dt.UTC)
    return now.date()


def load(app: Sphinx) -> dict:
    """Return the record, and note that the page depends on it."""
    path = Path(app.confdir, app.config.book_verified)
    app.env.note_dependency(str(path))
    return json.loads(path.read_text(encoding="utf-8"))


class VerifiedRole(SphinxRole):
    """One entry of the record: ``date``, ``platform`` or a version's name."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Return the entry as text."""
        record = load(self.env.app)
        entries = {
            "date": record["date"],
            "platform": record["platform"],
            "cells": str(sum(c["cells"] for c in record["chapters"].values())),
            **record["versions"],
        }
        if self.text in entries:
            return [nodes.Text(entries[self.text])], []
        message = self.inliner.reporter.error(
            f"the record has no entry {self.text!r}\n  remedy: name one of "
            + ", ".join(entries),
            line=self.lineno,
        )
        return [], [message]


class VerifiedTable(SphinxDirective):
    """A table from the record: ``versions`` or ``chapters``."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return the table."""
        kind = directives.choice(self.arguments[0], ("versions", "chapters"))
        record = load(self.env.app)
        if kind == "versions":
            head = ["What", "Version"]
            rows = [
                [NAMES[name], found]
                for name, found in record["versions"].items()
            ]
            rows.append(["Platform", record["platform"]])
        else:
            head = ["Chapter", "Cells", "Run time (s)"]
            rows = [
                [name, str(chapter["cells"]), f"{chapter['seconds']:.2f}"]
                for name, chapter in record["chapters"].items()
            ]
        return [self._table(head, rows, links=kind == "chapters")]

    def _table(
        self, head: list[str], rows: list[list[str]], *, links: bool
    ) -> nodes.table:
        lines = ["| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
        for first, *rest in rows:
            name = f"{{doc}}`/{first}`" if links else first
            lines.append("| " + " | ".join([name, *rest]) + " |")
        parent = nodes.Element()
        self.state.nested_parse(lines, self.content_offset, parent)
        return parent.children[0]


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the role and the directive."""
    app.setup_extension(
        "bookbuild.execution.book"
    )  # the setting names the record
    app.add_role("verified", VerifiedRole())
    app.add_directive("verified-table", VerifiedTable)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
