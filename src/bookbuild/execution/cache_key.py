"""The folder in which jupyter-cache keeps runs, named for what they depend on.

jupyter-cache compares code alone (MyST-NB issue 299), so another version of a
library, another style of figures or another kernel needs another folder.
"""

import hashlib
import json
import platform
import sys
from pathlib import Path


def packages() -> list[str]:
    """Return the names, with versions, of all that is installed."""
    return [
        path.name
        for folder in sys.path
        for path in sorted(Path(folder).glob("*.dist-info"))
    ]


def cache_key(style: Path | None) -> str:
    """Return a name for all but its code that a run depends on.

    Args:
        style: The file with the style of figures, if there is one.
    """
    here = Path(__file__).parent
    files = [*sorted(here.glob("*.py")), *here.rglob("kernel.json")]
    parts = [
        *(platform.python_version(), platform.system(), platform.machine()),
        packages(),
        [path.read_text("utf-8") for path in [*files, style] if path],
    ]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]
