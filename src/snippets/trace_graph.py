"""Record the graph of a computation while it runs."""

from collections.abc import Callable

import torch
from torch.overrides import TorchFunctionMode


def trace_graph(
    function: Callable[..., object], /, **inputs: object
) -> tuple[dict[int, str], list[tuple[int, int]]]:
    r"""Run a function and return the graph of what it did to tensors.

    Every operation makes a vertex, its results, and joins its operands to it.
    Only what the result was made from is kept. A change in place makes a new
    vertex for the changed tensor, but not for other views of it.

    Args:
        function: The function to run; it must return at least one tensor.
        inputs: Its arguments by name. Tensors, of any shape and dtype, get
            the name as label.

    Returns:
        The labels of the vertices by number, in the order in which they came
        up, and the edges as pairs of numbers from operand to result.

    Raises:
        TypeError: If the function returns no tensor.

    Example:
        A sum of integers has a graph too:

        >>> a, b = torch.tensor([1, 2, 3]), torch.tensor([4, 5, 6])
        >>> trace_graph(lambda a, b: a + b, a=a, b=b)
        ({0: 'a\n(3,)', 1: 'b\n(3,)', 2: 'add\n(3,)'}, [(0, 2), (1, 2)])

    Explained in:
        :doc:`/tensors`

    Source:
        PyTorch documentation, torch.overrides.TorchFunctionMode.
    """
    with _Recorder(inputs) as recorder:
        result = function(**inputs)
    todo = [recorder.vertex(tensor) for tensor in _tensors(result)]
    if not todo:
        raise TypeError(
            f"function must return a tensor, got {type(result).__name__}"
        )
    kept = set()
    while todo:  # walk back from the result to all it was made from
        kept.add(vertex := todo.pop())
        todo += set(recorder.operands[vertex]) - kept
    number = {vertex: i for i, vertex in enumerate(sorted(kept))}
    nodes = {i: recorder.labels[vertex] for vertex, i in number.items()}
    pairs = [(u, v) for v in number for u in recorder.operands[v]]
    return nodes, [(number[u], number[v]) for u, v in pairs]


class _Recorder(TorchFunctionMode):
    def __init__(self, inputs: dict[str, object]) -> None:
        super().__init__()
        self.labels: list[str] = []  # by vertex
        self.operands: list[list[int]] = []  # by vertex, too
        # id -> vertex, tensor; a tensor that is kept keeps its id
        self.seen: dict[int, tuple[int, torch.Tensor]] = {}
        for name, value in inputs.items():
            self.add(name, [], _tensors(value))

    def add(
        self, label: str, operands: list[int], tensors: list[torch.Tensor]
    ) -> None:
        shapes = dict.fromkeys(str(tuple(t.shape)) for t in tensors)
        self.seen |= {id(t): (len(self.labels), t) for t in tensors}
        self.labels.append("\n".join([label, *shapes]))
        self.operands.append(operands)

    def vertex(self, tensor: torch.Tensor) -> int:
        if id(tensor) not in self.seen:  # not an input: it was captured
            self.add(type(tensor).__name__.lower(), [], [tensor])
        return self.seen[id(tensor)][0]

    def __torch_function__(
        self,
        func: Callable[..., object],
        types: object,
        args: tuple[object, ...] = (),
        kwargs: dict[str, object] | None = None,
    ) -> object:
        kwargs = kwargs or {}
        result = func(*args, **kwargs)
        name = func.__name__.removeprefix("__").removesuffix("__")
        if name == "get":  # a property, such as .T
            name = getattr(func, "__self__", func).__name__
        changed = args[0] if name == "setitem" else result
        if tensors := _tensors(changed):
            operands = [
                self.vertex(tensor)
                for tensor in _tensors([*args, *kwargs.values()])
            ]
            self.add(name + _numbers(args, kwargs), operands, tensors)
        return result


def _numbers(args: tuple[object, ...], kwargs: dict[str, object]) -> str:
    given = [("", value) for value in args]
    given += [(f"{key}=", value) for key, value in kwargs.items()]
    return "".join(
        f" {key}{value:g}"
        for key, value in given
        if isinstance(value, (int, float)) and not isinstance(value, bool)
    )


def _tensors(value: object) -> list[torch.Tensor]:
    if isinstance(value, torch.Tensor):
        return [value]
    if isinstance(value, (tuple, list)):
        return [tensor for item in value for tensor in _tensors(item)]
    return []
