"""What a chapter makes and what it calls that, as far as it matters here.

Numbers, strings and whatever else can never change are no things at all: a
name that is bound to one is bound to nothing.
"""

import ast
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from enum import Enum, auto


class Kind(Enum):
    """What sort of object a thing is; its methods go by that."""

    TENSOR = auto()
    ARRAY = auto()
    CONTAINER = auto()  # a list, a tuple, a dict, a set
    ITERATOR = auto()  # reading it uses it up
    RANDOM = auto()  # a generator of random numbers
    DRAWING = auto()  # Matplotlib's
    FUNCTION = auto()  # one that the chapter defines
    CLASS = auto()  # likewise
    INSTANCE = auto()  # of such a class
    LAYER = auto()  # a part of torch.nn
    OPTIMIZER = auto()
    LOADER = auto()  # a DataLoader
    LIBRARY = auto()  # a module or what it offers
    OTHER = auto()


@dataclass(eq=False, slots=True)
class Thing:
    """An object that can change.

    Attributes:
        kind: Its kind.
        number: Its own number, so that things have the same order each time.
        born: The statement that made it.
        parts: What it holds, or what it shares its memory with.
        fields: What it holds under a name or at a place.
        graph: The tensors it was computed from, if ``backward`` can go there.
        cut: Whether it shares the memory of its parts, but no gradient passes.
        requires: Whether ``backward`` leaves a gradient here.
        changes: The statements that changed it.
        form: Those of them that changed more than its numbers.
        spent: The statements that used up its graph.
        undone: By statement, the changes that it has made void.
        code: For a function or a class: its syntax and where it stands.
        owner: What a method was taken from.
        bases: What a class is made from, for an instance: its class.
        trait: ``property``, ``staticmethod`` or ``classmethod``.
        dotted: The name of a library's part, or of what made the thing.
        resume: Goes on where an iterator has stopped; returns what it gives.
        own_gradient: Its gradient, once there is talk of it.
    """

    kind: Kind
    number: int
    born: int = -1
    parts: "Things" = field(default_factory=set)
    fields: dict[str | int, "Things"] = field(default_factory=dict)
    graph: "Things" = field(default_factory=set)
    cut: bool = False
    requires: bool = False
    changes: set[int] = field(default_factory=set)
    form: set[int] = field(default_factory=set)
    spent: set[int] = field(default_factory=set)
    undone: dict[int, set[int]] = field(default_factory=dict)
    code: tuple[ast.AST, "Scope"] | None = None
    owner: "Things" = field(default_factory=set)
    bases: "Things" = field(default_factory=set)
    trait: str = ""
    dotted: str = ""
    resume: "Callable[[], Things] | None" = None
    own_gradient: "Thing | None" = None

    def __hash__(self) -> int:
        """Return what puts things in the same order each time."""
        return self.number

    @property
    def gradient(self) -> "Thing":
        """What ``.grad`` gives."""
        if self.own_gradient is None:
            self.own_gradient = Thing(Kind.TENSOR, -2 - self.number, self.born)
        return self.own_gradient

    @property
    def behind(self) -> "Things":
        """Where ``backward`` goes on from here."""
        if self.kind is Kind.TENSOR and not self.cut:
            return self.graph | self.parts
        return self.graph

    @property
    def inside(self) -> Iterator["Things"]:
        """All that it holds, in portions."""
        yield self.parts
        yield from self.fields.values()

    @property
    def items(self) -> "Things":
        """What it gives to who looks into it, if it is a container."""
        return self.parts.union(
            *(
                things
                for place, things in self.fields.items()
                if place != SOURCE
            )
        )

    @property
    def root(self) -> str:
        """The library that it belongs to."""
        return self.dotted.split(".", maxsplit=1)[0]


Things = set[Thing]
SOURCE = "<source>"  # the field in which a thing keeps what it looks at
MEMORY = frozenset({Kind.TENSOR, Kind.ARRAY})


def reach(things: Iterable[Thing]) -> Things:
    """Return things and all that they hold or share memory with."""
    found: Things = set()
    ahead = list(things)
    while ahead:
        thing = ahead.pop()
        if thing not in found:
            found.add(thing)
            for portion in thing.inside:
                ahead += portion
    return found


def memory(thing: Thing) -> Things:
    """Return what changes when a thing itself does: its memory's owners."""
    return reach({thing}) if thing.kind in MEMORY else {thing}


def operands(things: Iterable[Thing]) -> Things:
    """Return the tensors and layers among things and in what they hold."""
    found: Things = set()
    seen: Things = set()
    ahead = list(things)
    while ahead:
        thing = ahead.pop()
        if thing in seen:
            continue
        seen.add(thing)
        if thing.kind is Kind.TENSOR or thing.requires:
            found.add(thing)
        if thing.kind is not Kind.TENSOR:  # its parts are its memory
            for portion in thing.inside:
                ahead += portion
    return found


def tracked(things: Iterable[Thing]) -> Things:
    """Return what a result of things was computed from, if that is tracked."""
    found = operands(things)
    ahead = list(found)
    seen: Things = set()
    while ahead:
        thing = ahead.pop()
        if thing.requires or thing.graph:
            return found
        if thing not in seen:
            seen.add(thing)
            ahead += thing.behind
    return set()


@dataclass(frozen=True)
class Binding:
    """What a name may stand for: by which statements, and which things."""

    by: frozenset[int]
    things: frozenset[Thing]

    def __or__(self, other: "Binding") -> "Binding":
        """Return that the name stands for either."""
        return Binding(self.by | other.by, self.things | other.things)


class Scope:
    """Names and what they are bound to.

    Attributes:
        shared: Whether functions may look here when they are called.
    """

    def __init__(self, parent: "Scope | None" = None) -> None:
        """Begin empty, inside another scope or none."""
        self.parent = parent
        self.names: dict[str, Binding] = {}
        self.outer: set[str] = set()  # declared nonlocal
        self.world: set[str] = set()  # declared global
        self.shared = parent is None

    def find(self, name: str) -> Binding | None:
        """Return what a name is bound to, or None."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names:
                return scope.names[name]
            scope = scope.parent
        return None

    def home(self, name: str) -> "Scope":
        """Return the scope in which an assignment binds a name."""
        scope = self
        while scope.parent is not None and (
            name in self.world or name in scope.outer
        ):
            scope = scope.parent
        return scope


def joined(
    one: dict[str, Binding], other: dict[str, Binding]
) -> dict[str, Binding]:
    """Return what names are bound to if either may be the case."""
    result = dict(one)
    for name, binding in other.items():
        known = result.get(name)
        if known is None:
            result[name] = binding
        elif known is not binding:
            result[name] = known | binding
    return result


@dataclass(eq=False)
class Call:
    """What a function is called with.

    Attributes:
        node: Where; it stands for what the call makes.
        args: The arguments by place.
        named: The arguments by name.
        rest: Those of which it is not known where they go.
    """

    node: ast.AST
    args: list[Things] = field(default_factory=list)
    named: dict[str, Things] = field(default_factory=dict)
    rest: Things = field(default_factory=set)

    @property
    def every(self) -> Things:
        """All arguments."""
        return set(self.rest).union(*self.args, *self.named.values())

    @property
    def first(self) -> Things:
        """The first argument."""
        return self.args[0] if self.args else self.rest

    def constant(self, name: str) -> object:
        """Return the value of a named argument that is a constant."""
        for part in getattr(self.node, "keywords", ()):
            if part.arg == name and isinstance(part.value, ast.Constant):
                return part.value.value
        return None
