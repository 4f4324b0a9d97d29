"""The record of the last verification, as pages quote it.

Pages quote ``book/_config/verified.json`` through the role ``{verified}`` and
the directive ``{verified-table}``; no page types such a number.
``bookbuild.execution.record`` writes the file.
"""

import json
from pathlib import Path

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective, SphinxRole

from bookbuild.chapters.errors import ChapterError

NAMES = {
    "python": "Python",
    "torch": "PyTorch",
    "numpy": "NumPy",
    "matplotlib": "Matplotlib",
    "ipykernel": "IPython kernel",
}
ENTRIES = {"chapters", "date", "platform", "versions"}


def load(app: Sphinx) -> dict:
    """Return the record; when it changes, every page is made afresh."""
    return read_record(Path(app.confdir, app.config.book_verified))


def read_record(path: Path) -> dict:
    """Return a record; end the build where the file holds none."""
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        line, message = getattr(error, "lineno", 1), f"no record: {error}"
    else:
        if set(record) >= ENTRIES:
            return record
        missing = ", ".join(sorted(ENTRIES - set(record)))
        line, message = 1, f"the record has no {missing}"
    wrong = ChapterError(path, line, message, "take back the committed one")
    raise SystemExit(wrong)


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
        message = f"the record has no entry {self.text!r}"
        remedy = f"  remedy: name one of {', '.join(entries)}"
        reporter = self.inliner.reporter
        return [], [reporter.error(f"{message}\n{remedy}", line=self.lineno)]


class VerifiedTable(SphinxDirective):
    """A table from the record: ``versions`` or ``chapters``."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return the table, parsed from one in Markdown."""
        kind = directives.choice(self.arguments[0], ("versions", "chapters"))
        record = load(self.env.app)
        if kind == "versions":
            rows = ["| What | Version |", "|---|---|"]
            for name, version in record["versions"].items():
                rows.append(f"| {NAMES[name]} | {version} |")
            rows.append(f"| Platform | {record['platform']} |")
        else:
            rows = ["| Chapter | Cells | Run time (s) |", "|---|---|---|"]
            # A chapter that is gone stays in the record until the next one.
            there = record["chapters"].keys() & self.env.found_docs
            for name in sorted(there):
                run = record["chapters"][name]
                figures = f"{run['cells']} | {run['seconds']:.2f}"
                rows.append(f"| {{doc}}`/{name}` | {figures} |")
        return self.parse_text_to_nodes("\n".join(rows))


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the role and the directive."""
    app.add_config_value("book_verified", "verified.json", "env", str)
    app.add_role("verified", VerifiedRole())
    app.add_directive("verified-table", VerifiedTable)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
