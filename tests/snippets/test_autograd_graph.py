"""Autograd's graph, read from tensors whose graph is known."""

import torch

from snippets.autograd_graph import autograd_graph
from snippets.neg_log_likelihood import neg_log_likelihood


def test_the_negative_log_likelihood_is_one_chain():
    mu = torch.nn.Parameter(torch.zeros(100))
    loss = neg_log_likelihood(torch.ones(500, 100), mu, 1.0)
    nodes, edges = autograd_graph(loss, mu=mu)
    assert list(nodes.values()) == [
        "AddBackward0",
        "DivBackward0",
        "MulBackward0",
        "PowBackward0",
        "LinalgVectorNormBackward0",
        "SubBackward0",
        "AccumulateGrad\nmu (100,)",
    ]
    assert edges == [(i, i + 1) for i in range(6)]


def test_a_leaf_without_a_name_shows_its_shape():
    w = torch.ones(2, 3, requires_grad=True)
    nodes, _ = autograd_graph(w.sum(), other=torch.ones(2, 3))
    assert nodes[1] == "AccumulateGrad\n(2, 3)"


def test_branches_meet_at_a_shared_leaf():
    w = torch.ones(2, requires_grad=True)
    nodes, edges = autograd_graph(w.sin() + w.cos(), w=w)
    assert list(nodes.values()) == [
        "AddBackward0",
        "SinBackward0",
        "CosBackward0",
        "AccumulateGrad\nw (2,)",
    ]
    assert edges == [(0, 1), (0, 2), (1, 3), (2, 3)]


def test_an_operand_used_twice_has_two_edges():
    w = torch.ones(2, requires_grad=True)
    assert autograd_graph(w * w)[1] == [(0, 1), (0, 1)]


def test_is_the_same_after_backward():
    w = torch.ones(2, requires_grad=True)
    loss = (w**2).sum()
    before = autograd_graph(loss, w=w)
    loss.backward()
    assert autograd_graph(loss, w=w) == before


def test_a_deep_graph():
    value = torch.ones((), requires_grad=True)
    for _ in range(3000):
        value = value + 1
    assert len(autograd_graph(value)[0]) == 3001
