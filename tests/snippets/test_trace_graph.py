"""The trace of small functions, vertex by vertex and edge by edge."""

import pytest
import torch

from snippets.log_loss import log_loss
from snippets.neg_log_likelihood import neg_log_likelihood
from snippets.trace_graph import trace_graph
from snippets.two_weight_cross_entropy import two_weight_cross_entropy

ones = torch.ones
SHIFT = ones(3)


def chain(x):
    for _ in range(200):
        x = x + 1
    return x


def change(x):
    y = x.clone()
    y += 1
    y[0] = 5
    return y


def busy(x, unused):
    _ = (x * 3).sum(), unused + 1
    assert x.ndim == 1
    assert x.shape == (3,)
    return x - 1


def steps(*vertices):
    return [(i, i + 1) for i in vertices]


# fmt: off
GRAPHS = {
    "the negative log-likelihood": (
        neg_log_likelihood,
        {"samples": ones(500, 100), "mu": torch.zeros(100), "var_": 1.0},
        ["samples\n(500, 100)", "mu\n(100,)", "sub\n(500, 100)",
         "linalg_matrix_norm\n()", "pow 2\n()", "mul 0.5\n()",
         "div 500\n()", "add 91.8939\n()"],
        [(0, 2), *steps(*range(1, 7))]),
    "an operand used twice has two edges": (
        lambda x: x * x, {"x": ones(())},
        ["x\n()", "mul\n()"], [(0, 1), (0, 1)]),
    "a captured tensor is a vertex": (
        lambda x: x + SHIFT, {"x": ones(2, 3)},
        ["x\n(2, 3)", "tensor\n(3,)", "add\n(2, 3)"], [(0, 2), (1, 2)]),
    "what the result does not need is left out": (
        busy, {"x": ones(3), "unused": ones(3)},
        ["x\n(3,)", "sub 1\n(3,)"], [(0, 1)]),
    "a change in place is a new vertex": (
        change, {"x": ones(3)},
        ["x\n(3,)", "clone\n(3,)", "add_ 1\n(3,)", "setitem 0 5\n(3,)"],
        steps(0, 1, 2)),
    "many short-lived tensors are not mixed up": (
        chain, {"x": ones(())},
        ["x\n()", *["add 1\n()"] * 200], steps(*range(200))),
    "an input returned unchanged": (
        lambda x: x, {"x": ones(2)}, ["x\n(2,)"], []),
    "several results": (
        lambda x: (x + 1, [x + 2]), {"x": ones(2)},
        ["x\n(2,)", "add 1\n(2,)", "add 2\n(2,)"], [(0, 1), (0, 2)]),
}
# fmt: on


@pytest.mark.parametrize("name", GRAPHS)
def test_the_graph(name):
    function, inputs, labels, edges = GRAPHS[name]
    assert trace_graph(function, **inputs) == (dict(enumerate(labels)), edges)


@pytest.mark.parametrize(
    ("loss", "names", "shape"),
    [(log_loss, "xyw", (3,)), (two_weight_cross_entropy, "xtw", (2, 3))],
)
def test_the_checks_of_labels_leave_no_vertex(loss, names, shape):
    values = ones(4, 3), torch.tensor([0, 1, 1, 0]), ones(shape)
    nodes, edges = trace_graph(loss, **dict(zip(names, values, strict=True)))
    starts, ends = {u for u, _ in edges}, {v for _, v in edges}
    assert {nodes[v].split("\n")[0] for v in set(nodes) - ends} == set(names)
    assert len(set(nodes) - starts) == 1
    assert all(u < v for u, v in edges)


@pytest.mark.parametrize(
    ("function", "label"),
    [
        (lambda x: 1 - x, "rsub 1\n(2, 3)"),
        (lambda x: x.sum(dim=1, keepdim=True), "sum dim=1\n(2, 1)"),
        (lambda x: x.T, "T\n(3, 2)"),
        (lambda x: x[1], "getitem 1\n(3,)"),
        (lambda x: x > 0, "gt 0\n(2, 3)"),
        (lambda x: x.max(dim=1), "max dim=1\n(2,)"),
        (lambda x: x.split([1, 2], dim=1), "split dim=1\n(2, 1)\n(2, 2)"),
        (lambda x: torch.stack([x, x]), "stack\n(2, 2, 3)"),
    ],
)
def test_labels(function, label):
    nodes, _ = trace_graph(function, x=ones(2, 3))
    assert nodes[max(nodes)] == label


def test_a_layer_shows_its_parameters():
    nodes, _ = trace_graph(torch.nn.Linear(3, 2), input=ones(3))
    assert sorted(nodes.values()) == [
        "input\n(3,)",
        "linear\n(2,)",
        "parameter\n(2, 3)",
        "parameter\n(2,)",
    ]
