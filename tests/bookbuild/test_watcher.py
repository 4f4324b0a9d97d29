"""What a watched statement needs, and programs that nobody wrote.

A chapter is written here as its blocks; the last one is asked what it needs.
"""

import ast
import contextlib
import copy
import io
import os
import subprocess
import sys
import textwrap
import warnings

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bookbuild.execution import watcher

TORCH = "import torch"
X = "x = torch.zeros(3)"
W = "w = torch.ones(3, requires_grad=True)"


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


def watched(*blocks, raises=()):
    """Run blocks; return the watcher, and the code of the statements."""
    watch, code = watcher.Watcher(), []
    main = type("Main", (), {})()  # as IPython has it
    main.__dict__ = watch.namespace
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "__main__", main)
        run(watch, code, blocks, raises)
    return watch, code


def run(watch, code, blocks, raises):
    """Run blocks, watched; keep the code of each statement."""
    for number, block in enumerate(blocks):
        watch.start_block(number)
        for node in ast.parse(textwrap.dedent(block).strip()).body:
            code.append(ast.unparse(node))
            compiled = compile(ast.Module([node], []), "<cell>", "exec")
            try:
                with (
                    contextlib.redirect_stdout(io.StringIO()),
                    watch.statement(node),
                ):
                    exec(compiled, watch.namespace)  # noqa: S102 (it is written below)
            except Exception:
                if number not in raises:
                    raise
                break
        plt.close("all")


def closure(statements, block):
    """Return the numbers of the statements that a block needs."""
    own = {n for n, s in enumerate(statements) if s.block == block}
    found, ahead = set(), [*own]
    while ahead:
        number = ahead.pop()
        if number not in found:
            found.add(number)
            ahead += statements[number].needs
    return sorted(found - own)


def needed(*blocks, **options):
    """Return the earlier statements that the last block needs, as code."""
    watch, code = watched(*blocks, **options)
    return [code[n] for n in closure(watch.statements, len(blocks) - 1)]


# What is needed, and nothing else.
@pytest.mark.parametrize(
    ("blocks", "wanted"),
    [
        (["x = 1", "x = 2\ny = 3", "print(x)"], ["x = 2"]),
        (["a = 1", "b = 2", "c = a", "c + 1"], ["a = 1", "c = a"]),
        (["x = 1", "y = [x for x in (2, 3)]", "print(x)"], ["x = 1"]),
        (["x = 1", "if x > 2:\n    x = 3", "print(x)"], ["x = 1"]),
        (["x = 1", "x = 2\nprint(x)"], []),
        (["import math\nimport os", "math.pi"], ["import math"]),
        (["n, s = 3, 'a'", "m = n\nm += 1", "n"], ["n, s = (3, 'a')"]),
        ([TORCH, X, "y = x + 1\ny.add_(1)", "x"], [TORCH, X]),
        ([TORCH, X, "x.add_(1)", "x"], [TORCH, X, "x.add_(1)"]),
        ([TORCH, X, "y = x[1:]\ny.add_(1)", "x"],
         [TORCH, X, "y = x[1:]", "y.add_(1)"]),
        ([TORCH, "g = torch.Generator()", "torch.rand(1, generator=g)",
          "torch.rand(1)"], [TORCH]),
        ([TORCH, "torch.rand(1)", "torch.manual_seed(0)", "torch.rand(2)",
          "torch.rand(3)"], [TORCH, "torch.manual_seed(0)", "torch.rand(2)"]),
        (["import numpy as np", "np.save('a.npy', 1)", "np.save('b.npy', 2)",
          "np.load('a.npy')"], ["import numpy as np", "np.save('a.npy', 1)"]),
        (["def f():\n    return g()", "def g():\n    return 1",
          "def g():\n    return 2", "f()"],
         ["def f():\n    return g()", "def g():\n    return 2"]),
        (["x = []", "x.append(0); x = 1 / 0", "x"], ["x = []", "x.append(0)"]),
    ],
)  # fmt: skip
def test_what_is_needed(blocks, wanted):
    assert needed(*blocks, raises={1}) == wanted


MODEL = """
import torch
class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(2, 1)
    def forward(self, x):
        return self.layer(x)
model = Net()
x = torch.ones(2)
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
import matplotlib.pyplot as plt
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
CACHED = """
from functools import lru_cache
@lru_cache
def f(n):
    return n
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
PLT = "import matplotlib.pyplot as plt"


# A statement that must not be missing, whatever else is taken.
@pytest.mark.parametrize(
    ("before", "change", "after"),
    [
        (MODEL, STEP, "print(model(x))"),
        ("import torch.nn.utils.prune as p, torch\nl = torch.nn.Linear(3, 2)",
         "p.l1_unstructured(l, 'weight', amount=1)", "l.weight"),
        (TORCH + "\nl = torch.nn.LazyLinear(2)", "l(torch.ones(1, 3))", "l"),
        ("class A:\n    pass\na = A()\ndef do(self):\n    return 1",
         "A.do = do", "a.do()"),
        ("class A:\n    pass\na = A()", "setattr(a, 'b', 1)", "a.b"),
        (RUN, "run.add(1)", "run.losses"),
        (CACHED, "f(1)", "f.cache_info()"),
        ("x = [1]", "exec('x.append(2)')", "x"),
        ("x = [1]", "globals()['x'] = 2", "x"),
        ("", "y = 2", "eval('y + z', globals(), {'z': 1})"),
        ("from timeit import Timer\ndef f():\n    return z", "z = 2",
         "Timer('f()', globals=globals()).timeit(1)"),
        (LINE, "import math", WAVE),
        (VALUE + "a = Value(1)\nb = a + 2\nb.grad = 1", "b._backward()",
         "a.grad"),
        (VALUE, "rows = [[1, 2], [3]]", "[list(map(Value, r)) for r in rows]"),
        (SCRATCH, "@add_to_class(Module)\ndef fit(self):\n    return 1",
         "model.fit()"),
        (TORCH + "\ndef hello(self):\n    return 1",
         "torch.nn.Module.hello = hello", "torch.nn.Linear(1, 1).hello()"),
        ("import numpy as np\nrng = np.random.default_rng(0)",
         "rng.normal()", "rng.normal()"),
        (TORCH + "\ng = torch.Generator()", "torch.rand(1, generator=g)",
         "torch.rand(1, generator=g)"),
        ("import random\nr = random.Random(0)", "r.random()", "r.random()"),
        ("import random", "random.seed(0)", "random.random()"),
        ("import numpy as np", "np.random.seed(0)", "np.random.rand()"),
        ("import random", "random.random()", "random.random()"),
        (TORCH + "\n" + X, "torch.set_printoptions(precision=2)", "x"),
        (TORCH, "torch.set_default_dtype(torch.float64)", "torch.ones(1)"),
        ("import numpy as np", "np.set_printoptions(precision=3)", "1"),
        (PLT, "plt.rcParams['lines.linewidth'] = 3", "1"),
        ("import os", "os.environ['COLOUR'] = 'red'", "1"),
        ("import warnings", "warnings.simplefilter('ignore')", "1"),
        ("import decimal", "decimal.getcontext().prec = 50",
         "decimal.Decimal(1) / 3"),
        (PLT + "\nfig, ax = plt.subplots()", "ax.set_title('a')", "fig"),
        ("from pathlib import Path\np = Path('a')", "p.write_text('b')",
         "p.read_text()"),
        ("from pathlib import Path\np = Path('a')", "p.write_text('b')",
         "p.exists()"),
        ("import os", "os.mkdir('sub')", "open('sub/a', 'w').close()"),
        ("f = open('a', 'w+')\nf.write('1\\n2\\n')\nf.seek(0)",
         "f.readline()", "f.readline()\nf.close()"),
        ("x = iter([1, 2])", "next(x)", "next(x)"),
        ("import collections\nx = collections.deque([1])", "x.popleft()", "x"),
        ("import numpy as np\nx = np.zeros(3)", "x.sort()\nx[0] = 1", "x"),
        (TORCH + "\nimport numpy as np\na = np.zeros(3)\n"
         "x = torch.from_numpy(a)", "a[0] = 1", "x"),
        ("def f(x, seen=[]):\n    seen.append(x)\n    return seen", "f(1)",
         "f(2)"),
        (TORCH + "\n" + W, "(w * 2).sum().backward()", "w.grad"),
        (TORCH + "\n" + W + "\ny = w * 2\nloss = y.sum()",
         "_ = y.register_hook(lambda g: g * 2)", "loss.backward()"),
        ("import pickle\nclass A:\n    pass\ntext = pickle.dumps(A())",
         "class A:\n    b = 1", "pickle.loads(text)"),
        ("scale = 1", "scale = 2", "class A:\n    size = scale"),
        (TORCH, "x = torch.zeros(2**25)", "x[0] = 1\nx"),
        ("x = []", "for _ in range(5000):\n    x = [x]", "x"),
    ],
)  # fmt: skip
def test_this_must_not_be_missing(before, change, after):
    last = ast.unparse(ast.parse(change).body[-1])
    assert last in needed(before, change, after)


def test_what_is_too_large_to_compare_counts_as_changed(monkeypatch):
    blocks = [TORCH, "x = torch.zeros(2**10)", "x.sum()", "print(x)"]
    assert "x.sum()" not in needed(*blocks)
    monkeypatch.setattr(watcher, "LIMIT", 2**11)
    assert "x.sum()" in needed(*blocks)


def test_figures_of_pyplot_belong_to_one_block():
    draw = "plt.plot([1])\nplt.title('a')\nfig = plt.gcf()"
    assert needed(PLT, draw, "plt.plot([2])") == [PLT]
    assert needed(PLT, draw, "fig") == [PLT, *draw.split("\n")]
    watch, _ = watched(PLT, draw, "fig")
    assert [s.draws for s in watch.statements] == [
        False, True, True, False, False,
    ]  # fmt: skip


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
        """
        pack = lambda x: hooks.append(x) or x
        with torch.autograd.graph.saved_tensors_hooks(pack, pack):
            y = w * w
        """,
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


def test_a_chapter_without_torch_does_not_pay_for_it():
    code = (
        "import sys, ast; sys.path[:0] = ['src']\n"
        "from bookbuild.execution.watcher import Watcher\n"
        "with Watcher().statement(ast.parse('x = 1').body[0]): pass\n"
        "print({'torch', 'numpy', 'matplotlib'} & {*sys.modules})"
    )
    root = watcher.Path(__file__).parents[2]
    said = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, check=True
    )
    assert said.stdout.strip() == b"set()"


# Chapters that nobody wrote: what is needed is enough.

START = """
import copy
import torch
import numpy as np
a, b = torch.tensor([1.0, 2.0, 3.0]), torch.rand(3)
c = torch.tensor([1.5, 0.5, 2.0], requires_grad=True)
pile = [a, b]
table = {"p": a, "q": c}
array = np.arange(3.0)
count = 1
layer = torch.nn.Linear(3, 1)
optimizer = torch.optim.SGD([c], lr=0.5)
def f(t):
    return t * 2
class Box:
    def __init__(self, v):
        self.v = v
    def up(self):
        self.v = self.v + 1
        return self
    def __add__(self, other):
        return Box(self.v + other.v)
box = Box(a)
"""
LINES = """
{x} = torch.rand(3)
{x} = {y}
{x} = {y} * 2
{x} = {y}.detach()
{x} = {y}.detach().clone()
{x} = {y}[1:]
{x}.add_(1)
{x}[0] = 4
{x} += 1
{x}, {y} = {y}, {x}
({x} * {y}).sum().backward()
{x}.grad = None
{x}.requires_grad_()
pile.append({x})
pile[0] = {x}
pile = [{x}, *pile]
{x} = pile[-1]
{x} = pile.pop()
for t in pile: t += 1
table["p"] = {x}
{x} = table["q"]
for key, t in table.items(): t.add_(1)
optimizer = torch.optim.SGD([{x}, {y}], lr=0.5)
optimizer.step()
optimizer.zero_grad()
def f(t): return t.add_(1)
def f(t): return t + {x}
def f(t): pile.append(t); return {x}
def f(t, seen=[]): seen.append(t); return sum(seen)
f = lambda t, {x}={x}: t + {x}
{x} = f({y})
f({x})
array[0] = 5
{x} = torch.from_numpy(array)
array = {x}.detach().numpy()
{x} = layer({y})
layer({x}).sum().backward()
optimizer = torch.optim.SGD(layer.parameters(), lr=0.5)
torch.manual_seed(1)
count += len(pile)
count = float({x}.sum())
{x} = {y} + count
box = Box({x})
box.up()
box = box + Box({x})
box.v = {x}
{x} = box.v
pile = copy.deepcopy(pile)
steps = (t * 2 for t in pile)
steps = iter(pile)
{x} = next(steps)
if {x}.sum() > 3: {y} = {x}
print({x})
print({x}.grad)
print({x}.requires_grad)
print(pile)
print(table)
print(array, count)
print(box.v)
print(f({x}))
print(layer.weight.grad)
print(torch.rand(1))
print(next(steps))
""".strip().split("\n")
NAMES = ["a", "b", "c"]


@st.composite
def lines(draw):
    x, y = draw(st.permutations(NAMES))[:2]
    return draw(st.sampled_from(LINES)).format(x=x, y=y)


def said_by(*sources):
    """Run code; return what the last piece prints."""
    torch.manual_seed(99)
    names = {"__name__": "__main__"}
    for source in sources:
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            exec(source, names)  # noqa: S102 (it is made up above)
    return said.getvalue()


@settings(
    deadline=None,
    max_examples=12,
    derandomize=True,  # the same each time: a build must not fail by chance
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.function_scoped_fixture,
    ],
)
@given(st.lists(lines(), min_size=6, max_size=25))
def test_what_is_needed_is_enough(made_up):
    torch.manual_seed(99)
    watch, blocks = watcher.Watcher(), []
    for block in [START, *made_up]:
        said = io.StringIO()
        watch.start_block(len(blocks))
        before = len(watch.statements)
        try:
            with contextlib.redirect_stdout(said):
                for node in ast.parse(block).body:
                    code = compile(ast.Module([node], []), "<cell>", "exec")
                    with watch.statement(node):
                        exec(code, watch.namespace)  # noqa: S102 (likewise)
        except Exception:  # noqa: BLE001 (whatever it raises: no more of it)
            del watch.statements[before:]
            break
        blocks.append((block, said.getvalue()))
    code = [ast.unparse(n) for b, _ in blocks for n in ast.parse(b).body]
    for number, (block, said) in enumerate(blocks):
        if block.startswith("print"):
            chosen = closure(watch.statements, number)
            program = "\n".join(code[n] for n in chosen)
            assert said_by(program, block) == said, f"{program}\n#---\n{block}"
