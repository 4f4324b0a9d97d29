"""Reads statements and expressions as Python would run them."""

import ast
import builtins
import sys
from collections.abc import Callable, Iterable, Iterator

from bookbuild.execution.needs import effects
from bookbuild.execution.needs.calls import Calls
from bookbuild.execution.needs.classes import SETTER
from bookbuild.execution.needs.heap import Heap
from bookbuild.execution.needs.things import (
    Binding,
    Call,
    Kind,
    Scope,
    Thing,
    Things,
    joined,
    tracked,
)

ROUNDS = 5  # of a loop, at most: each finds what the one before has left
NOTHING: frozenset = frozenset()
COMPARED = (ast.Is, ast.IsNot, ast.In, ast.NotIn)  # they give True or False


class Reader:
    """Reads syntax, statement by statement."""

    def __init__(self, heap: Heap) -> None:
        """Begin with no name bound."""
        self.heap = heap
        self.calls = Calls(heap, self)
        self.world = self.scope = Scope()
        self.running: list[ast.AST] = []
        self.hidden: set[int] = set()
        self._looping = False
        self._handlers: dict[type, Callable | None] = {}

    def _handler(self, node: ast.AST) -> Callable | None:
        """Return what reads a kind of syntax; None: nothing special."""
        kind = type(node)
        if kind not in self._handlers:
            name = f"_on_{kind.__name__.lower()}"
            self._handlers[kind] = getattr(self, name, None)
        return self._handlers[kind]

    # -- Names ---------------------------------------------------------------

    def bind_name(
        self, name: str, things: Iterable[Thing], scope: Scope | None = None
    ) -> None:
        """Bind a name."""
        home = (scope or self.scope).home(name)
        binding = Binding(frozenset({self.heap.now}), frozenset(things))
        if home is not self.scope and not self.heap.sure:
            binding |= home.names.get(name, binding)
        home.names[name] = binding
        if home.shared:
            for thing in binding.things:
                if self.heap.learn(home, name, thing):
                    self.heap.links += 1

    def _look_up(self, node: ast.Name, *, use: bool) -> Things:
        bound = self.scope.find(node.id)
        heap = self.heap
        if bound is None:
            if hasattr(builtins, node.id) or node.id == "__name__":
                return {heap.library(f"builtins.{node.id}")}
            heap.statement.missing.append((node.id, self.line(node)))
            return set()
        heap.need(bound.by, f"binds {node.id!r}")
        if self.hidden and heap.statement.block not in self.hidden:
            homes = {heap.statements[number].block for number in bound.by}
            if not homes.isdisjoint(self.hidden):
                heap.statement.unseen.append((node.id, self.line(node)))
        heap.about = node.id
        if use:
            heap.use(bound.things)
        return set(bound.things)

    def line(self, node: ast.AST) -> int:
        """Return the line in the block; for a function's, that of the call."""
        return (self.heap.statement.node if self.running else node).lineno

    # -- Statements ----------------------------------------------------------

    def read(self, node: ast.stmt, *, raises: bool) -> None:
        """Read a top-level statement; one that raises leaves nothing."""
        self.calls.begin()
        before = dict(self.scope.names)
        self.execute(node)
        if raises:
            self.scope.names = before
            self.heap.forget()

    def execute(self, node: ast.stmt) -> None:
        """Read a statement."""
        handler = self._handler(node)
        if handler:
            handler(node)
            return
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self.value(child)

    def body(self, nodes: list[ast.stmt]) -> None:
        """Read statements in order."""
        sure = self.heap.sure
        for node in nodes:
            self.execute(node)
            if _may_leave(node):
                self.heap.sure = False  # what follows may not run
        self.heap.sure = sure

    def _branches(self, *branches: Callable[[], object]) -> None:
        """Read parts of which one may run."""
        before, sure = self.scope.names, self.heap.sure
        self.heap.sure = False
        merged: dict[str, Binding] = {}
        for branch in branches:
            self.scope.names = dict(before)
            branch()
            merged = joined(merged, self.scope.names)
        self.scope.names, self.heap.sure = merged, sure

    def rounds(self) -> Iterator[None]:
        """Read a loop until it finds nothing new."""
        if self._looping:  # the loop around this one goes round for both
            yield
            return
        self._looping = True
        head = dict(self.scope.names)
        for _ in range(ROUNDS):
            known = self.heap.facts
            yield
            again = joined(head, self.scope.names)
            if known == self.heap.facts and again == head:
                break
            head = again
            self.scope.names = dict(again)
            self.calls.forget()
        self._looping = False

    def _on_expr(self, node: ast.Expr) -> None:
        things = self.value(node.value)
        if not self.running:  # a notebook shows it
            self.calls.classes.show(things)

    def _on_if(self, node: ast.If) -> None:
        self.value(node.test)
        self._branches(
            lambda: self.body(node.body), lambda: self.body(node.orelse)
        )

    def _on_while(self, node: ast.While) -> None:
        for _ in self.rounds():
            self.value(node.test)
            self._branches(lambda: self.body(node.body), lambda: None)
        self.body(node.orelse)

    def _on_for(self, node: ast.For) -> None:
        things = self.value(node.iter, use=False)
        for _ in self.rounds():
            self.bind(node.target, self.calls.contents.iterate(node, things))
            self.body(node.body)
        self.body(node.orelse)

    def _on_try(self, node: ast.Try) -> None:
        self._branches(lambda: self.body(node.body), lambda: None)

        def handle(handler: ast.ExceptHandler) -> None:
            if handler.type:
                self.value(handler.type)
            if handler.name:
                made = self.heap.make(handler, Kind.OTHER)
                self.bind_name(handler.name, {made})
            self.body(handler.body)

        self._branches(
            lambda: None, *(lambda h=h: handle(h) for h in node.handlers)
        )
        self._branches(lambda: self.body(node.orelse), lambda: None)
        self.body(node.finalbody)

    def _on_with(self, node: ast.With) -> None:
        entered = []
        for item in node.items:
            things = self.value(item.context_expr)
            entered.append((things, self.calls.libraries.saved(things)))
            given = self.calls.classes.enter(item, things)
            if item.optional_vars:
                self.bind(item.optional_vars, given)
        self.body(node.body)
        for things, saved in reversed(entered):
            self.calls.classes.leave(node, things)
            for changes in saved:
                changes.discard(self.heap.now)

    def _on_match(self, node: ast.Match) -> None:
        things = self.value(node.subject)
        things |= self.calls.contents.items(node, things)

        def case(part: ast.match_case) -> None:
            for inner in ast.walk(part.pattern):
                if isinstance(inner, ast.expr):
                    self.value(inner)
                name = getattr(inner, "name", None) or getattr(
                    inner, "rest", None
                )
                if isinstance(inner, ast.pattern) and name:
                    self.bind_name(name, things)
            if part.guard:
                self.value(part.guard)
            self.body(part.body)

        self._branches(lambda: None, *(lambda c=c: case(c) for c in node.cases))

    def _on_assign(self, node: ast.Assign) -> None:
        things = self.value(node.value, use=False)
        empty = isinstance(node.value, ast.Constant) and (
            node.value.value is None
        )
        for target in node.targets:
            self.bind(target, things, empty=empty)

    def _on_annassign(self, node: ast.AnnAssign) -> None:
        self.value(node.annotation)
        if node.value:
            self.bind(node.target, self.value(node.value, use=False))

    def _on_augassign(self, node: ast.AugAssign) -> None:
        added = self.value(node.value)
        if not isinstance(node.target, ast.Name):
            old = self.value(_loaded(node.target))
            self._grow(node, old, added)
            self.bind(node.target, old | added)
            return
        name = _loaded(node.target)
        result = self._grow(node, self._look_up(name, use=True), added)
        self.bind_name(name.id, result)

    def _grow(self, node: ast.AugAssign, old: Things, added: Things) -> Things:
        """Change things in place; return what the name then stands for."""
        given = self.calls.classes.operator(
            node, node.op, [old, added], inplace=True
        )
        if given is not None:
            return given
        self.heap.change(old, form=False)
        for thing in old:
            if thing.kind is Kind.CONTAINER:
                self.heap.hold(thing, self.calls.contents.items(node, added))
            self.heap.keep(thing, added)
        if old or not added:
            return old
        return self.computed(node, added)

    def _on_delete(self, node: ast.Delete) -> None:
        for target in node.targets:
            if isinstance(target, ast.Name):
                self._look_up(target, use=False)
                if self.heap.sure:
                    self.scope.home(target.id).names.pop(target.id, None)
            else:
                self.bind(target, set(), empty=True)

    def _on_functiondef(self, node: ast.FunctionDef) -> None:
        made = self._made_function(node)
        for note in _annotations(node):
            self.value(note)
        bound: Things = {made}
        for decorator in reversed(node.decorator_list):
            bound = self._decorated(decorator, made, bound)
        self.bind_name(node.name, bound)

    def _decorated(
        self, decorator: ast.expr, made: Thing, bound: Things
    ) -> Things:
        """Return what a decorator makes of a function."""
        name = getattr(decorator, "attr", getattr(decorator, "id", ""))
        if name in {"property", "cached_property"}:
            made.trait = "property"
        elif name in {"staticmethod", "classmethod"}:
            made.trait = name
        elif name == "setter":
            found = self.value(decorator.value)
            for thing in found:
                self.heap.put(thing, SETTER, bound)
            return found
        found = self.value(decorator)
        local = {thing for thing in found if thing.kind is Kind.FUNCTION}
        if not local:  # a library's: it may wrap, but it keeps what it wraps
            return bound
        call = Call(decorator, [bound])
        return set().union(*(self.calls.run(thing, call) for thing in local))

    def _made_function(self, node: ast.FunctionDef | ast.Lambda) -> Thing:
        made = self.heap.make(node, Kind.FUNCTION)
        made.code = (node, self.scope)
        self.scope.shared = True
        names = node.args
        places = [*names.posonlyargs, *names.args]
        pairs = [
            *zip(places[::-1], names.defaults[::-1], strict=False),
            *zip(names.kwonlyargs, names.kw_defaults, strict=True),
        ]
        for name, default in pairs:
            if default is not None:
                self.heap.put(made, name.arg, self.value(default, use=False))
        return made

    def _on_classdef(self, node: ast.ClassDef) -> None:
        made = self.heap.make(node, Kind.CLASS)
        for part in [*node.bases, *(k.value for k in node.keywords)]:
            made.bases |= self.value(part)
        for decorator in node.decorator_list:
            self.value(decorator)
        inner = Scope(self.scope)
        made.code = (node, inner)
        self.scope.shared = True
        outside, self.scope = self.scope, inner
        self.body(node.body)
        self.scope = outside
        for name, binding in inner.names.items():
            self.heap.put(made, name, binding.things)
            for thing in binding.things:
                if thing.kind is Kind.FUNCTION and thing.code:
                    thing.code = (thing.code[0], _skip(thing.code[1], inner))
                    thing.bases = {made}  # where ``super`` goes on from
        self.bind_name(node.name, {made})

    def _on_return(self, node: ast.Return) -> None:
        if node.value:
            self.calls.give(self.value(node.value, use=False))

    def _on_global(self, node: ast.Global) -> None:
        self.scope.world.update(node.names)

    def _on_nonlocal(self, node: ast.Nonlocal) -> None:
        self.scope.outer.update(node.names)

    def _on_import(self, node: ast.Import) -> None:
        for alias in node.names:
            self._known(alias.name, node)
            dotted = alias.name
            if not alias.asname:
                dotted = dotted.split(".", maxsplit=1)[0]
            self.bind_name(alias.asname or dotted, {self.heap.library(dotted)})

    def _on_importfrom(self, node: ast.ImportFrom) -> None:
        self._known(node.module or "", node)
        for alias in node.names:
            part = self.heap.library(f"{node.module}.{alias.name}")
            self.bind_name(alias.asname or alias.name, {part})

    def _known(self, module: str, node: ast.stmt) -> None:
        root = module.split(".", maxsplit=1)[0]
        if root not in effects.READERS and root not in sys.stdlib_module_names:
            self.heap.statement.imports.append((module, self.line(node)))

    # -- Binding -------------------------------------------------------------

    def bind(
        self, target: ast.expr, things: Things, *, empty: bool = False
    ) -> None:
        """Bind a target to things; empty: to None."""
        match target:
            case ast.Name():
                self.bind_name(target.id, things)
            case ast.Tuple() | ast.List():
                parts = self.calls.contents.unpack(target, things)
                for part, found in zip(target.elts, parts, strict=True):
                    self.bind(part, found)
            case ast.Starred():
                made = self.heap.make(target, Kind.CONTAINER, things)
                self.bind(target.value, {made})
            case ast.Attribute():
                self._set_attribute(target, things, empty=empty)
            case ast.Subscript():
                self._set_item(target, things)

    def _set_attribute(
        self, target: ast.Attribute, things: Things, *, empty: bool
    ) -> None:
        base = self.value(target.value, use=False)
        if target.attr == "grad" and not any(map(_has_own, base)):
            self.heap.reset(base)
            if not empty:
                self.heap.change(self.heap.gradients(base))
                for gradient in self.heap.gradients(base):
                    self.heap.hold(gradient, things)
            return
        if target.attr == "requires_grad":
            for thing in base:
                thing.requires = True
        self._change(base)
        for thing in base:
            if thing.kind is Kind.INSTANCE and self.calls.classes.set_property(
                thing, target.attr, things
            ):
                continue
            if thing.kind in {Kind.INSTANCE, Kind.CLASS, Kind.FUNCTION}:
                self.heap.put(thing, target.attr, things)
            else:
                self._keep(thing, things)

    def _set_item(self, target: ast.Subscript, things: Things) -> None:
        index = self.value(target.slice)
        base = self.value(target.value, use=False)
        self._change(base, form=False)
        place = _constant(target.slice)
        for thing in base:
            if thing.kind is Kind.INSTANCE:
                self.calls.classes.special(
                    {thing}, "__setitem__", [index, things]
                )
            elif thing.kind is Kind.CONTAINER and place in thing.fields:
                self.heap.put(thing, place, things)
            else:
                self._keep(thing, things)

    def _change(self, base: Things, *, form: bool = True) -> None:
        for thing in base:
            if thing.kind is Kind.LIBRARY:  # a setting
                self.heap.change({self.heap.library(thing.root)})
        local = {t for t in base if t.kind is not Kind.LIBRARY}
        self.heap.peek(local)
        for thing in local:
            self.heap.change_alone(thing, form=form)

    def _keep(self, thing: Thing, things: Things) -> None:
        """Note that a thing has taken in others, or their numbers."""
        if thing.kind is Kind.LIBRARY:
            return
        if thing.kind in {Kind.TENSOR, Kind.ARRAY, Kind.LAYER}:
            self.heap.use(things)
            self.heap.keep(thing, things)
        else:
            self.heap.hold(thing, things)

    # -- Expressions ---------------------------------------------------------

    def value(self, node: ast.expr, *, use: bool = True) -> Things:
        """Return what an expression may give.

        Args:
            node: The expression.
            use: Whether what it gives is read at once, rather than handed on.
        """
        if isinstance(node, ast.Constant):
            return set()
        if isinstance(node, ast.Name):
            return self._look_up(node, use=use)
        handler = self._handler(node)
        if handler is None:
            return self._arithmetic(node)
        things = handler(node)
        if use:
            self.heap.use(things)
        return things

    def _arithmetic(self, node: ast.expr) -> Things:
        """Return a new object, made of all that is inside an expression."""
        parts: Things = set()
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                parts |= self.value(child)
        return self.computed(node, parts)

    def computed(self, node: object, parts: Things) -> Things:
        """Return what is computed from things: like them, and new."""
        kinds = {thing.kind for thing in parts} - {
            Kind.LIBRARY,
            Kind.FUNCTION,
            Kind.CLASS,
        }
        if not kinds:
            return set()
        if Kind.CONTAINER in kinds:
            items = self.calls.contents.items(node, parts)
            return {self.heap.make(node, Kind.CONTAINER, items)}
        if kinds <= {Kind.ARRAY}:
            return {self.heap.make(node, Kind.ARRAY)}
        if kinds & {Kind.TENSOR, Kind.LAYER, Kind.INSTANCE}:
            graph = tracked(parts)
            return {self.heap.make(node, Kind.TENSOR, graph=graph)}
        return {self.heap.make(node, Kind.OTHER, graph=tracked(parts))}

    def _on_binop(self, node: ast.BinOp) -> Things:
        sides = [self.value(node.left), self.value(node.right)]
        given = self.calls.classes.operator(node, node.op, sides)
        if given is not None:
            return given
        return self.computed(node, sides[0] | sides[1])

    def _on_unaryop(self, node: ast.UnaryOp) -> Things:
        things = self.value(node.operand)
        if isinstance(node.op, ast.Not):
            return set()
        given = self.calls.classes.operator(node, node.op, [things])
        return self.computed(node, things) if given is None else given

    def _on_compare(self, node: ast.Compare) -> Things:
        plain = all(isinstance(op, COMPARED) for op in node.ops)
        sides = [self.value(part) for part in [node.left, *node.comparators]]
        for op in node.ops:
            self.calls.classes.operator(node, op, sides)
        kinds = {thing.kind for side in sides for thing in side}
        numbers = kinds & {Kind.TENSOR, Kind.ARRAY, Kind.LAYER, Kind.OTHER}
        if plain or not numbers:
            return set()
        kind = Kind.ARRAY if numbers == {Kind.ARRAY} else Kind.TENSOR
        return {self.heap.make(node, kind)}

    def _on_boolop(self, node: ast.BoolOp) -> Things:
        return set().union(*map(self.value, node.values))

    def _on_ifexp(self, node: ast.IfExp) -> Things:
        self.value(node.test)
        return self.value(node.body, use=False) | self.value(
            node.orelse, use=False
        )

    def _on_joinedstr(self, node: ast.JoinedStr | ast.FormattedValue) -> Things:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self.calls.classes.show(self.value(child))
        return set()

    _on_formattedvalue = _on_joinedstr

    def _on_tuple(self, node: ast.List | ast.Tuple | ast.Set) -> Things:
        is_tuple = isinstance(node, ast.Tuple)
        parts = [self.value(part, use=False) for part in node.elts]
        if is_tuple and not any(parts):
            return set()
        made = self.heap.make(node, Kind.CONTAINER)
        placed = is_tuple and not any(
            isinstance(part, ast.Starred) for part in node.elts
        )
        for place, things in enumerate(parts):
            if placed:
                self.heap.put(made, place, things)
            else:
                self.heap.hold(made, things)
        return {made}

    _on_list = _on_set = _on_tuple

    def _on_dict(self, node: ast.Dict) -> Things:
        made = self.heap.make(node, Kind.CONTAINER)
        for key, part in zip(node.keys, node.values, strict=True):
            things = self.value(part, use=False)
            place = _constant(key) if key else None
            if key:
                self.heap.hold(made, self.value(key))
            else:  # ** and a dict
                things = self.calls.contents.iterate(node, things)
            if isinstance(place, str):
                self.heap.put(made, place, things)
            else:
                self.heap.hold(made, things)
        return {made}

    def _on_subscript(self, node: ast.Subscript) -> Things:
        index = self.value(node.slice)
        base = self.value(node.value, use=False)
        self.heap.peek(base)
        given = self.calls.classes.special(base, "__getitem__", [index])
        local = {t for t in base if t.kind is Kind.INSTANCE}
        found = self.calls.contents.at(
            node, base - local, _constant(node.slice)
        )
        return found | given

    def _on_attribute(self, node: ast.Attribute) -> Things:
        base = self.value(node.value, use=False)
        return self.calls.contents.attribute(node, base)

    def _on_lambda(self, node: ast.Lambda) -> Things:
        return {self._made_function(node)}

    def _on_namedexpr(self, node: ast.NamedExpr) -> Things:
        things = self.value(node.value, use=False)
        scope = self.scope
        while isinstance(scope, Inner):  # a comprehension hands it out
            scope = scope.parent
        self.bind_name(node.target.id, things, scope)
        return things

    def _on_listcomp(self, node: ast.ListComp) -> Things:
        return self._comprehension(node, [node.elt])

    _on_setcomp = _on_generatorexp = _on_listcomp

    def _on_dictcomp(self, node: ast.DictComp) -> Things:
        return self._comprehension(node, [node.key, node.value])

    def _comprehension(
        self,
        node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp,
        elements: list[ast.expr],
    ) -> Things:
        first = self.value(node.generators[0].iter, use=False)
        scope = self.scope
        if not isinstance(node, ast.GeneratorExp):
            items = self._items_made(node, elements, first, scope)
            return {self.heap.make(node, Kind.CONTAINER, items)}
        made = self.heap.make(node, Kind.ITERATOR)
        made.resume = lambda: self._items_made(node, elements, first, scope)
        self.heap.hold(made, made.resume())
        return {made}

    def _items_made(
        self,
        node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp,
        elements: list[ast.expr],
        first: Things,
        scope: Scope,
    ) -> Things:
        """Return what the elements of a comprehension give."""
        items: Things = set()
        outside, self.scope = self.scope, Inner(scope)
        for _ in self.rounds():
            for part in node.generators:
                if part is node.generators[0]:
                    things = first
                else:
                    things = self.value(part.iter, use=False)
                self.bind(
                    part.target, self.calls.contents.iterate(part, things)
                )
                for condition in part.ifs:
                    self.value(condition)
            for element in elements:
                items |= self.value(element, use=False)
        self.scope = outside
        return items

    def _on_yield(self, node: ast.Yield) -> Things:
        if node.value:
            self.calls.give(self.value(node.value, use=False))
        return set()

    def _on_yieldfrom(self, node: ast.YieldFrom) -> Things:
        things = self.value(node.value, use=False)
        self.calls.give(self.calls.contents.iterate(node, things))
        return things

    def _on_starred(self, node: ast.Starred) -> Things:
        return self.calls.contents.iterate(
            node, self.value(node.value, use=False)
        )

    def _on_call(self, node: ast.Call) -> Things:
        return self.calls.call(node)

    def _on_slice(self, node: ast.Slice) -> Things:
        for part in (node.lower, node.upper, node.step):
            if part:
                self.value(part)
        return set()


class Inner(Scope):
    """The names of a comprehension."""


def _loaded(node: ast.expr) -> ast.expr:
    """Return a target as an expression that reads it, the same each time."""
    found = getattr(node, "loaded", None)
    if found is None:
        found = type(node)(
            **{name: getattr(node, name) for name in node._fields}
        )
        found.ctx = ast.Load()
        ast.copy_location(found, node)
        node.loaded = found
    return found


def _constant(node: ast.expr | None) -> str | int | None:
    """Return a place that is written out, or None."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str | int):
        return node.value
    return None


def _may_leave(node: ast.stmt) -> bool:
    """Return whether a statement may keep those after it from running."""
    found = getattr(node, "may_leave", None)
    if found is None:
        found = not isinstance(node, ast.Return | ast.FunctionDef) and any(
            isinstance(inner, ast.Return | ast.Break | ast.Continue)
            for inner in ast.walk(node)
        )
        node.may_leave = found
    return found


def _has_own(thing: Thing) -> bool:
    """Return whether ``.grad`` is an attribute of the chapter's own."""
    return thing.kind is Kind.INSTANCE and not thing.requires


def _skip(scope: Scope, inner: Scope) -> Scope:
    """Return the scope in which a method's names are looked up."""
    return inner.parent if scope is inner else scope


def _annotations(node: ast.FunctionDef) -> list[ast.expr]:
    """Return the annotations, which run with the definition."""
    parts = [p for p in ast.walk(node.args) if isinstance(p, ast.arg)]
    notes = [part.annotation for part in parts] + [node.returns]
    return [note for note in notes if note is not None]
