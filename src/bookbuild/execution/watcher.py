"""Which earlier statements each statement needs, found while a chapter runs.

A statement needs, for every name that it looks up, the statement that bound
the name and the statements that have changed its value since.
A statement that binds a function needs what the function looks up, too.
The namespace is a dict that records lookups and bindings.
To find changes, all values are pickled before and after each statement.
Random numbers, settings, figures and files are states without a name.

In doubt, a statement needs too much: a statement that reads a value that
cannot be compared counts as changing it.
A comparison runs no code of the chapter and keeps no object alive.
It misses settings of other libraries that no ``set...`` call makes, a graph
that ``autograd.grad`` has freed, and memory written through ``ctypes``.
"""

import ast
import dis
import functools
import gc
import hashlib
import os
import pickle
import random
import re
import sys
import time
import types
import warnings
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

LIMIT = 2**26  # bytes of one value that are compared
OBJECT = 2**12  # an object counts as many of these bytes
# Names that Python and IPython bind by themselves.
IGNORED = re.compile(
    r"__\w+__|_+|_i+|_i?\d+|_[oid]h|In|Out|get_ipython|exit|quit|open"
)
ALL_NAMES = {"globals", "locals", "vars", "dir", "exec", "eval"}
INSTALLED = {"torch", "numpy", "matplotlib", "mpl_toolkits"}
PYTHON, NUMPY, TORCH = RANDOM = [
    f"the random numbers of {name}" for name in ("Python", "NumPy", "PyTorch")
]
# A seed replaces a state; no comparison can tell that from drawing a number.
SEEDS = ("random", "seed"), ("numpy.random", "seed"), ("torch", "manual_seed")
PYPLOT, SETTINGS = "the figures of pyplot", "the settings"
SETS = re.compile(r"set|delattr|use|(en|dis)able|register|config|basicC|chdir")
FOLDERS = {"os", "pathlib", "glob", "shutil"}  # these list and test files
# Files that programs may read though no statement wrote them.
LIBRARIES = re.compile(
    "|".join(map(re.escape, (sys.prefix, sys.base_prefix)))
    + r"|/(dev|etc|proc|sys|usr)/|.*(/\.|\.pyc?$)"
)


@dataclass
class Statement:
    """A statement that has run.

    Attributes:
        block: The number of its block.
        line: Its first line in the block, from 1, decorators included.
        end: Its last line.
        needs: The numbers of the statements that it needs, with the reasons.
        prints: Whether it wrote to stdout.
        draws: Whether it made or changed a figure that pyplot holds open, or
            had pyplot show one.
        shows: Whether it had pyplot show a figure.
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
    shows: bool = False
    raised: bool = False
    files: list[str] = field(default_factory=list)
    imports: list[tuple[str, int]] = field(default_factory=list)


class Namespace(dict):
    """The chapter's names; records lookups that precede a binding."""

    def __init__(self) -> None:
        """Make the names of a main module."""
        super().__init__(__name__="__main__")
        self.read: set[str] = set()
        self.bound: set[str] = set()

    def __getitem__(self, name: str) -> object:
        """Return a value; functions look their global names up here, too."""
        if name not in self.bound:
            self.read.add(name)
        if name in ALL_NAMES:
            self.read |= self.keys() - self.bound
        return dict.__getitem__(self, name)

    def __setitem__(self, name: str, value: object) -> None:
        """Bind a name."""
        self.bound.add(name)
        dict.__setitem__(self, name, value)

    def __delitem__(self, name: str) -> None:
        """Delete a name; the statement needs what bound it."""
        self.read |= {name} - self.bound
        dict.__delitem__(self, name)


class Stdout:
    """Stands for stdout and records whether anything writes to it."""

    def __init__(self, stream: object) -> None:
        """Wrap a stream."""
        self.stream, self.written = stream, False

    def __getattr__(self, name: str) -> object:
        """Return an attribute of the stream."""
        self.written |= name in {"write", "writelines", "buffer"}
        return getattr(self.stream, name)


class Digest(pickle.Pickler):
    """Makes a hash of a value and of all that it refers to.

    Pickle walks through containers; ``contents`` takes other objects apart.
    """

    def __init__(self, value: object) -> None:
        """Read a value as it is now."""
        super().__init__(self, protocol=4)
        self.hash, self.left = hashlib.sha256(), LIMIT
        self.opaque = False  # whether a part of it cannot be compared
        self.mentions: set[str] = set()  # global names in functions
        torch = sys.modules.get("torch")
        off = torch._C.DisableTorchFunctionSubclass if torch else nullcontext  # noqa: SLF001 (no public way)
        try:
            with off():
                self.dump(value)
        except Exception:  # noqa: BLE001 (it is too large or too deep)
            self.opaque = True
        self.digest = self.hash.digest()
        self.clear_memo()

    def write(self, data: bytes) -> None:
        """Take a part of the pickle; stop at values that are too large."""
        self.left -= len(data)
        if self.left < 0:
            raise OverflowError
        self.hash.update(data)

    def reducer_override(self, value: object) -> object:
        """Return what pickle writes of an object."""
        if value is list or value is int:  # the results below name these
            return NotImplemented
        self.left -= OBJECT
        kind = type(value)
        try:
            found = self.contents(value, kind)
        except Exception:  # noqa: BLE001 (libraries may raise any)
            self.opaque, found = True, None
        if found is None:
            return int, (id(value),)
        return list, (), [kind if is_own(kind) else id(kind), found]

    def contents(self, value: Any, kind: type) -> object:  # noqa: ANN401, C901, PLR0911 (any kind)
        """Return what may change of an object, or None."""
        if issubclass(kind, weakref.ref | Namespace) or library_of(value):
            return None
        if issubclass(kind, type):
            return [value.__bases__, list(vars(value).values())]
        if kind is types.FunctionType:
            self.mentions |= global_names(value.__code__)
            cells = [gc.get_referents(c) for c in value.__closure__ or ()]
            defaults = value.__defaults__, value.__kwdefaults__
            return [id(value.__code__), cells, defaults, vars(value)]
        if kind is types.GeneratorType:
            self.mentions |= global_names(value.gi_code)
            frame = value.gi_frame
            return [frame and [frame.f_lasti, dict(frame.f_locals)]]
        torch = sys.modules.get("torch")
        if torch and issubclass(kind, torch.Tensor):
            return self.tensor(value, torch)
        artist = sys.modules.get("matplotlib.artist")
        if artist and issubclass(kind, artist.Artist) and not is_own(kind):
            figure = value.figure and value.figure.figure  # its root
            return [id(value), figure and changes_of(figure)]
        made = attributes = None
        if not is_own(kind):  # so that no code of the chapter runs
            with suppress(Exception):
                made = value.__reduce_ex__(4)
        if made and not isinstance(made, str):  # the items are iterators
            return [*made[:3], *map(list, filter(None, made[3:5]))]
        found = gc.get_referents(value)
        if kind.__dictoffset__:
            attributes = object.__getattribute__(value, "__dict__")
        elif not found and not made:  # it is written in another language
            self.opaque = True
        return [id(value), attributes, found]

    def tensor(self, tensor: Any, torch: Any) -> object:  # noqa: ANN401 (PyTorch may be missing)
        """Return what may change of a tensor; its graph keeps its leaves."""
        plain = torch.Tensor.__torch_dispatch__
        if tensor.nbytes > LIMIT or type(tensor).__torch_dispatch__ != plain:
            raise OverflowError
        flat = tensor.detach().resolve_conj().resolve_neg().cpu().contiguous()
        kept = tensor.is_leaf or tensor.retains_grad
        version = 0 if tensor.is_inference() else tensor._version  # noqa: SLF001 (no public name)
        # Other attributes of nodes would run the hooks of saved tensors.
        leaves, nodes, ahead = [], set(), [tensor.grad_fn]
        while ahead and self.left > 0:
            node = ahead.pop()
            if node is not None and node not in nodes:
                self.left -= OBJECT
                nodes.add(node)
                leaves.append(getattr(node, "variable", None))
                ahead += [before for before, _ in node.next_functions]
        return [
            flat.reshape(-1).view(torch.uint8).numpy().tobytes(),
            *(str(tensor.dtype), str(tensor.device), tuple(tensor.shape)),
            *(tensor.requires_grad, tensor.retains_grad, version),
            *(vars(tensor), tensor._backward_hooks),  # noqa: SLF001 (no public name)
            *(tensor.grad if kept else None, leaves),
        ]


def is_own(kind: type) -> bool:
    """Return whether the chapter defines a class."""
    return kind.__dict__.get("__module__") == "__main__"


def library_of(value: Any) -> str:  # noqa: ANN401 (of any kind)
    """Return the name of the library that a module or class is of, if any."""
    kind, name = type(value), ""
    plain = kind is types.FunctionType and not value.__closure__
    if issubclass(kind, types.ModuleType):
        name = getattr(value, "__name__", "")
    elif plain or issubclass(kind, type):
        name = value.__module__
    return str(name).removeprefix("__main__").partition(".")[0]


def changes_of(figure: Any) -> list[int]:  # noqa: ANN401 (Matplotlib may be missing)
    """Return a figure's current axes and how often it was out of date."""
    count = getattr(figure, "bookbuild_changes", 0) + figure.stale
    figure.bookbuild_changes, figure.stale = count, False
    return [id(figure), id(figure._axstack.current()), count]  # noqa: SLF001 (gca would make axes)


@functools.cache
def global_names(code: types.CodeType) -> frozenset[str]:
    """Return the global names that code looks up, with its inner functions."""
    inner = [c for c in code.co_consts if isinstance(c, types.CodeType)]
    return frozenset(
        step.argval
        for step in dis.get_instructions(code)
        if re.match("LOAD_(GLOBAL|NAME|FROM_DICT_OR_GLOB)", step.opname)
    ).union(*map(global_names, inner))


def states(root: str, elsewhere: set[str]) -> dict[str, object]:
    """Return the states without a name; ``elsewhere`` are files to include."""
    modules = sys.modules
    options = [sys.path, warnings.filters, dict(os.environ)]
    found = {PYTHON: random.getstate(), SETTINGS: options}
    if numpy := modules.get("numpy"):
        options += [numpy.get_printoptions(), numpy.geterr()]
    if numpy_random := modules.get("numpy.random"):
        found[NUMPY] = numpy_random.get_state(legacy=False)
    if torch := modules.get("torch"):
        found[TORCH] = torch.get_rng_state()
        options += [torch.get_default_dtype(), torch.is_grad_enabled()]
        options.append(vars(torch._tensor_str.PRINT_OPTS))  # noqa: SLF001 (no public way)
    if matplotlib := modules.get("matplotlib"):
        # Without its copy, to read the backend would choose one.
        options.append({**dict.copy(matplotlib.rcParams), "backend": None})
    if pyplot := modules.get("matplotlib._pylab_helpers"):
        figures = [m.canvas.figure for m in pyplot.Gcf.figs.values()]
        found[PYPLOT] = [*map(changes_of, figures)]
    for path in {*Path(root).rglob("*"), *map(Path, elsewhere)}:
        with suppress(OSError):
            now = path.stat()
            found[str(path)] = path.is_dir() or [now.st_size, now.st_mtime_ns]
    return found


class Watcher:
    """Watches the statements of one chapter, in the order in which they run.

    Attributes:
        namespace: The namespace in which the statements must run.
        statements: The statements that have run.
    """

    running: "Watcher | None" = None  # while a statement runs

    def __init__(self) -> None:
        """Begin with no statement; the working folder is the chapter's."""
        self.namespace = Namespace()
        self.statements: list[Statement] = []
        self.block = 0
        self.binder: dict[str, int] = {}
        self.changers: dict[str, list[int]] = {}
        self.setters: set[str] = set()  # functions that change settings
        self.seeded: set[str] = set()
        self.opened, self.elsewhere = set[str](), set[str]()  # files
        self.root, self.begun = str(Path.cwd()), time.time() - 1
        sys.addaudithook(self.audit)
        self.take_snapshot()

    def start_block(self, number: int) -> None:
        """Begin the block that has this number among the code cells."""
        self.block = number
        if self.open_figures or not self.statements:
            self.take_snapshot()  # the kernel has shown figures or begun
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
        names = self.namespace
        for record in names.read, names.bound, self.seeded, self.opened:
            record.clear()
        self.modules, stream = len(sys.modules), sys.stdout
        self.shown = False  # whether pyplot has shown, and closed, a figure
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
            found.imports = foreign_imports(node)
            self.compare(node, found)
            self.statements.append(found)

    def take_snapshot(self) -> None:
        """Store all values and states as they are now."""
        for state, (module, name) in zip(RANDOM, SEEDS, strict=True):
            if module in sys.modules:
                record_seeds(state, module, name)
        self.values = {
            name: Digest((id(value), value))
            for name, value in list(self.namespace.items())
            if not IGNORED.fullmatch(name)
        }
        found = states(self.root, self.elsewhere)
        self.open_figures = bool(found.get(PYPLOT))
        self.states = {n: Digest(s).digest for n, s in found.items()}

    def compare(self, node: ast.stmt, found: Statement) -> None:  # noqa: C901, PLR0912, PLR0915 (one comparison after the other)
        """Compare the values and states with those before a statement."""
        names, old, before = self.namespace, self.values, self.states
        self.take_snapshot()
        new, after, here = self.values, self.states, len(self.statements)
        read, both = {*names.read}, old.keys() & new.keys()
        if any(isinstance(part, ast.ClassDef) for part in ast.walk(node)):
            # Python looks names in bodies of classes up past our dict.
            flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
            code = compile(ast.Module([node], []), "", "exec", flags)
            read |= global_names(code) - names.bound
        bound = (names.bound & both) | (old.keys() ^ new.keys())
        changed = {n for n in both if old[n].digest != new[n].digest}
        if any(old[n].opaque for n in read & both):
            changed |= {n for n in both if old[n].opaque}
        values = [names.get(name) for name in read]
        libraries = {library_of(v) for v in [*values, *map(type, values)]}
        shown = isinstance(node, ast.Expr) and isinstance(node.value, ast.Name)
        if shown and "matplotlib" in libraries:  # to show a figure updates it
            changed.clear()

        states = before.keys() | after.keys()
        moved = {n for n in states if before.get(n) != after.get(n)}
        moved -= {*RANDOM} - before.keys()  # NumPy is imported only now
        if len(sys.modules) > self.modules and not read & {"os", "warnings"}:
            moved.discard(SETTINGS)  # a library comes with settings of its own
        if sets_library(node, names) or read & self.setters:
            moved.add(SETTINGS)
            self.setters.add(getattr(node, "name", ""))  # of a function
        found.shows = self.shown
        found.draws = self.shown or (PYPLOT in moved and self.open_figures)
        drawn = moved.intersection(RANDOM) - self.seeded
        kept = drawn | (moved & {SETTINGS, PYPLOT, *self.opened})

        read |= {SETTINGS, *drawn, *self.opened}
        if PYPLOT in moved or "matplotlib" in libraries:
            read.add(PYPLOT)
        if libraries & FOLDERS:  # files that are gone, too
            read |= {n for n in states | self.binder.keys() if os.sep in n}
        read |= {str(f) for n in self.opened | moved for f in Path(n).parents}
        # Whoever takes a function away will call it.
        read.update(*(new[n].mentions for n in names.bound & new.keys()))
        ahead = [*read]
        for name in ahead:
            more = old[name].mentions - read if name in old else set()
            ahead += more
            read |= more
        for name in sorted(read):
            what = repr(name) if name in old.keys() | bound else name
            if os.sep in name:
                what = f"the file {os.path.relpath(name, self.root)!r}"
            if name in self.binder:
                found.needs.setdefault(self.binder[name], f"binds {what}")
            for other in self.changers.get(name, ()):
                found.needs.setdefault(other, f"changes {what}")
        known = {*self.binder, *self.changers, os.environ.get("MATPLOTLIBRC")}
        for path in filter(
            Path.is_file, map(Path, sorted(self.opened - known))
        ):
            if path.stat().st_mtime < self.begun:
                found.files.append(str(path))
            else:  # any statement may have written it
                ran = [n for n in range(here) if not self.statements[n].raised]
                found.needs = dict.fromkeys(ran, "may write a file")
        if found.raised:  # programs leave it out
            return
        for name in (bound | moved) - kept:
            self.binder[name], self.changers[name] = here, []
        for name in (changed - bound) | kept:
            self.changers.setdefault(name, []).append(here)

    def audit(self, event: str, args: tuple) -> None:
        """Record an event of https://docs.python.org/3/library/audit_events."""
        if Watcher.running is not self:
            return
        if event == "pickle.find_class" and args[0] == "__main__":
            self.namespace.read.add(args[1])
        if event != "open" or isinstance(args[0], int | None):
            return
        path = os.path.abspath(os.fsdecode(args[0]))  # noqa: PTH100 (keeps links)
        if not path.startswith(self.root) and LIBRARIES.match(path):
            return
        flags = args[2] or 0
        if flags & (os.O_WRONLY | os.O_RDWR):
            self.elsewhere.add(path)
            self.states[path] = b"written"
        if not flags & (os.O_TRUNC | os.O_EXCL):
            self.opened.add(path)


@functools.cache
def record_seeds(state: str, module: str, name: str) -> None:
    """Make a function of a library record that it seeds."""
    seed: Callable = getattr(sys.modules[module], name)

    @functools.wraps(seed)
    def recorded(*args: Any, **named: Any) -> object:  # noqa: ANN401 (as the function)
        if watcher := Watcher.running:
            now = Digest(states(watcher.root, set())[state]).digest
            if now == watcher.states.get(state):  # nothing was drawn before
                watcher.seeded.add(state)
        return seed(*args, **named)

    setattr(sys.modules[module], name, recorded)


def sets_library(node: ast.stmt, names: Namespace) -> bool:
    """Return whether a statement sets something of a library."""
    for part in ast.walk(node):
        name = ""
        if isinstance(part, ast.Call):
            name = ast.unparse(part.func).rpartition(".")[2]
        stores = not isinstance(getattr(part, "ctx", ast.Load()), ast.Load)
        if isinstance(part, ast.Name) or not (stores or SETS.match(name)):
            continue
        if name == "register_hook":  # a graph does not show its hooks
            return True
        root = re.match(r"(?:\w+attr\()?(\w+)", ast.unparse(part))
        library = library_of(names.get(root[1])) if root else ""
        figure = library == "matplotlib" and re.match("set(?!attr)", name)
        if library and not figure:  # of Matplotlib, rcParams are compared
            return True
    return False


def foreign_imports(node: ast.stmt) -> list[tuple[str, int]]:
    """Return the modules that it imported and a reader may not have."""
    names = []
    for part in ast.walk(node):
        if isinstance(part, ast.Import):
            names += [(alias.name, part.lineno) for alias in part.names]
        elif isinstance(part, ast.ImportFrom) and not part.level:
            names.append((part.module, part.lineno))
    known = INSTALLED | sys.stdlib_module_names
    return [
        (name, line)
        for name, line in names
        if (root := name.partition(".")[0]) in sys.modules and root not in known
    ]


def dump(watcher: Watcher) -> str:
    """Return the statements as text, to be stored with the outputs."""
    return str([asdict(statement) for statement in watcher.statements])


def load(text: str) -> list[Statement]:
    """Return the statements that ``dump`` has made text of."""
    return [Statement(**fields) for fields in ast.literal_eval(text)]
