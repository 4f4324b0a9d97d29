"""``python -m bookbuild epub``: the whole book as one file for e-readers."""

import shutil
import sys
from importlib.metadata import version

from bookbuild.commands.publish import locked
from bookbuild.commands.sphinx import BUILD, set_date, sphinx

PROJECT = "checked-gradients"


def epub(arguments: list[str]) -> int:
    """Build the ePub, and say where it is and how large."""
    set_date()
    work, book = BUILD / "epub", BUILD / f"{PROJECT}.epub"
    options = [
        f"--define=version={version(PROJECT)}",
        "--define=templates_path=",  # those are the site's
    ]
    with locked(work):
        shutil.rmtree(work, ignore_errors=True)  # all that is in it is packed
        if status := sphinx("epub", work, [*options, *arguments]):
            print("The ePub was not built.", file=sys.stderr)
            return status
        (work / "epub" / book.name).replace(book)
    size = book.stat().st_size / 1024**2
    print(f"The ePub is built: {book.resolve()}, {size:.1f} MiB")
    return 0
