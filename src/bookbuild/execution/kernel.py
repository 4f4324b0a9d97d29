"""Kernels forked from one process that has already imported torch.

A chapter's kernel is chosen at jupyter_client's extension point for it, a
kernel provisioner; underneath is the standard library's forkserver.
Where fork is not safe, or fails, the provisioner starts the stock kernel: it
is one itself but for the way in which its process comes to be.
"""

import asyncio
import itertools
import multiprocessing
import os
import signal
import subprocess
import sys
import types
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import EntryPoint
from multiprocessing import forkserver, util
from pathlib import Path

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning import (
    KernelProvisionerFactory,
    LocalProvisioner,
)
from sphinx.util import logging

from bookbuild.execution import forked

logger = logging.getLogger(__name__)

NAME = "bookbuild-forked"
# What a kernel imports before its first cell, and so before any library.
FIRST = [
    "ipykernel.ipkernel",
    "ipykernel.kernelapp",
    "ipykernel.debugger",
    "IPython.core.completerlib",
    "IPython.core.debugger",
    "IPython.core.oinspect",
    "IPython.extensions.storemagic",
    "tornado.platform.asyncio",
]
# What to import before the fork where the code names a library.
LIBRARIES = {
    # The first optimiser would import the second one, for a second or two.
    "torch": ["torch", "torch._dynamo"],
    "numpy": ["numpy"],
    "matplotlib": [
        "matplotlib.pyplot",
        "matplotlib.backends.backend_agg",
        "matplotlib.backends.backend_svg",
    ],
    "networkx": ["networkx"],
}
# What a kernel takes over from the environment of the build ...
INHERITED = {
    *("PATH", "LD_LIBRARY_PATH", "HOME", "TMPDIR", "XDG_CACHE_HOME"),
    *("MPLCONFIGDIR", "TEMP", "TMP", "SYSTEMROOT", "USERPROFILE", "APPDATA"),
}
# ... and what is the same in every kernel.
FIXED = {
    "CUDA_VISIBLE_DEVICES": "",
    "LC_ALL": "C.UTF-8",
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    # One thread each: chapters that run at a time do not fight, and sums are
    # taken in the same order whatever the number of cores.
    "MKL_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    "PYDEVD_USE_FRAME_EVAL": "NO",  # as the debugger sets it when imported
    "PYTHONHASHSEED": "0",
    "TZ": "UTC",
}
# macOS has fork, and system libraries that do not survive it.
FORK_IS_SAFE = sys.platform == "linux"


def manager(connection_file: Path, *, fork: bool = True) -> AsyncKernelManager:
    """Return a manager of one kernel of this Python.

    Args:
        connection_file: Where the kernel's addresses are written.
        fork: Whether to fork it, where that is safe.
    """
    if fork and FORK_IS_SAFE:
        found = KernelProvisionerFactory.instance()
        found.provisioners[NAME] = EntryPoint(
            NAME,
            f"{__name__}:ForkedProvisioner",
            KernelProvisionerFactory.GROUP_NAME,
        )
        specs = ForkedKernels(kernel_dirs=[])
    else:
        # No folder: a kernel of the same name that is installed for the user
        # would run another Python.
        specs = KernelSpecManager(kernel_dirs=[])
    return AsyncKernelManager(
        kernel_name="python3",
        kernel_spec_manager=specs,
        transport="ipc" if sys.platform != "win32" else "tcp",
        connection_file=str(connection_file),
    )


def environment(matplotlibrc: Path | None) -> dict[str, str]:
    """Return the kernels' environment: on every machine the same to a cell.

    Args:
        matplotlibrc: The house style of figures.
    """
    inherited = {
        name: value for name, value in os.environ.items() if name in INHERITED
    }
    fixed = dict(FIXED)
    if matplotlibrc:
        fixed["MATPLOTLIBRC"] = str(matplotlibrc.resolve())
    return inherited | fixed


def warm_up(
    variables: dict[str, str], code: str | None = None, *, fork: bool = True
) -> None:
    """Do once what each kernel would have to do.

    Kernels are forked from a process that is started here; it imports
    meanwhile.

    Args:
        variables: What that process and its libraries read as they start:
            the seed of hashes, the numbers of threads.
        code: What will run: the libraries that it names are imported.
        fork: Whether kernels are forked, where that is safe.
    """
    if not (fork and FORK_IS_SAFE):
        if code is not None and "matplotlib" in code:
            _list_fonts(variables)
        return
    if code is not None:
        named = [modules for n, modules in LIBRARIES.items() if n in code]
        multiprocessing.set_forkserver_preload(
            [
                "bookbuild.execution.first",
                *FIRST,
                *itertools.chain(*named),
                "bookbuild.execution.warm",
            ]
        )
    source = str(Path(__file__).parents[2])
    with (
        _variables({**variables, "PYTHONPATH": source}),
        _no_flags(),
        _no_main(),
    ):
        forkserver.ensure_running()


def _list_fonts(environment: dict[str, str]) -> None:
    """Have matplotlib list the fonts, as it does when first imported.

    That takes a while, and it says so on stderr: in a kernel, of all places.
    """
    subprocess.run(
        [sys.executable, "-c", "import matplotlib.font_manager"],
        env=environment,
        capture_output=True,
        check=False,  # a cell will tell
    )


class ForkedKernels(KernelSpecManager):
    """Kernel specifications that ask for the provisioner below."""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """Return the stock specification, to be forked."""
        spec = super().get_kernel_spec(kernel_name)
        spec.metadata["kernel_provisioner"] = {"provisioner_name": NAME}
        return spec


class ForkedProvisioner(LocalProvisioner):
    """A kernel of this machine whose process is forked, not started."""

    async def launch_kernel(
        self, cmd: list[str], **kwargs: object
    ) -> KernelConnectionInfo:
        """Fork the kernel; if that fails, start it."""
        environment = kwargs["env"]
        try:
            warm_up(environment)
            # The command is: python -m ipykernel_launcher <arguments>
            arguments = cmd[cmd.index("ipykernel_launcher") + 1 :]
            self.process = _ForkedProcess(
                arguments, str(kwargs["cwd"]), environment
            )
        except (OSError, EOFError, ValueError) as error:
            logger.info("the kernel is started, not forked: %r", error)
            return await super().launch_kernel(cmd, **kwargs)
        self.pid = self.pgid = self.process.pid
        return self.connection_info

    async def wait(self) -> int | None:
        """Wait for the end, and hardly longer."""
        while self.process and self.process.poll() is None:  # noqa: ASYNC110 (as the base class: there is no event to wait for)
            await asyncio.sleep(0.005)
        return await super().wait()


class _ForkedProcess:
    """A process forked by the forkserver, with the manners of Popen."""

    stdin = stdout = stderr = None

    def __init__(
        self, arguments: list[str], folder: str, environment: dict[str, str]
    ) -> None:
        context = multiprocessing.get_context("forkserver")
        self._process = context.Process(
            target=forked.serve, args=(arguments, folder, environment)
        )
        with _no_main():
            self._process.start()
        self.pid = self._process.pid

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self) -> int | None:
        self._process.join()
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)


@contextmanager
def _variables(values: dict[str, str]) -> Iterator[None]:
    """Have exactly these environment variables for a while."""
    before = dict(os.environ)
    os.environ.clear()
    os.environ.update(values)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextmanager
def _no_flags() -> Iterator[None]:
    """Hide options of the build's Python, such as -O: no kernel has them."""
    before = util._args_from_interpreter_flags  # noqa: SLF001 (no public way)
    util._args_from_interpreter_flags = list  # noqa: SLF001 (likewise)
    try:
        yield
    finally:
        util._args_from_interpreter_flags = before  # noqa: SLF001 (likewise)


@contextmanager
def _no_main() -> Iterator[None]:
    """Hide the main module: a kernel would import it, whatever it is."""
    before = sys.modules["__main__"]
    sys.modules["__main__"] = types.ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = before
