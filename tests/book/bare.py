"""Run programs in the bare environment; this file's reader is its Python.

Usage: ``python bare.py < programs.json > results.json``: a list of programs
in, a list of ``{"out", "err", "error", "figures"}`` out.
The interpreter imports torch and matplotlib once and runs nothing; every
program then has a forked copy of it, an empty folder and an empty
``__main__`` for itself.
"""

import contextlib
import hashlib
import json
import multiprocessing
import os
import signal
import sys
import tempfile
import traceback
import types
from pathlib import Path

import matplotlib.pyplot as plt
import torch

__import__("torch._dynamo")  # an optimizer does, when it is first used

LIMIT = 60  # seconds for one program


def run(program: str) -> dict:
    """Run a program in this process; return what it gives."""
    torch.set_num_threads(1)  # forks share the processors
    folder = Path(tempfile.mkdtemp(dir=Path.cwd()))
    (folder / "empty").mkdir()
    os.chdir(folder / "empty")
    for number, name in ((1, "out"), (2, "err")):
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        os.dup2(os.open(folder / name, flags), number)
    main = types.ModuleType("__main__")
    sys.modules["__main__"] = main
    sys.argv = ["program.py"]
    signal.alarm(LIMIT)
    error = ""
    try:
        exec(compile(program, "program.py", "exec"), main.__dict__)  # noqa: S102 (that is what it is for)
    except BaseException as found:  # noqa: BLE001 (whatever it raises counts)
        error = f"{type(found).__name__}: {found}"
        traceback.print_exc()
    signal.alarm(0)
    figures = [seen(plt.figure(number)) for number in plt.get_fignums()]
    sys.stdout.flush()
    sys.stderr.flush()
    out, err = ((folder / name).read_text("utf-8") for name in ("out", "err"))
    return {"out": out, "err": err, "error": error, "figures": figures}


def seen(figure: plt.Figure) -> str:
    """Return a digest of what a figure shows."""
    figure.set_dpi(50)
    figure.canvas.draw()
    return hashlib.sha256(figure.canvas.buffer_rgba()).hexdigest()


def main() -> None:
    """Run all programs, as many at a time as there are processors."""
    signal.signal(signal.SIGALRM, signal.default_int_handler)
    fork = multiprocessing.get_context("fork")
    with (
        tempfile.TemporaryDirectory() as folder,
        contextlib.chdir(folder),
        fork.Pool(maxtasksperchild=1) as pool,
    ):
        results = pool.map(run, json.load(sys.stdin), chunksize=1)
    json.dump(results, sys.stdout)


if __name__ == "__main__":
    main()
