"""What happens in a fork so that it is like a fresh kernel.

This module imports nothing heavy: the build names ``serve`` to the process
that ``bookbuild.execution.warm`` prepares, and does not itself import torch.
"""

import multiprocessing
import os
import sys
import threading
from multiprocessing import process
from multiprocessing.connection import wait


def serve(
    arguments: list[str], folder: str, environment: dict[str, str]
) -> None:
    """Be a kernel, as ``python -m ipykernel_launcher`` is one.

    Args:
        arguments: Those of the kernel's command line.
        folder: The working folder.
        environment: All environment variables.
    """
    # All of these were imported before the fork.
    from ipykernel.kernelapp import launch_new_instance  # noqa: PLC0415

    from bookbuild.execution.warm import MAIN, PATH  # noqa: PLC0415

    build = multiprocessing.parent_process().sentinel
    os.setsid()  # its own group: Ctrl-C in the terminal is not for it
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    sys.argv = ["ipykernel_launcher.py", *arguments]
    sys.path[:] = PATH
    _be_the_first(MAIN)
    _forget_the_build()
    _set_style()
    # A fresh process would have states of its own; forks have their parent's.
    # (Python's own random numbers begin anew in a fork by themselves.)
    if numpy := sys.modules.get("numpy"):
        numpy.random.seed()
    if torch := sys.modules.get("torch"):
        torch.default_generator.seed()
    threading.Thread(target=_end_with, args=(build,), daemon=True).start()
    own = f"--IPKernelApp.parent_handle={os.getppid()}"  # it is not the first
    launch_new_instance(argv=[*arguments, own])


def _be_the_first(main: process.BaseProcess) -> None:
    """Be the first process to ``multiprocessing``: a cell may use it."""
    main.name = "MainProcess"
    process._current_process = main  # noqa: SLF001 (no public way)
    process._parent_process = None  # noqa: SLF001 (likewise)
    multiprocessing.set_start_method(None, force=True)  # the default


def _forget_the_build() -> None:
    """Let no cell find what the build has imported for itself."""
    package = "bookbuild"
    for name in list(sys.modules):
        if name == package or name.startswith(f"{package}."):
            del sys.modules[name]


def _set_style() -> None:
    """Set matplotlib as its import sets it, from the environment of now."""
    mpl = sys.modules.get("matplotlib")
    if mpl is None:
        return
    for params in mpl.rcParams, mpl.rcParamsOrig:
        dict.update(params, mpl.rc_params())
    if backend := os.environ.get("MPLBACKEND"):
        mpl.rcParams["backend"] = backend


def _end_with(build: int) -> None:
    """End when the build ends, however it ends."""
    wait([build])
    os._exit(1)
