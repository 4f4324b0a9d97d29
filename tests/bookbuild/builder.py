"""Run commands of bookbuild in forks of one process that has imported Sphinx.

What is read, a line each, as JSON: a folder, a command's arguments, folders of
packages that it should find first, and after how many seconds to kill it.
What is written, a line each: the exit status.
What a command says is in the file ``SAID``.
"""

import importlib
import json
import os
import signal
import sys
import time
import traceback
from pathlib import Path

from bookbuild import __main__ as command

SAID = "build/said"
# What a build of a tiny book imports.
MODULES = (
    "bookbuild.commands.html",
    "bookbuild.execution.executed_chapters",
    "bookbuild.programs.page_programs",
    "bookbuild.pages.mathml",
    "myst_nb.sphinx_ext",
    "sphinxcontrib.bibtex",
    "pygments.lexers.python",
)


def run(folder: str, arguments: list[str], path: list[str]) -> None:
    """Be the command."""
    status = 1
    try:
        os.chdir(folder)
        Path(SAID).parent.mkdir(exist_ok=True)
        said = os.open(SAID, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(said, 1)
        os.dup2(said, 2)
        sys.path[:0] = path
        sys.argv = ["bookbuild", *arguments]
        status = command.main()
    except Exception:  # noqa: BLE001 (the fork ends here: nobody else tells)
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def wait(process: int, limit: float | None) -> int:
    """Wait for a process, and kill it if it takes too long."""
    if limit is not None:
        end = time.monotonic() + limit
        while time.monotonic() < end:
            ended, status = os.waitpid(process, os.WNOHANG)
            if ended:
                return os.waitstatus_to_exitcode(status)
            time.sleep(0.002)
        os.kill(process, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


def main() -> None:
    """Fork for each line."""
    for module in MODULES:
        importlib.import_module(module)
    for line in sys.stdin:
        folder, arguments, path, limit = json.loads(line)
        process = os.fork()
        if process == 0:
            run(folder, arguments, path)
        print(wait(process, limit), flush=True)


if __name__ == "__main__":
    main()
