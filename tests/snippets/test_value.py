"""The scalar engine against PyTorch: equal where the operations are."""

import ast
import math
import operator
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from snippets import value as module
from snippets.autograd_graph import autograd_graph
from snippets.log_loss import log_loss
from snippets.neg_log_likelihood import neg_log_likelihood
from snippets.two_weight_cross_entropy import two_weight_cross_entropy
from snippets.value import Value

FOUR = [[2.0, 1.0], [0.5, 2.0], [-1.0, -2.0], [1.0, -0.5]]
SIGNS = [1, 1, -1, -1]
# No exp or log on the way from these numbers lies within 0.1 units in the
# last place of the middle between two floats, so that libraries agree.
WEIGHTS, PAIR = [-1.5, 0.75], [1.0, -2.0, -0.5, -1.25]


def score(w, x):
    total = w[0] * x[0]
    for w_j, x_j in zip(w[1:], x[1:], strict=True):
        total = total + w_j * x_j
    return total


def gaussian(mu):
    gaps = [m - s for x in FOUR for m, s in zip(mu, x, strict=True)]
    constants = len(mu) / 2 * math.log(2 * math.pi * 1.5)
    return 0.5 / 1.5 / 4 * sum(gap * gap for gap in gaps) + constants


def logistic(w):
    margins = [y * score(w, x) for x, y in zip(FOUR, SIGNS, strict=True)]
    return sum((1 + (-margin).exp()).log() for margin in margins)


def two_weights(w):
    total = 0.0
    for x, y in zip(FOUR, SIGNS, strict=True):
        minus, plus = score(w[:2], x), score(w[2:], x)
        own = plus if y == 1 else minus
        total = total + ((minus.exp() + plus.exp()).log() - own)
    return total


def leaves_of(numbers):
    return [
        torch.tensor(number, dtype=torch.float64, requires_grad=True)
        for number in numbers
    ]


def both(function, numbers):
    """What the engine and PyTorch give: results and gradients, as floats."""
    values, tensors = list(map(Value, numbers)), leaves_of(numbers)
    result, oracle = function(values), function(tensors)
    result.backward()
    oracle.backward()
    grads = [leaf.grad for leaf in tensors]
    return (
        [result.data, *(value.grad for value in values)],
        [oracle.item(), *(0.0 if g is None else g.item() for g in grads)],
    )


LOSSES = {
    gaussian: (WEIGHTS, lambda x, _y, mu: neg_log_likelihood(x, mu, 1.5)),
    logistic: (WEIGHTS, log_loss),
    two_weights: (
        PAIR,
        lambda x, y, w: two_weight_cross_entropy(
            x, (y + 1) // 2, w.reshape(2, 2)
        ),
    ),
}


@pytest.mark.parametrize("loss", LOSSES)
def test_the_books_losses_have_the_same_bits_and_graphs(loss):
    numbers, snippet = LOSSES[loss]
    ours, torchs = both(loss, numbers)
    assert ours == torchs
    x, y = torch.tensor(FOUR, dtype=torch.float64), torch.tensor(SIGNS)
    leaf = torch.tensor(numbers, dtype=torch.float64, requires_grad=True)
    result = snippet(x, y, leaf)
    result.backward()
    expected = [result.item(), *leaf.grad.tolist()]
    assert ours == pytest.approx(expected, rel=1e-14)
    order = loss(list(map(Value, numbers))).order()
    nodes, edges = autograd_graph(loss(leaves_of(numbers)))
    names = [label.split("Backward")[0].lower() for label in nodes.values()]
    kinds = [value.operation for value in order if value.links]
    # Autograd has a derivative of its own for -v, the engine has v * -1.
    kept = ["mul" if name == "neg" else name for name in names]
    assert sorted(kept)[len(numbers) :] == sorted(kinds)
    assert len(order) == len(nodes)
    assert sum(len(value.links) for value in order) == len(edges)


places = st.integers(0, 20)
steps = st.sampled_from([operator.add, operator.sub, operator.mul])
programs = st.lists(st.tuples(steps, places, places), min_size=1, max_size=20)
number = st.floats(-2, 2).map(lambda number: round(number, 3))
numbers = st.lists(number, min_size=1, max_size=4)


def run(program, leaves):
    """Make a new number by each step, from any two that are there."""
    made = list(leaves)
    for step, i, j in program:
        made.append(step(made[i % len(made)], made[j % len(made)]))
    return made[-1]


@given(program=programs, numbers=numbers)
def test_any_program_of_sums_and_products_is_close(program, numbers):
    ours, torchs = both(lambda leaves: run(program, leaves), numbers)
    assert ours[0] == torchs[0]
    size = 1 + max(map(abs, torchs))
    assert ours == pytest.approx(torchs, rel=1e-9, abs=1e-9 * size)


OPERATIONS = """a + b, a - b, a * b, a / b, b.log(), a.exp(), -a, b ** 2.5,
b ** -2, a ** 3, 3 + a + 3, 3 - a - 3, 3 * a * 3, 3 / b / 3"""


@pytest.mark.parametrize("operation", OPERATIONS.replace("\n", " ").split(", "))
@given(a=st.floats(-2, 2), b=st.floats(0.5, 2.5))
def test_every_operation_alone(operation, a, b):
    function = eval(f"lambda v: (lambda a, b: {operation})(*v)")  # noqa: S307 (ours)
    ours, torchs = both(function, [a, b])
    assert ours == pytest.approx(torchs, rel=1e-12, abs=1e-12)


def test_gradients_add_up_as_pytorchs_do():
    z, leaf = Value(2.0), torch.tensor(2.0, requires_grad=True)
    f, g = (z * z) * z, (leaf * leaf) * leaf
    for _ in range(3):
        f.backward()
        g.backward(retain_graph=True)
        assert z.grad == leaf.grad.item()
    (z * 3).backward()  # a second result of the same leaf
    assert z.grad == leaf.grad.item() + 3


def test_leaves_constants_and_what_is_beside_the_way():
    z, other = Value(2.0), Value(3.0)
    z.backward()
    assert z.grad == 1
    _ = other * z
    (z + 1).backward()
    assert other.grad == 0
    assert ((3 * z + 1) ** 2).order()[0] is z
    assert len(((3 * z + 1) ** 2).order()) == 4  # constants are no vertices


@given(program=programs, numbers=numbers)
def test_the_order_has_parents_first_and_everything_once(program, numbers):
    result = run(program, list(map(Value, numbers)))
    order = result.order()
    place = {value: i for i, value in enumerate(order)}
    assert len(place) == len(order)
    assert order[-1] is result
    for value in order:
        assert all(place[parent] < place[value] for parent, _ in value.links)


def test_deep_and_branching_graphs():
    z = total = Value(1.0)
    for _ in range(5000):
        total = total + z
    total.backward()
    assert z.grad == 5001
    z = power = Value(1.0)
    for _ in range(60):  # 2**60 paths
        power = power * power
    power.backward()
    assert z.grad == 2.0**60


def test_a_power_of_zero():
    for k, slope in enumerate([0, 1, 0]):
        z = Value(0.0)
        (z**k).backward()
        assert z.grad == slope


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (lambda: Value("2"), "data must be .* float, got str"),
        (lambda: Value(torch.tensor(2.0)), "data must be .* got Tensor"),
        (lambda: Value(None), "data must be .* float, got NoneType"),
        (lambda: Value(-8.0) ** 0.5, "data must be .* float, got complex"),
        (lambda: Value(2.0) ** Value(2.0), TypeError),
        (lambda: Value(2.0) + "2", TypeError),
        (lambda: Value(0.0).log(), ValueError),
        (lambda: Value(1000.0).exp(), OverflowError),
        (lambda: Value(1e200) ** 2, OverflowError),
        (lambda: 1 / Value(0.0), ZeroDivisionError),
    ],
)
def test_what_is_no_number_and_what_cannot_be_computed(make, error):
    said, kind = (error, TypeError) if isinstance(error, str) else (None, error)
    with pytest.raises(kind, match=said):
        make()


def test_has_about_forty_lines():
    """Without docstrings and what only adds comfort."""
    tree = ast.parse(Path(module.__file__).read_text(encoding="utf-8"))
    (engine,) = (node for node in tree.body if isinstance(node, ast.ClassDef))
    comfort = {"__neg__", "__rsub__", "__truediv__", "__rtruediv__"}
    lines = 0
    for method in engine.body:
        if isinstance(method, ast.FunctionDef) and method.name not in comfort:
            assert ast.get_docstring(method)
            method.body = method.body[1:]
            lines += len(ast.unparse(method).strip().splitlines())
    assert 35 <= lines <= 45
