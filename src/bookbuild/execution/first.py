"""The first import of the process that kernels are forked from.

Nearly all that is imported stays; to look through it for garbage again and
again would take a third of the time.  ``bookbuild.execution.warm`` does it once.
"""

import gc

gc.disable()
