"""Two clean builds give the same bytes, wherever and however they run.

The second build is in a folder of another name, with other settings of all
that must not matter, on one core, and with stock kernels instead of forked
ones: so this also shows that forked kernels give what fresh ones give, for
every cell of the book.
"""

import getpass
import json
import os
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

OTHER = {
    "PYTHONHASHSEED": "12345",
    "TZ": "Pacific/Chatham",
    "LC_ALL": "C",
    "LANG": "de_DE.UTF-8",
    "OMP_NUM_THREADS": "2",
    "MPLBACKEND": "agg",
    "COLUMNS": "40",
}


@pytest.fixture(scope="module")
def other(root, site, tmp_path_factory):
    """The book's folder elsewhere, built there with all else different."""
    assert site.exists()
    folder = tmp_path_factory.mktemp("elsewhere") / "a book"
    for part in ("book", "src"):
        shutil.copytree(root / part, folder / part)

    def be_different():
        os.umask(0o077)
        if hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])

    command = [sys.executable, "-m", "bookbuild", "html"]
    done = subprocess.run(
        [*command, "-D", "book_fork=0"],
        cwd=folder,
        env={**os.environ, **OTHER, "PYTHONPATH": str(folder / "src")},
        preexec_fn=be_different if os.name == "posix" else None,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def _files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_the_site_is_the_same_byte_for_byte(site, other):
    here, there = _files(site), _files(other / "build/html")
    assert sorted(here) == sorted(there)
    assert [name for name in here if here[name] != there[name]] == []


def test_every_output_is_that_of_a_fresh_kernel(root, other):
    compared = 0
    for path in (other / "build/runs").glob("*.json"):
        fresh = json.loads(path.read_text(encoding="utf-8"))
        forked = json.loads((root / "build/runs" / path.name).read_text())
        assert fresh["outputs"] == forked["outputs"]
        assert fresh["values"] == forked["values"]
        compared += len(fresh["outputs"])
    assert compared > 100


def test_no_file_names_this_machine(root, site):
    words = {str(root), str(Path.home()), sys.prefix}
    # A name such as "vm" or "root" is a word of code or of mathematics, too.
    names = {socket.gethostname(), getpass.getuser()}
    words |= {name for name in names if len(name) > 4}
    told = [
        (name, word)
        for name, content in _files(site).items()
        for word in words
        if re.search(
            rb"(?<!\w)" + re.escape(word.encode()) + rb"(?!\w)", content
        )
    ]
    assert told == []
