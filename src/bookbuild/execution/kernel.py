"""The kernel that runs chapters: ipykernel's, with a watcher in its shell.

The watcher sees each top-level statement run, and so knows which earlier
statements it needs.  Two kinds of cells are the build's own and not watched;
they begin with one of the package's comments.
"""

import ctypes
import logging
import os
import sys
import tempfile
import threading
from pathlib import Path
from types import CodeType

from ipykernel.ipkernel import IPythonKernel
from ipykernel.kernelapp import IPKernelApp
from ipykernel.zmqshell import ZMQInteractiveShell
from IPython.core.formatters import BaseFormatter
from IPython.core.interactiveshell import ExecutionResult
from matplotlib._pylab_helpers import Gcf
from matplotlib.figure import FigureBase
from traitlets import Type

from bookbuild.execution import (
    DEPENDENCIES,
    FIGURE,
    VALUES,
    figure_data,
    watcher,
)

# What Python was given to find this package, as it was when it started.
ADDED = os.environ.get("PYTHONPATH", "").split(os.pathsep)
OWN = {"", *(str(Path(folder).absolute()) for folder in ["", *ADDED])}

C = ctypes.CDLL(None) if os.name == "posix" else None  # it has a buffer, too


class PastPython:
    """What is written to stdout or stderr past Python, as by a child process.

    ipykernel reads it in a thread, which may be late.  Here it waits in a file
    until Python writes, too, or the statement has ended.
    """

    def __init__(self, name: str, number: int) -> None:
        """Have the process write into the file."""
        self.name, self.lock, self.pid = name, threading.Lock(), os.getpid()
        self.file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 (it stays open)
        os.dup2(self.file.fileno(), number)
        stream = getattr(sys, name)
        # ipykernel 7.4 has no other way to say what a child process is given.
        stream._original_stdstream_copy = number  # noqa: SLF001 (see above)
        self.write, stream.write = stream.write, self.write_after

    def write_after(self, text: str) -> int:
        """Write what Python writes, after what waits."""
        self.show()
        return self.write(text)

    def show(self) -> None:
        """Write what waits."""
        if os.getpid() != self.pid:  # a fork's parent does
            return
        getattr(sys, f"__{self.name}__").flush()
        if C:
            C.fflush(None)
        with self.lock:
            self.file.seek(0)
            text = self.file.read().decode(errors="replace")
            self.file.seek(0)
            self.file.truncate()
        if text:
            getattr(sys, self.name).write(text)


class WatchedShell(ZMQInteractiveShell):
    """A shell that runs every statement under the watcher's eyes."""

    watcher: watcher.Watcher
    block = -1  # the number of the chapter's cell that runs, from 0
    watched = False

    def init_io(self) -> None:
        """Have what is written past Python wait."""
        super().init_io()
        self.past = [PastPython("stdout", 1), PastPython("stderr", 2)]

    def init_display_formatter(self) -> None:
        """Have every figure that is shown say what it draws, too."""
        super().init_display_formatter()
        formats = self.display_formatter
        describe = BaseFormatter(parent=formats, print_method="_no_method_")
        describe.for_type(FigureBase, self._describe)
        formats.formatters[FIGURE] = describe  # the last: it has been drawn

    def _describe(self, figure: FigureBase) -> str:
        """Return what a figure draws; tell the watcher if pyplot shows it."""
        if figure.canvas.manager in Gcf.get_all_fig_managers():
            self.watcher.shown = True
        return figure_data.describe(figure)

    async def run_cell_async(
        self, raw_cell: str, *args: object, **kwargs: object
    ) -> ExecutionResult:
        """Note which cell begins, then run it."""
        self.watched = not raw_cell.startswith((VALUES, DEPENDENCIES))
        if self.watched:
            self.block += 1
            self.watcher.start_block(self.block)
        return await super().run_cell_async(raw_cell, *args, **kwargs)

    async def run_ast_nodes(
        self, nodelist: list, *args: object, **kwargs: object
    ) -> bool:
        """Keep the statements, which are run one by one."""
        self.waiting = list(nodelist)
        return await super().run_ast_nodes(nodelist, *args, **kwargs)

    async def run_code(
        self,
        code_obj: CodeType,
        result: ExecutionResult | None = None,
        *,
        async_: bool = False,
    ) -> bool:
        """Run one statement."""
        if not (self.watched and self.waiting):
            return await self._run(code_obj, result, async_=async_)
        with self.watcher.statement(self.waiting.pop(0)) as seen:
            failed = await self._run(code_obj, result, async_=async_)
            seen.raised = failed  # IPython has shown the exception
        return failed

    async def _run(self, *args: object, **kwargs: object) -> bool:
        failed = await super().run_code(*args, **kwargs)
        for past in self.past:
            past.show()
        return failed

    def dependencies(self) -> str:
        """Return what the watcher has seen; stdout may lead elsewhere."""
        return watcher.dump(self.watcher)


class WatchedKernel(IPythonKernel):
    """ipykernel's kernel with that shell."""

    shell_class = Type(WatchedShell)


def main(argv: list[str]) -> None:
    """Be a kernel, as ``python -m ipykernel_launcher`` is one.

    The cells find nothing of the build: a chapter that imports the snippets
    would run here and fail for a reader.
    """
    os.environ.pop("PYTHONPATH", None)
    sys.path[:] = [folder for folder in sys.path if folder not in OWN]
    for name in list(sys.modules):
        if name.partition(".")[0] == "bookbuild":
            del sys.modules[name]
    sys.argv = ["ipykernel_launcher.py", *argv]
    WatchedShell.watcher = watcher.Watcher()
    IPKernelApp.launch_instance(
        argv=argv,
        kernel_class=WatchedKernel,
        user_ns=WatchedShell.watcher.namespace,
        capture_fd_output=False,  # see PastPython
        log_level=logging.CRITICAL,  # a log is no output of a cell
    )


if __name__ == "__main__":
    main(sys.argv[1:])
