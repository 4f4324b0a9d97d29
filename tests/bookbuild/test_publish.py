"""A site is published whole or not at all."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from bookbuild.commands import fingerprint, publish

SOURCE = Path(__file__).parents[2] / "src"


@pytest.fixture
def workshop(tmp_path):
    """A folder that a build has left, and the site that it has published."""
    work = publish.Workshop(tmp_path / "sphinx")
    build(work, "one")
    return work


def build(work, page, key="a", status=0):
    """Build a page on what the last build has left."""
    work.open(key)
    work.folder.mkdir(exist_ok=True)
    found = files(work.folder)
    (work.folder / page).write_text(page)
    if status:
        work.restore()
    else:
        work.accept(key)
    return found


def files(folder):
    return {p.name for p in folder.iterdir()} - {"key"}


def test_a_build_builds_on_the_last_good_one(workshop):
    assert build(workshop, "two") == {"one"}
    assert build(workshop, "three") == {"one", "two"}


def test_what_fails_leaves_nothing_behind(workshop):
    for _ in range(2):
        assert build(workshop, "broken", status=1) == {"one"}
    assert build(workshop, "two") == {"one"}


def test_another_key_begins_afresh(workshop):
    assert build(workshop, "two", key="b") == set()
    assert build(workshop, "broken", key="a", status=1) == set()
    assert build(workshop, "three", key="b") == set()


def test_what_a_killed_build_leaves_is_not_built_upon(workshop):
    workshop.open("a")
    (workshop.folder / "half").write_text("half a page")
    again = publish.Workshop(workshop.folder)
    assert build(again, "two") == {"one"}
    # One that was killed before there was any good one.
    new = publish.Workshop(workshop.folder.with_name("other"))
    new.open("a")
    new.folder.mkdir()
    (new.folder / "half").write_text("half a page")
    assert build(new, "two") == set()


def test_a_site_takes_the_place_of_the_last(tmp_path):
    site = tmp_path / "html"
    for name in "one", "two":
        new = tmp_path / "new"
        new.mkdir()
        (new / name).write_text(name)
        publish.replace(new, site)
        assert files(site) == {name}
        assert files(tmp_path) == {"html"}
    # A build that was killed between the two renames.
    site.rename(tmp_path / "html.old")
    publish.clear_up(site)
    assert files(site) == {"two"}


def test_a_build_that_is_killed_holds_nobody_up(tmp_path):
    program = f"""
import sys, time
sys.path.insert(0, {str(SOURCE)!r})
from pathlib import Path
from bookbuild.commands import publish
with publish.locked(Path({str(tmp_path / "html")!r})):
    print("at work", flush=True)
    time.sleep(99)
"""
    command = [sys.executable, "-c", program]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as held:
        held.stdout.readline()
        held.send_signal(signal.SIGKILL)
    with publish.locked(tmp_path / "html"):
        pass


def test_the_fingerprint_is_of_what_sphinx_does_not_look_at(
    tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    config = Path("book/_config")
    (config / "static").mkdir(parents=True)
    seen = [fingerprint.fingerprint([])]

    def changed(arguments=()):
        now = fingerprint.fingerprint([*arguments])
        seen.append(now)
        return now not in seen[:-1]

    Path("book/page.md").write_text("1")
    assert changed()  # a page more
    Path("book/page.md").write_text("2")
    Path("env/lib").mkdir(parents=True)
    Path("env/lib/any.py").write_text("1")
    (config / "static/own.css").write_text("")
    assert not changed()  # Sphinx sees to these, or they are not the book's
    (config / "conf.py").write_text("1")
    assert changed()
    os.utime(config / "conf.py", (0, 0))
    assert not changed()
    for name in ("BOOK_ADDRESS", "BOOK_REPOSITORY"):
        monkeypatch.setenv(name, "another")
        assert changed()
    installed = tmp_path / "installed"
    (installed / "numpy-9.9.dist-info").mkdir(parents=True)
    monkeypatch.syspath_prepend(str(installed))
    assert changed()
    assert changed(["-D", "x=1"])
