"""What calls of libraries do: their functions, methods and objects."""

import ast
from typing import TYPE_CHECKING

from bookbuild.execution.needs import effects
from bookbuild.execution.needs.effects import Effect
from bookbuild.execution.needs.heap import PRINTING
from bookbuild.execution.needs.things import (
    SOURCE,
    Call,
    Kind,
    Thing,
    Things,
    reach,
    tracked,
)

if TYPE_CHECKING:
    from bookbuild.execution.needs.calls import Calls

# Methods that read no more of their object than which it is.
LAZY = {
    *(Effect.SAME, Effect.VIEW, Effect.DETACH, Effect.ITEMS, Effect.COPY),
    *(Effect.PAIRS, Effect.FACT, Effect.KEEP, Effect.AS_ARRAY, Effect.RESET),
}
# What is called of these is a method that was given a name.
METHODS_OF = {
    *(Kind.ARRAY, Kind.CONTAINER, Kind.DRAWING, Kind.ITERATOR),
    *(Kind.OPTIMIZER, Kind.RANDOM, Kind.TENSOR),
}


class Libraries:
    """Reads calls of libraries, by the word lists of ``effects``."""

    def __init__(self, calls: "Calls") -> None:
        """Work for the calls of a chapter."""
        self.calls, self.heap = calls, calls.heap

    # -- Methods of libraries' objects ---------------------------------------

    def method(self, call: Call, name: str, thing: Thing, kind: Kind) -> Things:
        """Call a method of an object of a library."""
        effect = effects.of_method(kind, name)
        heap, every = self.heap, call.every
        if effect in LAZY:
            heap.peek({thing})
        elif effect is not Effect.RESEED:
            heap.use({thing})
        if effect is not Effect.KEEP:
            heap.use(every)
        given = self.calls.classes.handed(every, call)
        self._changed_by_name(call)
        self._file(name, call.node)
        if kind in {Kind.TENSOR, Kind.LAYER, Kind.OTHER} and (
            "generator" not in call.named
            and effects.draws(f"torch.Tensor.{name}")
        ):
            heap.draw("torch")
        handler = getattr(self, f"_do_{effect.name.lower()}")
        return handler(call, thing, given)

    def _do_plain(self, _call: Call, _thing: Thing, _given: Things) -> Things:
        return set()

    def _do_fact(self, _call: Call, thing: Thing, _given: Things) -> Things:
        self.heap.use_form({thing})
        return set()

    def _do_new(self, call: Call, thing: Thing, given: Things) -> Things:
        graph = tracked({thing} | call.every | given)
        kind = thing.kind
        if kind in {Kind.LAYER, Kind.INSTANCE} or (
            kind is Kind.OTHER and thing.root == "torch"
        ):
            kind = Kind.TENSOR
        return {self.heap.make(call.node, kind, graph=graph)}

    def _do_same(self, _call: Call, thing: Thing, _given: Things) -> Things:
        if thing.kind is Kind.OTHER:
            return {thing} | thing.parts
        return {thing}

    def _do_view(self, call: Call, thing: Thing, _given: Things) -> Things:
        kind = Kind.ARRAY if thing.kind is Kind.ARRAY else Kind.TENSOR
        return {self.heap.make(call.node, kind, {thing})}

    def _do_detach(self, call: Call, thing: Thing, _given: Things) -> Things:
        return {self.heap.make(call.node, Kind.TENSOR, {thing}, cut=True)}

    def _do_as_array(self, call: Call, thing: Thing, _given: Things) -> Things:
        return {self.heap.make(call.node, Kind.ARRAY, {thing})}

    def _do_list(self, call: Call, _thing: Thing, _given: Things) -> Things:
        inner = self.heap.make((call.node, "inner"), Kind.CONTAINER)
        return {self.heap.make(call.node, Kind.CONTAINER, {inner})}

    def _do_pairs(self, call: Call, thing: Thing, _given: Things) -> Things:
        heap, node = self.heap, call.node
        pair = heap.make((node, "pair"), Kind.CONTAINER)
        heap.put(pair, 0, thing.parts)
        heap.put(pair, 1, thing.items)
        made = heap.make(node, Kind.CONTAINER, {pair})
        heap.put(made, SOURCE, {thing})
        return {made}

    def _do_items(self, call: Call, thing: Thing, given: Things) -> Things:
        default = set().union(*call.args[1:])
        return self.calls.contents.items(call.node, {thing}) | given | default

    def _do_copy(self, call: Call, thing: Thing, _given: Things) -> Things:
        items = self.calls.contents.items(call.node, {thing} | call.every)
        return {self.heap.make(call.node, Kind.CONTAINER, items)}

    def _do_self(self, call: Call, thing: Thing, _given: Things) -> Things:
        heap = self.heap
        heap.change({thing}, form=False)
        heap.keep(thing, call.every)
        if thing.kind is Kind.DRAWING:
            heap.change(_drawings(call.every))
        elif thing.kind is Kind.LAYER:
            heap.change({thing}, deep=True, form=False)
        return {thing}

    def _do_form(self, call: Call, thing: Thing, _given: Things) -> Things:
        self.heap.change({thing}, deep=thing.kind is not Kind.TENSOR)
        self.heap.hold(thing, call.every)
        return {thing}

    def _do_require(self, call: Call, thing: Thing, _given: Things) -> Things:
        thing.requires = True
        self.heap.change_form(thing)
        self.heap.hold(
            thing, {t for t in call.every if t.kind is Kind.FUNCTION}
        )
        return {thing}

    def _do_keep(self, call: Call, thing: Thing, _given: Things) -> Things:
        self.heap.change_alone(thing)
        self.heap.hold(thing, call.every)
        if thing.kind is Kind.CONTAINER:
            self.heap.hold(
                thing, self.calls.contents.iterate(call.node, call.every)
            )
        return set()

    def _do_take(self, call: Call, thing: Thing, _given: Things) -> Things:
        if thing.kind is Kind.ITERATOR:
            return self.calls.contents.iterate(call.node, {thing})
        self.heap.change_alone(thing)
        self.heap.hold(thing, set().union(*call.args[1:]))
        return self.calls.contents.items(call.node, {thing})

    def _do_deep(self, call: Call, thing: Thing, given: Things) -> Things:
        self.heap.change({thing}, deep=True)
        self.heap.hold(thing, call.every | given)
        made = self.heap.make(
            call.node,
            Kind.OTHER,
            {thing} | call.every | given,
            dotted=thing.dotted,
        )
        return {made, thing}

    def _do_call(self, call: Call, thing: Thing, _given: Things) -> Things:
        return self.calls.invoke({thing}, call)

    def _do_backward(self, call: Call, thing: Thing, _given: Things) -> Things:
        keeps = bool({"retain_graph", "create_graph"} & call.named.keys())
        self.heap.backward({thing}, keeps=keeps, fills=True)
        return set()

    def _do_reset(self, call: Call, thing: Thing, _given: Things) -> Things:
        if call.named or call.args:  # to zeros, perhaps, rather than None
            self.heap.change(self.heap.gradients({thing}))
        else:
            self.heap.reset({thing})
        return set()

    def _do_step(self, _call: Call, thing: Thing, given: Things) -> Things:
        self.heap.use(self.heap.gradients({thing}))
        self.heap.change({thing}, deep=True, form=False)
        return given

    def _do_reseed(self, _call: Call, thing: Thing, _given: Things) -> Things:
        self.heap.reseed(thing)
        return {thing}

    def _do_sample(self, call: Call, thing: Thing, _given: Things) -> Things:
        heap, node = self.heap, call.node
        heap.change({thing})
        if node.func.attr in effects.MUTATORS:
            heap.change(call.first)
        items = self.calls.contents.items(
            node, {t for t in call.every if t.kind is Kind.CONTAINER}
        )
        made = heap.make(node, Kind.ARRAY)
        return {made} | items

    # -- Calls of libraries' objects and functions ---------------------------

    def call(self, thing: Thing, call: Call) -> Things:
        """Call a layer, a loss, or whatever else can be called."""
        heap, every = self.heap, call.every
        heap.use({thing} | every)
        # What it was made from may come before what it is called with.
        more = Call(call.node, rest=every | thing.parts)
        given = self.calls.classes.handed({thing} | every, more)
        for part in reach({thing}):
            name = part.dotted.rsplit(".", 1)[-1]
            if part.kind is not Kind.LAYER:
                continue
            if name.startswith(effects.DRAW_WHEN_CALLED):
                heap.draw("torch")
            if name.startswith(effects.CHANGE_WHEN_CALLED):
                heap.change({part})
        if thing.kind in METHODS_OF:  # in doubt, a method that changes
            heap.use(heap.gradients({thing}))
            heap.change({thing}, deep=True)
            heap.hold(thing, every)
            given.add(thing)
        graph = tracked({thing} | every | given)
        if thing.kind is Kind.LAYER:
            return {heap.make(call.node, Kind.TENSOR, graph=graph)}
        made = heap.make(call.node, Kind.OTHER, every | given, graph=graph)
        made.dotted = made.dotted or thing.dotted
        return {made}

    def function(self, call: Call, dotted: str) -> Things:
        """Call a function of a library."""
        heap, every = self.heap, call.every
        heap.use({heap.library(dotted), heap.library("warnings")})
        special = getattr(self, f"_of_{dotted.replace('.', '_')}", None)
        if special:
            return special(call)
        root, name = dotted.split(".", maxsplit=1)[0], dotted.rsplit(".", 1)[-1]
        if name in effects.FORM_ONLY and root == "torch":
            heap.use_form(every)
        else:
            heap.use(every)
        if root == "sys" and "std" in dotted:
            heap.statement.prints = True
        given = self.calls.classes.handed(every, call)
        self._changes(call, dotted, name)
        self._file(name, call.node)
        kind = effects.kind_made(dotted)
        if kind is None:
            return set()
        return self._made(call, dotted, kind, given)

    def saved(self, things: Things) -> list[set[int]]:
        """Return the changes that a ``with`` of things will have undone."""
        found = [
            self.heap.library(effects.RESTORES[thing.dotted]).changes
            for thing in things
            if thing.dotted in effects.RESTORES
        ]
        return [changes for changes in found if self.heap.now not in changes]

    def _changes(self, call: Call, dotted: str, name: str) -> None:
        """Note what a function of a library changes."""
        heap = self.heap
        self._changed_by_name(call)
        if not name[0].isupper():
            heap.change({t for t in call.every if t.kind is Kind.RANDOM})
        if name in effects.CLIPS:
            gradients = heap.gradients(call.first)
            heap.change(gradients)
        elif effects.in_place(name):
            heap.change(call.first, form=False)
            for thing in call.first:
                heap.keep(thing, call.every)
        elif name in effects.MUTATORS:
            heap.change(call.first)
            for thing in call.first:
                if thing.kind is not Kind.ARRAY:
                    heap.hold(thing, call.every - call.first)
        self._changes_library(call, dotted, name)

    def _changes_library(self, call: Call, dotted: str, name: str) -> None:
        """Note that a function changes what its library goes by."""
        heap, root = self.heap, dotted.split(".", maxsplit=1)[0]
        if name in effects.SEEDS:
            heap.seed(root)
        elif "generator" not in call.named and effects.draws(dotted):
            heap.draw(root)
        if name == "set_printoptions":
            heap.change({heap.library(f"{root}.{PRINTING}")})
        elif name in effects.SETTINGS or name.startswith("set_"):
            heap.change({heap.library(root)})

    def _changed_by_name(self, call: Call) -> None:
        for name in effects.CHANGED_BY_NAME:
            if name in call.named and not (
                name in {"generator", "rng"} and _makes_object(call.node)
            ):
                self.heap.change(call.named[name])

    def _made(
        self, call: Call, dotted: str, kind: Kind, given: Things
    ) -> Things:
        """Return what a function of a library gives."""
        heap, node, every = self.heap, call.node, call.every
        name = dotted.rsplit(".", 1)[-1]
        if kind in {Kind.TENSOR, Kind.ARRAY} and any(
            thing.kind is Kind.FUNCTION for thing in every
        ):
            kind = Kind.OTHER  # a function, perhaps
        shared = every if effects.shares(dotted, kind) else set()
        if kind is Kind.ITERATOR:
            return {self._iterator(call, name, given)}
        if kind is Kind.CONTAINER:
            return {self._container(call, name, given)}
        if kind in {Kind.TENSOR, Kind.ARRAY}:
            asked = "requires_grad" in call.named and (
                call.constant("requires_grad") is not False
            )
            requires = asked or name == "Parameter"
            graph = set() if requires else tracked(every | given)
            if kind is Kind.ARRAY:
                graph = set()
            made = heap.make(
                node,
                kind,
                shared,
                graph=graph,
                requires=requires,
                cut=requires,
            )
        elif kind is Kind.DRAWING:
            drawn = _drawings(every)
            heap.change(drawn)
            return {heap.make(node, kind)} | drawn
        else:
            made = heap.make(
                node,
                kind,
                shared | (given if shared else set()),
                requires=kind is Kind.LAYER,
                dotted=dotted,
            )
        if effects.in_place(name) and name not in effects.CLIPS:
            return set(call.first)
        return {made}

    def _container(self, call: Call, name: str, given: Things) -> Thing:
        items = self.calls.contents.iterate(call.node, call.every)
        made = self.heap.make(call.node, Kind.CONTAINER, items | given)
        if name == "defaultdict":
            inner = self.heap.make((call.node, "inner"), Kind.CONTAINER)
            self.heap.hold(made, {inner})
        if name == "dict":
            for key, things in call.named.items():
                self.heap.put(made, key, things)
        return made

    def _iterator(self, call: Call, name: str, given: Things) -> Thing:
        heap, node = self.heap, call.node
        made = heap.make(node, Kind.ITERATOR)
        heap.put(made, SOURCE, call.every)
        columns = [
            self.calls.contents.iterate((node, a), things)
            for a, things in enumerate(call.args)
        ]
        rest = self.calls.contents.iterate((node, "rest"), call.rest)
        every = rest.union(*columns)
        if name == "map":
            heap.hold(made, given)
        elif name in {"zip", "zip_longest", "enumerate"}:
            pair = heap.make((node, "pair"), Kind.CONTAINER, rest)
            if name == "enumerate":
                columns = [set(), *columns[:1]]
            for place, things in enumerate(columns):
                heap.put(pair, place, things)
            heap.hold(made, {pair})
        elif name in {
            "filter",
            "iter",
            "islice",
            "reversed",
            "takewhile",
            "dropwhile",
            "compress",
            "chain",
            "cycle",
            "repeat",
            "accumulate",
        }:
            heap.hold(made, every | given)
            if name in {"chain", "repeat"}:
                heap.hold(
                    made, call.every | self.calls.contents.items(node, every)
                )
        else:  # tuples of items
            pair = heap.make((node, "pair"), Kind.CONTAINER, every)
            heap.hold(made, {pair} | every)
        return made

    # Functions that are like no others, by their names.

    def _of_builtins_print(self, call: Call) -> Things:
        self.heap.use(call.every)
        self.calls.classes.show(call.every)
        self._changed_by_name(call)
        self.heap.statement.prints = True
        return set()

    def _of_pprint_pprint(self, call: Call) -> Things:
        return self._of_builtins_print(call)

    _of_pprint_pp = _of_pprint_pprint

    def _of_builtins_str(self, call: Call) -> Things:
        self.heap.use(call.every)
        self.calls.classes.show(call.every)
        return set()

    _of_builtins_repr = _of_builtins_format = _of_builtins_str

    def _of_builtins_next(self, call: Call) -> Things:
        result = set().union(*call.args[1:])
        return (
            result
            | self.calls.classes.special(call.first, "__next__")
            | self.calls.contents.iterate(
                call.node,
                {t for t in call.first if t.kind is not Kind.INSTANCE},
            )
        )

    def _of_builtins_len(self, call: Call) -> Things:
        for thing in call.first:
            if thing.kind in {Kind.TENSOR, Kind.ARRAY}:
                self.heap.use_form({thing})
            else:
                self.heap.peek({thing})
        self.calls.classes.special(call.first, "__len__")
        return set()

    def _of_builtins_isinstance(self, _call: Call) -> Things:
        return set()

    _of_builtins_type = _of_builtins_id = _of_builtins_isinstance
    _of_builtins_callable = _of_builtins_isinstance

    def _of_builtins_getattr(self, call: Call) -> Things:
        name = call.node.args[1] if len(call.node.args) > 1 else None
        result = set().union(*call.args[2:])
        if isinstance(name, ast.Constant) and isinstance(name.value, str):
            asked = getattr(call.node, "asked", None) or ast.Attribute(
                call.node.args[0], name.value, ast.Load()
            )
            call.node.asked = asked
            return result | self.calls.contents.attribute(asked, call.first)
        self.heap.use(call.first)
        return result.union(
            call.first,
            *(portion for thing in call.first for portion in thing.inside),
        )

    def _of_builtins_setattr(self, call: Call) -> Things:
        self.heap.change(call.first)
        for thing in call.first:
            self.heap.hold(thing, call.every - call.first)
        return set()

    def _of_builtins_sum(self, call: Call) -> Things:
        self.heap.use(call.every)
        items = self.calls.contents.iterate(call.node, call.first)
        items = items.union(*call.args[1:], *call.named.values())
        given = self.calls.classes.operator(call.node, ast.Add(), [items])
        return self.calls.reader.computed(call.node, items) | (given or set())

    def _of_builtins_max(self, call: Call) -> Things:
        self.heap.use(call.every)
        self.calls.classes.handed(call.every, call)
        if len(call.args) == 1:
            return self.calls.contents.iterate(call.node, call.first)
        return set().union(*call.args)

    _of_builtins_min = _of_builtins_max

    def _of_builtins_abs(self, call: Call) -> Things:
        self.heap.use(call.every)
        return self.calls.reader.computed(call.node, call.every)

    _of_builtins_round = _of_builtins_pow = _of_builtins_abs
    _of_builtins_divmod = _of_math_prod = _of_math_sumprod = _of_builtins_abs

    def _of_functools_reduce(self, call: Call) -> Things:
        self.heap.use(call.every)
        items = self.calls.contents.iterate(call.node, call.every)
        return items | self.calls.classes.handed(call.every, call)

    def _of_copy_copy(self, call: Call) -> Things:
        return self._copied(call, {}, deep=False)

    def _of_copy_deepcopy(self, call: Call) -> Things:
        return self._copied(call, {}, deep=True)

    def _copied(
        self, call: Call, known: dict[Thing, Thing], *, deep: bool
    ) -> Things:
        self.heap.use(call.every)

        def copied(thing: Thing) -> Thing:
            if thing.kind in {Kind.LIBRARY, Kind.FUNCTION, Kind.CLASS}:
                return thing
            if thing not in known:
                made = self.heap.make((call.node, thing), thing.kind)
                known[thing] = made
                made.requires, made.bases = thing.requires, thing.bases
                made.dotted = thing.dotted
                self.heap.hold(made, map(inner, thing.parts))
                for place, things in thing.fields.items():
                    self.heap.put(made, place, map(inner, things))
            return known[thing]

        def inner(thing: Thing) -> Thing:
            return copied(thing) if deep else thing

        return {copied(thing) for thing in call.first}

    def _of_torch_autograd_grad(self, call: Call) -> Things:
        self.heap.use(call.every)
        first = call.first | call.named.get("outputs", set())
        keeps = bool({"retain_graph", "create_graph"} & call.named.keys())
        self.heap.backward(first, keeps=keeps, fills=False)
        graph = tracked(first) if "create_graph" in call.named else set()
        return {self.heap.make(call.node, Kind.TENSOR, graph=graph)}

    def _of_torch_autograd_backward(self, call: Call) -> Things:
        self.heap.use(call.every)
        keeps = bool({"retain_graph", "create_graph"} & call.named.keys())
        self.heap.backward(call.first, keeps=keeps, fills=True)
        return set()

    # -- Files ---------------------------------------------------------------

    def _file(self, name: str, node: ast.AST) -> None:
        """Note that a file is read or written."""
        if not isinstance(node, ast.Call):
            return
        reads, writes = name in effects.READS_FILE, name in effects.WRITES_FILE
        path = _path(node)
        if name == "open":
            modes = [
                part.value
                for part in [*node.args, *(k.value for k in node.keywords)]
                if isinstance(part, ast.Constant) and part.value != path
            ]
            writes = any(set("wax") & set(str(mode)) for mode in modes)
            reads = not writes
        if writes:
            self.heap.write(path)
        elif reads:
            self.heap.read(path, self.calls.reader.line(node))


def _path(node: ast.Call) -> str | None:
    """Return the name of a file, if it is there to see."""
    places: list[ast.AST] = list(node.args)
    if isinstance(node.func, ast.Attribute):
        places += ast.walk(node.func.value)
    return next(
        (
            place.value
            for place in places
            if isinstance(place, ast.Constant) and isinstance(place.value, str)
        ),
        None,
    )


def _drawings(things: Things) -> Things:
    return {t for t in reach(things) if t.kind is Kind.DRAWING}


def _makes_object(node: ast.AST) -> bool:
    """Return whether a call is of a class, which keeps what it is given."""
    func = getattr(node, "func", None)
    name = getattr(func, "attr", getattr(func, "id", ""))
    return name[:1].isupper()
