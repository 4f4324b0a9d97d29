"""Which earlier statements a block of a chapter needs, found without running.

A reader who takes one block away must get with it the imports, definitions
and data that it needs, and nothing else.
``analyse`` reads the blocks of a chapter in order, as Python would, and says
for each top-level statement which statements before it it needs.  The rules:

1.  A statement needs the statement that last bound each name it reads.  An
    ``if``, a ``while`` or a ``try`` may or may not bind: what was bound before
    counts, too.  A ``for`` is taken to run at least once.
2.  A function's names are looked up when it is called: its body is read at
    each call, with the arguments in place.  So are methods, properties and
    operators of the chapter's own classes.  What is handed to a library is
    taken to be called.  A generator runs on when it is read.
3.  Who reads an object needs every statement that has changed it: item and
    attribute assignments, augmented assignments, methods and functions whose
    name ends in ``_``, arguments called ``out`` and ``generator``.  **When in
    doubt, it changes:** a method that ``effects`` does not list for its kind
    of object changes the object and all that this holds.  Functions of
    libraries do not change their arguments, except those in ``MUTATORS``.
    Numbers and strings never change, nor does what only looks at them.
4.  What was made from an object shares its changes: containers and their
    items, attributes, views, iterators, instances.  The result of arithmetic
    is new, and so is that of PyTorch's and NumPy's functions, except for those
    in ``SHARING``.  A shape or a type is not changed with the numbers.
5.  Gradients are apart from values: ``backward`` changes the ``.grad`` of
    what requires a gradient and uses up the graph; ``step`` reads ``.grad``
    and changes the values.  ``zero_grad`` and ``x.grad = None`` undo what was
    added before: who reads ``.grad`` later needs them only if the program
    holds something that they undo.
6.  A library's own random numbers are an object that seeding makes anew and
    that each draw changes.  Its settings are an object that all reads.
7.  The last statement of a block that shows an error is the one that raises;
    it leaves nothing behind.

Limits.  Not seen are ``exec``, ``globals()``, ``import *``, libraries that are
patched, and arguments in other processes.  A conversion such as ``double()``
shares its numbers with what it converts, but is another tensor to
``requires_grad_``.  A loop is read until it finds nothing new, five times at
most; a statement that calls too much is taken to need everything.  The tests
run what comes of all this, and take pieces away again, block by block.

Why not a library: nbgather and python-program-analysis are TypeScript and
asleep, and slice the history of a kernel; ipyflow traces a running kernel and
its static slices leave mutation out; marimo's and reactivepy's graphs know
names only, so ``opt.step()`` is invisible to them.
"""

import ast
from collections.abc import Iterable
from dataclasses import dataclass

from bookbuild.execution.needs.heap import Heap, Statement
from bookbuild.execution.needs.reader import Reader

__all__ = ["Block", "Statement", "analyse", "closure"]


@dataclass(frozen=True)
class Block:
    """A code cell of a chapter.

    Attributes:
        source: Its code.
        raises: Whether it shows an error on purpose.
        hidden: Whether the reader does not see its code.
    """

    source: str
    raises: bool = False
    hidden: bool = False


def analyse(blocks: Iterable[Block]) -> list[Statement]:
    """Return the top-level statements of all blocks, with their needs.

    Raises:
        SyntaxError: A block does not parse that shows no error.
    """
    blocks = list(blocks)
    heap = Heap()
    reader = Reader(heap)
    reader.hidden = {n for n, block in enumerate(blocks) if block.hidden}
    for number, block in enumerate(blocks):
        try:
            body = ast.parse(block.source).body
        except SyntaxError:
            if not block.raises:
                raise
            heap.begin(number, None)
            continue
        here = _bound_in(body)
        for node in body:
            raises = block.raises and node is body[-1]
            statement = heap.begin(number, node)
            reader.read(node, raises=raises)
            statement.missing = [
                found
                for found in dict.fromkeys(statement.missing)
                if found[0] not in here
            ]
    return heap.statements


def closure(statements: list[Statement], wanted: Iterable[int]) -> set[int]:
    """Return the wanted statements and all that they need, by number."""
    found: set[int] = set()
    ahead = list(wanted)
    while ahead:
        while ahead:
            number = ahead.pop()
            if number not in found:
                found.add(number)
                ahead += statements[number].needs
        ahead = [
            cleaner
            for number in found
            for cleaner, void in statements[number].undoes.items()
            if cleaner not in found and not found.isdisjoint(void)
        ]
    return found


def _bound_in(nodes: Iterable[ast.AST]) -> set[str]:
    """Return the names that some statements bind anywhere."""
    return {
        node.id
        for top in nodes
        for node in ast.walk(top)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
