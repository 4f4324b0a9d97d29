"""A forked kernel is like a fresh one, and nothing leaks from one to another.

``test_same.py`` compares every output of the book itself.
"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bookbuild.chapters import reader as chapter
from bookbuild.chapters.errors import ChapterErrors
from bookbuild.execution import execute, kernel

SOURCE = Path(__file__).parents[2] / "src"
IS_STOCK = 'print("ipykernel_launcher" in open("/proc/self/cmdline").read())'
STYLE = Path(__file__).parents[2] / "book/_config/matplotlibrc"

forks = pytest.mark.skipif(
    not kernel.FORK_IS_SAFE, reason="kernels are not forked on this system"
)


def run(tmp_path, *codes, fork=True, **settings):
    """Run chapters of one cell each, one after the other."""
    chapters = [
        chapter.read(
            Path(f"chapter-{number}.md"),
            f"---\nfile_format: mystnb\n---\n\n```{{code-cell}}\n{code}\n```\n",
            tmp_path,
        )
        for number, code in enumerate(codes)
    ]
    given = {"matplotlibrc": STYLE, "workers": 1, **settings}
    how = execute.Settings(store=tmp_path / "runs", fork=fork, **given)
    said = []
    runs = execute.run_all(chapters, how, said.append, afresh=True)
    return ["".join(o["text"] for o in r.outputs[0]) for r in runs], said


@forks
def test_nothing_leaks_from_one_chapter_to_another(tmp_path):
    leave_traces = """
import os, random, sys, warnings
import matplotlib, numpy, torch
torch.relu = None
torch.Tensor.sum = None
torch.set_default_dtype(torch.float64)
torch.set_grad_enabled(False)
torch.set_printoptions(precision=1)
torch.manual_seed(1)
torch.use_deterministic_algorithms(True)
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
    look = """
import os, random, sys, warnings
import matplotlib, numpy, torch
print(torch.relu is not None, torch.ones(2).sum().item())
print(torch.get_default_dtype(), torch.is_grad_enabled())
print(torch.tensor(1 / 3), numpy.array([1 / 3]))
print(torch.are_deterministic_algorithms_enabled())
print(matplotlib.rcParams["lines.linewidth"])
print(os.environ.get("LEAK"), os.getcwd() == "/", os.listdir())
print("/leak" in sys.path, "leak" in sys.modules, "leak" in globals())
print([f for f in warnings.filters if f[0] == "error"])
"""
    (before, done, after), _ = run(tmp_path, look, leave_traces, look)
    assert done == "done\n"
    assert after == before
    assert after.startswith(
        "True 2.0\ntorch.float32 True\ntensor(0.3333) [0.33333333]\n"
        "False\n1.8\nNone False []\n"
        "False False False\n"
    )


@forks
def test_each_chapter_has_random_numbers_of_its_own(tmp_path):
    draw = """
import random, numpy, torch
print(random.random(), numpy.random.random(), torch.rand(1).item())
"""
    said, _ = run(tmp_path, draw, draw, draw)
    numbers = [number for line in said for number in line.split()]
    assert len(numbers) == len(set(numbers)) == 9


@forks
def test_a_fork_is_like_a_fresh_kernel(tmp_path):
    describe = """
import gc, locale, logging, multiprocessing, os, signal, sys, time, warnings
import matplotlib, matplotlib.pyplot as plt, numpy, torch
print(sorted(os.environ.items() - {
    (k, v) for k, v in os.environ.items()
    if k in ("IPYTHONDIR", "JPY_PARENT_PID")
}))
print(sys.path, sys.argv[0].rsplit("/")[-1], hash("seed"))
print(sorted(matplotlib.rcParams.items(), key=str))
print([item for item in matplotlib.rcParamsOrig.items()
       if item[0] != "backend"])  # an object of this process
print(matplotlib.get_backend(), plt.get_fignums())
print(torch.get_num_threads(), torch.get_default_dtype())
print(numpy.get_printoptions(), numpy.geterr())
print(time.tzname, locale.getlocale(), os.umask(0o22))
print(signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM))
print(gc.isenabled(), gc.get_threshold(), sys.getrecursionlimit())
print(logging.getLogger().level, sys.stdin.read(), os.listdir())
print(get_ipython().history_manager.enabled, __name__)
print(os.getpgrp() == os.getsid(0) == os.getpid())
print(multiprocessing.get_start_method(), multiprocessing.parent_process())
print(multiprocessing.current_process(), multiprocessing.active_children())
# What an optimizer would import is imported before the fork, with sympy.
print(sorted(str(f) for f in warnings.filters if "sympy" not in str(f)))
print(sys.flags, sys.warnoptions, [type(f) for f in sys.meta_path])
print(sys.gettrace(), sys.getprofile(), sys.getswitchinterval())
print(sorted(name for name in globals() if name not in "_ii_iii"))
with multiprocessing.Pool(1) as pool:
    print(pool.map(abs, [-1, -2]))
"""
    (forked,), _ = run(tmp_path, describe)
    (fresh,), _ = run(tmp_path, describe, fork=False)
    assert forked.splitlines() == fresh.splitlines()


@pytest.mark.parametrize("fork", [True, False])
def test_no_cell_can_import_what_no_reader_has(tmp_path, fork):
    code = """
import sys
for module in "snippets", "bookbuild":
    try:
        __import__(module)
    except ImportError as error:
        print(error, [name for name in sys.modules if module in name])
"""
    (said,), _ = run(tmp_path, code, fork=fork)
    assert said == (
        "No module named 'snippets' []\nNo module named 'bookbuild' []\n"
    )


@forks
def test_an_edited_style_is_that_of_the_next_fork(tmp_path):
    style = tmp_path / "style"
    code = "import matplotlib; print(matplotlib.rcParams['lines.linewidth'])"
    for width in "2.0", "3.0":
        style.write_text(f"lines.linewidth: {width}\n")
        (said,), _ = run(tmp_path, code, matplotlibrc=style)
        assert said == f"{width}\n"


@forks
def test_options_of_the_builds_python_are_not_the_kernels(tmp_path):
    program = f"""
import sys
sys.path[:0] = [{str(SOURCE)!r}, {str(Path(__file__).parent)!r}]
from pathlib import Path
from test_kernel import run
look = "import sys; print(sys.flags.optimize, sys.warnoptions)"
print(run(Path({str(tmp_path)!r}), look)[0])
"""
    options = ["-O", "-W", "error::UserWarning"]
    said = subprocess.check_output([sys.executable, *options, "-c", program])
    assert said.decode() == "['0 []\\n']\n"


@forks
def test_what_is_forked_has_no_thread_but_its_first(tmp_path):
    code = """
import os, torch
status = open(f"/proc/{os.getppid()}/status").read()
print(status.split("Threads:")[1].split()[0])
print("bookbuild.execution.warm" in open(f"/proc/{os.getppid()}/cmdline").read())
"""
    (said,), _ = run(tmp_path, code)
    assert said == "1\nTrue\n"


@forks
def test_where_the_fork_fails_the_stock_kernel_serves(tmp_path, monkeypatch):
    def fail(*_arguments):
        raise OSError("no more processes")

    monkeypatch.setattr(kernel, "_ForkedProcess", fail)
    (said,), _ = run(tmp_path, IS_STOCK)
    assert said == "True\n"


def test_where_fork_is_not_safe_the_stock_kernel_serves(tmp_path, monkeypatch):
    monkeypatch.setattr(kernel, "FORK_IS_SAFE", False)
    (said,), _ = run(tmp_path, IS_STOCK)
    assert said == "True\n"


def _ended(pid: int) -> bool:
    """Return whether a process has ended, within a few seconds."""
    for _ in range(100):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.1)
    return False


@pytest.mark.parametrize("fork", [True, False])
def test_a_cell_that_never_ends_is_ended(tmp_path, fork):
    pid = tmp_path / "pid"
    code = f"""
import os
_ = open({str(pid)!r}, "w").write(str(os.getpid()))
while True:
    pass
"""
    with pytest.raises(ChapterErrors, match=r"did not end within 1 s"):
        run(tmp_path, code, fork=fork, timeout=1)
    assert _ended(int(pid.read_text()))


def test_a_kernel_that_dies_is_told_of(tmp_path):
    with pytest.raises(ChapterErrors, match="the kernel died"):
        run(tmp_path, "import os\nos._exit(3)")


@pytest.mark.parametrize("fork", [True, False])
def test_kernels_end_with_a_build_that_is_killed(tmp_path, fork):
    pid = tmp_path / "pid"
    code = f"""
import os, time
_ = open({str(pid)!r}, "w").write(str(os.getpid()))
time.sleep(1000)
"""
    program = f"""
import sys
sys.path[:0] = [{str(SOURCE)!r}, {str(Path(__file__).parent)!r}]
from pathlib import Path
from test_kernel import run
run(Path({str(tmp_path)!r}), {code!r}, fork={fork})
"""
    build = subprocess.Popen([sys.executable, "-c", program])
    try:
        for _ in range(600):
            if pid.exists() and pid.read_text():
                break
            time.sleep(0.1)
        kernel_pid = int(pid.read_text())
        assert Path(f"/proc/{kernel_pid}/status").read_text()
    finally:
        build.send_signal(signal.SIGKILL)
        build.wait()
    assert _ended(kernel_pid)
