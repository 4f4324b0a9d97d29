"""Chapters run through MyST-NB's client, and only when they must.

A forked kernel is like a fresh one, and nothing leaks from one to another.
"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from myst_nb.core.config import NbParserConfig

from bookbuild.chapters import reader
from bookbuild.chapters.errors import ChapterError
from bookbuild.execution import cache_key, fork_client, provisioner
from bookbuild.execution.run import run

HERE = Path(__file__).parent
SOURCE = HERE.parents[1] / "src"
STYLE = HERE.parents[1] / "book/_config/matplotlibrc"
FRONT = "---\nfile_format: mystnb\n---\n\n"
QUIET = SimpleNamespace(info=print, warning=lambda *_, **__: None)
BOTH = pytest.mark.parametrize("fork", [True, False], indirect=True)

forks = pytest.mark.skipif(
    not fork_client.FORK_IS_SAFE, reason="kernels are not forked here"
)


@pytest.fixture(autouse=True)
def kernels(monkeypatch):
    """Have kernels in the book's style, forked where that is safe."""
    monkeypatch.setenv("MATPLOTLIBRC", str(STYLE))
    prepare()


def prepare():
    """Have a server that kernels are forked from, once for all tests."""
    provisioner.find_kernel()
    fork_client.start_kernels()


@pytest.fixture
def fork(request, monkeypatch):
    """Have kernels started, not forked, for the parameter False."""
    if not request.param:
        monkeypatch.setenv(fork_client.KERNELS, "")
    return request.param


def settings(folder, **options):
    """Return MyST-NB's settings."""
    given = {"execution_in_temp": True, "execution_raise_on_error": True}
    return NbParserConfig(
        execution_mode="cache",
        execution_cache_path=str(folder / "runs"),
        **(given | {"execution_timeout": 30} | options),
    )


def execute(folder, text, **options):
    """Run a chapter; return its run."""
    path = folder / "one.md"
    path.write_text(FRONT + text)
    chapter = reader.read(path, FRONT + text, folder)
    return run(chapter, settings(folder, **options), QUIET)


def cell(code, options=""):
    return f"```{{code-cell}}\n{options}{code}\n```\n"


def printed(folder, *codes):
    """Return what each of some chapters of one cell prints."""
    runs = [execute(folder, cell(code)) for code in codes]
    return ["".join(o["text"] for o in run.outputs[0]) for run in runs]


def test_a_new_value_in_the_text_runs_the_chapter(tmp_path, capsys):
    text = "Prose.\n\n" + cell("x = 1")
    for edited, runs in [
        (text, True),
        (text.replace("Prose", "Other prose"), False),
        (text + "\n{run}`x + 1`\n", True),
        (text, False),
    ]:
        execute(tmp_path, edited)
        said = capsys.readouterr().out
        assert ("Executed notebook" in said) == runs, edited


def test_a_run_has_outputs_values_and_needs(tmp_path):
    wait = "import time\nprint(1, flush=True)\ntime.sleep(0.3)\n"  # one output
    found = execute(
        tmp_path,
        cell(f"x = 2\n{wait}print(x)\nx")
        + "\n{run}`x + 1:.1f` and {run}`x`.\n\n"
        "{run}`'|'.join('ab')`\n" + cell("print(x, x)"),
    )
    text, value = found.outputs[0]
    assert (text["text"], value["data"]["text/plain"]) == ("1\n2\n", "2")
    values = {k: v for run in found.values for k, v in run.items()}
    assert values == {"x + 1:.1f": "3.0", "x": "2", "'|'.join('ab')": "a|b"}
    assert found.outputs[1][0]["text"] == "2 2\n"
    last = found.statements[-1]
    assert (last.block, last.prints, list(last.needs)) == (1, True, [0])


def test_a_run_knows_what_its_figures_draw(tmp_path):
    code = "import matplotlib.pyplot as plt\n_ = plt.plot([1, 2], [3, 4])"
    for _ in range(2):  # the second time from the cache
        found = execute(tmp_path, cell(code) + "\n" + cell("1"))
        (figure,), none = found.figures
        assert "Line2D C0 - None x=[1 2] y=[3 4]" in figure
        assert none == []
        (output,) = found.outputs[0]
        assert sorted(output.data) == ["image/svg+xml", "text/plain"]


PAST = """
import ctypes, os, subprocess, sys
print("Python")
_ = os.write(1, b"past it\\n")
_ = subprocess.run(["echo", "a child"])
_ = subprocess.run(["echo", "another"], stdout=sys.stdout)
_ = ctypes.CDLL(None).printf(b"C\\n"); print("Python again")
print("0 %", end="\\r")
print("100 %", "\\x1b[92mdone\\x1b[0m")
"""


def test_all_that_is_written_is_an_output_as_a_terminal_shows_it(tmp_path):
    (said,) = printed(tmp_path, PAST)
    lines = ["Python", "past it", "a child", "another", "C", "Python again"]
    assert said.splitlines() == [*lines, "100 % \x1b[32mdone\x1b[0m"]
    with pytest.raises(ChapterError, match="writes to stderr"):
        printed(tmp_path, "import os\n_ = os.write(2, b'!')")


def test_stdout_may_lead_elsewhere(tmp_path):
    code = "import io, sys\nsys.stdout = io.StringIO()\nprint(1)"
    found = execute(tmp_path, cell(code))
    assert (found.outputs, len(found.statements)) == ([[]], 3)


WARN = "import warnings\nwarnings.warn('a\\nb')\nprint(1)"


def test_a_warning_that_is_the_lesson_is_shown_without_its_place(tmp_path):
    tag = ":tags: [shows-warning]\n"
    with pytest.raises(ChapterError, match=r"\[shows-warning\]"):
        execute(tmp_path, cell(WARN))
    one, two = execute(tmp_path, cell(WARN, tag)).outputs[0]
    assert (one.name, one.text) == ("stdout", "1\n")
    assert (two.name, two.text) == ("stderr", "UserWarning: a\nb\n")
    with pytest.raises(ChapterError, match="warns of nothing") as caught:
        execute(tmp_path, cell("1", tag))
    assert caught.value.line == 7
    other = "import sys\nprint('x', file=sys.stderr)"
    with pytest.raises(ChapterError, match="more than warnings"):
        execute(tmp_path, cell(other, tag))


def test_a_failure_is_said_again_the_second_time(tmp_path):
    for _ in range(2):
        with pytest.raises(ChapterError, match="ZeroDivisionError") as caught:
            execute(tmp_path, cell("print(1)") + "\n" + cell("x = 1\n1 / 0"))
        assert caught.value.line == 11
    meant = cell("1 / 0", ":tags: [raises-exception]\n")
    assert execute(tmp_path, meant).outputs[0][0]["ename"] == (
        "ZeroDivisionError"
    )
    with pytest.raises(ChapterError, match="ZeroDivisionError"):
        execute(tmp_path, cell("1 / 0"))  # it is no longer meant


def test_another_python_and_another_dependency_have_another_cache(
    tmp_path, monkeypatch
):
    keys = [cache_key.cache_key(STYLE)]
    monkeypatch.setattr(cache_key.platform, "python_version", lambda: "3.99.0")
    keys.append(cache_key.cache_key(STYLE))
    metadata = tmp_path / "contourpy-9.9.dist-info/METADATA"
    metadata.parent.mkdir()
    metadata.write_text(
        "Metadata-Version: 2.1\nName: contourpy\nVersion: 9.9\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    keys.append(cache_key.cache_key(STYLE))
    assert len({*keys}) == 3


LEAVE_TRACES = """
import os, random, sys, warnings
import matplotlib, numpy, torch
torch.relu = None
torch.set_default_dtype(torch.float64)
torch.set_grad_enabled(False)
torch.set_printoptions(precision=1)
torch.manual_seed(1)
numpy.random.seed(1)
numpy.set_printoptions(precision=1)
random.seed(1)
matplotlib.rcParams["lines.linewidth"] = 99
os.environ["LEAK"] = "yes"
open("leak", "w").write("yes")
os.chdir("/")
sys.path.insert(0, "/leak")
sys.modules["leak"] = sys
warnings.simplefilter("error")
leak = 1
print("done")
"""


@forks
def test_each_chapter_has_random_numbers_of_its_own(tmp_path):
    draw = "import random, numpy, torch\n"
    draw += (
        "print(random.random(), numpy.random.random(), torch.rand(1).item())"
    )
    said = printed(tmp_path, draw, draw + "\n#", draw + "\n##")
    numbers = [number for line in said for number in line.split()]
    assert len(numbers) == len(set(numbers)) == 9


DESCRIBE = """
import gc, locale, logging, multiprocessing, os, signal, sys, time, warnings
import matplotlib, matplotlib.pyplot as plt, numpy, torch
print({k: v for k, v in sorted(os.environ.items())
       if k not in ("IPYTHONDIR", "JPY_PARENT_PID", "PYTHONPATH")})
print(sys.path, sys.argv[0].rsplit("/")[-1], hash("seed"))
print(sorted(matplotlib.rcParams.items(), key=str))
print(matplotlib.get_backend(), plt.get_fignums())
print(torch.get_num_threads(), torch.get_default_dtype())
print(torch.relu is not None, torch.is_grad_enabled(), torch.tensor(1 / 3))
print(numpy.get_printoptions(), numpy.geterr())
print(time.tzname, locale.getlocale(), os.umask(0o22))
print(signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM))
print(gc.isenabled(), gc.get_threshold(), sys.getrecursionlimit())
print(logging.getLogger().level, sys.stdin.read(), os.listdir())
print("leak" in sys.modules, os.getcwd() == "/")
print(get_ipython().history_manager.enabled, __name__)
print(os.getpgrp() == os.getsid(0) == os.getpid())
# What an optimizer would import is imported before the fork, with sympy.
print(sorted(str(f) for f in warnings.filters if "sympy" not in str(f)))
print(sys.flags, sys.warnoptions, [type(f) for f in sys.meta_path])
print(sys.gettrace(), sys.getprofile(), sys.getswitchinterval())
print(sorted(name for name in globals() if name not in "_ii_iii"))
for module in "snippets", "bookbuild":
    try:
        __import__(module)
    except ImportError as error:
        print(error, [name for name in sys.modules if module in name])
with multiprocessing.Pool(1) as pool:
    print(pool.map(abs, [-1, -2]))
"""


@forks
def test_a_fork_is_like_a_fresh_kernel_whatever_ran_before(
    tmp_path, monkeypatch
):
    monkeypatch.setenv("SECRET", "the author's")
    looks = DESCRIBE, LEAVE_TRACES, DESCRIBE + "\n"
    before, done, after = printed(tmp_path, *looks)
    monkeypatch.setenv(fork_client.KERNELS, "")
    (fresh,) = printed(tmp_path / "runs", DESCRIBE)
    assert done == "done\n"
    assert before.splitlines() == fresh.splitlines()
    assert after.splitlines() == fresh.splitlines()
    assert "No module named 'snippets' []" in fresh
    assert "No module named 'bookbuild' []" in fresh
    assert "SECRET" not in fresh


def test_a_kernel_that_never_begins_is_told_of(tmp_path, monkeypatch):
    def die(_client):
        raise RuntimeError("Kernel died before replying to kernel_info")

    client = "myst_nb.core.execute.cache.NotebookClientCache"
    monkeypatch.setattr(f"{client}.start_client", die)
    with pytest.raises(ChapterError, match="the kernel died") as caught:
        execute(tmp_path, cell("1"))
    assert caught.value.line == 6


@BOTH
@pytest.mark.usefixtures("fork")
def test_a_cell_that_never_ends_is_ended(tmp_path):
    pid = tmp_path / "pid"
    code = f"import os\n_ = open({str(pid)!r}, 'w').write(str(os.getpid()))\n"
    with pytest.raises(ChapterError, match="did not end in time"):
        execute(
            tmp_path, cell(code + "while True:\n    pass"), execution_timeout=1
        )
    assert ended(int(pid.read_text()))


def test_a_kernel_that_dies_is_told_of(tmp_path):
    with pytest.raises(ChapterError, match="the kernel died") as caught:
        execute(tmp_path, cell("1") + "\n" + cell("import os\nos.abort()"))
    assert caught.value.line == 10


@BOTH
def test_kernels_end_with_a_build_that_is_killed(tmp_path, fork):
    pid = tmp_path / "pid"
    code = "import os, time\n"
    code += f"_ = open({str(pid)!r}, 'w').write(str(os.getpid()))\n"
    code += "time.sleep(99)"
    lines = [
        "import sys",
        f"sys.path[:0] = [{str(SOURCE)!r}, {str(HERE)!r}]",
        "from pathlib import Path",
        "from test_run import cell, execute, prepare, provisioner",
        "prepare()" if fork else "provisioner.find_kernel()",
        f"execute(Path({str(tmp_path)!r}), cell({code!r}))",
    ]
    program = "\n".join(lines)
    environment = {**os.environ, fork_client.KERNELS: ""}
    build = subprocess.Popen([sys.executable, "-c", program], env=environment)
    try:
        for _ in range(600):
            if pid.exists() and pid.read_text():
                break
            time.sleep(0.1)
        kernel = int(pid.read_text())
        assert not ended(kernel, tries=1)
    finally:
        build.send_signal(signal.SIGKILL)
        build.wait()
    assert ended(kernel)


def ended(pid, tries=100):
    """Return whether a process has ended, within a few seconds."""
    for _ in range(tries):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2]
        except FileNotFoundError:
            return True
        if state.split()[0] == "Z":  # nobody has asked how it ended
            return True
        time.sleep(0.1)
    return False
