"""Read the graph that autograd keeps behind a tensor."""

import torch


def autograd_graph(
    tensor: torch.Tensor, /, **names: torch.Tensor
) -> tuple[dict[int, str], list[tuple[int, int]]]:
    r"""Return the steps that backward will take from a tensor to its leaves.

    Autograd keeps a vertex or more for each operation on the way from a leaf
    that requires a gradient, and one for the leaf; no other is in its graph.

    Args:
        tensor: Where backward would start, usually the loss, any shape.
        names: Leaf tensors by name, any shapes; a leaf found among them is
            labelled with its name.

    Returns:
        The labels of the vertices by number, the tensor's own being 0, and
        the edges as pairs of numbers in the direction of backward.

    Raises:
        ValueError: If autograd has recorded nothing for the tensor.

    Example:
        Only w requires a gradient, so the numbers leave no trace:

        >>> w = torch.tensor([1.0, 2.0], requires_grad=True)
        >>> nodes, edges = autograd_graph((3 * w).sum(), w=w)
        >>> nodes
        {0: 'SumBackward0', 1: 'MulBackward0', 2: 'AccumulateGrad\nw (2,)'}
        >>> edges
        [(0, 1), (1, 2)]

    Explained in:
        :doc:`/tensors`

    Source:
        PyTorch documentation, Autograd mechanics and
        torch.autograd.graph.Node.next_functions.
    """
    if tensor.grad_fn is None:
        raise ValueError(
            f"tensor {tuple(tensor.shape)} has no grad_fn: {_why(tensor)}"
        )
    number = {tensor.grad_fn: 0}
    edges = []
    for step in (queue := [tensor.grad_fn]):  # grows while we walk
        for target, _ in step.next_functions:
            if target is None:  # an operand that requires no gradient
                continue
            if target not in number:
                number[target] = len(number)
                queue.append(target)
            edges.append((number[step], number[target]))
    return {i: _label(step, names) for step, i in number.items()}, edges


def _label(
    step: torch.autograd.graph.Node, names: dict[str, torch.Tensor]
) -> str:
    leaf = getattr(step, "variable", None)
    if leaf is None:
        return step.name()
    name = [f"{name} " for name, known in names.items() if known is leaf]
    return f"AccumulateGrad\n{''.join(name[:1])}{tuple(leaf.shape)}"


def _why(tensor: torch.Tensor) -> str:
    if tensor.requires_grad:
        return "it is a leaf, no operation made it"
    if tensor.is_floating_point() or tensor.is_complex():
        return "no gradient is asked for, or detach or no_grad cut it off"
    return f"{tensor.dtype} tensors cannot require a gradient"
