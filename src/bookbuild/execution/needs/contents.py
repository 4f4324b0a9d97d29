"""What things hold, and what reading that does."""

import ast
from typing import TYPE_CHECKING

from bookbuild.execution.needs import effects
from bookbuild.execution.needs.things import (
    SOURCE,
    Call,
    Kind,
    Thing,
    Things,
    reach,
)

if TYPE_CHECKING:
    from bookbuild.execution.needs.calls import Calls


class Contents:
    """Reads attributes, items and loops."""

    def __init__(self, calls: "Calls") -> None:
        """Work for the calls of a chapter."""
        self.calls, self.heap = calls, calls.heap

    # -- What things hold ----------------------------------------------------

    def attribute(self, node: ast.Attribute, base: Things) -> Things:
        """Return what an attribute of things is."""
        name, heap = node.attr, self.heap
        result: Things = set()
        for thing in base:
            match thing.kind:
                case Kind.LIBRARY:
                    result.add(heap.library(f"{thing.dotted}.{name}"))
                case Kind.INSTANCE | Kind.CLASS:
                    heap.peek({thing})
                    result |= self.calls.classes.attribute(node, thing)
                case _ if name == "grad":
                    gradients = heap.gradients({thing})
                    heap.use(gradients)
                    result |= gradients
                case _ if name in effects.FACTS:
                    heap.use_form({thing})
                case Kind.CONTAINER | Kind.OTHER | Kind.OPTIMIZER:
                    heap.peek({thing})
                    result |= {thing}.union(*thing.inside)
                case _:
                    heap.peek({thing})
                    result.add(thing)
        return result

    def items(self, node: object, things: Things) -> Things:
        """Return what things hold, as a loop over them would give it."""
        result: Things = set()
        for thing in things:
            match thing.kind:
                case Kind.CONTAINER:
                    result |= thing.items
                case Kind.ITERATOR:
                    result |= thing.parts
                case Kind.LOADER:
                    result.add(self.heap.make((node, thing), Kind.TENSOR))
                case Kind.INSTANCE:
                    result |= self.calls.classes.items(node, thing)
                case Kind.LAYER | Kind.OTHER | Kind.OPTIMIZER:
                    result |= {thing} | thing.parts
                case Kind.CLASS | Kind.FUNCTION:
                    pass
                case _:
                    result.add(thing)
        return result

    def iterate(self, node: object, things: Things) -> Things:
        """Read things in a loop, which uses iterators up; return the items."""
        self.heap.peek(things)
        for thing in things:
            if thing.kind in {Kind.ITERATOR, Kind.LOADER}:
                self._use_up(thing)
        return self.items(node, things)

    def _use_up(self, thing: Thing) -> None:
        """Read on an iterator and all that it reads itself."""
        heap = self.heap
        if thing.kind is Kind.LOADER:
            inside = reach({thing})
            sources = {t for t in inside if t.kind is Kind.RANDOM}
            heap.use(inside)
            heap.change(sources)
            if not sources:
                heap.draw("torch")
            self.calls.classes.handed({thing}, Call(thing))
            return
        heap.use({thing})
        heap.change_alone(thing)
        if thing.born == heap.now:
            return
        if thing.resume:
            heap.hold(thing, thing.resume())
        sources = thing.fields.get(SOURCE, set())
        heap.hold(
            thing, self.calls.classes.handed(sources, Call(thing, [sources]))
        )
        for source in sources:
            if source.kind in {Kind.ITERATOR, Kind.LOADER}:
                self._use_up(source)

    def at(
        self, node: ast.Subscript, things: Things, place: str | int | None
    ) -> Things:
        """Return what things hold at a place."""
        result: Things = set()
        for thing in things:
            if thing.kind is not Kind.CONTAINER:
                result |= self.items(node, {thing})
                result |= {thing} if thing.kind is not Kind.LOADER else set()
            elif isinstance(node.slice, ast.Slice):
                made = self.heap.make(node, Kind.CONTAINER, thing.items)
                result.add(made)
            elif place in thing.fields:
                result |= thing.fields[place] | thing.parts
            else:
                result |= thing.items
        return result

    def unpack(
        self, target: ast.Tuple | ast.List, things: Things
    ) -> list[Things]:
        """Return what each part of a target stands for."""
        self.iterate(target, things)
        count = len(target.elts)
        starred = any(isinstance(part, ast.Starred) for part in target.elts)
        result: list[Things] = [set() for _ in range(count)]
        for thing in things:
            fits = is_tuple(thing) and not starred
            every = set() if fits else self.items(target, {thing})
            for place in range(count):
                result[place] |= thing.fields.get(place, set()) | every
        return result


def is_tuple(thing: Thing) -> bool:
    """Return whether all that a thing holds has its place."""
    return (
        thing.kind is Kind.CONTAINER
        and bool(thing.fields)
        and not thing.parts
        and all(isinstance(place, int) for place in thing.fields)
    )
