"""The last import of the process that kernels are forked from.

What comes before it, and is forked with it, is in ``bookbuild.execution.kernel``.
Until a fork, that process has imported and done nothing else: no thread, no
operation of torch.
"""

import gc
import multiprocessing
import os
import sys
from pathlib import Path

# Where a fresh kernel would look for modules: not where the build's own are.
_OWN = {*os.environ.get("PYTHONPATH", "").split(os.pathsep), str(Path.cwd())}
PATH = [folder for folder in sys.path if folder and folder not in _OWN]

MAIN = multiprocessing.current_process()  # a first process, as kernels are

gc.collect()
gc.enable()
gc.freeze()  # or the first collection in each fork would copy every page
