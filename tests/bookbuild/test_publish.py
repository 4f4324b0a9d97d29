"""A site is published whole or not at all, and only when there is a need."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from bookbuild.commands import publish
from bookbuild.execution import inputs

SOURCE = Path(__file__).parents[2] / "src"


@pytest.fixture
def place(tmp_path):
    """Where a build works and what it publishes."""
    return tmp_path / "build/stage", tmp_path / "build/html"


def pages(**texts):
    """Return a build that makes these pages."""

    def build(out, memory):
        assert not out.exists()  # nothing of an earlier build is built upon
        out.mkdir()
        memory.mkdir()
        (out / ".buildinfo").write_text("differs from machine to machine")
        for name, text in texts.items():
            (out / name).write_text(text)
        return 0

    return build


def failing(out, _memory):
    out.mkdir()
    (out / "index").write_text("half a site")
    return 3


def site(folder):
    return {p.name: p.read_text() for p in folder.iterdir()}


def test_a_site_is_made_and_made_again_only_when_it_must_be(place):
    assert publish.publish(pages(index="1"), lambda: "a", *place) == 0
    assert site(place[1]) == {"index": "1"}
    assert publish.up_to_date("a", place[1])
    assert not publish.up_to_date("b", place[1])
    assert publish.publish(pages(index="2"), lambda: "a", *place) == 0
    assert site(place[1]) == {"index": "1"}  # nothing had changed
    assert publish.publish(pages(other="3"), lambda: "b", *place) == 0
    assert site(place[1]) == {"other": "3"}  # no page is left over
    assert sorted(p.name for p in place[1].parent.iterdir()) == [
        "html",
        "html.json",
        "stage.lock",
    ]


@pytest.mark.parametrize("damage", ["change", "remove", "add", "note"])
def test_a_site_that_was_tampered_with_is_not_up_to_date(place, damage):
    publish.publish(pages(index="1", other="2"), lambda: "a", *place)
    if damage == "change":
        (place[1] / "index").write_text("0")
    elif damage == "remove":
        (place[1] / "other").unlink()
    elif damage == "add":
        (place[1] / "third").write_text("")
    else:
        (place[1].parent / "html.json").write_text("{")
    assert not publish.up_to_date("a", place[1])
    publish.publish(pages(index="1", other="2"), lambda: "a", *place)
    assert site(place[1]) == {"index": "1", "other": "2"}
    assert publish.up_to_date("a", place[1])


def test_a_build_that_fails_leaves_the_last_good_site(place):
    assert publish.publish(failing, lambda: "a", *place) == 3
    assert not place[1].exists()
    publish.publish(pages(index="1"), lambda: "a", *place)
    for _ in range(2):  # it fails each time, until it is mended
        assert publish.publish(failing, lambda: "b", *place) == 3
        assert site(place[1]) == {"index": "1"}
    assert publish.up_to_date("a", place[1])
    assert publish.publish(pages(index="2"), lambda: "b", *place) == 0
    assert site(place[1]) == {"index": "2"}


def test_what_changes_during_a_build_is_built_the_next_time(place):
    states = iter(["a", "edited meanwhile"])
    assert publish.publish(pages(index="1"), lambda: next(states), *place) == 0
    assert not publish.up_to_date("a", place[1])
    assert not publish.up_to_date("edited meanwhile", place[1])


def test_without_an_exchange_two_renames_serve(place, monkeypatch):
    monkeypatch.setattr(publish, "_exchange", lambda *_: False)
    publish.publish(pages(index="1"), lambda: "a", *place)
    publish.publish(pages(index="2"), lambda: "b", *place)
    assert site(place[1]) == {"index": "2"}
    # a build that is killed between the two: the next one, even if it fails,
    # puts the last good site back
    place[1].rename(place[1].with_name("html.old"))
    assert publish.publish(failing, lambda: "c", *place) == 3
    assert site(place[1]) == {"index": "2"}


def test_the_second_of_two_builds_waits_and_finds_the_work_done(place, capsys):
    begun, go_on = threading.Event(), threading.Event()

    def slow(out, memory):
        begun.set()
        go_on.wait(10)
        return pages(index="1")(out, memory)

    threads = [
        threading.Thread(
            target=publish.publish, args=(build, lambda: "a", *place)
        )
        for build in (slow, pages(index="never made"))
    ]
    threads[0].start()
    assert begun.wait(10)
    threads[1].start()
    time.sleep(0.3)
    assert not place[1].exists()
    go_on.set()
    for thread in threads:
        thread.join()
    assert site(place[1]) == {"index": "1"}
    assert "Another build is at work" in capsys.readouterr().err


def test_a_build_that_is_killed_holds_nobody_up(place):
    program = """
import sys, time
from pathlib import Path
from bookbuild.commands import publish
def build(out, memory):
    out.mkdir()
    (out / "index").write_text("half a site")
    print("at work", flush=True)
    time.sleep(1000)
publish.publish(build, lambda: "b", *map(Path, sys.argv[1:]))
"""
    publish.publish(pages(index="1"), lambda: "a", *place)
    build = subprocess.Popen(
        [sys.executable, "-c", program, *map(str, place)],
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(SOURCE)},
    )
    with build:
        build.stdout.readline()
        build.send_signal(signal.SIGKILL)
    assert site(place[1]) == {"index": "1"}
    assert publish.publish(pages(index="2"), lambda: "b", *place) == 0
    assert site(place[1]) == {"index": "2"}


def test_the_fingerprint_is_of_all_that_matters(tmp_path, monkeypatch):
    (tmp_path / "book").mkdir()
    page = tmp_path / "book/index.md"
    page.write_text("1")
    seen = [inputs.fingerprint(tmp_path, [])]

    def changed():
        seen.append(inputs.fingerprint(tmp_path, []))
        return seen[-1] not in seen[:-1]

    os.utime(page, (0, 0))
    assert not changed()  # touched
    (tmp_path / "build").mkdir()
    (tmp_path / "build/any").write_text("")
    (tmp_path / ".hidden").write_text("")
    assert not changed()
    page.write_text("2")
    assert changed()
    page.rename(tmp_path / "book/other.md")
    assert changed()
    for name in "build", "tests":  # a folder of chapters may be called so
        (tmp_path / "book" / name).mkdir()
        (tmp_path / "book" / name / "page.md").write_text("1")
        assert changed()
    linked = tmp_path.with_name(f"{tmp_path.name}-linked")
    linked.mkdir()
    (linked / "page.md").write_text("1")
    (tmp_path / "book/link").symlink_to(linked)
    assert changed()
    (linked / "page.md").write_text("2")
    assert changed()
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1")
    assert changed()
    installed = tmp_path / "build/installed"
    (installed / "numpy-9.9.dist-info").mkdir(parents=True)
    monkeypatch.syspath_prepend(str(installed))
    assert changed()
    assert inputs.fingerprint(tmp_path, ["-D", "x=1"]) not in seen
