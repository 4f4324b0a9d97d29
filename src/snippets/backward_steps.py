"""Stop the backward pass of a graph of numbers after any of its steps."""


def backward_steps(
    numbers: dict[str, float],
    links: list[tuple[str, str, float]],
    step: int,
) -> tuple[dict[int, str], list[tuple[int, int]], list[str]]:
    r"""Return a graph after the first steps of its backward pass.

    .. math::

        \frac{\partial f}{\partial v}
        = \sum_{c \text{ made from } v}
        \frac{\partial f}{\partial c} \, \frac{\partial c}{\partial v}

    The gradient of the result is 1. In each step one vertex, its own sum being
    complete, hands on a term of this sum to all that it was made from.

    Args:
        numbers: The number of each vertex by its name: first the result, and
            none before all that were made from it.
        links: For each edge the name of what was made, the name of what it
            was made from, and the derivative of the first by the second.
        step: How many vertices have handed on their gradient, from 0 on.

    Returns:
        The labels of the vertices, with number and gradient, by their place
        in numbers; the edges in the direction of backward, as pairs of places;
        and the labels of the edges, the derivatives. draw_graph draws them.

    Raises:
        KeyError: If a link names no vertex.
        ValueError: If a link does not lead to a later vertex, or step is
            below 0 or above the number of vertices.

    Example:
        The derivative of z * z is 2z; z is used twice, so two terms arrive:

        >>> numbers, links = {"f": 9.0, "z": 3.0}, [("f", "z", 3.0)] * 2
        >>> for step in (0, 1):
        ...     nodes, edges, slopes = backward_steps(numbers, links, step)
        ...     print(nodes[1].split())
        ['z', '=', '3', 'grad', '-']
        ['z', '=', '3', 'grad', '6']

    Explained in:
        :doc:`/tensors`

    Source:
        Griewank and Walther, Evaluating Derivatives, section 3.2.
    """
    place = {name: i for i, name in enumerate(numbers)}
    edges = [(place[made], place[operand]) for made, operand, _ in links]
    if any(made >= operand for made, operand in edges):
        raise ValueError(f"links must lead on in {[*numbers]}, got {links}")
    if not 0 <= step <= len(numbers):
        raise ValueError(f"step must be from 0 to {len(numbers)}, got {step}")
    grads = {0: 1.0}
    for active in range(step):
        for (made, operand), (_, _, slope) in zip(edges, links, strict=True):
            if made == active:
                term = slope * grads.get(made, 0.0)
                grads[operand] = grads.get(operand, 0.0) + term
    nodes = {}
    for i, (name, number) in enumerate(numbers.items()):
        grad = f"{grads[i]:.4g}" if i in grads else "-"
        lines = f"{name} = {number:.4g}", f"grad {grad}"
        # As wide at each step, so that nothing moves from one to the next.
        nodes[i] = "\n".join(f"{line:^12}" for line in lines)
    return nodes, edges, [f"{slope:.4g}" for _, _, slope in links]
