"""Kernels that are forked from one process, where that is safe.

This is jupyter_client's extension point for how a kernel's process comes to
be: a kernel provisioner, named in ``kernel.json`` and registered in its
factory.  Without a fork server it starts the same kernel as a process of its
own.
"""

import contextlib
import os
import select
import sys
import tempfile
from importlib.metadata import EntryPoint
from pathlib import Path

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning import (
    KernelProvisionerFactory,
    LocalProvisioner,
)

from bookbuild.execution import fork_client

PROVISIONER = "checked-gradients-fork"  # its name in kernel.json


def find_kernel() -> None:
    """Let Jupyter find the kernel's specification, and its provisioner.

    The project's wheel is for readers; an entry point in it would lead to
    this package, which it does not hold.
    """
    provisioners = KernelProvisionerFactory.provisioners
    value = f"{__name__}:{ForkedProvisioner.__name__}"
    group = KernelProvisionerFactory.GROUP_NAME
    provisioners[PROVISIONER] = EntryPoint(PROVISIONER, value, group)
    paths = os.environ.get("JUPYTER_PATH", "").split(os.pathsep)
    if (own := str(fork_client.JUPYTER)) not in paths:
        os.environ["JUPYTER_PATH"] = os.pathsep.join([own, *paths])


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
        found["env"] = fork_client.environment(
            found["env"], self.kernel_spec.env
        )
        found["env"]["IPYTHONDIR"] = self.folder.name  # no author's profile
        return found

    async def launch_kernel(
        self, cmd: list[str], **kwargs: object
    ) -> KernelConnectionInfo:
        """Fork the kernel; where there is no server, start it."""
        # What runs anew has programs to run.
        fork_client.wake(os.environ.get(fork_client.PROGRAMS))
        if not os.environ.get(fork_client.KERNELS):
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
        self._connection = fork_client.ask(fork_client.KERNELS, request)
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
