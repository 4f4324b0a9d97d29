"""Run programs in the bare environment; this file's reader is its Python.

Usage: ``python bare.py < programs.json > results.json``: lists of programs
in, lists of ``{"out", "err", "error", "figures"}`` out.
The interpreter imports torch and matplotlib once and runs nothing; every
program then has a forked copy of it, an empty folder and an empty
``__main__`` for itself.

The programs of one list share a fork as long as they end with a NameError,
which a program gives that lacks something, whatever has run before it.
Any other is run again, alone.
"""

import hashlib
import json
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


def run(program: str, folder: Path) -> None:
    """Run a program in this process; write down what it gives."""
    told = {"error": "", "figures": []}
    (folder / "empty").mkdir(parents=True)
    os.chdir(folder / "empty")
    for number, name in ((1, "out"), (2, "err")):
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        os.dup2(os.open(folder / name, flags), number)
    main = types.ModuleType("__main__")
    sys.modules["__main__"] = main
    sys.argv = ["program.py"]
    signal.alarm(LIMIT)
    try:
        exec(compile(program, "program.py", "exec"), main.__dict__)  # noqa: S102 (that is what it is for)
    except BaseException as found:  # noqa: BLE001 (whatever it raises counts)
        told["error"] = f"{type(found).__name__}: {found}"
        traceback.print_exc()
    signal.alarm(0)
    if not told["error"].startswith("NameError"):
        numbers = plt.get_fignums()
        told["figures"] = [seen(plt.figure(number)) for number in numbers]
    sys.stdout.flush()
    sys.stderr.flush()
    (folder / "told").write_text(json.dumps(told), encoding="utf-8")


def seen(figure: plt.Figure) -> str:
    """Return a digest of what a figure shows."""
    figure.set_dpi(50)
    figure.canvas.draw()
    return hashlib.sha256(figure.canvas.buffer_rgba()).hexdigest()


def result(folder: Path, status: int) -> dict:
    """Return what a program has left behind."""
    if status or not (folder / "told").exists():
        error = f"the process ended with status {status}"
        return {"out": "", "err": "", "error": error, "figures": []}
    texts = {
        name: (folder / name).read_text(encoding="utf-8")
        for name in ("out", "err")
    }
    return texts | json.loads((folder / "told").read_text(encoding="utf-8"))


def start(programs: list[str], folders: list[Path]) -> int:
    """Run programs in a fork; return its process."""
    process = os.fork()
    if process == 0:
        try:
            torch.set_num_threads(1)  # forks share the processors
            for program, folder in zip(programs, folders, strict=True):
                run(program, folder)
        finally:
            os._exit(0)
    return process


def main() -> None:
    """Run all programs, as many lists at a time as there are processors."""
    bundles = json.load(sys.stdin)
    results = [[None] * len(programs) for programs in bundles]
    waiting = [(i, range(len(bundle))) for i, bundle in enumerate(bundles)]
    waiting.reverse()
    running = {}
    forks = 0
    with tempfile.TemporaryDirectory() as place:
        while waiting or running:
            if waiting and len(running) < (os.cpu_count() or 1):
                number, places = waiting.pop()
                forks += 1
                folders = [Path(place, f"{forks}-{i}") for i in places]
                programs = [bundles[number][i] for i in places]
                process = start(programs, folders)
                running[process] = number, places, folders
                continue
            process, status = os.wait()
            number, places, folders = running.pop(process)
            for i, folder in zip(places, folders, strict=True):
                given = result(folder, status)
                if len(places) > 1 and not given["error"].startswith("NameE"):
                    waiting.append((number, [i]))
                else:
                    results[number][i] = given
    json.dump(results, sys.stdout)


if __name__ == "__main__":
    main()
