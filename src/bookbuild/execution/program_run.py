"""A program as a reader runs it: alone, in a new process and an empty folder.

``python -m bookbuild.execution.program_run`` runs the program that it reads;
the fork server (``fork_server.py``) runs one in each fork.
"""

import json
import linecache
import os
import sys
import tempfile
import types
import warnings

NAME = "program.py"


def run(program: str) -> dict[str, str]:
    """Run a program in this process, which must be new, and end it.

    Returns:
        What it prints (``out``), what it writes to stderr (``err``), and the
        exception that it ends with (``error``).
    """
    os.environ.pop("PYTHONPATH", None)  # it leads to this package
    files = [tempfile.TemporaryFile() for _ in "12"]  # noqa: SIM115 (the process ends)
    for descriptor, file in enumerate(files, start=1):
        os.dup2(file.fileno(), descriptor)  # of child processes, too
    main = types.ModuleType("__main__")
    main.__file__ = NAME
    sys.modules["__main__"], sys.argv = main, [NAME]
    lines = program.splitlines(keepends=True)
    linecache.cache[NAME] = len(program), None, lines, NAME  # as of a file
    # What plt.show() says where there is no window.
    warnings.filterwarnings("ignore", message="FigureCanvasAgg is non-inter")
    error = ""
    try:
        exec(compile(program, NAME, "exec"), vars(main))  # noqa: S102 (that is what it is for)
    except BaseException as raised:  # noqa: BLE001 (whatever it raises counts)
        error = f"{type(raised).__name__}: {raised}"
    sys.stdout.flush()
    sys.stderr.flush()
    texts = []
    for file in files:
        file.seek(0)
        texts.append(file.read().decode("utf-8", "replace"))
    return {"out": texts[0], "err": texts[1], "error": error}


if __name__ == "__main__":
    answer = os.dup(1)
    given = run(sys.stdin.read())
    os.write(answer, json.dumps(given).encode())
    os._exit(0)  # a thread of the program would hold up its end
