"""What happens in a fork so that it is like a fresh kernel.

This module imports nothing heavy: the build names ``serve`` to the process
that ``bookbuild.warm`` prepares, and does not itself import torch.
"""

import os
import random
import sys
import threading
import time
from multiprocessing import parent_process
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

    from bookbuild.warm import PATH  # noqa: PLC0415

    os.setsid()  # its own group: Ctrl-C in the terminal is not for it
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    os.chdir(folder)
    sys.argv = ["ipykernel_launcher.py", *arguments]
    sys.path[:] = PATH
    _set_style()
    # A fresh process would have states of its own; forks have their parent's.
    random.seed()
    if numpy := sys.modules.get("numpy"):
        numpy.random.seed()
    if torch := sys.modules.get("torch"):
        torch.default_generator.seed()
    threading.Thread(target=_end_with_build, daemon=True).start()
    own = f"--IPKernelApp.parent_handle={os.getppid()}"  # it is not the first
    launch_new_instance(argv=[*arguments, own])


def _set_style() -> None:
    """Set matplotlib as its import sets it, from the environment of now."""
    mpl = sys.modules.get("matplotlib")
    if mpl is None:
        return
    for params in mpl.rcParams, mpl.rcParamsOrig:
        dict.update(params, mpl.rc_params())
    if backend := os.environ.get("MPLBACKEND"):
        mpl.rcParams["backend"] = backend


def _end_with_build() -> None:
    """End when the build ends, however it ends."""
    wait([parent_process().sentinel])
    os._exit(1)
