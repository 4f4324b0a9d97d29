"""A program as a reader runs it: alone, in a new process and an empty folder.

``python -m bookbuild.execution.program_run`` runs what it reads as JSON;
the fork server (``fork_server.py``) runs one in each fork.
"""

import io
import json
import linecache
import os
import sys
import tempfile
import types

import matplotlib.pyplot as plt
from matplotlib._pylab_helpers import Gcf

from bookbuild.execution.figure_data import describe

NAME = "program.py"


def run(program: str, expressions: list[str]) -> dict[str, str | list[str]]:
    """Run a program in this process, which must be new, and end it.

    Args:
        program: The program.
        expressions: What is wanted of its names when it has ended.

    Returns:
        What it prints (``out``), what it writes to stderr (``err``), the
        exception that it ends with (``error``), what the figures that it
        shows draw (``figures``), the figures as SVG (``pictures``), and the
        expressions as text (``values``).
    """
    given: dict = {"error": "", "figures": [], "pictures": [], "values": []}

    def show(*_args: object, **_named: object) -> None:
        # As in a notebook: the figure that was drawn in last is the last.
        for manager in Gcf.get_all_fig_managers():
            figure = manager.canvas.figure
            # As for the page: arrows depend on the form.
            file = io.BytesIO()
            figure.savefig(file, format="svg", bbox_inches="tight")
            given["pictures"].append(file.getvalue().decode())
            given["figures"].append(describe(figure))
        plt.close("all")  # as who looks at the windows does

    plt.show = show
    os.environ.pop("PYTHONPATH", None)  # it leads to this package
    files = [tempfile.TemporaryFile() for _ in "12"]  # noqa: SIM115 (the process ends)
    for descriptor, file in enumerate(files, start=1):
        os.dup2(file.fileno(), descriptor)  # of child processes, too
    main = types.ModuleType("__main__")
    main.__file__ = NAME
    sys.modules["__main__"], sys.argv = main, [NAME]
    lines = program.splitlines(keepends=True)
    linecache.cache[NAME] = len(program), None, lines, NAME  # as of a file
    try:
        exec(compile(program, NAME, "exec"), vars(main))  # noqa: S102 (that is what it is for)
        for expression in expressions:
            text = eval(f'f"""{{{expression}}}"""', vars(main))  # noqa: S307 (the same)
            given["values"].append(text)
    except BaseException as raised:  # noqa: BLE001 (whatever it raises counts)
        given["error"] = f"{type(raised).__name__}: {raised}"
    sys.stdout.flush()
    sys.stderr.flush()
    for name, file in zip(("out", "err"), files, strict=True):
        file.seek(0)
        given[name] = file.read().decode("utf-8", "replace")
    return given


if __name__ == "__main__":
    answer = os.dup(1)
    given = run(**json.load(sys.stdin))
    os.write(answer, json.dumps(given).encode())
    os._exit(0)  # a thread of the program would hold up its end
