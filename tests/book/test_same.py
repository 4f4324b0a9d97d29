"""Two clean builds give the same bytes, wherever, whenever and however.

The second build is in a folder of another name, by another user with a home
of their own, more than a year later, with other settings of all that must not
matter, on one core, and with stock kernels instead of forked ones: so this
also shows that forked kernels give what fresh ones give.

Each run compares a small book of the same configuration;
``HISTORIES=100 nox -s histories``, the long search, compares the whole book.
"""

import getpass
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

STOCK_KERNELS = ("-D", "book_fork=0")
INDEX = """
# A small book

```{toctree}
tensors
```

{term}`Once <gradient>` more, in PyTorch {verified}`torch`.

```{glossary}
gradient
  The direction of steepest ascent.
```
"""
OTHER = {
    "PYTHONHASHSEED": "12345", "OMP_NUM_THREADS": "2", "COLUMNS": "40",
    "TZ": "Pacific/Chatham", "LC_ALL": "C", "LANG": "de_DE.UTF-8",
    "LOGNAME": "somebody", "USER": "somebody", "HOSTNAME": "elsewhere",
    "MPLBACKEND": "agg",
}  # fmt: skip
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

    utcnow = today = now


dt.datetime = Later
"""


def _build(folder, *options, **how):
    done = subprocess.run(
        [sys.executable, "-m", "bookbuild", "html", *options],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        **how,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "build/html"


def _build_elsewhere(folder):
    (folder / "src/sitecustomize.py").write_text(LATER)
    (folder / "home").mkdir()

    def be_different():
        os.umask(0o077)
        os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])

    places = {"PYTHONPATH": str(folder / "src"), "HOME": str(folder / "home")}
    environment = {**os.environ, **OTHER, **places}
    return _build(
        folder, *STOCK_KERNELS, env=environment, preexec_fn=be_different
    )


def _files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def _assert_same(one, other):
    here, there = _files(one), _files(other)
    assert sorted(here) == sorted(there)
    assert [name for name in here if here[name] != there[name]] == []


def test_a_small_book_is_the_same_byte_for_byte(root, tmp_path):
    chapter = (root / "book/tensors.md").read_text("utf-8")
    # A whole chapter, without the links that would lead nowhere.
    chapter = re.sub(
        r"\{(?:doc|ref|numref|eq|term|cite:\w)\}`[^`]*`", "x", chapter
    )
    folders = [tmp_path / "one", tmp_path / "another book"]
    for folder in folders:
        shutil.copytree(root / "src", folder / "src")
        shutil.copytree(root / "book/_config", folder / "book/_config")
        (folder / "book/index.md").write_text(INDEX, encoding="utf-8")
        (folder / "book/tensors.md").write_text(chapter, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": "src"}
    # The first is built once more after an edit, which is taken back.
    edited = folders[0] / "book/tensors.md"
    edited.write_text(chapter + "\nMore words.\n", encoding="utf-8")
    _build(folders[0], env=environment)
    edited.write_text(chapter, encoding="utf-8")
    one = _build(folders[0], env=environment)
    _assert_same(one, _build_elsewhere(folders[1]))


@pytest.mark.skipif("HISTORIES" not in os.environ, reason="the long search")
def test_the_whole_book_is_the_same_byte_for_byte(root, site, tmp_path):
    for part in ("book", "src"):
        shutil.copytree(root / part, tmp_path / "a book" / part)
    _assert_same(site, _build_elsewhere(tmp_path / "a book"))


def test_no_file_names_this_machine(root, site):
    words = {str(root), str(Path.home()), sys.prefix, tempfile.gettempdir()}
    # A name such as "vm" or "root" is a word of code or of mathematics, too.
    # That names such as these are nowhere is shown by the other build.
    names = {socket.gethostname(), getpass.getuser()}
    words |= {name for name in names if len(name) > 4}
    any_of = b"|".join(re.escape(word.encode()) for word in sorted(words))
    named = re.compile(rb"(?<!\w)(?:" + any_of + rb")(?!\w)")
    files = _files(site).items()  # the archive's stand beside it, as they are
    assert [n for n, content in files if named.search(content)] == []
