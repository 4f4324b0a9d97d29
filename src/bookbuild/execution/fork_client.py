"""Starts the servers that kernels and programs are forked from; asks them.

``fork_server.py`` is what they run.

Programs have a server of their own, which imports torch when the first kernel
starts: a reader's Python puts strings in another order into sets than the
kernels do, and the order is chosen when a process starts.
"""

import atexit
import functools
import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from bookbuild.execution import KERNEL

# What a kernel takes over from the environment of the build; with what
# kernel.json sets it is the same on every machine.
INHERITED = {
    *("PATH", "LD_LIBRARY_PATH", "HOME", "TMPDIR", "XDG_CACHE_HOME"),
    *("MATPLOTLIBRC", "MPLCONFIGDIR"),
    *("TEMP", "TMP", "SYSTEMROOT", "USERPROFILE", "APPDATA"),
}
# The environment variables that name the two servers.
KERNELS, PROGRAMS = "BOOK_KERNEL_SERVER", "BOOK_PROGRAM_SERVER"
# macOS has fork, and system libraries that do not survive it.
FORK_IS_SAFE = sys.platform == "linux"
SOURCE = Path(__file__).parents[2]
JUPYTER = Path(__file__).with_name("jupyter")  # a folder for JUPYTER_PATH
SPECIFICATION = JUPYTER / "kernels" / KERNEL / "kernel.json"
# The environment variables that are set for kernels, and for programs.
KERNEL_SETS = json.loads(SPECIFICATION.read_text("utf-8"))["env"]
PROGRAM_SETS = {**KERNEL_SETS, "MPLBACKEND": "agg", "PYTHONHASHSEED": "1"}
servers: dict[str, subprocess.Popen] = {}  # by variable


def start_kernels() -> None:
    """Start the server that kernels are forked from, once for this process.

    The build holds the server's standard input open, and so do the processes
    that read chapters: when all have ended, the server ends.
    """
    _start(KERNELS, f"checked-gradients-{os.getpid()}", KERNEL_SETS)


def start_programs(key: str) -> None:
    """Start the server that programs are forked from, once for each key.

    Args:
        key: A name for what the server has from this process's environment.
    """
    address = f"checked-gradients-programs-{os.getpid()}-{key}"
    _start(PROGRAMS, address, PROGRAM_SETS, "programs")


def _start(
    variable: str, address: str, sets: dict[str, str], *arguments: str
) -> None:
    if not FORK_IS_SAFE or os.environ.get(variable) == address:
        return
    if variable in servers:
        servers[variable].kill()  # what it has is out of date
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("\0" + address)  # no file: Linux's abstract namespace
        listening.listen(100)
        descriptor = listening.fileno()
        server = subprocess.Popen(  # noqa: S603 (a module of this package)
            [
                *(sys.executable, "-m", "bookbuild.execution.fork_server"),
                *(str(descriptor), *arguments),
            ],
            stdin=subprocess.PIPE,
            pass_fds=[descriptor],
            env=environment({**os.environ, **sets}, sets),
        )
    servers[variable], os.environ[variable] = server, address
    atexit.register(_end, server)


def _end(server: subprocess.Popen) -> None:
    with server:  # which closes its input and waits
        server.kill()


@functools.cache
def wake(address: str | None) -> None:
    """Have the programs' server import torch, if it has not yet."""
    if address:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect("\0" + address)


def environment(
    variables: dict[str, str], fixed: Iterable[str]
) -> dict[str, str]:
    """Return what a kernel sees of some environment variables.

    Args:
        variables: All of them.
        fixed: The names of those that ``kernel.json`` sets.
    """
    names = INHERITED.union(fixed)
    found = {name: v for name, v in variables.items() if name in names}
    paths = [str(SOURCE), variables.get("PYTHONPATH", "")]
    return {**found, "PYTHONPATH": os.pathsep.join(filter(None, paths))}


def ask(
    variable: str, request: dict[str, object], limit: float | None = None
) -> socket.socket:
    """Send a request to a server; return the connection, to read the answer.

    Args:
        variable: The environment variable that names the server.
        request: What ``fork_server.py`` reads.
        limit: How many seconds to wait for the answer.
    """
    connection = socket.socket(socket.AF_UNIX)
    connection.connect("\0" + os.environ[variable])
    connection.settimeout(limit)
    connection.sendall(json.dumps(request).encode() + b"\n")
    return connection


def run_program(
    program: str, limit: float | None, expressions: Iterable[str] = ()
) -> dict | None:
    """Run a program in an empty folder, in a fork where that is safe.

    Args:
        program: The program.
        limit: How many seconds it may take.
        expressions: What is wanted of its names when it has ended.

    Returns:
        What ``program_run.run`` returns, or None if the program does not end
        in time or ends Python.
    """
    asked = {"program": program, "expressions": [*expressions]}
    with tempfile.TemporaryDirectory() as folder:
        try:
            if os.environ.get(PROGRAMS):
                request = {**asked, "cwd": folder}
                with ask(PROGRAMS, request, limit) as connection:
                    text = connection.makefile("rb").read()
            else:
                variables = {**os.environ, **PROGRAM_SETS}
                text = subprocess.run(
                    [sys.executable, "-m", "bookbuild.execution.program_run"],
                    input=json.dumps(asked).encode(),
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    cwd=folder,
                    env=environment(variables, PROGRAM_SETS),
                    timeout=limit,
                    check=False,
                ).stdout
        except (TimeoutError, subprocess.TimeoutExpired):
            return None
    return json.loads(text) if text else None
