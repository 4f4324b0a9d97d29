"""What a statement needs.

A chapter is a list of blocks; the tests ask what the last block needs.
"""

import ast
import copy
import os
import sys
import warnings

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

from bookbuild.execution import watcher

IMPORTS = """
import collections, decimal, functools, os, pickle, random, warnings
import matplotlib.pyplot as plt
import numpy as np
import torch
from pathlib import Path
""".strip()


@pytest.fixture(autouse=True)
def settings_as_before(tmp_path, monkeypatch):
    """Run in an empty folder; leave no setting behind."""
    monkeypatch.chdir(tmp_path)
    environment, options = dict(os.environ), np.get_printoptions()
    torch_options = copy.copy(vars(torch._tensor_str.PRINT_OPTS))  # noqa: SLF001 (no public way)
    with warnings.catch_warnings(), mpl.rc_context():
        yield
    os.environ.clear()
    os.environ.update(environment)
    np.set_printoptions(**options)
    vars(torch._tensor_str.PRINT_OPTS).update(torch_options)  # noqa: SLF001 (likewise)
    torch.set_default_dtype(torch.float32)
    plt.close("all")


def watched(*blocks, stops=True):
    """Run blocks; return the watcher, and the code of the statements."""
    watch, code = watcher.Watcher(), []
    main = type("Main", (), {})()  # as IPython has it
    main.__dict__ = watch.namespace
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "__main__", main)
        for number, block in enumerate(blocks):
            watch.start_block(number)
            try:
                for node in ast.parse(block.strip()).body:
                    code.append(ast.unparse(node))
                    compiled = compile(ast.Module([node], []), "<cell>", "exec")
                    with watch.statement(node):
                        exec(compiled, watch.namespace)  # noqa: S102 (it is written below)
            except Exception:  # the block ends here
                if stops:
                    raise
            plt.close("all")
    return watch, code


def needed(*blocks, **options):
    """Return the earlier statements that the last block needs, as code."""
    watch, code = watched(IMPORTS, *blocks, **options)
    own = {n for n, s in enumerate(watch.statements) if s.block == len(blocks)}
    found, ahead = set(), [*own]
    while ahead:
        number = ahead.pop()
        if number not in found:
            found.add(number)
            ahead += watch.statements[number].needs
    numbers = sorted(found - own)
    return [code[n] for n in numbers if watch.statements[n].block]


# Blocks, and the statements that the last block needs: these and no others.
@pytest.mark.parametrize(
    "row",
    """
x = 1 | x = 2; y = 3 | print(x) | -> x = 2
a = 1 | b = 2 | c = a | c + 1 | -> a = 1; c = a
x = 1 | y = [x for x in (2, 3)] | print(x) | -> x = 1
x = 1 | y = x > 2 and (x := 3) | print(x) | -> x = 1
x = 1 | x = 2; print(x) | ->
x = 1 | del x | print(x) | -> x = 1; del x
import math; import sys | math.pi | -> import math
n, s = (3, 'a') | m = n; m += 1 | n | -> n, s = (3, 'a')
x = torch.zeros(3) | y = x + 1; y.add_(1) | x | -> x = torch.zeros(3)
x = torch.zeros(3) | x.add_(1) | x | -> x = torch.zeros(3); x.add_(1)
x = []; y = [x] | y[0].append(1) | x | -> x = []; y = [x]; y[0].append(1)
g = torch.Generator() | torch.rand(1, generator=g) | torch.rand(1) | ->
torch.rand(1) | torch.manual_seed(0) | torch.rand(2) | -> torch.manual_seed(0)
np.save('a', 1) | np.save('b', 2) | np.load('a.npy') | -> np.save('a', 1)
f = lambda: g() | g = len | g = list | f() | -> f = lambda: g(); g = list
g = 1; k = 2 | h = lambda: g | f = lambda: h() | -> g = 1; h = lambda: g
x = [] | x.append(0); y = 1 / 0 | x | -> x = []; x.append(0)
    """.strip().splitlines(),
)  # fmt: skip
def test_what_is_needed(row):
    blocks, wanted = row.split(" | ->")
    found = needed(*blocks.split(" | "), stops=False)
    assert "; ".join(found) == wanted.strip()


ROWS = """
import torch.nn.utils.prune as p; m = torch.nn.Linear(3, 2) | \
p.l1_unstructured(m, 'weight', amount=1) | m.weight
m = torch.nn.LazyLinear(2) | m(torch.ones(1, 3)) | m
A = type('A', (), {}); a = A(); do = lambda self: 1 | A.do = do | a.do()
A = type('A', (), {}); a = A() | setattr(a, 'b', 1) | a.b
f = functools.lru_cache(lambda n: n) | f(1) | f.cache_info()
x = [1] | exec('x.append(2)') | x
x = [1] | globals()['x'] = 2 | x
1 | y = 2 | eval('y + z', globals(), {'z': 1})
from timeit import Timer; f = lambda: z | z = 2 | \
Timer('f()', globals=globals()).timeit(1)
hello = lambda self: 1 | torch.nn.Module.hello = hello | \
torch.nn.Linear(1, 1).hello()
rng = np.random.default_rng(0) | rng.normal() | rng.normal()
g = torch.Generator() | torch.rand(1, generator=g) | torch.rand(1, generator=g)
r = random.Random(0) | r.random() | r.random()
1 | random.seed(0) | random.random()
1 | np.random.seed(0) | np.random.rand()
1 | random.random() | random.random()
x = torch.zeros(3) | torch.set_printoptions(precision=2) | x
1 | torch.set_default_dtype(torch.float64) | torch.ones(1)
1 | np.set_printoptions(precision=3) | 1
1 | plt.rcParams['lines.linewidth'] = 3 | 1
1 | plt.rc('lines', linewidth=4) | 1
1 | os.environ['COLOUR'] = 'red' | 1
1 | warnings.simplefilter('ignore') | 1
1 | decimal.getcontext().prec = 50 | decimal.Decimal(1) / 3
fig, ax = plt.subplots() | ax.set_title('a') | fig
fig, ax = plt.subplots(); d = [0] | d[0] = fig | d
p = Path('a') | p.write_text('b') | p.read_text()
p = Path('a') | p.write_text('b') | p.exists()
open('a', 'w').close() | os.remove('a') | os.listdir()
1 | os.chdir('/') | os.getcwd()
1 | os.mkdir('sub') | open('sub/a', 'w').close()
f = open('a', 'w+'); f.write('1 2'); f.seek(0) | f.read(1) | f.read(); f.close()
x = iter([1, 2]) | next(x) | next(x)
x = (i for i in [1, 2]) | next(x) | next(x)
x = collections.deque([1]) | x.popleft() | x
x = np.zeros(3) | x.sort(); x[0] = 1 | x
a = np.zeros(3); x = torch.from_numpy(a) | a[0] = 1 | x
x = torch.zeros(3) | y = x[1:]; y.add_(1) | x
f = lambda x, seen=[]: seen.append(x) or seen | f(1) | f(2)
w = torch.ones(3, requires_grad=True) | (w * 2).sum().backward() | w.grad
w = torch.ones(3, requires_grad=True); y = w * 2; loss = y.sum() | \
_ = y.register_hook(lambda g: g * 2) | loss.backward()
x = torch.eye(2).to_sparse(); y = [x] | x.mul_(2) | y
p = torch.ones(2, requires_grad=True); p.grad = p * 1; \
o = torch.optim.SGD([p]) | o.step() | p
t = {'p': torch.ones(2)}; x = t['p'] | for v in t.values(): v += 1 | x
x = torch.ones(2); f = lambda t, x=x: t + x | x.add_(1) | f(1)
x = torch.ones(2); s = (t * 2 for t in [x]) | x.add_(1) | next(s)
x = [torch.ones(2)]; f = lambda t: t.add_(1) | f(x[0]) | x
x = [] | x = [functools.reduce(lambda a, _: [a], range(5000), x)] | x
""".strip()
MODEL = """
class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(2, 1)
    def forward(self, x):
        return self.layer(x)
model, x = Net(), torch.ones(2)
model(x).sum().backward()
"""
STEP = """
with torch.no_grad():
    for p in model.parameters():
        p -= 0.1 * p.grad
"""
RUN = """
from dataclasses import dataclass, field
@dataclass
class Run:
    losses: list = field(default_factory=list)
    def add(self, x):
        self.losses.append(x)
run = Run()
"""
VALUE = """
class Value:
    def __init__(self, data, before=()):
        self.data, self.grad, self._before = data, 0, set(before)
        self._backward = lambda: None
    def __add__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        out = Value(self.data + other.data, (self, other))
        def back():
            self.grad += out.grad
            other.grad += out.grad
        out._backward = back
        return out
"""
LINE = """
from matplotlib.lines import Line2D
class Wave(Line2D):
    def draw(self, renderer):
        math.sin(1)
        super().draw(renderer)
"""
WAVE = """
fig, ax = plt.subplots()
ax.add_line(Wave([0, 1], [0, 1]))
fig.canvas.draw()
"""
SCRATCH = """
class Module:
    def loss(self, x):
        return (self.net(x) ** 2).mean()
def add_to_class(kind):
    def wrapper(thing):
        setattr(kind, thing.__name__, thing)
    return wrapper
model = Module()
model.net = lambda x: x
"""
PICKLED = "class A:\n    pass\ntext = pickle.dumps(A())"


# Three blocks: the last one needs the last statement of the second, at least.
@pytest.mark.parametrize(
    ("before", "change", "after"),
    [
        *(row.split(" | ") for row in ROWS.splitlines()),
        # Classes of the chapter.
        (MODEL, STEP, "print(model(x))"),
        (RUN, "run.add(1)", "run.losses"),
        (LINE, "import math", WAVE),
        (VALUE + "a = Value(1)\nb = a + 2\nb.grad = 1", "b._backward()", "a"),
        (VALUE, "rows = [[1, 2], [3]]", "[list(map(Value, r)) for r in rows]"),
        (SCRATCH, "@add_to_class(Module)\ndef fit(self): 1", "model.fit()"),
        (PICKLED, "class A:\n    b = 1", "pickle.loads(text)"),
        ("scale = 1", "scale = 2", "class A:\n    size = scale"),
    ],
)
def test_this_must_not_be_missing(before, change, after):
    last = ast.unparse(ast.parse(change).body[-1])
    assert last in needed(before, change, after)


def test_what_is_too_large_to_compare_counts_as_changed(monkeypatch):
    blocks = ["x = torch.zeros(2**10)", "x.sum()", "print(x)"]
    assert "x.sum()" not in needed(*blocks)
    monkeypatch.setattr(watcher, "LIMIT", 2**11)
    assert "x.sum()" in needed(*blocks)


def test_figures_of_pyplot_belong_to_one_block():
    draw = "plt.plot([1])\nplt.title('a')\nfig = plt.gcf()"
    assert needed(draw, "plt.plot([2])") == []
    assert needed(draw, "fig") == draw.split("\n")
    assert needed("plt.gca().set_title('a')", "plt.setp([])", "1") == []
    watch, _ = watched("import matplotlib.pyplot as plt", draw, "fig")
    assert [s.draws for s in watch.statements] == [0, 1, 1, 0, 0]


LOUD = """
class Loud:
    def __getattr__(self, name): raise SystemExit(name)
    def __reduce__(self): raise SystemExit
    def __getstate__(self): raise SystemExit
    def __eq__(self, other): raise SystemExit
    def __hash__(self): raise SystemExit
    def __repr__(self): raise SystemExit
    def __del__(self): deleted.append(1)
deleted = []
"""


def test_looking_changes_nothing():
    watch, _ = watched(
        LOUD,
        "loud = Loud()",
        "import sys\ncount = sys.getrefcount(loud)",
        "del loud\nnow = list(deleted)",
        "import torch\nhooks = []\nw = torch.ones(2, requires_grad=True)",
        "pack = lambda x: hooks.append(x) or x\n"
        "with torch.autograd.graph.saved_tensors_hooks(pack, pack):\n"
        "    y = w * w",
        "count_of_hooks = len(hooks)",
        "import random\nrandom.seed(0); torch.manual_seed(0)",
        "drawn = random.random(), torch.rand(1).item()",
    )
    names = watch.namespace
    assert names["count"] == 2
    assert names["now"] == [1]
    assert names["count_of_hooks"] == 2
    assert names["drawn"] == pytest.approx((0.8444218515, 0.4962565899))


def test_what_prints():
    watch, _ = watched(
        "print(1)", "def f():\n    print(2)", "x = f()", "y = 1",
        "import contextlib, io\n"
        "with contextlib.redirect_stdout(io.StringIO()):\n    print(1)",
    )  # fmt: skip
    printing = [statement.prints for statement in watch.statements]
    assert printing == [True, False, True, False, False, False]


def test_a_file_that_nobody_writes(tmp_path_factory):
    path = tmp_path_factory.mktemp("data") / "points.csv"
    path.write_text("1")
    os.utime(path, (0, 0))
    path.write_text("1")
    os.utime(path, (0, 0))
    watch, _ = watched(
        f"from pathlib import Path\nPath({str(path)!r}).read_text()",
        "Path('a').write_text('b')",
        "Path('a').read_text()",
    )
    assert [s.files for s in watch.statements] == [[], [str(path)], [], []]


def test_modules_that_a_reader_may_not_have():
    watch, _ = watched(
        "import torch, math, numpy.linalg",
        "from mpl_toolkits import mplot3d",
        "try:\n    import no_such_module\nexcept ImportError:\n    pass",
        "\nx = 1; from hypothesis import given",
    )
    found = [s.imports for s in watch.statements]
    assert found == [[], [], [], [], [("hypothesis", 1)]]


def test_what_is_kept_is_what_was_seen():
    decorated = "import functools\n@functools.cache\ndef f():\n    return 1"
    watch, _ = watched(decorated, "print(f())")
    assert watcher.load(watcher.dump(watch)) == watch.statements
    assert watch.statements[1] == watcher.Statement(
        0, 2, 4, {0: "binds 'functools'"}
    )
    assert watch.statements[2].needs == {1: "binds 'f'"}


def test_a_body_may_swallow_its_exception():
    watch = watcher.Watcher()
    watch.start_block(0)
    with watch.statement(ast.parse("x = 1 / 0").body[0]) as found:
        watch.namespace["x"] = 1
        found.raised = True
    with watch.statement(ast.parse("x").body[0]):
        watch.namespace["x"]
    assert not watch.statements[1].needs
