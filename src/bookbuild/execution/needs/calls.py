"""Calls: of the chapter's own functions here, of the rest elsewhere."""

import ast
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bookbuild.execution.needs import effects
from bookbuild.execution.needs.classes import Classes
from bookbuild.execution.needs.contents import Contents, is_tuple
from bookbuild.execution.needs.heap import Heap
from bookbuild.execution.needs.libraries import Libraries
from bookbuild.execution.needs.things import (
    Binding,
    Call,
    Kind,
    Scope,
    Thing,
    Things,
)

if TYPE_CHECKING:
    from bookbuild.execution.needs.reader import Reader

ROUNDS = 4  # of a function that calls itself, at most
ENOUGH = 10_000  # functions read in a statement; a chapter has some hundreds


@dataclass(eq=False)
class Frame:
    """The calls of one function in one statement, all read as one.

    Attributes:
        scope: Its names.
        target: The function.
        given: What it returns or yields.
        taken: What each parameter may be.
        at: How much was known when it was last read to the end.
        running: Whether it is being read.
        again: Whether it has called itself in a new way meanwhile.
        seen: Whether it has called itself, and saw what it had given so far.
    """

    scope: Scope
    target: Thing
    given: Things = field(default_factory=set)
    taken: dict[str, Things] = field(default_factory=dict)
    at: int = -1
    running: bool = False
    again: bool = False
    seen: bool = False


class Calls:
    """Reads calls."""

    def __init__(self, heap: Heap, reader: "Reader") -> None:
        """Begin with nothing called."""
        self.heap, self.reader = heap, reader
        self.classes = Classes(self)
        self.contents = Contents(self)
        self.libraries = Libraries(self)
        self.stack: list[Frame] = []
        self._frames: dict[tuple, Frame] = {}
        self._read = 0  # function bodies in this statement

    def begin(self) -> None:
        """Go on to the next statement."""
        self._frames.clear()
        self._read = 0

    def forget(self) -> None:
        """Go on to the next round of a loop: read functions once more."""
        for frame in self._frames.values():
            frame.at = -1

    def give(self, things: Things) -> None:
        """Note what the function that is being read returns or yields."""
        if self.stack:
            frame = self.stack[-1]
            if frame.seen and not things <= frame.given:
                self.heap.links += 1  # who has seen less must look again
            frame.given |= things

    # -- Calls as they are written -------------------------------------------

    def call(self, node: ast.Call) -> Things:
        """Read a call."""
        read = self.reader.value
        call = Call(node)
        for part in node.args:
            if isinstance(part, ast.Starred):
                self._spread(call, read(part.value, use=False), part)
            elif call.rest:
                call.rest |= read(part, use=False)
            else:
                call.args.append(read(part, use=False))
        for part in node.keywords:
            things = read(part.value, use=False)
            if part.arg:
                call.named[part.arg] = things
            else:
                call.rest |= self.contents.iterate(part, things)
        if not isinstance(node.func, ast.Attribute):
            return self.invoke(read(node.func, use=False), call)
        name, inner = node.func.attr, node.func.value
        if (
            isinstance(inner, ast.Call)
            and isinstance(inner.func, ast.Name)
            and inner.func.id == "super"
        ):
            return self.classes.above(call, name)
        return self._send(call, name, read(inner, use=False))

    def _spread(self, call: Call, things: Things, node: ast.Starred) -> None:
        """Hand over what a starred argument holds."""
        found = self.contents.iterate(node, things)
        pairs = list(things)
        if len(pairs) == 1 and is_tuple(pairs[0]) and not call.rest:
            call.args += [
                pairs[0].fields[place] for place in sorted(pairs[0].fields)
            ]
        else:
            call.rest |= found

    def _send(self, call: Call, name: str, base: Things) -> Things:
        """Call a method of things."""
        if not base:  # a number or a string
            self.heap.use(call.every)
            self.classes.show(call.every)
            self.classes.handed(call.every, call)
            if name in effects.SPLITS:
                return {self.heap.make(call.node, Kind.CONTAINER)}
            return set()
        result: Things = set()
        for thing in base:
            if thing.kind is Kind.LIBRARY:
                result |= self.libraries.function(
                    call, f"{thing.dotted}.{name}"
                )
            elif thing.kind in {Kind.INSTANCE, Kind.CLASS}:
                result |= self.classes.method(call, name, thing)
            else:
                result |= self.libraries.method(call, name, thing, thing.kind)
        return result

    def invoke(self, callee: Things, call: Call) -> Things:
        """Call things."""
        result: Things = set()
        for thing in callee:
            match thing.kind:
                case Kind.FUNCTION:
                    result |= self.run(thing, call)
                case Kind.CLASS:
                    result |= self.classes.instantiate(thing, call)
                case Kind.LIBRARY:
                    result |= self.libraries.function(call, thing.dotted)
                case Kind.INSTANCE:
                    result |= self.classes.call(thing, call)
                case _:
                    result |= self.libraries.call(thing, call)
        if not callee:  # nobody knows what this is
            self.heap.use(call.every)
            result.add(self.heap.make(call.node, Kind.OTHER, call.every))
        return result

    # -- The chapter's own functions -----------------------------------------

    def run(
        self, target: Thing, call: Call, owner: Things | None = None
    ) -> Things:
        """Read a function's body with the arguments in place."""
        node, outside = target.code
        frame = self._frames.get((node, outside))
        if frame is None:
            frame = Frame(Scope(outside), target)
            self._frames[node, outside] = frame
        new = self._hand_over(frame, target, call, owner or target.owner)
        if frame.running:
            frame.again |= new
            frame.seen = True
        elif self._read > ENOUGH:
            self._give_up()
        elif new or frame.at != self.heap.links:
            frame.running = True
            for _ in range(ROUNDS):
                known, frame.again, frame.seen = len(frame.given), False, False
                self._read_body(frame, node)
                if not frame.again and (
                    not frame.seen or known == len(frame.given)
                ):
                    break
            frame.running = False
            frame.at = self.heap.links
        if not _is_generator(node):
            return set(frame.given)
        made = self.heap.make(node, Kind.ITERATOR, frame.given)

        def resume() -> Things:
            again = self.run(target, call, owner)
            return set().union(*(thing.parts for thing in again))

        made.resume = resume
        return {made}

    def _give_up(self) -> None:
        """Take it that a statement needs and changes everything."""
        self.heap.need_all()
        for binding in self.reader.world.names.values():
            self.heap.change(binding.things, deep=True)

    def _read_body(self, frame: Frame, node: ast.AST) -> None:
        self._read += 1
        reader = self.reader
        outside, sure = reader.scope, self.heap.sure
        by = frozenset({self.heap.now})
        for name, things in frame.taken.items():
            frame.scope.names[name] = Binding(by, frozenset(things))
        reader.scope = frame.scope
        reader.running.append(node)
        self.stack.append(frame)
        if isinstance(node, ast.Lambda):
            frame.given |= reader.value(node.body, use=False)
        else:
            reader.body(node.body)
        self.stack.pop()
        reader.running.pop()
        reader.scope, self.heap.sure = outside, sure

    def _hand_over(
        self, frame: Frame, target: Thing, call: Call, owner: Things
    ) -> bool:
        """Note what parameters may be; return whether that is new."""
        names = target.code[0].args
        args = list(call.args)
        if owner and target.trait != "staticmethod":
            args.insert(0, set(owner))
        places = [part.arg for part in [*names.posonlyargs, *names.args]]
        taken = dict(zip(places, args, strict=False))
        for name in [
            *places[len(args) :],
            *(part.arg for part in names.kwonlyargs),
        ]:
            taken[name] = call.named.get(name)
            if taken[name] is None:
                taken[name] = target.fields.get(name, set()) | call.rest
        if names.vararg:
            made = self.heap.make(names.vararg, Kind.CONTAINER, call.rest)
            for things in args[len(places) :]:
                self.heap.hold(made, things)
            taken[names.vararg.arg] = {made}
        if names.kwarg:
            made = self.heap.make(names.kwarg, Kind.CONTAINER, call.rest)
            for name, things in call.named.items():
                if name not in taken:
                    self.heap.put(made, name, things)
            taken[names.kwarg.arg] = {made}
        new = False
        for name, things in taken.items():
            known = frame.taken.setdefault(name, set())
            new |= not things <= known
            known |= things
        return new


def _is_generator(node: ast.AST) -> bool:
    """Return whether a function yields."""
    found = getattr(node, "is_generator", None)
    if found is None:
        found = not isinstance(node, ast.Lambda) and any(
            isinstance(inner, ast.Yield | ast.YieldFrom)
            for inner in _own_nodes(node)
        )
        node.is_generator = found
    return found


def _own_nodes(node: ast.AST) -> Iterable[ast.AST]:
    """Return what is inside a function, but not inside one in it."""
    ahead = list(ast.iter_child_nodes(node))
    while ahead:
        inner = ahead.pop()
        yield inner
        if not isinstance(inner, ast.FunctionDef | ast.Lambda):
            ahead += ast.iter_child_nodes(inner)
