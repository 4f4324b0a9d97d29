"""The trace of small functions, vertex by vertex and edge by edge."""

import pytest
import torch

from snippets.log_loss import log_loss
from snippets.neg_log_likelihood import neg_log_likelihood
from snippets.trace import trace
from snippets.two_weight_cross_entropy import two_weight_cross_entropy


def test_a_sum_of_integers():
    a, b = torch.tensor([1, 2, 3]), torch.tensor([4, 5, 6])
    assert trace(lambda a, b: a + b, a=a, b=b) == (
        {0: "a\n(3,)", 1: "b\n(3,)", 2: "add\n(3,)"},
        [(0, 2), (1, 2)],
    )


def test_the_negative_log_likelihood():
    samples, mu = torch.ones(500, 100), torch.zeros(100)
    nodes, edges = trace(neg_log_likelihood, samples=samples, mu=mu, var_=1.0)
    assert list(nodes.values()) == [
        "samples\n(500, 100)",
        "mu\n(100,)",
        "sub\n(500, 100)",
        "linalg_matrix_norm\n()",
        "pow 2\n()",
        "mul 0.5\n()",
        "div 500\n()",
        "add 91.8939\n()",
    ]
    assert edges == [(0, 2), (1, 2), (2, 3), (3, 4), (4, 5), (5, 6), (6, 7)]


@pytest.mark.parametrize(
    ("loss", "shape"), [(log_loss, (3,)), (two_weight_cross_entropy, (2, 3))]
)
def test_the_checks_of_labels_leave_no_vertex(loss, shape):
    x, y, w = torch.ones(4, 3), torch.tensor([0, 1, 1, 0]), torch.ones(shape)
    nodes, edges = trace(loss, x=x, y=y, w=w)
    starts, ends = {u for u, _ in edges}, {v for _, v in edges}
    assert {nodes[v].split("\n")[0] for v in set(nodes) - ends} == set("xyw")
    assert len(set(nodes) - starts) == 1
    assert all(u < v for u, v in edges)


@pytest.mark.parametrize(
    ("function", "label"),
    [
        (lambda x: 0.5 * x, "mul 0.5\n(2, 3)"),
        (lambda x: 1 - x, "rsub 1\n(2, 3)"),
        (lambda x: x.sum(dim=1), "sum dim=1\n(2,)"),
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
    nodes, _ = trace(function, x=torch.ones(2, 3))
    assert nodes[max(nodes)] == label


def test_an_operand_used_twice_has_two_edges():
    assert trace(lambda x: x * x, x=torch.ones(()))[1] == [(0, 1), (0, 1)]


def test_a_captured_tensor_is_a_vertex():
    shift = torch.ones(3)
    nodes, edges = trace(lambda x: x + shift, x=torch.ones(2, 3))
    assert nodes == {0: "x\n(2, 3)", 1: "tensor\n(3,)", 2: "add\n(2, 3)"}
    assert edges == [(0, 2), (1, 2)]


def test_a_layer_shows_its_parameters():
    nodes, _ = trace(torch.nn.Linear(3, 2), input=torch.ones(3))
    assert sorted(nodes.values()) == [
        "input\n(3,)",
        "linear\n(2,)",
        "parameter\n(2, 3)",
        "parameter\n(2,)",
    ]


def test_what_the_result_does_not_need_is_left_out():
    def busy(x, unused):
        _ = (x * 3).sum(), unused + 1
        assert x.ndim == 1
        assert x.shape == (3,)
        return x - 1

    nodes, edges = trace(busy, x=torch.ones(3), unused=torch.ones(3))
    assert nodes == {0: "x\n(3,)", 1: "sub 1\n(3,)"}
    assert edges == [(0, 1)]


def test_a_change_in_place_is_a_new_vertex():
    def change(x):
        y = x.clone()
        y += 1
        y[0] = 5
        return y

    nodes, edges = trace(change, x=torch.ones(3))
    assert [label.split("\n")[0] for label in nodes.values()] == [
        "x",
        "clone",
        "add_ 1",
        "setitem 0 5",
    ]
    assert edges == [(0, 1), (1, 2), (2, 3)]


def test_many_short_lived_tensors_are_not_mixed_up():
    def chain(x):
        for _ in range(200):
            x = x + 1
        return x

    nodes, edges = trace(chain, x=torch.ones(()))
    assert len(nodes) == 201
    assert edges == [(i, i + 1) for i in range(200)]


def test_an_input_returned_unchanged_and_several_results():
    assert trace(lambda x: x, x=torch.ones(2)) == ({0: "x\n(2,)"}, [])
    nodes, edges = trace(lambda x: (x + 1, [x + 2]), x=torch.ones(2))
    assert len(nodes) == 3
    assert edges == [(0, 1), (0, 2)]
