"""Two clean builds give the same bytes, wherever, whenever and however.

The second build is in a folder of another name, by another user with a home
of their own, more than a year later, with other settings of all that must not
matter, on one core, and with stock kernels instead of forked ones: so this
also shows that forked kernels give what fresh ones give, for every cell of
the book.
"""

import getpass
import io
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import zipfile
import zlib
from pathlib import Path

import pytest

from bookbuild.execution import execute

OTHER = {
    "PYTHONHASHSEED": "12345",
    "TZ": "Pacific/Chatham",
    "LC_ALL": "C",
    "LANG": "de_DE.UTF-8",
    "OMP_NUM_THREADS": "2",
    "MPLBACKEND": "agg",
    "COLUMNS": "40",
    "LOGNAME": "somebody",
    "USER": "somebody",
    "HOSTNAME": "elsewhere",
}
# Found and run by Python as it starts.
LATER = """
import datetime as dt
import platform
import socket
import time

socket.gethostname = platform.node = lambda: "elsewhere"

SHIFT = 400 * 86400 + 12345
now, localtime, gmtime = time.time, time.localtime, time.gmtime
time.time = lambda: now() + SHIFT
time.localtime = lambda s=None: localtime(time.time() if s is None else s)
time.gmtime = lambda s=None: gmtime(time.time() if s is None else s)


class Later(dt.datetime):
    @classmethod
    def now(cls, tz=None):
        return super().now(tz) + dt.timedelta(seconds=SHIFT)

    @classmethod
    def utcnow(cls):
        return cls.now(dt.timezone.utc).replace(tzinfo=None)

    today = now


class LaterDay(dt.date):
    @classmethod
    def today(cls):
        return cls.fromtimestamp(time.time())


dt.datetime, dt.date = Later, LaterDay
"""


@pytest.fixture(scope="module")
def other(root, site, tmp_path_factory):
    """The book's folder elsewhere, built there with all else different."""
    assert site.exists()
    folder = tmp_path_factory.mktemp("elsewhere") / "a book"
    for part in ("book", "src"):
        shutil.copytree(root / part, folder / part)
    (folder / "src/sitecustomize.py").write_text(LATER)
    (folder / "home").mkdir()

    def be_different():
        os.umask(0o077)
        if hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])

    command = [sys.executable, "-m", "bookbuild", "html"]
    done = subprocess.run(
        [*command, "-D", "book_fork=0"],
        cwd=folder,
        env={
            **os.environ,
            **OTHER,
            "PYTHONPATH": str(folder / "src"),
            "HOME": str(folder / "home"),
        },
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


def test_every_output_is_that_of_a_fresh_kernel(root, runs, other):
    compared = 0
    style = root / "book/_config/matplotlibrc"
    around = execute.circumstances(execute.Settings(root, matplotlibrc=style))
    every = {execute.key(chapter, around) for chapter, _ in runs.values()}
    paths = list((other / "build/runs").glob("*.json"))
    assert {path.stem for path in paths} == every
    for path in paths:
        fresh = json.loads(path.read_text(encoding="utf-8"))
        forked = json.loads((root / "build/runs" / path.name).read_text())
        assert fresh["outputs"] == forked["outputs"]
        assert fresh["values"] == forked["values"]
        compared += len(fresh["outputs"])
    assert compared > 100


def test_no_file_names_this_machine(root, site):
    words = {str(root), str(Path.home()), sys.prefix, tempfile.gettempdir()}
    # A name such as "vm" or "root" is a word of code or of mathematics, too.
    # That names such as these are nowhere is shown by the other build.
    names = {socket.gethostname(), getpass.getuser()}
    words |= {name for name in names if len(name) > 4}
    told = [
        (name, word)
        for name, content in _unpacked(_files(site)).items()
        for word in words
        if re.search(
            rb"(?<!\w)" + re.escape(word.encode()) + rb"(?!\w)", content
        )
    ]
    assert told == []


def _unpacked(files: dict[str, bytes]) -> dict[str, bytes]:
    """Return files, and what is in those that are packed."""
    found = dict(files)
    for name, content in files.items():
        if name.endswith(".zip"):
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                for member in archive.namelist():
                    found[f"{name}/{member}"] = archive.read(member)
        elif name.endswith(".inv"):
            head, packed = content.split(b"zlib.\n")
            found[name] = head + zlib.decompress(packed)
    return found
