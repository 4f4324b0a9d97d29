"""Autograd's graph, read from tensors whose graph is known."""

import pytest
import torch

from snippets.autograd_graph import autograd_graph
from snippets.neg_log_likelihood import neg_log_likelihood

MU = torch.nn.Parameter(torch.zeros(100))
W = torch.ones(2, requires_grad=True)

# fmt: off
GRAPHS = [
    (neg_log_likelihood(torch.ones(500, 100), MU, 1.0), {"mu": MU},
     ["AddBackward0", "DivBackward0", "MulBackward0", "PowBackward0",
      "LinalgVectorNormBackward0", "SubBackward0",
      "AccumulateGrad\nmu (100,)"],
     [(i, i + 1) for i in range(6)]),
    # A leaf without a name shows its shape.
    (W.sum(), {"other": torch.ones(2)},
     ["SumBackward0", "AccumulateGrad\n(2,)"], [(0, 1)]),
    # Branches meet at a shared leaf.
    (W.sin() + W.cos(), {"w": W},
     ["AddBackward0", "SinBackward0", "CosBackward0",
      "AccumulateGrad\nw (2,)"],
     [(0, 1), (0, 2), (1, 3), (2, 3)]),
    # An operand used twice has two edges.
    (W * W, {}, ["MulBackward0", "AccumulateGrad\n(2,)"], [(0, 1), (0, 1)]),
]
# fmt: on


@pytest.mark.parametrize(("result", "named", "labels", "edges"), GRAPHS)
def test_the_graph(result, named, labels, edges):
    nodes, found = autograd_graph(result, **named)
    assert list(nodes.values()) == labels
    assert found == edges


def test_is_the_same_after_backward():
    loss = (W**2).sum()
    before = autograd_graph(loss, w=W)
    loss.backward()
    assert autograd_graph(loss, w=W) == before


def test_a_deep_graph():
    value = torch.ones((), requires_grad=True)
    for _ in range(3000):
        value = value + 1
    assert len(autograd_graph(value)[0]) == 3001
