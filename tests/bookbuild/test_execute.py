"""Chapters run when they must and only then; their runs are kept safely."""

import io
import json
import os
import re
import shutil
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

from bookbuild.chapters import reader as chapter
from bookbuild.chapters.errors import ChapterErrors
from bookbuild.execution import book, execute, store
from bookbuild.execution.progress import Progress

FRONT = "---\nfile_format: mystnb\n---\n\n"


@pytest.fixture
def folder(tmp_path):
    """A folder with two snippets."""
    (tmp_path / "double.py").write_text(
        '"""Twice."""\n\n\ndef double(x):\n    """Return 2 x."""\n'
        "    return 2 * x\n"
    )
    (tmp_path / "triple.py").write_text("def triple(x):\n    return 3 * x\n")
    return tmp_path


def read(folder, text, name="one.md"):
    return chapter.read(Path(name), FRONT + text, folder)


def run(folder, *texts, **options):
    """Run chapters; return what ran, the runs and what was said."""
    folder.mkdir(exist_ok=True)
    chapters = [read(folder, t, f"{i}.md") for i, t in enumerate(texts)]
    settings = execute.Settings(folder / "runs", **options)
    said = []
    runs = execute.run_all(chapters, settings, said.append)
    said += execute.summary(chapters, runs)
    return [r.fresh for r in runs], runs, said


def cell(code, options=""):
    return f"```{{code-cell}}\n{options}{code}\n```\n"


def test_an_edit_runs_what_it_may_change_and_nothing_else(folder):
    one = "Prose.\n\n" + cell("double(1)").replace("double(1)", "x = 1")
    shows = cell("", ":snippet: double\n") + "\n" + cell("print(double(4))")
    assert run(folder, one, shows)[0] == [True, True]
    assert run(folder, one, shows)[0] == [False, False]
    # prose, a display tag
    prose = one.replace("Prose", "Other prose")
    assert run(folder, prose, shows)[0] == [False, False]
    tagged = one.replace("x = 1", ":tags: [hide-input]\nx = 1")
    assert run(folder, tagged, shows)[0] == [False, False]
    # code, a snippet that is shown, one that is not
    assert run(folder, one.replace("1", "2"), shows)[0] == [True, False]
    snippet = folder / "triple.py"
    snippet.write_text(snippet.read_text().replace("3", "4"))
    assert run(folder, one, shows)[0] == [False, False]
    snippet = folder / "double.py"
    snippet.write_text(snippet.read_text().replace("2 *", "20 *"))
    fresh, runs, _ = run(folder, one, shows)
    assert fresh == [False, True]
    assert runs[1].outputs[1][0]["text"] == "80\n"
    # an expression in the prose
    assert run(folder, one + "\n{run}`x`\n", shows)[0] == [True, False]
    os.utime(snippet)
    assert run(folder, one, shows)[0] == [False, False]


def test_a_mistake_that_is_no_longer_meant_is_told(folder):
    meant = cell("1 / 0", ":tags: [raises-exception]\n")
    assert run(folder, meant)[0] == [True]
    with pytest.raises(ChapterErrors, match="ZeroDivisionError"):
        run(folder, cell("1 / 0"))


def test_what_a_cell_prints_bit_by_bit_is_one_output(folder):
    code = "import time\nfor i in 1, 2:\n    print(i, flush=True)\n"
    _, runs, _ = run(folder, cell(code + "    time.sleep(0.3)"))
    (output,) = runs[0].outputs[0]
    assert output["text"] == "1\n2\n"


def test_no_more_chapters_run_at_a_time_than_there_are_workers(folder):
    said = run(folder, cell("x = 1"), cell("x = 2"), workers=1)[2]
    assert [line.partition(":")[0] for line in said[:4]] == [
        *("running 0.md", "ran 0.md", "running 1.md", "ran 1.md")
    ]


@pytest.mark.parametrize(
    "name", ["torch", "numpy", "matplotlib", "networkx", "contourpy"]
)
def test_another_version_runs_everything(folder, monkeypatch, name):
    settings = execute.Settings(folder / "runs")
    before = execute.circumstances(settings)
    installed = folder / "installed" / f"{name}-9.9.dist-info"
    installed.mkdir(parents=True)
    (installed / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {name}\nVersion: 9.9\n"
    )
    monkeypatch.syspath_prepend(installed.parent)
    assert execute.circumstances(settings) != before


def test_another_python_or_style_runs_everything(folder, monkeypatch):
    style = folder / "matplotlibrc"
    style.write_text("lines.linewidth: 1")
    settings = execute.Settings(folder / "runs", matplotlibrc=style)
    seen = {execute.circumstances(settings)}
    style.write_text("lines.linewidth: 2")
    seen.add(execute.circumstances(settings))
    monkeypatch.setattr(execute.platform, "python_version", lambda: "3.99.0")
    seen.add(execute.circumstances(settings))
    assert len(seen) == 3


def test_a_run_during_which_the_style_was_edited_is_not_kept(folder):
    style = folder / "matplotlibrc"
    style.write_text("lines.linewidth: 1")
    text = cell(f"_ = open({str(style)!r}, 'a').write('\\n# edited\\n')")
    assert run(folder, text, matplotlibrc=style)[0] == [True]
    assert list((folder / "runs").glob("*")) == []


def test_what_stays_the_same_whatever_the_order_and_the_workers(folder):
    texts = [
        cell(f"print({i}, __import__('os').listdir())\n{i}") for i in range(4)
    ]
    _, one_by_one, _ = run(folder / "1", *texts, workers=1)
    _, at_once, _ = run(folder / "2", *texts, workers=4)
    _, backwards, _ = run(folder / "3", *texts[::-1], workers=1)
    assert [r.outputs for r in one_by_one] == [r.outputs for r in at_once]
    assert [r.outputs for r in one_by_one] == [
        r.outputs for r in backwards[::-1]
    ]
    assert [r.outputs[0][0]["text"] for r in at_once] == [
        f"{i} []\n" for i in range(4)
    ]
    kept = [
        {p.name: json.loads(p.read_text())["outputs"] for p in runs.iterdir()}
        for runs in folder.glob("?/runs")
    ]
    assert len(kept) == 3
    assert kept[0] == kept[1] == kept[2]


def test_chapters_run_at_a_time(folder):
    """Each of two chapters waits until the other has begun."""

    def waits(mine, others):
        return cell(
            "import pathlib, time\n"
            f"pathlib.Path({str(folder / mine)!r}).touch()\n"
            f"while not pathlib.Path({str(folder / others)!r}).exists():\n"
            "    time.sleep(0.01)"
        )

    both = waits("a", "b"), waits("b", "a")
    assert run(folder, *both, workers=2, timeout=30)[0] == [True, True]


def test_one_more_runs_at_a_time_than_there_are_cores(folder, monkeypatch):
    assert execute.Settings(folder).workers == execute.cores() + 1 >= 2
    monkeypatch.setattr(execute, "cores", lambda: 7)
    app = SimpleNamespace(
        confdir=folder,
        config=SimpleNamespace(
            book_store="runs",
            book_matplotlibrc="",
            book_cell_timeout=1,
            book_workers=0,
            book_fork=True,
            book_verified="no record yet.json",
        ),
    )
    assert book.settings(app).workers == 8
    assert book.settings(app).expected == {}


def test_what_took_longest_before_begins_first(folder):
    texts = [cell("1") + cell("2"), cell("3"), cell("4")]
    said = run(folder, *texts, workers=1, expected={"1": 2.0, "2": 3.0})[2]
    begun = [line.split()[1] for line in said if line.startswith("running")]
    assert [name.partition(".")[0] for name in begun] == ["2", "1", "0"]


@pytest.mark.parametrize("fork", [True, False])
def test_chapters_that_run_at_a_time_do_not_fight_for_cores(folder, fork):
    code = (
        "import os, torch\n"
        "print([os.environ[f'{n}_NUM_THREADS'] for n in names])\n"
        "print(torch.get_num_threads())"
    )
    names = cell('names = "MKL", "OMP", "OPENBLAS"') + "\n" + cell(code)
    assert run(folder, names, fork=fork)[1][0].outputs[1][0]["text"] == (
        "['1', '1', '1']\n1\n"
    )


def test_the_store_may_be_thrown_away(folder):
    text = cell("print(1)")
    run(folder, text)
    for path in (folder / "runs").glob("*"):
        path.unlink()
    assert run(folder, text)[0] == [True]
    (folder / "runs/anything.part").write_text("left by a build of yesterday")
    os.utime(folder / "runs/anything.part", (0, 0))
    assert run(folder, text)[0] == [False]
    assert [p.suffix for p in (folder / "runs").glob("*")] == [".json"]


def test_the_store_may_be_thrown_away_while_chapters_run(folder):
    code = (
        "import shutil, time\n"
        "for _ in range(50):\n"
        f"    shutil.rmtree({str(folder / 'runs')!r}, ignore_errors=True)\n"
        "    time.sleep(0.01)"
    )
    texts = [cell(code), *(cell(f"print({i})") for i in range(4))]
    _, runs, _ = run(folder, *texts, workers=2)
    assert [r.outputs[0][0]["text"] for r in runs[1:]] == [
        f"{i}\n" for i in range(4)
    ]


@pytest.mark.parametrize("damage", ["", "{", "{}", '{"outputs": []', "[1]"])
def test_a_damaged_run_is_made_again(folder, damage):
    text = cell("print(1)")
    run(folder, text)
    (kept,) = (folder / "runs").glob("*.json")
    kept.write_text(damage)
    fresh, runs, _ = run(folder, text)
    assert fresh == [True]
    assert runs[0].outputs[0][0]["text"] == "1\n"
    assert json.loads(kept.read_text())["outputs"] == runs[0].outputs


def test_the_store_is_bounded_and_forgets_what_is_not_used(folder):
    runs = folder / "runs"
    runs.mkdir()
    for number in range(20):
        (runs / f"{number}.json").write_text("{}")
        os.utime(runs / f"{number}.json", (number, number))
    run(folder, cell("print(1)"), keep=5)
    kept = sorted(int(p.stem) for p in runs.glob("*") if len(p.stem) < 3)
    assert kept == [16, 17, 18, 19]
    assert len(list(runs.glob("*"))) == 5
    for path in runs.glob("*"):  # what is used is not forgotten
        os.utime(path, (100, 100))
    (mine,) = (path for path in runs.glob("*") if len(path.stem) > 2)
    assert run(folder, cell("print(1)"))[0] == [False]
    assert mine.stat().st_mtime > 100


def test_two_builds_at_once_share_an_empty_store(folder):
    texts = [cell(f"print({i})") for i in range(2)]
    results = []

    def build():
        results.append(run(folder, *texts, keep=1)[1])

    threads = [threading.Thread(target=build) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 2
    for runs in results:
        assert [r.outputs[0][0]["text"] for r in runs] == ["0\n", "1\n"]
    assert len(list((folder / "runs").glob("*"))) == 1


def test_no_build_reads_half_of_what_another_writes(tmp_path, monkeypatch):
    path = tmp_path / "runs" / "a.json"
    seen = []
    real = Path.replace

    def look(part, target):
        seen.append((path.exists(), part.read_bytes()))
        return real(part, target)

    monkeypatch.setattr(Path, "replace", look)
    store.keep(path, b"whole")
    assert seen == [(False, b"whole")]
    assert store.find(path) == b"whole"
    assert store.find(path.with_name("b.json")) is None


def test_a_folder_that_vanishes_while_it_is_written_to_is_no_fault(
    tmp_path, monkeypatch
):
    real = Path.replace

    def vanish(part, target):
        shutil.rmtree(part.parent)
        return real(part, target)

    monkeypatch.setattr(Path, "replace", vanish)
    store.keep(tmp_path / "runs" / "a.json", b"whole")
    assert not (tmp_path / "runs").exists()


def test_a_failure_is_said_again_the_second_time(folder):
    good, bad = cell("print(1)"), cell("x = 1\n1 / 0")
    messages = []
    for _ in range(2):
        with pytest.raises(ChapterErrors) as caught:
            run(folder, good, bad)
        messages.append(str(caught.value))
    assert messages[0] == messages[1]
    assert "1.md:7" in messages[0]
    assert "ZeroDivisionError" in messages[0]
    # the chapter that ran well need not run again when the other is mended
    assert run(folder, good, bad.replace("1 / 0", "x"))[0] == [False, True]


def test_progress_is_told_line_by_line(folder, monkeypatch):
    monkeypatch.setattr("bookbuild.execution.progress.EVERY", 0.2)
    slow = cell("import time\ntime.sleep(1)") + "\n" + cell("x = 1")
    said = run(folder, slow, "Words.\n")[2]
    plain = [re.sub(r"\d+(\.\d)? s", "N s", line) for line in said]
    assert plain[0] == "running 0.md: 2 cells"
    assert "0.md: cell 1 of 2, N s" in plain
    assert plain[-3:] == [
        "ran 0.md: 2 cells, N s",
        "1 chapter ran (2 cells), 0 came from the store",
        "slowest cells: 0.md:6 (N s)",
    ]
    assert run(folder, slow, "Words.\n")[2] == [
        "no chapter ran, 1 came from the store"
    ]


class Terminal(io.StringIO):
    """A stream that says that it is a terminal."""

    def isatty(self):
        """Return that it is."""
        return True


def test_on_a_terminal_one_line_is_kept_up_to_date(monkeypatch):
    terminal, said = Terminal(), []
    monkeypatch.setenv("COLUMNS", "30")
    progress = Progress(said.append, terminal)
    progress.begin(Path("book/a.md"), 3)
    progress.begin(Path("book/b.md"), 2)
    progress.cell(Path("book/a.md"))
    assert terminal.getvalue() == (
        "\r\x1b[Ka.md: cell 2 of 3, 0 s; b.md:"  # what is wrapped would stay
    )
    assert said == []
    progress.end(Path("book/b.md"), well=False)
    assert terminal.getvalue().endswith("\r\x1b[K")
    assert re.fullmatch(r"stopped in b.md after \d+.\d s", said[0])
