"""Each snippet refuses what it cannot use, and says what it got."""

import math
import re

import pytest
import torch

from snippets.autograd_graph import autograd_graph
from snippets.backward_steps import backward_steps
from snippets.draw_graph import draw_graph
from snippets.finite_difference import finite_difference
from snippets.gradient_descent import gradient_descent
from snippets.log_loss import log_loss
from snippets.mean_mle import mean_mle
from snippets.neg_log_likelihood import neg_log_likelihood
from snippets.trace_graph import trace_graph
from snippets.two_weight_cross_entropy import (
    two_weight_cross_entropy as two_weights,
)

ones = torch.ones
INTS = torch.tensor([1, 2])
NO_GRAPH = "tensor (2,) has no .*"


def _first(*arguments):
    return next(gradient_descent(*arguments))


def _traced(function):
    return trace_graph(function, x=ones(3))


# fmt: off
CASES = [
    (autograd_graph, (INTS,), NO_GRAPH + "torch.int64 tensors cannot require"),
    (autograd_graph, (ones(2),), NO_GRAPH + "no gradient is asked for"),
    (autograd_graph, (ones(2, requires_grad=True),), NO_GRAPH + "it is a leaf"),
    (backward_steps, ({"f": 1.0}, [], 2), "step must be from 0 to 1, got 2"),
    (backward_steps, ({"f": 1.0}, [], -1), "step must be from 0 to 1, got -1"),
    (backward_steps, ({"a": 1.0, "f": 2.0}, [("f", "a", 2.0)], 1),
     "links must lead on in ['a', 'f'], got [('f', 'a', 2.0)]"),
    (draw_graph, ({}, []), "edges [] .* nodes, got []"),
    (draw_graph, ({0: "a"}, [(0, 5)]), "edges [(0, 5)] .* got [0]"),
    (draw_graph, ({0: "a", 1: "b"}, [(0, 1), (1, 0)]), "nodes are in a cycle"),
    (finite_difference, (torch.sum, INTS), "x must be .* got torch.int64"),
    *((finite_difference, (torch.sum, ones(2), h), f"h must be .*got {h}")
      for h in (0, -1e-3, math.nan)),
    *((finite_difference, (torch.sum, torch.tensor([1.0, x]), h),
       f"vanish .*torch.float32.* {h}")  # below 1 the floats are closer
      for x, h in ((100.0, 1e-06), (-1.0, 4e-08))),
    (finite_difference, (torch.square, ones(2).double()),
     "function must .* got tensor([1.0"),
    (finite_difference, (lambda x: x.sum().item(), ones(2).double()),
     "function must .* got 2.0"),
    *((gradient_descent, (torch.sum, ones(3), lr, 1), f"lr must .*got {lr}")
      for lr in (0, -0.1, math.inf, math.nan)),
    *((gradient_descent, (torch.sum, ones(3), 0.1, n), f"steps .*got {n}")
      for n in (0, -1, 1.5)),
    (gradient_descent, (torch.sum, INTS, 0.1, 1), "start must.*torch.int64"),
    # A wrong loss is noticed when it is first computed.
    (_first, (lambda mu: 2 * mu, ones(3), 0.1, 1), "loss must .*2., 2., 2."),
    (_first, (lambda _: torch.tensor(7.0), ones(3), 0.1, 1), "loss must .*7."),
    (_first, (lambda mu: mu.sum().item(), ones(3), 0.1, 1), "loss must .*3.0"),
    *((log_loss, tuple(map(ones, shapes)),
       f"x, y, w must have shapes.*{list(shapes)}")
      for shapes in [((3,), (4,), (3,)), ((4, 3), (4, 1), (3,)),
                     ((4, 3), (3,), (3,)), ((4, 3), (4,), (3, 1))]),
    *((log_loss, (ones(len(y), 2), torch.tensor(y), ones(2)), f"y must.*{y}")
      for y in ([-1, 0], [0, 2], [0.5, 1.0], [-1, 0, 1])),
    *((mean_mle, (ones(shape),), f"samples must have shape.*got {shape}")
      for shape in [(), (3,), (2, 2, 2), (0, 3)]),
    (mean_mle, (torch.tensor([[1, 2]]),), "samples .* got torch.int64"),
    *((neg_log_likelihood, (ones(samples), ones(mu), 1.0),
       f"samples must have shape.*got {samples} and {mu}")
      for samples, mu in [((3,), (3,)), ((4, 3), (4,)), ((4, 3), (1, 3)),
                          ((0, 3), (3,))]),
    *((neg_log_likelihood, (ones(4, 3), ones(3), v), f"finite.*got {v!r}")
      for v in (0, -1.0, math.inf, math.nan, torch.tensor(1.0))),
    (neg_log_likelihood, (torch.tensor([[1, 2]]), INTS, 1.0),
     "samples - mu must .* got torch.int64 and torch.int64"),
    *((two_weights, tuple(map(ones, shapes)),
       f"x, t, w must have shapes.*{list(shapes)}")
      for shapes in [((3,), (3,), (2, 3)), ((4, 3), (4, 1), (2, 3)),
                     ((4, 3), (3,), (2, 3)), ((4, 3), (4,), (3,)),
                     ((4, 3), (4,), (3, 2)), ((), (4,), (2, 3)),
                     ((4, 3), (), (2, 3))]),
    (two_weights, (ones(2, 3), torch.tensor([-1, 1]), ones(2, 3)),
     "t must hold .* got [-1, 1]"),
    (two_weights, (ones(2, 3), torch.tensor([0.0, 1.0]), ones(2, 3)),
     "t must be .* got torch.float32"),
    *((loss, (ones(1, 2, dtype=dtype), torch.tensor([1]), w),
       f"x and w .* got {dtype} and torch")
      for loss, w in ((log_loss, ones(2)), (two_weights, ones(2, 2)))
      for dtype in (torch.float64, torch.int64)),
    (_traced, (lambda x: x.sum().item(),), "function must .* got float"),
    (_traced, (lambda x: x.tolist(),), "function must .* got list"),
]
# fmt: on


@pytest.mark.parametrize(("snippet", "arguments", "says"), CASES)
def test_what_is_wrong_is_refused(snippet, arguments, says):
    parts = map(re.escape, says.split(".*"))
    pattern = re.compile(".*".join(parts), re.DOTALL)
    with pytest.raises((TypeError, ValueError)) as caught:
        snippet(*arguments)
    assert pattern.search(str(caught.value)), caught.value
