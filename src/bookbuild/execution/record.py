"""The record of the last verification: what every chapter gave.

``book/_config/verified.json`` says when, with which versions and on what
platform the book was verified, and each chapter's cells and run time.
``tests/book/recorded`` has one file a chapter: every text output of every cell,
what every figure draws, with its caption and alternative text, and every value
that the text quotes.  The tests compare them with what the chapters give now.
"""

import datetime as dt
import json
import platform
from importlib.metadata import version
from pathlib import Path

from nbformat import NotebookNode

from bookbuild.chapters.reader import Chapter
from bookbuild.execution.run import Run

LIBRARIES = ("torch", "numpy", "matplotlib", "ipykernel")


def entry(chapter: Chapter, run: Run) -> dict:
    """Return what is recorded of a chapter's run."""
    cells = zip(chapter.code_cells, run.outputs, run.figures, strict=True)
    return {
        "seconds": run.seconds,
        "cells": [_cell(*cell) for cell in cells],
        "values": [
            [expression, value]
            for values in run.values
            for expression, value in values.items()
        ],
    }


def _cell(
    cell: NotebookNode, outputs: list[NotebookNode], figures: list[str]
) -> dict:
    """Return what is recorded of a cell."""
    if "differs" in cell.metadata:  # each time
        outputs, figures = [], []
    options = cell.metadata.get("mystnb", {})
    caption = options.get("figure", {}).get("caption", "")
    alt = options.get("image", {}).get("alt", "")
    warned = (o["text"] for o in outputs if o.get("name") == "stderr")
    more = {
        "figures": [text.splitlines() for text in figures],
        "caption": str(caption).splitlines(),
        "alt": str(alt).splitlines(),
        "warnings": "".join(warned).splitlines(),
    }
    return {
        "code": cell.source.partition("\n")[0],
        "outputs": [text.splitlines() for text in texts(outputs)],
        **{name: lines for name, lines in more.items() if lines},
    }


def texts(outputs: list[NotebookNode]) -> list[str]:
    """Return the text of each output, pictures and warnings left out."""
    return [t for output in outputs if (t := _text(output)) is not None]


def _text(output: NotebookNode) -> str | None:
    """Return the text of an output, or None if it is of another kind."""
    if output["output_type"] == "stream":
        return output["text"] if output["name"] == "stdout" else None
    if output["output_type"] == "error":
        return f"{output['ename']}: {output['evalue']}"
    data = output["data"]
    if any(kind.startswith("image/") for kind in data):
        return None
    return data.get("text/plain", "")


def write(entries: dict[str, dict], verified: Path, recorded: Path) -> None:
    """Write the record of a verification."""
    entries = {n: e for n, e in sorted(entries.items()) if e["cells"]}
    recorded.mkdir(parents=True, exist_ok=True)
    for old in recorded.rglob("*.json"):
        if old.relative_to(recorded).with_suffix("").as_posix() not in entries:
            old.unlink()
    for name, found in entries.items():
        kept = {"cells": found["cells"], "values": found["values"]}
        _dump(recorded / f"{name}.json", kept)
    chapters = {
        name: {
            "cells": len(found["cells"]),
            "seconds": round(found["seconds"], 2),
        }
        for name, found in entries.items()
    }
    _dump(
        verified,
        {
            "date": dt.datetime.now(dt.UTC).date().isoformat(),
            # A label such as "+cpu" says where a wheel is from.
            "versions": {
                "python": platform.python_version(),
                **{name: version(name).split("+")[0] for name in LIBRARIES},
            },
            "platform": f"{platform.system()} {platform.machine()}",
            "chapters": chapters,
        },
    )


def _dump(path: Path, content: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(content, indent=1, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")
