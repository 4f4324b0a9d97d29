"""What a statement needs, rule by rule, and programs that nobody wrote.

A chapter is written here as its blocks; the last one is asked what it needs.
"""

import ast
import contextlib
import io
import textwrap

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bookbuild.execution import needs
from bookbuild.execution.needs import calls


def analysed(*sources, **traits):
    """Return the statements of blocks; traits: of blocks, by number."""
    blocks = [
        needs.Block(
            textwrap.dedent(source).strip(), **traits.get(f"block{number}", {})
        )
        for number, source in enumerate(sources)
    ]
    return needs.analyse(blocks)


def needed(*sources, **traits):
    """Return the earlier statements that the last block needs, as code."""
    statements = analysed(*sources, **traits)
    last = len(sources) - 1
    own = [n for n, s in enumerate(statements) if s.block == last]
    return [
        ast.unparse(statements[number].node)
        for number in sorted(needs.closure(statements, own) - {*own})
    ]


# 1. A statement needs the statement that last bound each name it reads.


def test_the_last_binding_counts_and_no_other():
    assert needed("x = 1", "x = 2\ny = 3", "print(x)") == ["x = 2"]


def test_what_a_binding_was_made_from_counts():
    assert needed("a = 1", "b = 2", "c = a", "c + 1") == ["a = 1", "c = a"]


@pytest.mark.parametrize(
    "branch",
    [
        "if a:\n    x = 2",
        "while a:\n    x = 2\n    a -= 1",
        "try:\n    x = a\nexcept ValueError:\n    pass",
        "match a:\n    case 1:\n        x = 2",
    ],
)
def test_a_branch_may_not_bind(branch):
    found = needed("x = 1", "a = 1", branch, "print(x)")
    assert found[0] == "x = 1"
    assert len(found) == 3


def test_a_loop_is_taken_to_run():
    assert needed("x = 1", "for x in (2, 3):\n    pass", "print(x)") == [
        "for x in (2, 3):\n    pass"
    ]


def test_imports_are_bindings():
    assert needed("import math\nimport os", "print(math.pi)") == ["import math"]


def test_a_comprehension_keeps_its_names_to_itself():
    assert needed("x = 1", "y = [x for x in (2, 3)]", "print(x)") == ["x = 1"]


def test_a_walrus_binds():
    assert needed("x = 1", "[x := y for y in (2, 3)]", "print(x)") == [
        "[(x := y) for y in (2, 3)]"
    ]


def test_what_a_loop_leaves_the_next_round_finds():
    found = needed(
        "x = [1]", "y = [2]", "x.append(3)", "y.append(4)",
        "for _ in range(3):\n    x, y = y, x",
        "print(x)",
    )  # fmt: skip
    assert len(found) == 5


# 2. A function's names are looked up when it is called.


def test_a_function_finds_what_is_bound_when_it_is_called():
    assert needed(
        "def f():\n    return g()",
        "def g():\n    return 1",
        "def g():\n    return 2",
        "print(f())",
    ) == ["def f():\n    return g()", "def g():\n    return 2"]


def test_a_function_that_is_not_called_needs_nothing_more():
    assert needed("x = 1", "def f():\n    return x", "g = f") == [
        "def f():\n    return x"
    ]


def test_a_default_is_kept():
    found = needed(
        "def f(x, seen=[]):\n    seen.append(x)\n    return seen",
        "f(1)",
        "f(2)",
        "print(f(3))",
    )
    assert found[1:] == ["f(1)", "f(2)"]


def test_a_callable_that_a_library_is_handed_is_called():
    assert "scale = 2" in needed(
        "scale = 2",
        "def f(x):\n    return x * scale",
        "print(list(map(f, [1])))",
    )


def test_what_a_closure_keeps():
    source = """
    def counter():
        count = 0
        def up():
            nonlocal count
            count += 1
            log.append(count)
            return count
        return up
    """
    found = needed("log = []", source, "up = counter()", "up()", "print(log)")
    assert len(found) == 4


def test_functions_that_call_each_other():
    found = needed(
        "a = 1",
        "def even(n):\n    return n == 0 or odd(n - 1)",
        "def odd(n):\n    return n == a or even(n - 2)",
        "print(even(4))",
    )
    assert len(found) == 3


def test_a_generator_runs_on_when_it_is_read():
    found = needed(
        "x = [1]",
        "def walk():\n    for i in x:\n        yield i",
        "steps = walk()",
        "x.append(2)",
        "print(list(steps))",
    )
    assert "x.append(2)" in found


CLASS = """
class Counter:
    def __init__(self, start):
        self.count = start
    def up(self):
        self.count += step
        return self
    @property
    def double(self):
        return 2 * self.count
    def __add__(self, other):
        return Counter(self.count + other.count + extra)
    def __repr__(self):
        return f"{prefix}{self.count}"
"""


@pytest.mark.parametrize(
    ("use", "reads"),
    [
        ("d = c.up()", {"step"}),
        ("d = c.double", set()),
        ("d = c + c", {"extra"}),
        ("print(c)", {"prefix"}),
        ("print(f'{c}')", {"prefix"}),
    ],
)
def test_methods_read_what_they_read(use, reads):
    found = needed("step, extra = 1, 2", CLASS, "prefix = 3", "c = Counter(0)",
                   use)  # fmt: skip
    assert ("prefix = 3" in found) == ("prefix" in reads)
    assert ("step, extra = (1, 2)" in found) == bool(reads - {"prefix"})


def test_a_method_changes_its_object():
    found = needed("step = 1", CLASS, "c = Counter(0)", "c.up()",
                   "print(c.count)")  # fmt: skip
    assert "c.up()" in found


def test_an_attribute_shares_what_it_is():
    found = needed(
        "class A:\n    pass",
        "x = []",
        "a = A()",
        "a.x = x",
        "x.append(1)",
        "print(a.x)",
    )
    assert len(found) == 5


def test_a_class_goes_on_from_another():
    found = needed(
        "log = []",
        "class A:\n    def f(self):\n        log.append(1)",
        "class B(A):\n    def f(self):\n        super().f()",
        "B().f()",
        "print(log)",
    )
    assert len(found) == 4


# 3. Who reads an object needs every statement that has changed it.

TORCH = "import torch"
X = "x = torch.zeros(3)"


@pytest.mark.parametrize(
    "change",
    [
        "x[0] = 1",
        "x += 1",
        "x.add_(1)",
        "torch.nn.init.ones_(x)",
        "torch.add(x, 1, out=x)",
        "x.data = torch.ones(3)",
        "for i in range(3):\n    x[i] = i",
        "if x.sum() > 1:\n    x.add_(1)",
        "with torch.no_grad():\n    x.add_(1)",
        "y = x\ny.add_(1)",
        "x[1:].add_(1)",
        "x.view(3, 1).add_(1)",
        "x.T.add_(1)",
        "x.numpy()[0] = 1",
        "x.detach().add_(1)",
        "[x][0].add_(1)",
        "{'a': x}['a'].add_(1)",
        "for t in [x]:\n    t += 1",
        "for _, t in enumerate([x]):\n    t += 1",
        "for _, t in {'a': x}.items():\n    t += 1",
        "(lambda t: t.add_(1))(x)",
        "list(map(lambda t: t.add_(1), [x]))",
        "x.apply_(lambda value: value + 1)",
        "add = x.add_\nadd(1)",
        "import functools\nfunctools.partial(torch.Tensor.add_, x)(1)",
        "import functools\nfunctools.partial(lambda t, a: t.add_(a), x)(1)",
        "table = {**{'a': x}}\ntable['a'].add_(1)",
        "w = torch.ones(3, requires_grad=True)\nw.grad = x\nw.sum().backward()",
    ],
)
def test_a_tensor_changes(change):
    changed = ast.unparse(ast.parse(change)).split("\n")
    found = "\n".join(needed(TORCH, X, change, "print(x)")).split("\n")
    assert found[-len(changed) :] == changed


@pytest.mark.parametrize(
    "look",
    [
        "y = x + 1\ny.add_(1)",
        "y = x.clone()\ny.add_(1)",
        "y = torch.ones_like(x)\ny[0] = 2",
        "y = x.sum().item()\ny += 1",
        "y = x.tolist()\ny[0] = 1",
        "print(x)",
        "z = [x]\nz.append(1)",
        "n = len(x)\nn += 1",
        "def f(t):\n    t.add_(1)",
        "y = torch.nn.Linear(3, 1)(x)",
        "y = x > 0\ny[0] = True",
        "import copy\ny = copy.deepcopy([x])\ny[0].add_(1)",
    ],
)
def test_who_only_looks_changes_nothing(look):
    assert needed(TORCH, X, look, "print(x)") == [TORCH, X]


@pytest.mark.parametrize(
    ("made", "change"),
    [
        ("x = [1]", "x.append(2)"),
        ("x = [[1]]", "x[0].append(2)"),
        ("x = {}", "x['a'] = 1"),
        ("x = {1}", "x.add(2)"),
        ("x = [1, 2]", "del x[0]"),
        ("x = [1]", "y = x\ny += [2]"),
        ("x = iter([1, 2])", "next(x)"),
        ("x = iter([1, 2])", "for _ in x:\n    break"),
        ("import collections\nx = collections.deque([1])", "x.popleft()"),
        ("import heapq\nx = [2]", "heapq.heappush(x, 1)"),
        ("import numpy as np\nx = np.zeros(3)", "x[0] = 1"),
        ("import numpy as np\nx = np.zeros(3)", "x.sort()"),
        ("import numpy as np\nx = np.zeros(3)", "np.copyto(x, 1)"),
        ("import numpy as np\nx = np.zeros(3)", "y = x[1:]\ny[0] = 1"),
        ("import numpy as np\nx = np.random.default_rng(0)", "x.normal()"),
        ("import torch\nx = torch.Generator()",
         "torch.rand(1, generator=x)"),
        ("import fractions\nx = fractions.Fraction(1)", "x.whatever()"),
    ],
)  # fmt: skip
def test_other_objects_change(made, change):
    changed = ast.unparse(ast.parse(change))
    assert "\n".join(needed(made, change, "print(x)")).endswith(changed)


def test_numbers_and_strings_do_not_change():
    assert needed("n, s = 3, 'a'", "m = n\nm += 1\nt = s\nt += 'b'",
                  "print(n, s)") == ["n, s = (3, 'a')"]  # fmt: skip


def test_a_drawing_does_not_change_what_it_draws():
    found = needed(
        "import matplotlib.pyplot as plt",
        "x = [1, 2]",
        "fig, ax = plt.subplots()\nax.plot(x)\nax.legend(x)",
        "print(x)",
    )
    assert found == ["x = [1, 2]"]


def test_axes_change_their_figure():
    found = needed(
        "import matplotlib.pyplot as plt",
        "fig, ax = plt.subplots()",
        "ax.set_title('a')",
        "fig",
    )
    assert len(found) == 3


# 4. What was made from an object shares its changes.


@pytest.mark.parametrize(
    "made",
    [
        "y = x.view(-1)",
        "y = x.detach()",
        "y = x.numpy()",
        "y = [x]",
        "y = (1, x)",
        "y = {'a': x}",
        "y = zip([x], [x])",
        "y = (t for t in [x])",
        "y = torch.as_tensor(x)",
        "y = torch.utils.data.TensorDataset(x)",
        "y = lambda: x",
    ],
)
def test_it_shares(made):
    read = "print(y())" if "lambda" in made else "print(y)"
    assert "x.add_(1)" in needed(TORCH, X, made, "x.add_(1)", read)


@pytest.mark.parametrize(
    "made",
    ["y = x * 2", "y = x.clone()", "y = torch.stack([x])", "y = x.sum()",
     "y = float(x[0])", "y = [t * 2 for t in [x]]", "y = torch.tensor(x)"],
)  # fmt: skip
def test_it_is_new(made):
    assert "x.add_(1)" not in needed(TORCH, X, made, "x.add_(1)", "print(y)")


def test_a_shape_is_not_changed_with_the_numbers():
    assert needed(TORCH, X, "x.add_(1)", "print(x.shape, len(x))") == [TORCH, X]


def test_places_are_told_apart():
    first = "a, b = ([1], [2])"
    found = needed(
        first, "pair = (a, b)", "c, d = pair", "d.append(3)", "print(c)"
    )
    assert found == [first, "pair = (a, b)", "c, d = pair"]


def test_reading_a_name_that_is_bound_to_two_things():
    found = needed(
        "a, b = [1], [2]",
        "c = a if len(a) else b",
        "c.append(3)",
        "print(b)",
    )
    assert "c.append(3)" in found


# 5. Gradients are apart from values.

W = "w = torch.ones(3, requires_grad=True)"
LOSS = "loss = (w ** 2).sum()"


def test_backward_changes_gradients_and_no_values():
    assert needed(TORCH, W, LOSS, "loss.backward()", "print(w)") == [TORCH, W]
    assert needed(TORCH, W, LOSS, "loss.backward()", "print(w.grad)") == [
        TORCH, W, LOSS, "loss.backward()",
    ]  # fmt: skip


def test_backward_leaves_a_gradient_only_where_one_is_required():
    found = needed(
        TORCH, W, X, "loss = (w * x).sum()", "loss.backward()", "print(x.grad)"
    )
    assert found == [TORCH, X]


def test_gradients_add_up():
    found = needed(
        TORCH, W, "(w * 2).sum().backward()", "(w * 3).sum().backward()",
        "print(w.grad)",
    )  # fmt: skip
    assert len(found) == 4


@pytest.mark.parametrize("reset", ["w.grad = None", "optimizer.zero_grad()"])
def test_a_reset_undoes(reset):
    optimizer = "optimizer = torch.optim.SGD([w], lr=0.1)"
    found = needed(
        TORCH, W, optimizer, "(w * 2).sum().backward()", reset,
        "(w * 3).sum().backward()", "print(w.grad)",
    )  # fmt: skip
    assert found == [TORCH, W, "(w * 3).sum().backward()"]


def test_a_reset_is_needed_where_there_is_something_to_undo():
    train = "for _ in range(3):\n    (w * 2).sum().backward()\n    w.data -= 1"
    found = needed(
        TORCH, W, train, "w.grad = None", "(w * w).sum().backward()",
        "print(w.grad)",
    )  # fmt: skip
    assert found == [
        TORCH, W, train, "w.grad = None", "(w * w).sum().backward()",
    ]  # fmt: skip


def test_a_reset_that_may_not_run_undoes_nothing():
    found = needed(
        TORCH, W, "(w * 2).sum().backward()", "if w[0] > 2:\n    w.grad = None",
        "print(w.grad)",
    )  # fmt: skip
    assert len(found) == 4


def test_a_step_reads_gradients_and_changes_values():
    optimizer = "optimizer = torch.optim.SGD([w], lr=0.1)"
    found = needed(
        TORCH, W, optimizer, LOSS, "loss.backward()", "optimizer.step()",
        "print(w)",
    )  # fmt: skip
    assert len(found) == 6


def test_a_loop_that_trains_changes_the_layer():
    train = textwrap.dedent("""
    for _ in range(3):
        optimizer.zero_grad()
        layer(torch.ones(3)).sum().backward()
        optimizer.step()
    """).strip()
    made = "layer = torch.nn.Linear(3, 1)"
    optimizer = "optimizer = torch.optim.SGD(layer.parameters(), lr=0.1)"
    assert needed(TORCH, made, optimizer, train, "print(layer.weight)") == [
        TORCH, made, optimizer, train,
    ]  # fmt: skip


def test_a_copy_that_is_trained_leaves_the_start_as_it_was():
    function = textwrap.dedent("""
    def descend(start):
        mu = torch.nn.Parameter(start.clone())
        optimizer = torch.optim.SGD([mu], lr=0.1)
        for _ in range(3):
            optimizer.zero_grad()
            (mu ** 2).sum().backward()
            optimizer.step()
        return mu.detach()
    """).strip()
    assert needed(TORCH, X, function, "y = descend(x)", "print(x)") == [
        TORCH, X,
    ]  # fmt: skip


def test_a_graph_is_used_up_once():
    found = needed(
        TORCH, W, LOSS, "loss.backward()", "loss.backward()",
        block4={"raises": True},
    )  # fmt: skip
    assert found == [TORCH, W, LOSS, "loss.backward()"]


# 6. Random numbers and settings are objects, too.


def test_draws_follow_each_other():
    found = needed(
        TORCH, "torch.rand(1)", "torch.manual_seed(0)", "torch.rand(2)",
        "print(torch.rand(3))",
    )  # fmt: skip
    assert found == [TORCH, "torch.manual_seed(0)", "torch.rand(2)"]


@pytest.mark.parametrize(
    "draw",
    [
        "torch.nn.Linear(3, 1)",
        "torch.nn.Dropout(0.5)(torch.ones(3))",
        "torch.zeros(3).normal_()",
        "torch.nn.init.uniform_(torch.zeros(3))",
        "for _ in torch.utils.data.DataLoader([1]):\n    pass",
        "torch.distributions.Normal(0.0, 1.0).sample()",
    ],
)
def test_these_draw(draw):
    assert ast.unparse(ast.parse(draw)) in needed(
        TORCH, draw, "print(torch.rand(1))"
    )


def test_a_generator_of_its_own_leaves_the_others_alone():
    assert needed(
        TORCH, "g = torch.Generator().manual_seed(0)",
        "torch.rand(1, generator=g)", "print(torch.rand(1))",
    ) == [TORCH]  # fmt: skip


def test_seeding_a_generator_makes_it_new():
    generator = "g = torch.Generator()"
    found = needed(
        TORCH, generator, "torch.rand(1, generator=g)", "g.manual_seed(0)",
        "print(torch.rand(1, generator=g))",
    )  # fmt: skip
    assert found == [TORCH, generator, "g.manual_seed(0)"]


@pytest.mark.parametrize(
    "setting",
    [
        "torch.set_default_dtype(torch.float64)",
        "torch.backends.mkldnn.enabled = False",
        "torch.set_printoptions(precision=2)",
    ],
)
def test_all_read_the_settings(setting):
    assert setting in needed(TORCH, X, setting, "print(x)")


def test_how_tensors_are_printed_matters_to_who_prints():
    setting = "torch.set_printoptions(precision=2)"
    assert setting not in needed(TORCH, X, setting, "y = x.sum().item()")


def test_a_context_that_restores_changes_nothing():
    quiet = (
        "with warnings.catch_warnings():\n    warnings.simplefilter('error')"
    )
    assert needed("import warnings", TORCH, quiet, "print(torch.ones(3))") == [
        TORCH
    ]


# 7. The last statement of a block that shows an error leaves nothing behind.


def test_what_raises_leaves_nothing():
    assert needed(
        "x = []", "y = 1\nx.append(0); x = 1 / 0", "print(x)",
        block1={"raises": True},
    ) == ["x = []", "x.append(0)"]  # fmt: skip


def test_a_block_that_does_not_parse_needs_nothing():
    assert needed("x = 1", "x = = 2", block1={"raises": True}) == []
    with pytest.raises(SyntaxError):
        analysed("x = = 2")


# Files, names that are missing, modules that a reader lacks.


def test_files_join_who_writes_and_who_reads():
    write = "np.save('a.npy', 1)"
    found = needed("import numpy as np", write, "np.save('b.npy', 2)",
                   "print(np.load('a.npy'))")  # fmt: skip
    assert found == ["import numpy as np", write]
    assert write in needed(
        "import numpy as np", write, "name = 'a' + '.npy'", "np.load(name)"
    )


def test_a_file_that_nobody_writes():
    (statement,) = analysed("\ndata = open('points.csv').read()")
    assert statement.files == [("points.csv", 1)]


@pytest.mark.parametrize(
    "source",
    ["open('a', 'w')", "from pathlib import Path\nPath('a').write_text('b')"],
)
def test_a_file_that_is_written(source):
    assert not any(statement.files for statement in analysed(source))


def test_names_that_nothing_binds():
    one, two = analysed("def f():\n    return missing", "f()\nlost")[1:]
    assert one.missing == [("missing", 1)]
    assert two.missing == [("lost", 2)]


def test_a_name_that_only_a_hidden_block_binds():
    statements = analysed("x = 1", "y = 2", "print(x, y)",
                          block0={"hidden": True})  # fmt: skip
    assert statements[2].unseen == [("x", 1)]


@pytest.mark.parametrize(
    ("source", "foreign"),
    [
        ("import torch, math, numpy.linalg", []),
        ("from mpl_toolkits import mplot3d", []),
        ("import pandas as pd", ["pandas"]),
        ("from sklearn.svm import SVC", ["sklearn.svm"]),
    ],
)
def test_modules_that_a_reader_may_not_have(source, foreign):
    (statement,) = analysed(source)
    assert [module for module, _ in statement.imports] == foreign


def test_what_prints():
    printing = [
        statement.prints
        for statement in analysed(
            "print(1)", "def f():\n    print(2)", "x = f()", "y = 1",
            "z = list(map(print, [1]))",
        )
    ]  # fmt: skip
    assert printing == [True, False, True, False, True]


def test_it_says_why():
    statements = analysed(TORCH, X, "x.add_(1)", "print(x)")
    assert statements[3].needs == {
        1: "binds 'x'",
        2: "may change what 'x' stands for",
    }


# Limits that the docstring states.


@pytest.mark.parametrize(
    "unseen",
    ["exec('x.append(2)')", "globals()['x'] = 2", "eval('x.append(2)')"],
)
def test_code_in_strings_is_not_seen(unseen):
    assert needed("x = [1]", unseen, "print(x)") == ["x = [1]"]


def test_a_statement_that_calls_too_much_needs_everything(monkeypatch):
    chapter = ["x = 1", "y = [2]", "def f():\n    pass", "f()", "print(y)"]
    assert needed(*chapter) == ["y = [2]"]
    monkeypatch.setattr(calls, "ENOUGH", -1)
    assert needed(*chapter) == chapter[:-1]


def test_a_conversion_is_another_tensor_to_requires_grad():
    convert = "y = x.double().requires_grad_()"
    assert needed(TORCH, X, convert, "print(x)") == [TORCH, X]
    assert "y.add_(1)" in needed(TORCH, X, "y = x.double()", "y.add_(1)",
                                 "print(x)")  # fmt: skip


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


class Run:
    """A chapter that runs, from the start, as far as it goes."""

    def __init__(self, *sources):
        """Run blocks."""
        torch.manual_seed(99)
        self.names = {"__name__": "__main__"}
        self.said = [self.go_on(source) for source in sources]

    def go_on(self, source):
        """Run more code; return what it prints."""
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            exec(source, self.names)  # noqa: S102 (it is made up above)
        return said.getvalue()


def kept(made_up):
    """Return the blocks of a chapter that run, and what they print."""
    blocks, run = [START], Run(START)
    for line in made_up:
        try:
            said = run.go_on(line)
        except Exception:  # noqa: BLE001 (whatever it raises: leave it out)
            run = Run(*blocks)
        else:
            run.said.append(said)
            blocks.append(line)
    return blocks, run.said


@settings(
    deadline=None,
    max_examples=80,
    derandomize=True,  # the same each time: a build must not fail by chance
    suppress_health_check=[HealthCheck.too_slow],
)
@given(st.lists(lines(), min_size=6, max_size=25))
def test_what_is_needed_is_enough(made_up):
    blocks, said = kept(made_up)
    statements = needs.analyse(map(needs.Block, blocks))
    for number, block in enumerate(blocks):
        if not block.startswith("print"):
            continue
        own = [n for n, s in enumerate(statements) if s.block == number]
        chosen = sorted(needs.closure(statements, own) - {*own})
        program = "\n".join(ast.unparse(statements[n].node) for n in chosen)
        assert Run(program, block).said[1] == said[number], (
            f"{program}\n# ---\n{block}\n# --- of\n" + "\n".join(blocks[1:])
        )
