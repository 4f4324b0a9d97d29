"""What each statement needs, and what it does to the things there are."""

import ast
import itertools
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from bookbuild.execution.needs.things import (
    MEMORY,
    Kind,
    Thing,
    Things,
    memory,
    operands,
    reach,
    tracked,
)

# The libraries whose settings matter to all their objects.
HOMES = {
    Kind.ARRAY: "numpy",
    Kind.DRAWING: "matplotlib",
    Kind.LAYER: "torch",
    Kind.TENSOR: "torch",
}
PRINTING = "printing"  # what stands for a library's settings of printing


@dataclass
class Statement:
    """A top-level statement of a block, and what was found out about it.

    Attributes:
        block: The number of its block, from 0.
        node: Its syntax; None for a block that does not parse on purpose.
        needs: The statements before it that it needs, with the reason.
        undoes: By statement, those that it makes void: it is needed, too, if
            one of them is in the program.
        prints: Whether it may print.
        missing: Names that nothing binds, with the line in the block.
        files: Files that nothing writes, with the line in the block.
        imports: Modules a reader may not have, with the line in the block.
        unseen: Names that only a hidden block binds, with the line.
    """

    block: int
    node: ast.stmt | None
    needs: dict[int, str] = field(default_factory=dict)
    undoes: dict[int, set[int]] = field(default_factory=dict)
    prints: bool = False
    missing: list[tuple[str, int]] = field(default_factory=list)
    files: list[tuple[str, int]] = field(default_factory=list)
    imports: list[tuple[str, int]] = field(default_factory=list)
    unseen: list[tuple[str, int]] = field(default_factory=list)


class Heap:
    """The things of a chapter, and its statements so far.

    Attributes:
        now: The number of the statement that is being read.
        statement: That statement.
        sure: Whether what is being read is known to run.
        about: The name that is being read, for the reasons.
        facts: How much is known; it grows.
        links: How much is known of what holds what; it grows.
    """

    def __init__(self) -> None:
        """Begin before the first statement."""
        self.statements: list[Statement] = []
        self.now = -1
        self.sure = True
        self.about = ""
        self.facts = 0
        self.links = 0
        self._numbers = itertools.count()
        self._made: dict[tuple, Thing] = {}
        self._used: Things = set()
        self._undo: list[Callable[[], object]] = []
        self._known: set[tuple] = set()
        self._raised: set[int] = set()
        self._files: dict[str | None, set[int]] = {}
        self._library: dict[str, Thing] = {}
        self.statement = Statement(-1, None)

    def begin(self, block: int, node: ast.stmt | None) -> Statement:
        """Go on to the next statement."""
        self.statement = Statement(block, node)
        self.now = len(self.statements)
        self.statements.append(self.statement)
        self._made.clear()
        self._used.clear()
        self._undo.clear()
        self._known.clear()
        return self.statement

    def forget(self) -> None:
        """Undo what the statement has changed: it raised."""
        for undo in reversed(self._undo):
            undo()
        self._raised.add(self.now)

    # -- Things --------------------------------------------------------------

    def make(  # noqa: PLR0913 (what a new thing may come with)
        self,
        node: object,
        kind: Kind,
        parts: Iterable[Thing] = (),
        *,
        graph: Iterable[Thing] = (),
        requires: bool = False,
        cut: bool = False,
        dotted: str = "",
    ) -> Thing:
        """Return the thing that a piece of syntax makes, one a statement."""
        key = (node, kind)
        thing = self._made.get(key)
        if thing is None:
            thing = Thing(
                kind,
                next(self._numbers),
                self.now,
                requires=requires,
                cut=cut,
                dotted=dotted,
            )
            self._made[key] = thing
        self.hold(thing, parts)
        thing.graph.update(graph)
        return thing

    def hold(self, thing: Thing, others: Iterable[Thing]) -> None:
        """Note that a thing now holds others, somewhere."""
        self._link(thing, thing.parts, others)

    def put(
        self, thing: Thing, place: str | int, others: Iterable[Thing]
    ) -> None:
        """Note that a thing now holds others at a place."""
        self._link(thing, thing.fields.setdefault(place, set()), others)

    def _link(
        self, thing: Thing, known: Things, others: Iterable[Thing]
    ) -> None:
        new = {
            other
            for other in others
            if other is not thing and other not in known
        }
        if new:
            known |= new
            self.facts += 1
            self.links += 1
            self._used.clear()

    def learn(self, *fact: object) -> bool:
        """Return whether something was not known yet in this statement."""
        if fact in self._known:
            return False
        self._known.add(fact)
        self.facts += 1
        return True

    def library(self, dotted: str) -> Thing:
        """Return a part of a library; all parts share its settings."""
        thing = self._library.get(dotted)
        if thing is None:
            thing = Thing(Kind.LIBRARY, next(self._numbers), dotted=dotted)
            self._library[dotted] = thing
            if "." in dotted:
                thing.parts = {self.library(thing.root)}
        return thing

    # -- Needs ---------------------------------------------------------------

    def need(self, numbers: Iterable[int], why: str) -> None:
        """Note that the statement needs others."""
        needs = self.statement.needs
        for number in numbers:
            if number not in needs and number != self.now:
                needs[number] = why
                self.facts += 1

    def need_all(self) -> None:
        """Note that the statement may need any other."""
        self.need(set(range(self.now)) - self._raised, "is too much to be read")

    def use(self, things: Iterable[Thing]) -> None:
        """Note that the statement reads things and all that they hold."""
        used = self._used
        ahead = [thing for thing in things if thing not in used]
        while ahead:
            thing = ahead.pop()
            if thing not in used:
                used.add(thing)
                self._read(thing, thing.changes)
                if thing.kind in HOMES:
                    ahead.append(self.library(HOMES[thing.kind]))
                for portion in thing.inside:
                    ahead += portion

    def peek(self, things: Iterable[Thing]) -> None:
        """Note that the statement reads things, but not what they hold."""
        for thing in things:
            if thing.kind in MEMORY:
                self.use({thing})
            else:
                self._read(thing, thing.changes)

    def use_form(self, things: Iterable[Thing]) -> None:
        """Note that the statement reads what things are, not their numbers."""
        for thing in set().union(*map(memory, things)):
            self._read(thing, thing.form)

    def _read(self, thing: Thing, changes: set[int]) -> None:
        if changes:
            self.need(changes, f"may change what {self.about!r} stands for")
        for number, void in thing.undone.items():
            if number != self.now:
                self.statement.undoes.setdefault(number, set()).update(void)

    # -- Changes -------------------------------------------------------------

    def change(
        self, things: Iterable[Thing], *, deep: bool = False, form: bool = True
    ) -> None:
        """Note that the statement changes things.

        Args:
            things: What changes.
            deep: Whether all that they hold may change, too.
            form: Whether more than their numbers may change.
        """
        things = set(things)
        self.use(things)
        for thing in things:
            self.change_alone(thing, form=form)
        for thing in reach(things) if deep else ():
            if thing.kind is not Kind.LIBRARY:
                self._add(thing.changes)
                if form:
                    self._add(thing.form)

    def change_alone(self, thing: Thing, *, form: bool = True) -> None:
        """Note that the statement changes a thing and not what it holds."""
        for known in memory(thing):
            self._add(known.changes)
        if form:
            self._add(thing.form)

    def change_form(self, thing: Thing) -> None:
        """Note that the statement changes what a thing is, not its numbers."""
        self._add(thing.changes)
        self._add(thing.form)

    def _add(self, changes: set[int]) -> None:
        if self.now not in changes:
            changes.add(self.now)
            self._undo.append(lambda: changes.discard(self.now))
            self.learn("changed", id(changes))

    def _void(self, changes: set[int]) -> set[int]:
        """Empty a set of changes; return what was in it."""
        before = set(changes)
        if self.now in before:  # done again, it counts again
            self.links += 1
        changes.clear()
        self._undo.append(lambda: changes.update(before))
        return before - {self.now}

    def fill(self, thing: Thing) -> None:
        """Note that the statement changes a gradient."""
        gradient = thing.gradient
        if gradient.parts:  # it shares its memory: that changes, too
            self.use({gradient})
        for known in memory(gradient):
            self._add(known.changes)

    def reset(self, things: Things) -> None:
        """Note that the statement makes gradients what they were at first."""
        certain = self.sure and len(things) == 1
        for thing in reach(things):
            gradient = thing.gradient
            if not certain:
                self._add(gradient.changes)
                continue
            void = self._void(gradient.changes).union(*gradient.undone.values())
            before = dict(gradient.undone)
            gradient.undone.clear()
            if void:
                gradient.undone[self.now] = void
            self._undo.append(
                lambda known=gradient.undone, before=before: (
                    known.clear(),
                    known.update(before),
                )
            )

    def reseed(self, thing: Thing) -> None:
        """Note that the statement makes a generator begin anew."""
        if self.sure:
            self._void(thing.changes)
        self._add(thing.changes)

    def backward(self, things: Things, *, keeps: bool, fills: bool) -> None:
        """Note that the statement goes back through the graph of things."""
        found: Things = set()
        ahead = list(operands(things))
        while ahead:
            thing = ahead.pop()
            if thing in found:
                continue
            found.add(thing)
            ahead += thing.behind
            self.peek({thing})
            self.need(thing.spent, "uses up the graph")
            if fills and thing.requires:
                for known in operands({thing}) | {thing}:
                    self.fill(known)
            if not keeps and thing.behind and tracked({thing}):
                self._add(thing.spent)

    def gradients(self, things: Things) -> Things:
        """Return the gradients of all that things hold."""
        return {thing.gradient for thing in operands(things)}

    def keep(self, thing: Thing, others: Things) -> None:
        """Note that a tensor is now computed from others, too."""
        found = tracked(others) - {thing}
        if thing.kind is Kind.TENSOR and found:
            self._add(thing.form)
            if not found <= thing.graph:
                thing.graph |= found
                self.facts += 1

    # -- What is outside of things -------------------------------------------

    def draw(self, root: str) -> None:
        """Note that the statement draws random numbers of a library."""
        numbers = self._random(root)
        self.need(numbers, f"seeds or draws random numbers of {root}")
        self._add(numbers)

    def seed(self, root: str) -> None:
        """Note that the statement seeds the random numbers of a library."""
        numbers = self._random(root)
        if self.sure:
            self._void(numbers)
        self._add(numbers)

    def _random(self, root: str) -> set[int]:
        return self.library(f"{root}.random numbers").changes

    def write(self, path: str | None) -> None:
        """Note that the statement writes a file; None: who knows which."""
        self._add(self._files.setdefault(path, set()))

    def read(self, path: str | None, line: int) -> None:
        """Note that the statement reads a file; None: who knows which."""
        if path is None:
            found = list(self._files.values())
        else:
            found = [self._files[p] for p in (path, None) if p in self._files]
            if not found:
                self.statement.files.append((path, line))
        for writers in found:
            self.need(writers, "writes a file")
