"""Imported once, by the process that kernels are forked from.

Nothing here may start a thread or run an operation of torch: what is forked
must be a process that has imported, and done nothing else.
"""

import gc
import importlib
import os
import sys
from pathlib import Path

for name in (
    "torch",
    "torch._dynamo",  # the first optimiser would import it, for a second
    "numpy",
    "matplotlib.pyplot",
    "matplotlib.backends.backend_agg",
    "matplotlib.backends.backend_svg",
    "networkx",
    "ipykernel.ipkernel",
    "ipykernel.kernelapp",
):
    importlib.import_module(name)

# Where a fresh kernel would look for modules: not where the build's own are.
_OWN = {
    *os.environ.get("PYTHONPATH", "").split(os.pathsep),
    str(Path.cwd()),
    "",
}
PATH = [folder for folder in sys.path if folder not in _OWN]

gc.collect()
gc.freeze()  # or the first collection in each fork would copy every page
