"""The folder in which jupyter-cache keeps runs, named for what they depend on.

jupyter-cache compares code alone (MyST-NB issue 299), so another version of a
library, another style of figures or another kernel needs another folder.
"""

import hashlib
import json
import platform
import re
from importlib.metadata import PackageNotFoundError, distribution, version
from pathlib import Path

LIBRARIES = ("torch", "numpy", "matplotlib", "ipykernel")


def versions() -> dict[str, str]:
    """Return the versions that a record of a run names."""
    # A local label such as "+cpu" says where a wheel is from, not what it is.
    found = {name: version(name).split("+")[0] for name in LIBRARIES}
    return {"python": platform.python_version(), **found}


def installed() -> dict[str, str]:
    """Return the versions of the libraries and of all that they need."""
    found: dict[str, str] = {}
    wanted = list(LIBRARIES)
    while wanted:
        name = wanted.pop()
        if name in found:
            continue
        try:
            package = distribution(name)
        except PackageNotFoundError:  # needed on another system
            continue
        found[name] = package.version
        wanted += [
            re.match(r"[\w.-]+", needed)[0]
            for needed in package.requires or ()
            if "extra ==" not in needed
        ]
    return found


def cache_key(style: Path | None) -> str:
    """Return a name for all but its code that a run depends on.

    Args:
        style: The file with the style of figures, if there is one.
    """
    here = Path(__file__).parent
    files = [*sorted(here.glob("*.py")), *here.rglob("kernel.json")]
    parts = [
        *(platform.python_version(), platform.system(), platform.machine()),
        sorted(installed().items()),
        [path.read_text("utf-8") for path in [*files, style] if path],
    ]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]
