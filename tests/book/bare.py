"""Run programs in the bare environment; this file's reader is its Python.

Usage: ``python bare.py < programs.json > results.json``: a list of programs
in, a list of ``{"out", "err", "error"}`` out.
The interpreter imports torch and matplotlib once and runs nothing; every
program then has a forked copy of it, an empty folder and an empty
``__main__`` for itself.
"""

import json
import os
import signal
import sys
import tempfile
import traceback
import types
from pathlib import Path

import matplotlib.pyplot  # noqa: F401 (imported once for all)
import torch
import torch._dynamo  # noqa: F401 (an optimiser imports it when it is first used)

LIMIT = 60  # seconds for one program


def run(program: str, folder: Path) -> None:
    """Run a program in this process and never return."""
    error = ""
    try:
        signal.alarm(LIMIT)
        os.chdir(folder / "empty")
        for number, name in ((1, "out"), (2, "err")):
            file = os.open(folder / name, os.O_WRONLY | os.O_CREAT)
            os.dup2(file, number)
        torch.set_num_threads(1)  # forks of one process share the processors
        main = types.ModuleType("__main__")
        sys.modules["__main__"] = main
        sys.argv = ["program.py"]
        exec(compile(program, "program.py", "exec"), main.__dict__)  # noqa: S102 (that is what it is for)
    except BaseException as found:  # noqa: BLE001 (whatever it raises counts)
        error = f"{type(found).__name__}: {found}"
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        (folder / "error").write_text(error, encoding="utf-8")
        os._exit(0)


def result(folder: Path, status: int) -> dict[str, str]:
    """Return what a program left behind."""
    texts = {
        name: path.read_text(encoding="utf-8") if path.exists() else ""
        for name in ("out", "err", "error")
        for path in [folder / name]
    }
    if status:
        texts["error"] = f"the process ended with status {status}"
    return texts


def main() -> None:
    """Run all programs, as many at a time as there are processors."""
    programs = json.load(sys.stdin)
    results: list[dict[str, str] | None] = [None] * len(programs)
    running: dict[int, int] = {}
    with tempfile.TemporaryDirectory() as place:
        folders = [Path(place, str(i)) for i in range(len(programs))]
        waiting = list(enumerate(programs))[::-1]
        while waiting or running:
            if waiting and len(running) < (os.cpu_count() or 1):
                number, program = waiting.pop()
                (folders[number] / "empty").mkdir(parents=True)
                child = os.fork()
                if child == 0:
                    run(program, folders[number])
                running[child] = number
            else:
                child, status = os.wait()
                number = running.pop(child)
                results[number] = result(folders[number], status)
    json.dump(results, sys.stdout)


if __name__ == "__main__":
    main()
