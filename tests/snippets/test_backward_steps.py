"""The steps of a backward pass, against the engine that PyTorch confirms."""

from snippets.backward_steps import backward_steps
from snippets.value import Value


def test_every_step_of_a_sum_over_branches():
    """12 z squared at z = 1, where f = a * b, b = 3a and a = 2z."""
    numbers = {"f": 12.0, "b": 6.0, "a": 2.0, "z": 1.0}
    links = [("f", "a", 6.0), ("f", "b", 2.0), ("b", "a", 3.0), ("a", "z", 2.0)]
    gradients = "1 - - -", "1 2 6 -", "1 2 12 -", "1 2 12 24", "1 2 12 24"
    for step, expected in enumerate(gradients):
        nodes, edges, slopes = backward_steps(numbers, links, step)
        assert [n.split()[-1] for n in nodes.values()] == expected.split()
        assert edges == [(0, 2), (0, 1), (1, 2), (2, 3)]
        assert slopes == ["6", "2", "3", "2"]
        lines = "\n".join(nodes.values()).split("\n")
        assert {len(line) for line in lines} == {12}  # so that nothing moves


def test_a_vertex_that_the_result_does_not_depend_on_hands_on_0():
    numbers = {"f": 1.0, "a": 2.0, "z": 3.0}
    nodes, _, _ = backward_steps(numbers, [("a", "z", 5.0)], 2)
    assert nodes[2].split() == ["z", "=", "3", "grad", "0"]


def test_ends_with_the_gradients_of_the_engine():
    w, b = Value(0.3), Value(-1.2)
    loss = (1 + (-2 * w - b).exp()).log() + w * w * b
    loss.backward()
    names = {v: f"v{i}" for i, v in enumerate(reversed(loss.order()))}
    numbers = {name: v.data for v, name in names.items()}
    links = [(names[v], names[p], s) for v in names for p, s in v.links]
    nodes, _, _ = backward_steps(numbers, links, len(names))
    found = [label.split()[-1] for label in nodes.values()]
    assert found == [f"{v.grad:.4g}" for v in names]
