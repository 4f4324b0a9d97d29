"""The chapter's own classes: instances, methods, operators."""

import ast
from collections.abc import Iterable
from typing import TYPE_CHECKING

from bookbuild.execution.needs.effects import changes
from bookbuild.execution.needs.heap import HOMES, PRINTING
from bookbuild.execution.needs.things import (
    Call,
    Kind,
    Thing,
    Things,
    reach,
    tracked,
)

if TYPE_CHECKING:
    from bookbuild.execution.needs.calls import Calls

SETTER = "<setter>"  # the field in which a property keeps what sets it
SHOWN = ("__repr__", "__str__", "__format__")
OPERATORS = {
    ast.Add: "add",
    ast.BitAnd: "and",
    ast.BitOr: "or",
    ast.BitXor: "xor",
    ast.Div: "truediv",
    ast.Eq: "eq",
    ast.FloorDiv: "floordiv",
    ast.Gt: "gt",
    ast.GtE: "ge",
    ast.In: "contains",
    ast.Invert: "invert",
    ast.LShift: "lshift",
    ast.Lt: "lt",
    ast.LtE: "le",
    ast.MatMult: "matmul",
    ast.Mod: "mod",
    ast.Mult: "mul",
    ast.NotEq: "ne",
    ast.NotIn: "contains",
    ast.Pow: "pow",
    ast.RShift: "rshift",
    ast.Sub: "sub",
    ast.UAdd: "pos",
    ast.USub: "neg",
}
# Methods that libraries call on what they are handed.
CALLED = {
    "forward",
    *(f"__{word}__" for word in OPERATORS.values()),
    *(f"__r{word}__" for word in OPERATORS.values()),
    *("__abs__", "__array__", "__bool__", "__call__", "__float__"),
    *("__getitem__", "__hash__", "__index__", "__int__", "__iter__"),
    *("__len__", "__next__", "__setitem__"),
}


class Classes:
    """Reads what is done with instances and classes."""

    def __init__(self, calls: "Calls") -> None:
        """Work for the calls of a chapter."""
        self.calls, self.heap = calls, calls.heap

    # -- The chapter's own classes -------------------------------------------

    def instantiate(self, made_by: Thing, call: Call) -> Things:
        """Make an instance of a class."""
        made = self.heap.make(call.node, Kind.INSTANCE)
        made.bases.add(made_by)
        made.requires = made.requires or any(
            base.dotted.startswith("torch.nn") for base in roots(made_by)
        )
        makers = self._found({made_by}, "__init__")
        for maker in makers:
            self.calls.run(maker, call, {made})
        if not makers:
            names = [
                part.target.id
                for part in made_by.code[0].body
                if isinstance(part, ast.AnnAssign)
            ]
            for name, things in [
                *zip(names, call.args, strict=False),
                *call.named.items(),
            ]:
                self.heap.put(made, name, things)
            self.heap.hold(made, call.rest.union(*call.args[len(names) :]))
            self.special({made}, "__post_init__")
        return {made}

    def _found(self, classes: Iterable[Thing], name: str) -> Things:
        """Return what classes have under a name, or what they inherit."""
        result: Things = set()
        for made_by in classes:
            if name in made_by.fields:
                result |= made_by.fields[name]
            elif made_by.kind is Kind.CLASS:
                result |= self._found(made_by.bases, name)
        return result

    def method(self, call: Call, name: str, thing: Thing) -> Things:
        """Call a method of an instance, or of a class itself."""
        self.heap.peek({thing})
        own = thing.kind is Kind.INSTANCE
        found = self._found(thing.bases if own else {thing}, name)
        result: Things = set()
        for method in found:
            bound = own or method.trait == "classmethod"
            if method.kind is Kind.FUNCTION:
                owner = {thing} if bound else set()
                result |= self.calls.run(method, call, owner)
            else:
                result |= self.calls.invoke({method}, call)
        held = thing.fields.get(name) if own else None
        if held:
            result |= self.calls.invoke(held, call)
        elif not found:
            result |= self._inherited(call, name, thing)
        return result

    def _inherited(self, call: Call, name: str, thing: Thing) -> Things:
        """Call a method that a library's class has: it may call all others."""
        given = self.handed({thing}, call, every=True)
        kind = Kind.OTHER
        if thing.requires:
            kind = Kind.LAYER
        elif any(
            base.dotted.startswith("torch.optim") for base in roots(thing)
        ):
            kind = Kind.OPTIMIZER
        return given | self.calls.libraries.method(call, name, thing, kind)

    def above(self, call: Call, name: str) -> Things:
        """Call a method of the class that a class is made from."""
        if not self.calls.stack:
            return set()
        frame = self.calls.stack[-1]
        names = frame.target.code[0].args
        first = [*names.posonlyargs, *names.args][:1]
        owner = set(frame.taken.get(first[0].arg, ())) if first else set()
        above: Things = set()
        for made_by in frame.target.bases:
            above |= made_by.bases
        found = self._found(above, name)
        result: Things = set()
        for method in found:
            result |= self.calls.run(method, call, owner)
        if not found:
            for thing in owner:
                if name == "__init__":
                    self.heap.hold(thing, call.every)
                else:
                    result |= self._inherited(call, name, thing)
        return result

    def call(self, thing: Thing, call: Call) -> Things:
        """Call an instance."""
        result: Things = set()
        self.heap.peek({thing})
        found = self._found(thing.bases, "__call__")
        if not found and thing.requires:
            found = self._found(thing.bases, "forward")
            self._hooks(thing, call)
        for method in found:
            result |= self.calls.run(method, call, {thing})
        return result if found else self.calls.libraries.call(thing, call)

    def _hooks(self, thing: Thing, call: Call) -> None:
        hooks = {part for part in thing.parts if part.kind is Kind.FUNCTION}
        self.handed(hooks, call)

    def special(
        self, things: Things, name: str, args: Iterable[Things] = ()
    ) -> Things:
        """Call a method with a special name on the instances among things."""
        owners: dict[Thing, Things] = {}
        for thing in things:
            if thing.kind is Kind.INSTANCE:
                for method in self._found(thing.bases, name):
                    owners.setdefault(method, set()).add(thing)
        result: Things = set()
        for method, owner in owners.items():
            if method.kind is Kind.FUNCTION:
                call = Call((method, name), list(args))
                result |= self.calls.run(method, call, owner)
        return result

    def operator(
        self,
        node: ast.AST,
        op: ast.AST,
        sides: list[Things],
        *,
        inplace: bool = False,
    ) -> Things | None:
        """Return what an operator gives for instances; None: there are none."""
        every: Things = set().union(*sides)
        word = OPERATORS.get(type(op))
        if not word or all(t.kind is not Kind.INSTANCE for t in every):
            return None
        names = [f"__{word}__", f"__r{word}__"]
        if inplace:
            names.insert(0, f"__i{word}__")
        result: Things = set()
        for name in names:
            result |= self.special(every, name, [every])
        others = {t for t in every if t.kind is not Kind.INSTANCE}
        if others and not result:
            result.add(
                self.heap.make(node, Kind.OTHER, every, graph=tracked(every))
            )
        return result

    def show(self, things: Things) -> None:
        """Note that things are turned into text."""
        shown = reach(things)
        for thing in shown:
            if thing.kind in HOMES:
                root = HOMES[thing.kind]
                self.heap.use({self.heap.library(f"{root}.{PRINTING}")})
        for name in SHOWN:
            self.special(shown, name)

    def handed(
        self, things: Things, call: Call, *, every: bool = False
    ) -> Things:
        """Read what a library may call of what it is handed.

        Args:
            things: What it is handed.
            call: With which arguments.
            every: Whether it may call all methods, not the special ones only.
        """
        owners = self._callable(things, every=every)
        if not owners:
            return set()
        rest = call.every
        rest |= self.calls.contents.items(call.node, rest)
        result: Things = set()
        for thing, owner in owners.items():
            again = Call((thing, "called"), rest=rest)
            match thing.kind:
                case Kind.FUNCTION:
                    result |= self.calls.run(thing, again, owner)
                case Kind.CLASS:
                    result |= self.instantiate(thing, again)
                case _:
                    self.heap.change(rest)
        return result

    def _callable(self, things: Things, *, every: bool) -> dict[Thing, Things]:
        """Return what can be called of things, and whose method it is."""
        found: dict[Thing, Things] = {}
        for thing in reach(things):
            if thing.dotted == "builtins.print":
                self.heap.statement.prints = True
            if (
                thing.kind is Kind.FUNCTION
                or (thing.kind is Kind.CLASS and thing in things)
                or (thing.kind is Kind.LIBRARY and changes(thing.dotted))
            ):
                found.setdefault(thing, set())
            elif thing.kind is Kind.INSTANCE:
                for name, method in self._methods(thing.bases):
                    if every or name in CALLED:
                        found.setdefault(method, set()).add(thing)
        return found

    def _methods(self, classes: Iterable[Thing]) -> list[tuple[str, Thing]]:
        """Return all methods of classes but those that make instances."""
        found = []
        for made_by in classes:
            found += [
                (name, method)
                for name, methods in made_by.fields.items()
                for method in methods
                if method.kind is Kind.FUNCTION
                and name not in {"__init__", "__new__", "__post_init__"}
            ]
            if made_by.kind is Kind.CLASS:
                found += self._methods(made_by.bases)
        return found

    def enter(self, node: object, things: Things) -> Things:
        """Begin a ``with``; return what it gives."""
        self._inside(node, things)
        given = self.special(things, "__enter__")
        for thing in things:
            if thing.kind is Kind.ITERATOR:  # a generator, decorated
                given |= self.calls.contents.iterate(node, {thing})
            elif thing.kind is not Kind.INSTANCE or not given:
                given.add(thing)
        return given

    def leave(self, node: object, things: Things) -> None:
        """End a ``with``: what it is made of may have changed."""
        self._inside(node, things)
        self.special(things, "__exit__")
        others = {thing for thing in things if thing.kind is Kind.OTHER}
        self.heap.change(others, deep=True)

    def _inside(self, node: object, things: Things) -> None:
        """Read what a library's ``with`` may call of the chapter's own."""
        derived = {thing for thing in things if roots(thing)}
        self.handed(derived, Call(node), every=True)

    def attribute(self, node: ast.Attribute, thing: Thing) -> Things:
        """Return what an attribute of an instance or a class is."""
        name = node.attr
        if name == "grad" and thing.requires:
            gradients = self.heap.gradients({thing})
            self.heap.use(gradients)
            return gradients
        result = set(thing.fields.get(name, ()))
        own = thing.kind is Kind.INSTANCE
        for found in self._found(thing.bases, name):
            if found.kind is not Kind.FUNCTION or not own:
                result.add(found)
            elif found.trait == "property":
                result |= self.calls.run(found, Call(node), {thing})
            else:
                bound = self.heap.make((node, found), Kind.FUNCTION)
                bound.code, bound.trait = found.code, found.trait
                bound.fields, bound.bases = found.fields, found.bases
                bound.owner = {thing}
                result.add(bound)
        if not result and name not in thing.fields:
            result |= self.special({thing}, "__getattr__")
            if roots(thing):  # a library's class has it, perhaps
                result |= {thing} | thing.parts
        return result

    def set_property(self, thing: Thing, name: str, value: Things) -> bool:
        """Set an attribute of an instance, if a property stands there."""
        setters: Things = set()
        for found in self._found(thing.bases, name):
            if found.trait == "property":
                setters |= found.fields.get(SETTER, set())
        for setter in setters:
            self.calls.run(setter, Call((setter, name), [value]), {thing})
        return bool(setters)

    def items(self, node: object, thing: Thing) -> Things:
        """Return what a loop over an instance gives."""
        given = self.special({thing}, "__iter__")
        result = self.special({thing}, "__next__")
        result |= self.special({thing}, "__getitem__")
        self.special({thing}, "__len__")
        others = {t for t in given if t is not thing}
        if others:
            result |= self.calls.contents.iterate(node, others)
        if not given and not result:
            result = {thing}.union(*thing.inside)
        return result


def roots(thing: Thing) -> Things:
    """Return the libraries' classes that a class or an instance comes from."""
    found: Things = set()
    ahead = list(thing.bases)
    while ahead:
        base = ahead.pop()
        if base.kind is Kind.LIBRARY:
            found.add(base)
        elif base.kind is Kind.CLASS:
            ahead += base.bases
    return found
