"""Which earlier statements a statement needs, seen while the chapter runs.

A statement needs, for every name that it looks up, the statement that bound
the name and the statements that have since changed what the name stands for.

- The chapter's namespace is a dict that remembers lookups and bindings.
- Changes are seen by comparing a digest of what each name stands for, before
  and after the statement.
- Random numbers, settings, figures and files are states without a name.

Where this cannot tell, a statement needs too much, never too little: who
reads an object that cannot be looked into counts as changing it.
Looking runs no code of the chapter and keeps no object alive.
Not seen: settings of other libraries that no ``set...`` call makes, a graph
that ``autograd.grad`` has used up, and memory written through ``ctypes``.
"""

import ast
import dis
import functools
import gc
import hashlib
import inspect
import itertools
import json
import os
import pickle
import random
import re
import stat
import sys
import time
import types
import warnings
import weakref
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePath
from typing import Any

LIMIT = 2**27  # bytes of all objects that one comparison reads
OBJECT = 2**12  # what an object counts of these beyond its numbers
FILES = 10_000  # of the working folder that are looked at
GRAPH = 10_000  # nodes of an autograd graph that are followed
# Names that IPython binds by itself.
IPYTHON = re.compile(r"_+|_i+|_i?\d+|_[oid]h|In|Out|get_ipython|exit|quit|open")
INSTALLED = {"torch", "numpy", "matplotlib", "mpl_toolkits"}
PYTHON, NUMPY, TORCH = (
    f"the random numbers of {name}" for name in ("Python", "NumPy", "PyTorch")
)
# Seeding binds a state; nothing else tells it from drawing.
SEEDS = {
    PYTHON: [("random", "seed")],
    NUMPY: [("numpy.random", "seed")],
    TORCH: [
        *(("torch", "manual_seed"), ("torch.random", "manual_seed")),
        *(("torch", "seed"), ("torch.random", "seed")),
    ],
}
EVENTS = {"open", "exec", "os.listdir", "os.scandir", "pickle.find_class"}
READERS = ("importlib", "linecache", "tokenize")  # of Python's own files
PYPLOT = "the figures of pyplot"
HOOKS = "the hooks of a graph"
IMPORTED = "the warnings and the environment"  # importing may set these
SETTINGS = {
    f"the settings of {name}" for name in ("NumPy", "PyTorch", "Matplotlib")
} | {"the settings", IMPORTED}
SETS = re.compile(r"set|use|enable|disable|register|config|basicConfig|install")
UNSEEN = {"__dict__", "__weakref__", "__doc__", "__module__", "_abc_impl"}
LIBRARIES = (sys.prefix, sys.base_prefix, *map(
    os.path.abspath, ("/dev", "/etc", "/proc", "/sys", "/usr")
))  # fmt: skip


@dataclass
class Statement:
    """What was seen of one statement while it ran.

    Attributes:
        block: The number of its block.
        line: Its first line in the block, from 1, decorators included.
        end: Its last line.
        needs: The numbers of the statements that it needs, with the reasons.
        prints: Whether it wrote to stdout.
        draws: Whether it made or changed a figure that pyplot holds open.
        raised: Whether it ended with an exception.
        files: The files that it read and that no statement wrote.
        imports: The modules, with lines, that a reader may not have.
    """

    block: int
    line: int
    end: int
    needs: dict[int, str] = field(default_factory=dict)
    prints: bool = False
    draws: bool = False
    raised: bool = False
    files: list[str] = field(default_factory=list)
    imports: list[tuple[str, int]] = field(default_factory=list)


class Namespace(dict):
    """The names of a chapter: which were looked up before they were bound."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 (as dict)
        """Make a dict that is the main module's."""
        super().__init__(*args, **kwargs)
        self.setdefault("__name__", "__main__")
        self.read: set[str] = set()
        self.bound: set[str] = set()

    def __getitem__(self, name: str) -> object:
        """Return what a name stands for; functions come here, too."""
        if name not in self.bound:
            self.read.add(name)
        if name == "globals":  # who asks for all names may read all of them
            self.read.update(self.keys() - self.bound)
        return super().__getitem__(name)

    def __setitem__(self, name: str, value: object) -> None:
        """Bind a name."""
        self.bound.add(name)
        super().__setitem__(name, value)

    def __delitem__(self, name: str) -> None:
        """Unbind a name."""
        self.bound.add(name)
        super().__delitem__(name)


class TooMuchError(Exception):
    """An object is too large to compare."""


class Digest:
    """Takes what is pickled, up to a number of bytes."""

    def __init__(self, limit: int) -> None:
        """Begin with nothing."""
        self.left, self.hash = limit, hashlib.sha256()

    def write(self, data: bytes) -> None:
        """Take a piece."""
        self.spend(len(data))
        self.hash.update(data)

    def spend(self, size: int) -> None:
        """Count what was read; stop where it is too much."""
        self.left -= size
        if self.left < 0:
            raise TooMuchError


class Sight(pickle.Pickler):
    """Makes a digest of an object with all that it reaches.

    Pickle knows how to go through containers; what it cannot go through is
    taken apart in ``inside``.
    """

    def __init__(
        self, space: Namespace, limit: int = LIMIT, numbers: dict | None = None
    ) -> None:
        """Begin with a number of bytes that may be read.

        Args:
            space: The chapter's namespace.
            limit: How many bytes may be read.
            numbers: Digests of tensors from other sights of the same look.
        """
        self.space, self.digest = space, Digest(limit)
        super().__init__(self.digest, protocol=4)
        self.numbers = {} if numbers is None else numbers
        self.mentions: set[str] = set()  # names in the code of functions
        self.opaque: set[int] = set()  # objects that cannot be looked into
        self.nodes: set[object] = set()  # of autograd graphs
        self.hooks: list[object] = []  # of tensors inside such graphs

    def look(self, thing: object) -> bytes:
        """Return the digest of an object."""
        torch = sys.modules.get("torch")
        quiet = getattr(
            getattr(torch, "_C", None), "DisableTorchFunctionSubclass", None
        )
        try:
            with quiet() if quiet else nullcontext():
                self.dump(thing)
        except Exception:  # noqa: BLE001 (objects of any library may raise any)
            self.opaque.add(0)
        return self.digest.hash.digest()

    def reducer_override(self, thing: object) -> object:
        """Return what pickle is to write of an object."""
        if thing is list or thing is int:  # named below
            return NotImplemented
        self.digest.spend(OBJECT)
        kind = type(thing)
        found = self.inside(thing, kind)
        if found is None:  # nothing of it can change
            return int, (id(thing),)
        own = kind if is_own(kind) else id(kind)
        return list, (), [own, found]

    def inside(self, thing: Any, kind: type) -> object:  # noqa: ANN401, C901, PLR0911, PLR0912 (a case for each kind)
        """Return what may change of an object; None: nothing may."""
        if issubclass(kind, type):
            if not is_own(thing):
                return None
            seen = [v for k, v in vars(thing).items() if k not in UNSEEN]
            return [thing.__bases__, seen]
        if issubclass(kind, FIXED):
            return None
        if kind is types.FunctionType:
            if thing.__globals__ is self.space:
                self.mentions |= mentioned(thing.__code__)
            cells = [gc.get_referents(c) for c in thing.__closure__ or ()]
            defaults = thing.__defaults__, thing.__kwdefaults__
            return [id(thing.__code__), cells, defaults, vars(thing)]
        if kind is types.GeneratorType:
            self.mentions |= mentioned(thing.gi_code)
            frame = thing.gi_frame
            return [frame and [frame.f_lasti, dict(frame.f_locals)]]
        if (numpy := sys.modules.get("numpy")) and issubclass(
            kind, numpy.ndarray
        ):
            return self.array(thing)
        if torch := sys.modules.get("torch"):
            if issubclass(kind, torch.Tensor):
                return self.tensor(thing, torch)
            if issubclass(kind, torch.Generator):
                return thing.get_state().numpy().tobytes()
            if hasattr(kind, "next_functions"):  # a node of a graph
                return self.leaves(thing)
        artist = sys.modules.get("matplotlib.artist")
        if artist and issubclass(kind, artist.Artist) and not is_own(kind):
            figure = thing.get_figure()
            if figure is not None:
                return [id(thing), drawn(figure)]
        return self.general(thing, kind)

    def general(self, thing: object, kind: type) -> object:
        """Return what an object of any other kind refers to."""
        made = None
        known = (
            kind.__reduce_ex__ is not object.__reduce_ex__
            or kind.__reduce__ is not object.__reduce__
            or kind.__getstate__ is not object.__getstate__
        )
        if known and not is_own(kind):  # and so no code of the chapter runs
            with suppress(Exception):
                made = thing.__reduce_ex__(4)
        if made is not None and not isinstance(made, str):
            # Its items come as iterators.
            return [*made[:3], *map(list, filter(None, made[3:5]))]
        attributes = None
        if kind.__dictoffset__:
            attributes = object.__getattribute__(thing, "__dict__")
        found = gc.get_referents(thing)
        if not found and made is None and not kind.__dictoffset__:
            self.opaque.add(id(thing))  # it is written in another language
        items = [
            item
            for item in found
            if item is not attributes and not isinstance(item, type)
        ]
        return [id(thing), attributes, items]

    def array(self, array: Any) -> object:  # noqa: ANN401 (NumPy may be missing)
        """Return what may change of an array of NumPy."""
        form = [array.dtype.str, array.shape, getattr(array, "__dict__", None)]
        if array.dtype.hasobject:
            return [form, array.tolist()]
        self.digest.spend(array.nbytes)
        return [form, array.tobytes()]

    def tensor(self, tensor: Any, torch: Any) -> object:  # noqa: ANN401 (PyTorch may be missing)
        """Return what may change of a tensor; its graph keeps its leaves."""
        kind = type(tensor)
        plain = torch.Tensor.__torch_dispatch__
        if kind.__torch_dispatch__ is not plain or tensor.layout != (
            torch.strided
        ):
            self.opaque.add(id(tensor))
            return [id(tensor)]
        kept = tensor.is_leaf or tensor.retains_grad
        hooks = tensor._backward_hooks  # noqa: SLF001 (no public name)
        if hooks and not tensor.is_leaf:
            self.hooks.append(hooks)
        # Inference tensors have no version.
        version = 0 if tensor.is_inference() else tensor._version  # noqa: SLF001 (no public name)
        self.digest.spend(tensor.nbytes)  # before a copy is made
        if id(tensor) not in self.numbers:
            flat = tensor.detach().resolve_conj().resolve_neg().contiguous()
            data = flat.cpu().reshape(-1).view(torch.uint8).numpy()
            small = tensor.nbytes <= OBJECT
            digest = data.tobytes() if small else hashlib.sha256(data).digest()
            self.numbers[id(tensor)] = tensor, digest
        return [
            *(str(tensor.dtype), str(tensor.device), tuple(tensor.shape)),
            *(tensor.requires_grad, tensor.retains_grad, version),
            *(self.numbers[id(tensor)][1], vars(tensor), hooks),
            *(tensor.grad if kept else None, self.leaves(tensor.grad_fn)),
        ]

    def leaves(self, node: object) -> list[object]:
        """Return the tensors that a graph begins with: backward changes them.

        Other attributes of nodes would run the hooks of saved tensors.
        """
        found, ahead = [], [node]
        while ahead:
            node = ahead.pop()
            if node is not None and node not in self.nodes:
                self.nodes.add(node)
                if len(self.nodes) > GRAPH:
                    raise TooMuchError
                found.append(getattr(node, "variable", None))
                ahead += [before for before, _ in node.next_functions]
        return found


class Stale:
    """Counts how often a figure went out of date, in its own callback."""

    def __init__(self, before: Callable | None) -> None:
        """Keep what was called before."""
        self.before, self.count = before, 0

    def __call__(self, figure: object, stale: bool) -> None:  # noqa: FBT001 (Matplotlib's signature)
        """Count a change."""
        self.count += stale
        if self.before:
            self.before(figure, stale)


class Stdout:
    """Stands before stdout while a statement runs, to see what it writes."""

    def __init__(self, stream: object) -> None:
        """Begin with nothing written."""
        self.stream, self.written = stream, False

    def write(self, text: str) -> int:
        """Write text."""
        self.written = self.written or bool(text)
        return self.stream.write(text)

    def __getattr__(self, name: str) -> object:
        """Return anything else that the stream has."""
        self.written = self.written or name in {"buffer", "writelines"}
        return getattr(self.stream, name)


ATOMS = {bool, int, float, complex, str, bytes, type(None)}
# Of these nothing is looked at.
FIXED = (
    *(types.ModuleType, types.CodeType, types.BuiltinFunctionType),
    *(types.GetSetDescriptorType, types.MemberDescriptorType),
    *(weakref.ref, Namespace, Stdout, Stale),
)


def is_own(kind: type) -> bool:
    """Return whether the chapter itself defines a class."""
    return kind.__dict__.get("__module__") == "__main__"


def drawn(figure: Any) -> list[int]:  # noqa: ANN401 (Matplotlib may be missing)
    """Return a figure, and how often it went out of date."""
    while figure.get_figure() not in {None, figure}:  # a figure in a figure
        figure = figure.get_figure()
    if not isinstance(figure.stale_callback, Stale):
        figure.stale_callback = Stale(figure.stale_callback)
    return [id(figure), figure.stale_callback.count]


@functools.cache
def mentioned(code: types.CodeType) -> frozenset[str]:
    """Return the global names that a piece of code mentions."""
    inner = [c for c in code.co_consts if isinstance(c, types.CodeType)]
    return frozenset(
        step.argval
        for step in dis.get_instructions(code)
        if step.opname.startswith("LOAD")
        and ("GLOBAL" in step.opname or "NAME" in step.opname)
    ).union(*map(mentioned, inner))


def random_states() -> dict[str, object]:
    """Return the states of the random numbers of what is imported."""
    found: dict[str, object] = {PYTHON: random.getstate()}
    if numpy_random := sys.modules.get("numpy.random"):
        found[NUMPY] = numpy_random.get_state(legacy=False)
    if torch := sys.modules.get("torch"):
        found[TORCH] = torch.get_rng_state().numpy().tobytes()
    return found


def states(root: str, elsewhere: Iterable[str]) -> dict[str, object]:
    """Return the states that no name stands for, of what is imported.

    Args:
        root: The folder in which the chapter runs.
        elsewhere: Files in other folders that were written.
    """
    found = random_states() | {
        "the settings": [sys.getrecursionlimit(), sys.path],
        IMPORTED: [warnings.filters, dict(os.environ)],
    }
    modules = sys.modules
    if numpy := modules.get("numpy"):
        options = [numpy.get_printoptions(), numpy.geterr()]
        found["the settings of NumPy"] = options
    if torch := modules.get("torch"):
        found["the settings of PyTorch"] = [
            *(str(torch.get_default_dtype()), torch.get_num_threads()),
            *(torch.is_grad_enabled(), torch.is_anomaly_enabled()),
            torch.are_deterministic_algorithms_enabled(),
            vars(torch._tensor_str.PRINT_OPTS),  # noqa: SLF001 (no public way)
        ]
    if matplotlib := modules.get("matplotlib"):
        found["the settings of Matplotlib"] = {
            name: value  # reading by item would choose a backend
            for name, value in dict.items(matplotlib.rcParams)
            if not name.startswith(("backend", "interactive"))
        }
    if pyplot := modules.get("matplotlib._pylab_helpers"):
        figures = [m.canvas.figure for m in pyplot.Gcf.figs.values()]
        found[PYPLOT] = [
            [drawn(f), id(f._axstack.current())]  # noqa: SLF001 (gca would make axes)
            for f in figures
        ]
    paths = (
        os.path.join(folder, name)  # noqa: PTH118 (Path would take its time)
        for folder, folders, files in os.walk(root)
        for name in [*folders, *files]
    )
    for path in [*itertools.islice(paths, FILES), *elsewhere]:
        with suppress(OSError):
            status = Path(path).stat()
            found[path] = stat.S_ISDIR(status.st_mode) or tuple(status)[6:9]
    return found


@dataclass
class Seen:
    """What a name stands for, as far as one look tells."""

    identity: int
    digest: bytes = b""
    mentions: set[str] = field(default_factory=set)
    opaque: set[int] = field(default_factory=set)
    graph: bool = False


class Watcher:
    """Watches the statements of one chapter, in the order in which they run.

    Attributes:
        namespace: What the statements must run in.
        statements: What was seen of each.
    """

    running: "Watcher | None" = None  # while a statement runs

    def __init__(self) -> None:
        """Begin with no statement; the working folder is the chapter's."""
        self.namespace = Namespace()
        self.statements: list[Statement] = []
        self.block = 0
        self.binder: dict[str, int] = {}
        self.changers: dict[str, list[int]] = {}
        self.setters: set[str] = set()  # functions that set something
        self.seeded: set[str] = set()
        self.opened: set[str] = set()  # files to read
        self.written: set[str] = set()
        self.elsewhere: set[str] = set()  # files in other folders
        self.root, self.begun = str(Path.cwd()), time.time() - 1
        listen()
        self.look()

    def start_block(self, number: int) -> None:
        """Begin the block that has this number among the code cells."""
        self.block = number
        if self.open_figures:
            self.look()  # a notebook has shown them, and closed them
        if not self.open_figures:
            self.changers.pop(PYPLOT, None)

    @contextmanager
    def statement(self, node: ast.stmt) -> Iterator[Statement]:
        """Watch while the body runs a statement.

        A body that swallows the statement's exception sets ``raised``.
        """
        decorators = getattr(node, "decorator_list", [])
        line = min(part.lineno for part in [node, *decorators])
        found = Statement(self.block, line, node.end_lineno)
        for noted in (
            *(self.namespace.read, self.namespace.bound),
            *(self.seeded, self.opened, self.written),
        ):
            noted.clear()
        modules = len(sys.modules)
        stream = sys.stdout
        sys.stdout = stdout = Stdout(stream)
        Watcher.running = self
        try:
            yield found
        except BaseException:
            found.raised = True
            raise
        finally:
            Watcher.running = None
            if sys.stdout is stdout:
                sys.stdout = stream
            found.prints = stdout.written
            self.conclude(node, found, grown=len(sys.modules) > modules)
            self.statements.append(found)

    def look(self) -> None:
        """See how everything is now."""
        for state, places in SEEDS.items():
            for module, name in places:
                if module in sys.modules:
                    note_seeds(state, module, name)
        self.seen: dict[str, Seen] = {}
        self.roots: dict[str, str] = {}  # names of what libraries define
        hooks, left, numbers = [], LIMIT, {}
        for name, value in list(self.namespace.items()):
            if IPYTHON.fullmatch(name) or name.startswith("__"):
                continue
            if library := library_of(value):
                self.roots[name] = library
            if library or type(value) in ATOMS:
                self.seen[name] = Seen(id(value))
                continue
            sight = Sight(self.namespace, left, numbers)
            digest = sight.look(value)
            spent = sight.digest.left
            left = spent if spent >= 0 else left // 2
            graph = bool(sight.nodes)
            self.seen[name] = Seen(
                id(value), digest, sight.mentions, sight.opaque, graph
            )
            hooks += sight.hooks
        found = states(self.root, self.elsewhere)
        self.open_figures = bool(found.get(PYPLOT))
        found[HOOKS] = [(id(h), [*map(id, h.values())]) for h in hooks]
        self.states = {
            name: Sight(self.namespace).look(state)
            for name, state in found.items()
        }

    def conclude(  # noqa: C901, PLR0912 (one comparison after the other)
        self, node: ast.stmt, found: Statement, *, grown: bool
    ) -> None:
        """Compare everything with how it was before a statement.

        Args:
            node: The statement's syntax.
            found: Where to note what it needs.
            grown: Whether it has imported modules.
        """
        seen, old, roots = self.seen, self.states, self.roots
        read, bound = {*self.namespace.read}, {*self.namespace.bound}
        self.look()
        read |= seen.keys() if asks_for_all(node) else set()
        read |= (in_classes(node) & seen.keys()) - bound
        looked = frozenset(read)
        both = seen.keys() & self.seen.keys()
        bound |= seen.keys() ^ self.seen.keys()
        bound |= {n for n in both if seen[n].identity != self.seen[n].identity}
        bound = {name for name in bound if not IPYTHON.fullmatch(name)}
        touched = set().union(*(seen[n].opaque for n in looked & both))
        changed = {n for n in both - bound if seen[n].opaque & touched}
        if not self.shows_figure(node):  # which makes it stale
            changed |= {
                n for n in both - bound if seen[n].digest != self.seen[n].digest
            }

        moved = self.moved(old)
        if is_import(node):  # a library comes with settings of its own
            moved -= {IMPORTED, *SETTINGS, *SEEDS}
        elif grown and not looked & {"os", "warnings"}:
            moved.discard(IMPORTED)
        found.draws = PYPLOT in moved and self.open_figures
        if sets(node, roots, calls=not found.draws):
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                self.setters.add(node.name)
            else:
                moved.add("the settings")
        if looked & self.setters:
            moved.add("the settings")
        drew = (moved & SEEDS.keys()) - self.seeded  # random numbers
        kept = drew | (moved & {*SETTINGS, PYPLOT, HOOKS, *self.opened})

        read |= {*SETTINGS, *drew, *self.files(node, moved, looked)}
        ahead = list(looked)
        while ahead:
            name = ahead.pop()
            more = seen[name].mentions - read if name in seen else set()
            ahead += more
            read |= more
        if PYPLOT in moved or any(
            roots.get(name, "").startswith("matplotlib") for name in looked
        ):
            read.add(PYPLOT)
        if any(seen[name].graph for name in read & seen.keys()):
            read.add(HOOKS)
        self.explain(found, read, seen.keys() | bound)
        self.note_files(found)
        found.imports = foreign_imports(node)
        if found.raised:  # it leaves nothing behind
            return
        here = len(self.statements)
        for name in bound | (moved - kept):
            self.binder[name], self.changers[name] = here, []
        for name in changed | kept:
            self.changers.setdefault(name, []).append(here)

    def moved(self, old: dict[str, bytes]) -> set[str]:
        """Return the states that are not as they were."""
        return self.written | {
            name
            for name in old.keys() | self.states.keys()
            if old.get(name) != self.states.get(name)
        }

    def shows_figure(self, node: ast.stmt) -> bool:
        """Return whether a statement is a figure's name, to show it."""
        if not isinstance(node, ast.Expr) or not isinstance(
            node.value, ast.Name
        ):
            return False
        kind = type(self.namespace.get(node.value.id))
        return str(kind.__dict__.get("__module__")).startswith("matplotlib")

    def files(
        self, node: ast.stmt, moved: set[str], looked: Iterable[str]
    ) -> set[str]:
        """Return the files that a statement reads or names, and folders."""
        values = [self.namespace.get(name) for name in looked]
        values += [getattr(part, "value", None) for part in ast.walk(node)]
        named = {
            absolute(os.path.join(self.root, value))  # noqa: PTH118 (below, too)
            for value in values
            if type(value) is str or issubclass(type(value), PurePath)
        }
        known = self.states.keys() | self.binder.keys()
        read = self.opened | ((named & known) - moved)
        paths = read | {name for name in moved if os.sep in name}
        return read | {str(f) for path in paths for f in Path(path).parents}

    def explain(
        self, found: Statement, read: set[str], names: Collection[str]
    ) -> None:
        """Note what a statement needs, with the reasons.

        Args:
            found: The statement.
            read: The names, states and files that it reads.
            names: Those of them that are names.
        """
        for name in sorted(read):
            what = repr(name) if name in names else name
            if os.sep in name:
                what = f"the file {os.path.relpath(name, self.root)!r}"
            if name in self.binder:
                found.needs.setdefault(self.binder[name], f"binds {what}")
            for other in self.changers.get(name, ()):
                found.needs.setdefault(other, f"changes {what}")

    def note_files(self, found: Statement) -> None:
        """Note files that were read and that no statement is seen to write."""
        for path in sorted(self.opened - self.binder.keys()):
            if path in self.changers or path.startswith(LIBRARIES):
                continue
            if path == os.environ.get("MATPLOTLIBRC"):  # the house style
                continue
            if f"{os.sep}." in path or not Path(path).is_file():
                continue
            if Path(path).stat().st_mtime < self.begun:
                found.files.append(path)
                continue
            for other, before in enumerate(self.statements):
                if not before.raised:
                    found.needs.setdefault(other, f"may write {path!r}")

    def hear(self, event: str, args: tuple, caller: types.FrameType) -> None:
        """Take an audit event of a statement that runs.

        See https://docs.python.org/3/library/audit_events.html
        """
        importing = caller.f_globals.get("__name__", "").startswith(READERS)
        if event == "open" and not isinstance(args[0], int | None):
            path = absolute(os.fsdecode(args[0]))
            flags = args[2] or 0
            inside = path.startswith(self.root + os.sep)
            if importing and path not in self.binder:
                return
            if flags & (os.O_WRONLY | os.O_RDWR):
                self.written.add(path)
                if not inside:
                    self.elsewhere.add(path)
            anew = flags & (os.O_TRUNC | os.O_EXCL)
            appends = flags & os.O_APPEND
            if not anew and (appends or not flags & os.O_WRONLY):
                self.opened.add(path)
        elif event in {"os.listdir", "os.scandir"} and not importing:
            folder = args[0] if isinstance(args[0], str) else self.root
            inside = absolute(folder) + os.sep
            self.opened |= {f for f in self.states if f.startswith(inside)}
        elif event == "exec" and caller.f_globals is self.namespace:
            # A plain dict as locals hides the lookups of what is evaluated.
            self.namespace.read |= mentioned(args[0]) - self.namespace.bound
        elif event == "pickle.find_class" and args[0] == "__main__":
            self.namespace.read.add(args[1])


@functools.cache
def listen() -> None:
    """Hear of files that are opened and of code that is evaluated, for good."""

    def hear(event: str, args: tuple) -> None:
        if Watcher.running and event in EVENTS:
            Watcher.running.hear(event, args, inspect.currentframe().f_back)

    sys.addaudithook(hear)


@functools.cache
def note_seeds(state: str, module: str, name: str) -> None:
    """Have a function tell that it seeds."""
    seed = getattr(sys.modules[module], name)

    @functools.wraps(seed)
    def noted(*args: Any, **named: Any) -> object:  # noqa: ANN401 (as the function)
        watcher = Watcher.running
        if watcher:
            now = Sight(watcher.namespace).look(random_states().get(state))
            if now == watcher.states.get(state):  # nothing was drawn before
                watcher.seeded.add(state)
        return seed(*args, **named)

    setattr(sys.modules[module], name, noted)


def absolute(path: str) -> str:
    """Return a path from the root, links as they are."""
    return os.path.abspath(path)  # noqa: PTH100 (resolve would follow links)


def is_import(node: ast.stmt) -> bool:
    """Return whether a statement only imports."""
    return isinstance(node, ast.Import | ast.ImportFrom)


def library_of(thing: object) -> str:
    """Return the name of the library that a module or class is of, if any."""
    if issubclass(type(thing), types.ModuleType):
        return thing.__name__
    plain = type(thing) is types.FunctionType and not thing.__closure__
    if plain or issubclass(type(thing), type):
        name = thing.__module__
        return "" if name == "__main__" else str(name)
    return ""


def in_classes(node: ast.AST) -> set[str]:
    """Return names that bodies of classes read: Python asks no dict of ours."""
    classes = [n for n in ast.walk(node) if isinstance(n, ast.ClassDef)]
    found, ahead = set(), [n for c in classes for n in c.body]
    while ahead:
        part = ahead.pop()
        if isinstance(part, ast.Name):
            found.add(part.id)
        if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef):
            arguments = part.args
            ahead += [*part.decorator_list, *arguments.defaults]
            ahead += filter(None, [*arguments.kw_defaults, part.returns])
            ahead += [a for a in ast.walk(arguments) if isinstance(a, ast.arg)]
        else:
            ahead += ast.iter_child_nodes(part)
    return found


def asks_for_all(node: ast.stmt) -> bool:
    """Return whether a statement asks for all names."""
    return any(
        isinstance(part, ast.Call)
        and getattr(part.func, "id", "") in {"dir", "locals", "vars"}
        and not part.args
        for part in ast.walk(node)
    )


def sets(node: ast.stmt, roots: Iterable[str], *, calls: bool) -> bool:
    """Return whether a statement sets something of a library.

    Args:
        node: The statement.
        roots: The names of what libraries define.
        calls: Whether functions count that are named for setting.
    """
    for part in ast.walk(node):
        target, deep = None, True
        if isinstance(part, ast.Attribute | ast.Subscript):
            target = None if isinstance(part.ctx, ast.Load) else part.value
        elif isinstance(part, ast.Call) and isinstance(part.func, ast.Name):
            if part.func.id in {"setattr", "delattr"}:
                target = next(iter(part.args), None)
            elif SETS.match(part.func.id):
                target = part.func if calls else None
        elif (
            isinstance(part, ast.Call)
            and calls
            and SETS.match(getattr(part.func, "attr", ""))
        ):
            target, deep = part.func.value, False
        while not isinstance(target, ast.Name | None):
            called = isinstance(target, ast.Call)
            if called and not deep:
                break
            target = getattr(target, "func" if called else "value", None)
        if isinstance(target, ast.Name) and target.id in roots:
            return True
    return False


def foreign_imports(node: ast.stmt) -> list[tuple[str, int]]:
    """Return the modules that it imported and a reader may not have."""
    found = []
    for part in ast.walk(node):
        names = []
        if isinstance(part, ast.Import):
            names = [alias.name for alias in part.names]
        elif isinstance(part, ast.ImportFrom) and not part.level:
            names = [part.module]
        found += [
            (name, part.lineno)
            for name in names
            if (root := name.partition(".")[0]) in sys.modules
            and root not in INSTALLED | sys.stdlib_module_names
        ]
    return found


def dump(watcher: Watcher) -> str:
    """Return what was seen, to be kept with the outputs."""
    return json.dumps([asdict(found) for found in watcher.statements])


def load(text: str) -> list[Statement]:
    """Return what was kept."""
    return [
        Statement(
            **{
                **found,
                "needs": {int(n): why for n, why in found["needs"].items()},
                "imports": [tuple(pair) for pair in found["imports"]],
            }
        )
        for found in json.loads(text)
    ]
