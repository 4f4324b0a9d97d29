"""Which earlier statements a block of a chapter needs, found without running.

A reader who takes one block away must get with it the imports, definitions
and data that it needs, and nothing else.
``analyse`` reads the blocks of a chapter in order and says, for each top-level
statement, which statements before it it needs.  The rules:

1.  A statement needs the statement that last bound each name it reads.  An
    ``if``, a ``while`` or a ``try`` may or may not bind: what was bound before
    counts, too.  A ``for`` is taken to run at least once.
2.  A function's names are looked up when it is called, as Python does: its
    body is read again at each call, with the arguments in place.  A callable
    that is handed to a library is taken to be called.
3.  Who reads an object needs every statement that has changed it: item and
    attribute assignments, augmented assignments, functions and methods whose
    name ends in ``_``, arguments called ``out`` and ``generator``.  **When in
    doubt, it changes:** a method changes its object and all that this holds,
    unless it is in ``PURE`` or ``VIEWS``, or in ``CONTAINERS``, which leave
    what is held as it was; an iterator changes by being read.  Functions of
    libraries and builtins do not change their arguments, except those in
    ``MUTATORS``; only PyTorch's objects change what they were made from.
4.  What was made from an object shares its changes: containers, attributes,
    items, views, and instances of any class (an optimiser and its
    parameters).  The result of arithmetic or of a library's function is new.
5.  Gradients are apart from values: ``backward`` changes the ``.grad`` of
    what its loss was computed from and uses up the graph; ``step`` reads
    ``.grad`` and changes the values; ``zero_grad`` and ``x.grad = None`` make
    ``.grad`` what it was at first; only reading ``.grad`` needs all this.
6.  Each library's global random numbers are an object that seeding makes anew
    and that each draw reads and changes; so are a library's settings.
7.  The last statement of a block that shows an error is the one that raises;
    it leaves nothing behind.

Limits: ``exec``, ``globals()``, ``import *``, monkey-patching of libraries
and values that travel through files with computed names are not seen.  The
tests run what comes of it, and take pieces away again, block by block.

Why not a library: nbgather and python-program-analysis are TypeScript and
asleep, and slice the history of a kernel; ipyflow traces a running kernel and
its static slices leave mutation out; marimo's and reactivepy's graphs know
names only, so ``opt.step()`` is invisible to them.
"""

import ast
import builtins
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

READERS = frozenset({"torch", "numpy", "matplotlib", "mpl_toolkits"})
ITERATORS = frozenset(
    "enumerate filter iter map reversed zip chain count cycle islice".split()
)
CONSUMERS = frozenset("all any dict list max min set sorted sum tuple".split())
# Functions of libraries that change their first argument.
MUTATORS = frozenset(
    "copyto fill_diagonal heapify heappop heappush insort place put "
    "putmask setattr delattr shuffle".split()
)
# Functions of libraries whose result shares what they were given.
SHARING = frozenset(
    "as_tensor asarray atleast_1d atleast_2d broadcast_to broadcast_tensors "
    "chunk diagonal expand_dims from_numpy getattr moveaxis partial permute "
    "ravel reshape split squeeze swapaxes transpose unbind unsqueeze vars "
    "view_as_complex view_as_real vmap".split()
)
SETTINGS = frozenset(
    "filterwarnings rc rcdefaults simplefilter update use "
    "use_deterministic_algorithms".split()
)
DRAWS = frozenset(
    "bernoulli dropout multinomial normal poisson rand rand_like randint "
    "randint_like randn randn_like randperm".split()
)
DRAWS_IN_PLACE = frozenset(
    "bernoulli_ cauchy_ exponential_ geometric_ kaiming_normal_ "
    "kaiming_uniform_ log_normal_ normal_ orthogonal_ random_ trunc_normal_ "
    "uniform_ xavier_normal_ xavier_uniform_".split()
)
# The parts of torch.nn that begin with random weights.
LAYERS = ("Linear", "Bilinear", "Conv", "LSTM", "GRU", "RNN", "Embedding")
LAYERS += ("Transformer", "Multihead", "LazyLinear")
READS_FILE = frozenset(
    "fromfile genfromtxt imread load loadtxt read_text read_bytes".split()
)
WRITES_FILE = frozenset(
    "save savefig savetxt savez tofile write_text write_bytes".split()
)
# Attributes that are plain facts about an object, not parts of it.
FACTS = frozenset(
    "device dtype is_leaf itemsize layout nbytes ndim requires_grad "
    "retains_grad shape".split()
)
# Methods whose result shares its object.
VIEWS = frozenset(
    "T as_strided children chunk contiguous cpu detach diagonal double expand "
    "expand_as flat flatten float get items keys movedim named_parameters "
    "numpy parameters permute ravel real reshape select split squeeze "
    "state_dict swapaxes t to transpose type unbind unflatten unfold "
    "unsqueeze values view".split()
)
# Methods that change a container, and not what it holds.
CONTAINERS = frozenset(
    "add append appendleft clear discard extend fill insert pop popitem "
    "popleft remove reverse setdefault sort update".split()
)
# Methods that change nothing and whose result is new.
PURE = frozenset(
    "abs all allclose amax amin any argmax argmin argsort astype bincount "
    "bool ceil clamp clip clone conj copy cos count cov cross cumprod cumsum "
    "diag diff dim dist div dot element_size endswith eq equal erf exp expm1 "
    "fill_value flip floor format ge gather ger gt half histc imag index "
    "index_select inner int inverse is_complex is_contiguous "
    "is_floating_point is_set isalpha isclose isdigit isfinite isinf isnan "
    "item join kthvalue le lerp log log10 log1p log2 log_softmax logical_and "
    "logical_not logical_or logsumexp long lower lstrip lt masked_fill "
    "masked_select matmul max maximum mean median min minimum mm mode mul "
    "mv name narrow ne neg new_empty new_full new_ones new_tensor new_zeros "
    "nonzero norm numel outer pinverse pow prod quantile read_bytes read_text "
    "reciprocal relu repeat replace roll round rsqrt rstrip searchsorted "
    "sigmoid sign sin size softmax splitlines sqrt square startswith std "
    "storage storage_offset strip stride sub sum take tan tanh tolist topk "
    "trace tril triu trunc typename unique upper untyped_storage data_ptr "
    "var where xlogy".split()
)


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


@dataclass
class Statement:
    """A top-level statement of a block, and what was found out about it.

    Attributes:
        block: The number of its block, from 0.
        node: Its syntax; None for a block that does not parse on purpose.
        needs: The statements before it that it needs, by number.
        prints: Whether it may print.
        missing: Names that nothing binds, with the line in the block.
        files: Files that nothing writes, with the line in the block.
        imports: Modules a reader may not have, with the line in the block.
        unseen: Names that only a hidden block binds, with the line.
    """

    block: int
    node: ast.stmt | None
    needs: set[int] = field(default_factory=set)
    prints: bool = False
    missing: list[tuple[str, int]] = field(default_factory=list)
    files: list[tuple[str, int]] = field(default_factory=list)
    imports: list[tuple[str, int]] = field(default_factory=list)
    unseen: list[tuple[str, int]] = field(default_factory=list)


@dataclass(eq=False)
class Thing:
    """An object that a chapter makes, as far as it matters here.

    Attributes:
        shares: What a change of it changes, too.
        graph: What it was computed from.
        changes: The statements that changed it.
        spent: The statements that used up its graph.
        functions: What runs when it is called, with the scope it was made in.
        methods: The class whose methods may run when it is used.
        module: Its dotted name if it is a library, or a part of one.
        once: Whether reading it uses it up.
        view: Whether its items are those of what it shares with.
        tame: Whether its methods change nothing but itself.
        leaf: Whether no gradient passes beyond it.
    """

    shares: set["Thing"] = field(default_factory=set)
    graph: set["Thing"] = field(default_factory=set)
    changes: set[int] = field(default_factory=set)
    spent: set[int] = field(default_factory=set)
    functions: list[tuple[ast.AST, "Scope"]] = field(default_factory=list)
    methods: list[tuple[ast.ClassDef, "Scope"]] = field(default_factory=list)
    module: str = ""
    once: bool = False
    view: bool = False
    tame: bool = False
    leaf: bool = False
    own_grad: "Thing | None" = None

    @property
    def grad(self) -> "Thing":
        """Its gradient."""
        self.own_grad = self.own_grad or Thing(leaf=True)
        return self.own_grad


Things = set[Thing]


class Scope:
    """Names and what they may be bound to: statement and thing."""

    def __init__(self, parent: "Scope | None" = None) -> None:
        """Begin empty, inside another scope or none."""
        self.parent = parent
        self.names: dict[str, list[tuple[int, Thing]]] = {}
        self.outer: set[str] = set()  # declared global or nonlocal

    def find(self, name: str) -> list[tuple[int, Thing]] | None:
        """Return what a name may be bound to, or None."""
        if name in self.names:
            return self.names[name]
        return self.parent.find(name) if self.parent else None

    def home(self, name: str) -> "Scope":
        """Return the scope in which an assignment binds a name."""
        return self.parent.home(name) if name in self.outer else self


def analyse(blocks: Iterable[Block]) -> list[Statement]:
    """Return the top-level statements of all blocks, with their needs."""
    return _Analysis().run(list(blocks))


def closure(statements: list[Statement], wanted: Iterable[int]) -> set[int]:
    """Return the wanted statements and all that they need, by number."""
    found: set[int] = set()
    ahead = list(wanted)
    while ahead:
        number = ahead.pop()
        if number not in found:
            found.add(number)
            ahead += statements[number].needs
    return found


def _reach(things: Things, *, graph: bool = False) -> Things:
    """Return all that shares with things, or that they were computed from."""
    found: Things = set()
    ahead = list(things)
    while ahead:
        thing = ahead.pop()
        if thing not in found:
            found.add(thing)
            if not (graph and thing.leaf):
                ahead += thing.shares
                if graph:
                    ahead += thing.graph
    return found


def _viewed(things: Things) -> Things:
    """Return things and what they are views of."""
    found: Things = set()
    ahead = list(things)
    while ahead:
        thing = ahead.pop()
        if thing not in found:
            found.add(thing)
            ahead += thing.shares if thing.view else ()
    return found


def _bound_in(nodes: Iterable[ast.AST]) -> set[str]:
    """Return the names that some statements bind anywhere."""
    return {
        node.id
        for top in nodes
        for node in ast.walk(top)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }


class _Analysis:
    """Reads a chapter's statements as Python would run them."""

    def __init__(self) -> None:
        self.statements: list[Statement] = []
        self.hidden: set[int] = set()
        self.now = 0
        self.scope = Scope()
        self.libraries: dict[str, Thing] = {}
        self.files: dict[str, set[int]] = {}
        self.returns: list[Things] = []
        self.running: list[ast.AST] = []
        self.sure = True  # not inside a branch that may not run
        self.looping = False
        self.read: dict[object, int] = {}  # how often in this statement

    def run(self, blocks: list[Block]) -> list[Statement]:
        """Read all blocks."""
        self.hidden = {n for n, block in enumerate(blocks) if block.hidden}
        for number, block in enumerate(blocks):
            try:
                body = ast.parse(block.source).body
            except SyntaxError:
                if not block.raises:
                    raise
                self.statements.append(Statement(number, None))
                continue
            here = _bound_in(body)
            for position, node in enumerate(body, start=1):
                raises = block.raises and position == len(body)
                self._statement(number, node, here, raises=raises)
        return self.statements

    def _statement(
        self, block: int, node: ast.stmt, here: set[str], *, raises: bool
    ) -> None:
        statement = Statement(block, node)
        self.now = len(self.statements)
        self.read.clear()
        self.statements.append(statement)
        before = dict(self.scope.names)
        self._execute(node)
        statement.needs.discard(self.now)
        statement.missing = [
            found
            for found in dict.fromkeys(statement.missing)
            if found[0] not in here
        ]
        if raises:
            self.scope.names = before
            self._forget(self.now)

    def _forget(self, number: int) -> None:
        """Undo the changes of a statement that raised."""
        every = {
            thing for bound in self.scope.names.values() for _, thing in bound
        }
        for thing in _reach(every, graph=True) | _reach(every):
            for known in (thing, thing.grad):
                known.changes.discard(number)
                known.spent.discard(number)

    # -- What statements need and change -------------------------------------

    @property
    def statement(self) -> Statement:
        return self.statements[self.now]

    def _need(self, numbers: Iterable[int]) -> None:
        self.statement.needs.update(numbers)

    def _use(self, things: Things) -> None:
        for thing in _reach(things):
            self._need(thing.changes)

    def _change(self, things: Things, *, deep: bool = True) -> None:
        """Change things; deep: also what they hold."""
        self._use(things)
        for thing in _reach(things) if deep else _viewed(things):
            thing.changes.add(self.now)

    def _iterate(self, things: Things) -> None:
        for thing in _reach(things):
            if thing.once:
                self._need(thing.changes)
                thing.changes.add(self.now)

    def _library(self, root: str) -> Thing:
        return self.libraries.setdefault(root, Thing(leaf=True))

    def _draw(self, root: str) -> None:
        name = f"<random numbers of {root}>"
        bound = self.scope_of_all.names.setdefault(name, [])
        self._need(number for number, _ in bound)
        bound.append((self.now, Thing()))

    def _seed(self, root: str) -> None:
        name = f"<random numbers of {root}>"
        bound = self.scope_of_all.names.setdefault(name, [])
        if self.sure:
            bound.clear()
        bound.append((self.now, Thing()))

    @property
    def scope_of_all(self) -> Scope:
        scope = self.scope
        while scope.parent:
            scope = scope.parent
        return scope

    def _backward(self, things: Things, *, keeps: bool, grads: bool) -> None:
        for thing in _reach(things, graph=True):
            self._need(thing.changes | thing.spent)
            if grads:
                thing.grad.changes.add(self.now)
            if not keeps and not thing.leaf and thing.graph:
                thing.spent.add(self.now)

    def _reset(self, things: Things) -> None:
        for thing in _reach(things):
            if self.sure:
                thing.grad.changes.clear()
            else:
                thing.grad.changes.add(self.now)

    # -- Statements ----------------------------------------------------------

    def _execute(self, node: ast.stmt) -> None:
        handler = getattr(self, f"_do_{type(node).__name__}", None)
        if handler:
            handler(node)
        else:
            for child in ast.iter_child_nodes(node):
                if isinstance(child, ast.stmt):
                    self._execute(child)
                elif isinstance(child, ast.expr):
                    self._value(child)

    def _body(self, nodes: list[ast.stmt]) -> None:
        for node in nodes:
            self._execute(node)

    def _branches(self, *bodies: list[ast.stmt]) -> None:
        """Read bodies of which one may run."""
        before, sure = dict(self.scope.names), self.sure
        self.sure = False
        merged: dict[str, list[tuple[int, Thing]]] = {}
        for body in bodies:
            self.scope.names = dict(before)
            self._body(body)
            for name, bound in self.scope.names.items():
                known = merged.setdefault(name, [])
                known += [pair for pair in bound if pair not in known]
        self.scope.names, self.sure = merged, sure

    def _do_If(self, node: ast.If) -> None:  # noqa: N802 (ast's name)
        self._value(node.test)
        self._branches(node.body, node.orelse)

    def _do_While(self, node: ast.While) -> None:  # noqa: N802 (ast's name)
        for _ in self._rounds():
            self._value(node.test)
            self._branches(node.body, [])
        self._body(node.orelse)

    def _do_For(self, node: ast.For) -> None:  # noqa: N802 (ast's name)
        things = self._value(node.iter)
        self._iterate(things)
        things = things.union(*(thing.shares for thing in things))
        for _ in self._rounds():
            self._bind(node.target, things)
            self._body(node.body)
        self._body(node.orelse)

    def _rounds(self) -> Iterator[None]:
        """Read a loop twice: what one round leaves, the next one finds."""
        if self.looping:  # the loop around this one comes twice, too
            yield
            return
        self.looping = True
        yield
        yield
        self.looping = False

    def _do_Try(self, node: ast.Try) -> None:  # noqa: N802 (ast's name)
        self._branches(node.body, [])
        for handler in node.handlers:
            if handler.type:
                self._value(handler.type)
            if handler.name:
                self._name(handler.name, {Thing()})
        self._branches([], *(handler.body for handler in node.handlers))
        self._branches(node.orelse, [])
        self._body(node.finalbody)

    def _do_With(self, node: ast.With) -> None:  # noqa: N802 (ast's name)
        for item in node.items:
            things = self._value(item.context_expr)
            if item.optional_vars:
                self._bind(item.optional_vars, things)
        self._body(node.body)

    def _do_Assign(self, node: ast.Assign) -> None:  # noqa: N802 (ast's name)
        pairs = [(target, node.value) for target in node.targets]
        match node:
            case ast.Assign(
                targets=[ast.Tuple(elts=targets)], value=ast.Tuple(elts=values)
            ) if len(targets) == len(values) and not any(
                isinstance(part, ast.Starred) for part in targets + values
            ):
                pairs = list(zip(targets, values, strict=True))
        found = [self._value(value) for _, value in pairs]
        for (target, value), things in zip(pairs, found, strict=True):
            empty = isinstance(value, ast.Constant) and value.value is None
            self._bind(target, things, empty=empty)

    def _do_AnnAssign(self, node: ast.AnnAssign) -> None:  # noqa: N802 (ast's)
        if node.value:
            self._bind(node.target, self._value(node.value))

    def _do_AugAssign(self, node: ast.AugAssign) -> None:  # noqa: N802 (ast's)
        added = self._value(node.value)
        if isinstance(node.target, ast.Name):
            old = self._look_up(node.target)
            self._change(old, deep=False)
            self._name(node.target.id, {Thing(shares=old, graph=added)})
        else:
            self._bind(node.target, added)

    def _do_FunctionDef(  # noqa: N802 (ast's name)
        self, node: ast.FunctionDef
    ) -> None:
        made = Thing(functions=[(node, self.scope)], leaf=True)
        for part in node.args.defaults + node.args.kw_defaults:
            if part is not None:
                made.shares |= self._value(part)
        for decorator in node.decorator_list:
            made.shares |= self._value(decorator)
        every = ast.walk(node.args)  # annotations run with the definition
        notes = [part.annotation for part in every if isinstance(part, ast.arg)]
        for note in [*notes, node.returns]:
            if note is not None:
                self._value(note)
        self._name(node.name, {made})

    def _do_ClassDef(  # noqa: N802 (ast's name)
        self, node: ast.ClassDef
    ) -> None:
        for part in node.bases + node.decorator_list:
            self._value(part)
        self._name(node.name, {Thing(methods=[(node, self.scope)], leaf=True)})

    def _do_Return(self, node: ast.Return) -> None:  # noqa: N802 (ast's name)
        if node.value and self.returns:
            self.returns[-1] |= self._value(node.value)

    def _do_Global(self, node: ast.Global) -> None:  # noqa: N802 (ast's name)
        self.scope.outer.update(node.names)

    _do_Nonlocal = _do_Global  # noqa: N815 (ast's name)

    def _do_Import(self, node: ast.Import) -> None:  # noqa: N802 (ast's name)
        for alias in node.names:
            self._known(alias.name, node)
            dotted = alias.name if alias.asname else alias.name.split(".")[0]
            self._name(alias.asname or dotted, {self._module(dotted)})

    def _do_ImportFrom(  # noqa: N802 (ast's name)
        self, node: ast.ImportFrom
    ) -> None:
        self._known(node.module or "", node)
        for alias in node.names:
            part = self._module(f"{node.module}.{alias.name}")
            self._name(alias.asname or alias.name, {part})

    def _known(self, module: str, node: ast.stmt) -> None:
        root = module.split(".")[0]
        if root not in READERS and root not in sys.stdlib_module_names:
            self.statement.imports.append((module, self._line(node)))

    def _module(self, dotted: str) -> Thing:
        root = self._library(dotted.split(".")[0])
        return Thing(module=dotted, shares={root}, leaf=True)

    # -- Binding -------------------------------------------------------------

    def _name(self, name: str, things: Things) -> None:
        home = self.scope.home(name)
        home.names[name] = [
            (self.now, thing)
            for thing in things or {Thing(leaf=True, tame=True)}
        ]

    def _bind(
        self, target: ast.expr, things: Things, *, empty: bool = False
    ) -> None:
        match target:
            case ast.Name():
                self._name(target.id, things)
            case ast.Tuple() | ast.List():
                self._iterate(things)
                for part in target.elts:
                    self._bind(part, things)
            case ast.Starred():
                self._bind(target.value, things)
            case ast.Attribute(attr="grad"):
                base = self._value(target.value, use=False)
                self._reset(base)
                if not empty:
                    for thing in _reach(base):
                        thing.grad.changes.add(self.now)
                        thing.grad.shares |= things
            case ast.Attribute() | ast.Subscript():
                if isinstance(target, ast.Subscript):
                    self._value(target.slice)
                base = self._value(target.value)
                plain = isinstance(target.value, ast.Name)
                self._change(base, deep=not plain)
                self._keep(base, things)

    @staticmethod
    def _keep(base: Things, things: Things) -> None:
        """Note that an object now holds others."""
        for thing in base:
            thing.shares |= things - {thing}

    # -- Expressions ---------------------------------------------------------

    def _value(self, node: ast.expr, *, use: bool = True) -> Things:
        match node:
            case ast.Name():
                return self._look_up(node, use=use)
            case ast.Attribute():
                return self._attribute(node)
            case ast.Subscript():
                self._value(node.slice)
                return self._value(node.value)
            case ast.Call():
                return self._call(node)
            case ast.Lambda():
                return {Thing(functions=[(node, self.scope)], leaf=True)}
            case ast.NamedExpr():
                things = self._value(node.value)
                self._bind(node.target, things)
                return things
            case ast.IfExp():
                self._value(node.test)
                return self._value(node.body) | self._value(node.orelse)
            case ast.BoolOp():
                return set().union(*map(self._value, node.values))
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp():
                return self._comprehension(node, [node.elt])
            case ast.DictComp():
                return self._comprehension(node, [node.key, node.value])
            case ast.Yield() | ast.YieldFrom():
                if node.value and self.returns:
                    self.returns[-1] |= self._value(node.value)
                return set()
            case ast.Starred():
                things = self._value(node.value)
                self._iterate(things)
                return things
        parts: Things = set()
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                parts |= self._value(child)
        if not parts or isinstance(node, ast.Compare | ast.JoinedStr):
            return set()
        if isinstance(node, ast.List | ast.Tuple | ast.Set | ast.Dict):
            return {Thing(shares=parts)}
        return {Thing(graph=parts)}

    def _look_up(self, node: ast.Name, *, use: bool = True) -> Things:
        bound = self.scope.find(node.id)
        if bound is None:
            if hasattr(builtins, node.id) or node.id == "__name__":
                return {Thing(module=f"builtins.{node.id}", leaf=True)}
            self.statement.missing.append((node.id, self._line(node)))
            return set()
        self._need(number for number, _ in bound)
        if self.statement.block not in self.hidden and any(
            self.statements[number].block in self.hidden for number, _ in bound
        ):
            self.statement.unseen.append((node.id, self._line(node)))
        things = {thing for _, thing in bound}
        if use:
            self._use(things)
        return things

    def _line(self, node: ast.AST) -> int:
        """Return the line in the block; for a function's, that of the call."""
        return (self.statement.node if self.running else node).lineno

    def _attribute(self, node: ast.Attribute) -> Things:
        base = self._value(node.value, use=node.attr != "grad")
        parts = {t for t in base if t.module}
        if parts:
            return {self._module(f"{t.module}.{node.attr}") for t in parts}
        if node.attr == "grad":
            grads = {thing.grad for thing in _reach(base)}
            self._use(grads)
            return grads
        return set() if node.attr in FACTS else base

    def _comprehension(
        self,
        node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp,
        elements: list[ast.expr],
    ) -> Things:
        outside, self.scope = self.scope, Scope(self.scope)
        for part in node.generators:
            things = self._value(part.iter)
            self._iterate(things)
            things = things.union(*(thing.shares for thing in things))
            self._bind(part.target, things)
            for condition in part.ifs:
                self._value(condition)
        made: Things = set().union(*map(self._value, elements))
        self.scope = outside
        return {Thing(shares=made, once=isinstance(node, ast.GeneratorExp))}

    # -- Calls ---------------------------------------------------------------

    def _call(self, node: ast.Call) -> Things:
        args = [self._value(part) for part in node.args]
        kwargs = {part.arg: self._value(part.value) for part in node.keywords}
        every: Things = set().union(*args, *kwargs.values())
        for name in ("out", "generator", "rng"):
            self._change(kwargs.get(name, set()))
        if isinstance(node.func, ast.Attribute):
            method = node.func.attr
            base = self._value(node.func.value, use=method != "zero_grad")
            if not any(thing.module for thing in base):
                return self._method(node, method, base, every, set(kwargs))
        result: Things = set()
        for thing in self._value(node.func):
            if thing.functions:
                for function, scope in thing.functions:
                    result |= self._inline(function, scope, args, kwargs)
            elif thing.methods:
                made = Thing(shares=set(every), methods=thing.methods)
                result |= {made}
                self._instance(made, every)
            elif thing.module:
                result |= self._function(
                    node, thing.module, args, every, set(kwargs)
                )
            else:  # an object that is called: a layer, a loss
                result |= {Thing(graph={thing} | every)}
        return result or {Thing(graph=every)}

    def _inline(
        self,
        function: ast.FunctionDef | ast.Lambda,
        scope: Scope,
        args: list[Things],
        kwargs: dict[str | None, Things],
        others: Things = frozenset(),
    ) -> Things:
        """Read a function's body with its arguments in place."""
        every: Things = set().union(*args, *kwargs.values(), others)
        if function in self.running or self._often(function):
            return {Thing(shares=every)}
        outside = self.scope, self.sure
        self.scope = Scope(scope)
        names = function.args
        for position, name in enumerate(names.posonlyargs + names.args):
            given = args[position] if position < len(args) else None
            if given is None:
                given = kwargs.get(name.arg, set(others))
            self._name(name.arg, given)
        for name in names.kwonlyargs:
            self._name(name.arg, kwargs.get(name.arg, set(others)))
        for name in (names.vararg, names.kwarg):
            if name:
                self._name(name.arg, {Thing(shares=set(every))})
        self.running.append(function)
        if isinstance(function, ast.Lambda):
            result = self._value(function.body)
        else:
            self.returns.append(set())
            self._body(function.body)
            result = self.returns.pop()
            if any(
                isinstance(part, ast.Yield | ast.YieldFrom)
                for part in ast.walk(function)
            ):
                result = {Thing(shares=result, once=True)}
        self.running.pop()
        self.scope, self.sure = outside
        return result

    def _often(self, what: object, limit: int = 6) -> bool:
        """Return whether a statement has read something often enough."""
        self.read[what] = self.read.get(what, 0) + 1
        return self.read[what] > limit

    def _instance(self, made: Thing, others: Things) -> None:
        """Read all methods of an object's class: any of them may run."""
        for definition, scope in made.methods:
            if self._often((made, definition), 1):
                continue
            for part in definition.body:
                if isinstance(part, ast.FunctionDef):
                    self._inline(part, scope, [{made}], {}, others)

    def _callbacks(self, every: Things) -> list[tuple[ast.AST, Scope]]:
        """Read the functions that a library is handed; return them."""
        functions = [pair for thing in every for pair in thing.functions]
        for function, scope in functions:
            self._inline(function, scope, [], {}, every)
        return functions

    def _method(
        self,
        node: ast.Call,
        method: str,
        base: Things,
        every: Things,
        kwargs: set[str | None],
    ) -> Things:
        self._callbacks(every)
        self._file(method, node)
        for thing in base:
            self._instance(thing, every)
        if method == "backward":
            keeps = "retain_graph" in kwargs
            self._backward(base, keeps=keeps, grads=True)
            return set()
        if method == "zero_grad":
            self._reset(base)
            return set()
        if method == "step":
            self._use({thing.grad for thing in _reach(base)})
        elif method.endswith("_") and not method.endswith("__"):
            if method in DRAWS_IN_PLACE and "generator" not in kwargs:
                self._draw("torch")
            if method == "requires_grad_":
                for thing in base:
                    thing.leaf = True
                    thing.changes.add(self.now)
            else:
                self._change(base)
            return base
        elif method in CONTAINERS:
            self._change(base, deep=False)
            self._keep(base, every)
            return base
        elif method == "detach":
            return {Thing(shares=base, leaf=True, view=True)}
        elif method in VIEWS:
            return base
        elif method in PURE:
            return {Thing(graph=base | every)} if base | every else set()
        # When in doubt, it changes, and keeps what it was given.
        tame = {thing for thing in base if thing.tame}
        self._change(tame, deep=False)
        self._change(base - tame)
        self._keep(base - tame, every)
        return tame if tame == base else {Thing(shares=base | every)}

    def _function(  # noqa: PLR0913, PLR0917 (what there is to know of a call)
        self,
        node: ast.Call,
        dotted: str,
        args: list[Things],
        every: Things,
        kwargs: set[str | None],
    ) -> Things:
        """Call a function of a library."""
        root, name = dotted.split(".")[0], dotted.rsplit(".", 1)[-1]
        first = args[0] if args else set()
        self._file(name, node)
        if dotted == "builtins.print":
            self.statement.prints = True
            return set()
        if name in {"pprint", "pp", "print_exc"}:
            self.statement.prints = True
        if dotted == "builtins.next":
            self._iterate(first)
            return first
        functions = self._callbacks(every)
        if name in CONSUMERS:
            self._iterate(every)
        if name in MUTATORS or (name.endswith("_") and name[0] != "_"):
            self._change(first)
        if name in {"manual_seed", "seed"}:
            self._seed(root)
        elif "generator" not in kwargs and self._draws(root, dotted, name):
            self._draw(root)
        if name in SETTINGS or name.startswith("set_"):
            self._change({self._library(root)})
        if root == "matplotlib":
            return {Thing(tame=True, leaf=True)}
        if dotted in {"torch.autograd.grad", "torch.autograd.backward"}:
            keeps = bool({"retain_graph", "create_graph"} & kwargs)
            self._backward(first, keeps=keeps, grads=name == "backward")
        leaf = name == "Parameter" or "requires_grad" in kwargs
        if (
            name in ITERATORS
            or name in SHARING
            or name[0].isupper()
            or (root == "builtins" and name in CONSUMERS - {"sum"})
            or (name.endswith("_") and name[0] != "_")
        ):
            return {
                Thing(
                    shares=set(every),
                    functions=functions,
                    once=name in ITERATORS,
                    view=name in SHARING,
                    tame=root != "torch",
                    leaf=leaf,
                )
            }
        return {Thing(graph=set(every), functions=functions, leaf=leaf)}

    @staticmethod
    def _draws(root: str, dotted: str, name: str) -> bool:
        """Return whether a function draws from its library's own numbers."""
        if root == "torch":
            return (
                name in DRAWS
                or name in DRAWS_IN_PLACE
                or (dotted.startswith("torch.nn.") and name.startswith(LAYERS))
            )
        if root == "numpy":
            return dotted.startswith("numpy.random.") and not (
                name == "default_rng" or name[0].isupper()
            )
        return root == "random" and not name[0].isupper()

    def _file(self, name: str, node: ast.Call) -> None:
        """Note that a file is read or written, if its name is there to see."""
        places: Iterator[ast.AST] = iter(node.args)
        if isinstance(node.func, ast.Attribute):
            places = iter([*node.args, *ast.walk(node.func.value)])
        path = next(
            (
                place.value
                for place in places
                if isinstance(place, ast.Constant)
                and isinstance(place.value, str)
            ),
            None,
        )
        if path is None:
            return
        if name == "open":
            modes = [
                part.value
                for part in [*node.args, *(k.value for k in node.keywords)]
                if isinstance(part, ast.Constant) and part.value != path
            ]
            writes = any(set("wax") & set(str(mode)) for mode in modes)
        elif name in READS_FILE | WRITES_FILE:
            writes = name in WRITES_FILE
        else:
            return
        if writes:
            self.files.setdefault(path, set()).add(self.now)
        elif path in self.files:
            self._need(self.files[path])
        else:
            self.statement.files.append((path, self._line(node)))
