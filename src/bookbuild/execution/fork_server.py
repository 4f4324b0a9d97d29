"""A process that has imported torch and matplotlib, and forks for each request.

A kernel needs some 4 s to import them; a fork of this process has them at once.
It is the standard library's server that forks.
The request is a kernel's command, and the fork becomes that kernel; or it is a
block's program, and the fork runs it.

``python -m bookbuild.execution.fork_server DESCRIPTOR`` runs until its standard
input is closed, which happens when the build ends, however it ends.
With ``programs`` it runs programs only, whose environment it has itself, and it
imports nothing before it is first asked.
"""

import gc
import importlib
import json
import os
import select
import socket
import socketserver
import sys
import threading

# What every kernel imports before its first cell, and what chapters import.
# The first optimizer of PyTorch imports torch._dynamo.
KERNELS = (
    "bookbuild.execution.kernel",
    *("ipykernel.debugger", "IPython.core.completerlib"),
    *("IPython.extensions.storemagic", "tornado.platform.asyncio"),
)
LIBRARIES = (
    "bookbuild.execution.program_run",
    *("numpy", "torch", "torch._dynamo", "networkx", "matplotlib.pyplot"),
    *("matplotlib.backends.backend_agg", "matplotlib.backends.backend_svg"),
)


class ServeRequest(socketserver.StreamRequestHandler):
    """Runs a program, or is a kernel, in the fork that serves a request."""

    def handle(self) -> None:
        """Read the request and do it: run a program, or be a kernel.

        The answer is what the program gives, or the kernel's process id.
        """
        line = self.rfile.readline()
        if not line:  # the client only wanted the imports to begin
            return
        request = json.loads(line)
        os.setsid()  # Ctrl-C in the author's terminal is not for the kernel
        os.chdir(request["cwd"])
        _start_afresh(request.get("env"))
        # What ipykernel logs when it is ended early is not for the author.
        for stream in sys.stdin, sys.stderr:
            os.dup2(os.open(os.devnull, os.O_RDWR), stream.fileno())
        threading.Thread(target=self._end_with_reader, daemon=True).start()
        if "program" in request:
            from bookbuild.execution import program_run  # noqa: PLC0415 (heavy)

            given = program_run.run(request["program"], request["expressions"])
            self.wfile.write(json.dumps(given).encode())
            os._exit(0)
        self.wfile.write(b"%d\n" % os.getpid())
        from bookbuild.execution import kernel  # noqa: PLC0415 (heavy)

        parent = f"--IPKernelApp.parent_handle={os.getppid()}"
        kernel.main([*request["argv"], parent])
        os._exit(0)  # the thread has the connection, and would hold up its end

    def _end_with_reader(self) -> None:
        """End when the process that reads the chapter has ended."""
        self.rfile.read()
        os._exit(1)


def _start_afresh(environment: dict[str, str] | None) -> None:
    """Give the fork what a new process would have: its own seeds and style."""
    sys.modules["numpy"].random.seed()
    sys.modules["torch"].default_generator.seed()
    if environment is None:
        return
    os.environ.clear()
    os.environ.update(environment)
    mpl = sys.modules["matplotlib"]
    for params in mpl.rcParams, mpl.rcParamsOrig:
        dict.update(params, mpl.rc_params())
    mpl.rcParams["backend"] = os.environ["MPLBACKEND"]


class ForkServer(socketserver.ForkingMixIn, socketserver.UnixStreamServer):
    """Forks for each request, as long as the build lives."""

    max_children = 1000  # the readers decide how many kernels run at a time

    def __init__(self, listening: socket.socket) -> None:
        """Take over the socket that the build listens on."""
        super().__init__(None, ServeRequest, bind_and_activate=False)
        self.socket.close()
        self.socket = listening

    def service_actions(self) -> None:
        """Collect forks that have ended; end when the build has."""
        super().service_actions()
        if select.select([sys.stdin], [], [], 0)[0]:
            sys.exit()


def main(descriptor: int, *, programs: bool) -> None:
    """Import what kernels or programs need, then serve on the socket."""
    listening = socket.socket(fileno=descriptor)
    waiting = [listening, sys.stdin]
    if programs and sys.stdin in select.select(waiting, [], [])[0]:
        return  # the build has ended, and nobody asked
    gc.disable()  # nearly all that is imported stays
    for name in LIBRARIES if programs else KERNELS + LIBRARIES:
        importlib.import_module(name)
    # Its grammar takes 30 ms to make; each fork with a formula would make it.
    sys.modules["matplotlib.mathtext"].MathTextParser("path").parse("$x$")
    gc.collect()
    gc.enable()
    gc.freeze()  # or the first collection in a fork would copy every page
    with ForkServer(listening) as server:
        server.serve_forever()


if __name__ == "__main__":
    main(int(sys.argv[1]), programs="programs" in sys.argv)
