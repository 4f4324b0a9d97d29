"""Runs each notebook of the site with Colab's versions, and compares.

``nox -s colab`` makes an environment with the versions of ``tools/colab.txt``,
and this runs the notebooks in stock kernels of it, each in an empty folder.
``tools/colab.md`` says which blocks print something else than the page shows.
"""

import difflib
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from unittest import mock

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode

from bookbuild.execution.record import texts
from bookbuild.programs.comparison import same

NOTEBOOKS = Path("build/html/notebooks")
PIN = re.compile(r"^(?:# )?([\w-]+)==(\S+)$", re.MULTILINE)
WARNING = re.compile(r"\w+Warning: .+")  # without the place where it arose
DIFFERS = "*This output differs each time:"  # stands below such a block
REPORT = """\
# The notebooks with Colab's versions

Made by `nox -s colab`; `tools/colab.txt` says where the versions are from.
Here: {}.

Of {} blocks with text, {} print exactly what the page shows.
But for white space and one part in a thousand, {} more do.
The others, which print something else: {}.
"""


def run(notebook: NotebookNode, python: str) -> None:
    """Run a notebook in a stock kernel of an environment, with all errors."""
    command = [python, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    quiet = {"PYDEVD_DISABLE_FILE_VALIDATION": "1"}  # it would warn
    kernel = {"argv": command, "display_name": "", "language": "", "env": quiet}
    with (
        tempfile.TemporaryDirectory() as folder,
        mock.patch.dict(os.environ, JUPYTER_PATH=folder),
    ):
        spec, empty = Path(folder, "kernels/colab"), Path(folder, "empty")
        spec.mkdir(parents=True)
        empty.mkdir()
        (spec / "kernel.json").write_text(json.dumps(kernel), "utf-8")
        client = NotebookClient(notebook, kernel_name="colab", timeout=300)
        client.allow_errors = client.coalesce_streams = True
        client.resources = {"metadata": {"path": str(empty)}}
        client.execute()


def printed(notebook: NotebookNode) -> dict[str, str]:
    """Return what each block prints and warns of, unless it always differs."""
    found = {}
    below = [cell.source for cell in notebook.cells[1:]]
    for cell, after in zip(notebook.cells, [*below, ""], strict=True):
        if cell.id.startswith("block-") and not after.startswith(DIFFERS):
            warned = (o.text for o in cell.outputs if o.get("name") == "stderr")
            lines = WARNING.findall("\n".join(warned))
            found[cell.id] = "\n".join([*texts(cell.outputs), *lines])
    return found


def report(versions: list[str], pairs: dict[str, tuple[str, str]]) -> str:
    """Return the report; pairs hold what the page shows, and what is here."""
    others = {k: pair for k, pair in pairs.items() if not same(*pair)}
    close = [k for k, (a, b) in pairs.items() if a != b and k not in others]
    equal = len(pairs) - len(close) - len(others)
    counts = len(pairs), equal, len(close), len(others)
    text = REPORT.format(", ".join(versions), *counts)
    for block, (before, now) in others.items():
        lines = difflib.ndiff(before.splitlines(), now.splitlines())
        changed = [f"{line[0]}{line[2:]}" for line in lines if line[0] in "-+"]
        text += "\n".join([f"\n## {block}\n", "```diff", *changed, "```\n"])
    return text


def main(python: str) -> None:
    """Run all notebooks with this Python, and write the report."""
    inspect = [python, "-m", "pip", "inspect"]
    found = json.loads(
        subprocess.check_output(inspect, stderr=subprocess.DEVNULL)
    )
    parts = (each["metadata"] for each in found["installed"])
    here = {part["name"]: part["version"].split("+")[0] for part in parts}
    here["Python"] = found["environment"]["python_full_version"]
    colab = dict(PIN.findall(Path("tools/colab.txt").read_text("utf-8")))
    versions = [
        f"{name} {here[name]}" + f" (Colab: {pin})" * (here[name] != pin)
        for name, pin in colab.items()
    ]
    pairs = {}
    for path in sorted(NOTEBOOKS.rglob("*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        before = printed(notebook)
        run(notebook, python)
        name = path.relative_to(NOTEBOOKS).with_suffix("").as_posix()
        for block, text in printed(notebook).items():
            if text or before[block]:
                pairs[f"{name}, {block}"] = before[block], text
        print(name, flush=True)
    text = report(versions, pairs)
    Path("tools/colab.md").write_text(text, encoding="utf-8")
    print(text)
    if "\n## " in text:
        sys.exit("some blocks print something else: see tools/colab.md")


if __name__ == "__main__":
    main(str(Path(sys.argv[1]).absolute()))
