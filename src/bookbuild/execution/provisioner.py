"""Kernels and programs, forked from one process where that is safe.

This is jupyter_client's extension point for how a kernel's process comes to
be: a kernel provisioner, named in ``kernel.json`` and registered as an entry
point in ``pyproject.toml``.  Without a fork server it starts the same kernel
as a process of its own.

Programs have a server of their own, which starts when the first kernel does:
a reader's Python puts strings in another order into sets than the kernels do,
and the order is chosen when a process starts.
"""

import atexit
import contextlib
import functools
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning import LocalProvisioner

# What a kernel takes over from the environment of the build; with what
# kernel.json sets it is the same on every machine.
INHERITED = {
    *("PATH", "LD_LIBRARY_PATH", "HOME", "TMPDIR", "XDG_CACHE_HOME"),
    *("MATPLOTLIBRC", "MPLCONFIGDIR"),
    *("TEMP", "TMP", "SYSTEMROOT", "USERPROFILE", "APPDATA"),
}
# The environment variables that name the servers, of kernels and of programs.
ADDRESS, PROGRAMS = "BOOK_FORK_SERVER", "BOOK_PROGRAM_SERVER"
# macOS has fork, and system libraries that do not survive it.
FORK_IS_SAFE = sys.platform == "linux"
SOURCE = Path(__file__).parents[2]
JUPYTER = Path(__file__).with_name("jupyter")  # a folder for JUPYTER_PATH
SPECIFICATION = JUPYTER / "kernels/checked-gradients/kernel.json"
# The environment variables that are set for kernels, and for programs.
KERNEL_SETS = json.loads(SPECIFICATION.read_text("utf-8"))["env"]
PROGRAM_SETS = {**KERNEL_SETS, "MPLBACKEND": "agg", "PYTHONHASHSEED": "1"}
servers: dict[str, subprocess.Popen] = {}  # by variable


def start_server() -> None:
    """Start the server that kernels are forked from, once for this process.

    The build holds the server's standard input open, and so do the processes
    that read chapters: when all have ended, the server ends.
    """
    _start(ADDRESS, f"checked-gradients-{os.getpid()}", KERNEL_SETS)


def start_programs(key: str) -> None:
    """Start the server that programs are forked from, once for each key.

    Args:
        key: A name for what the server has from this process's environment.
    """
    address = f"checked-gradients-programs-{os.getpid()}-{key}"
    _start(PROGRAMS, address, PROGRAM_SETS, "wait")


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
    atexit.register(server.wait)
    atexit.register(server.kill)
    atexit.register(server.stdin.close)  # it is called first


@functools.cache
def awake(address: str | None) -> None:
    """Have the programs' server import torch, if it has not yet."""
    if address:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect("\0" + address)


def find_kernel() -> None:
    """Let Jupyter find the kernel's specification."""
    paths = os.environ.get("JUPYTER_PATH", "").split(os.pathsep)
    if str(JUPYTER) not in paths:
        os.environ["JUPYTER_PATH"] = os.pathsep.join([str(JUPYTER), *paths])


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


class ForkedProvisioner(LocalProvisioner):
    """A kernel of this machine whose process is forked, not started."""

    async def pre_launch(self, **kwargs: object) -> dict[str, object]:
        """Give the kernel a folder and an environment of its own.

        Over TCP two builds could choose one port, and ipykernel prints a
        warning into the build's output.
        """
        self.folder = tempfile.TemporaryDirectory(prefix="kernel-")
        if sys.platform != "win32":
            self.parent.transport = "ipc"
            self.parent.ip = str(Path(self.folder.name, "socket"))
        found = await super().pre_launch(**kwargs)
        found["env"] = environment(found["env"], self.kernel_spec.env)
        found["env"]["IPYTHONDIR"] = self.folder.name  # no author's profile
        return found

    async def launch_kernel(
        self, cmd: list[str], **kwargs: object
    ) -> KernelConnectionInfo:
        """Fork the kernel; where there is no server, start it."""
        awake(os.environ.get(PROGRAMS))  # what runs anew has programs to run
        if not os.environ.get(ADDRESS):
            return await super().launch_kernel(cmd, **kwargs)
        request = {
            # The command is: python -m bookbuild.execution.kernel ARGUMENTS
            "argv": cmd[3:],
            "cwd": str(kwargs["cwd"]),
            "env": kwargs["env"],
        }
        self.process = ForkedProcess(request)
        self.pid = self.pgid = self.process.pid
        return self.connection_info

    async def cleanup(self, restart: bool = False) -> None:  # noqa: FBT001, FBT002 (its base class's signature)
        """Remove the sockets."""
        await super().cleanup(restart)
        if isinstance(self.process, ForkedProcess):
            self.process.close()  # it has died by itself
        if not restart:
            self.folder.cleanup()


class ForkedProcess:
    """A fork of the server, with the methods of ``Popen`` that are needed.

    The connection stays open as long as both processes live.
    """

    stdin = stdout = stderr = None

    def __init__(self, request: dict[str, object]) -> None:
        """Have the server fork."""
        self._connection = socket.socket(socket.AF_UNIX)
        self._connection.connect("\0" + os.environ[ADDRESS])
        self._connection.sendall(json.dumps(request).encode() + b"\n")
        with self._connection.makefile("rb") as answer:
            self.pid = int(answer.readline())

    def poll(self) -> int | None:
        """Return None while the process lives, then 1."""
        ended = select.select([self._connection], [], [], 0)[0]
        return 1 if ended else None

    def wait(self) -> int:
        """Wait for its end."""
        select.select([self._connection], [], [])
        self.close()
        return 1

    def close(self) -> None:
        """Close the connection, which ends the process if it lives."""
        self._connection.close()

    def send_signal(self, number: int) -> None:
        """Send a signal, if the process lives."""
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def kill(self) -> None:
        """End the process."""
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        """Ask the process to end."""
        self.send_signal(signal.SIGTERM)
