"""What functions and methods of libraries do to what they are given.

Word lists, by what an object is and what a method is called.  What is not
listed is in doubt, and in doubt it changes; see ``DEEP`` and ``of_function``.
"""

from enum import Enum, auto

from bookbuild.execution.needs.things import Kind


class Effect(Enum):
    """What a method does, and what it gives."""

    PLAIN = auto()  # changes nothing; gives a number, a string or None
    NEW = auto()  # changes nothing; gives a new object
    FACT = auto()  # changes nothing; tells what the object is, no numbers
    SAME = auto()  # changes nothing; gives the object or its parts
    VIEW = auto()  # changes nothing; gives what shares the object's memory
    DETACH = auto()  # likewise, but no gradient passes
    AS_ARRAY = auto()  # likewise, as NumPy's
    LIST = auto()  # changes nothing; gives a new list, maybe of lists
    PAIRS = auto()  # likewise, in pairs of key and value
    ITEMS = auto()  # changes nothing; gives what the object holds
    COPY = auto()  # changes nothing; gives a new container of the same
    SELF = auto()  # changes the object's numbers; gives the object
    FORM = auto()  # changes what the object is; gives the object
    REQUIRE = auto()  # likewise, and it requires a gradient from now on
    KEEP = auto()  # changes the object alone, which holds the arguments then
    TAKE = auto()  # changes the object alone; gives what it held
    DEEP = auto()  # in doubt: changes all, keeps the arguments, gives all
    CALL = auto()  # is a call of the object itself
    BACKWARD = auto()
    RESET = auto()
    STEP = auto()
    RESEED = auto()
    SAMPLE = auto()  # changes a generator; gives a new object


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# -- Names with one meaning everywhere ---------------------------------------

READERS = _words("torch numpy matplotlib mpl_toolkits")
# Attributes that say what a tensor or an array is, whatever its numbers.
FACTS = _words(
    "device dtype is_cuda is_leaf itemsize layout nbytes ndim requires_grad "
    "retains_grad shape size"
)
# Named arguments that a function changes.
CHANGED_BY_NAME = ("out", "generator", "rng", "file")

# -- Methods -----------------------------------------------------------------

_VIEWS = _words(
    "adjoint as_strided bfloat16 bool byte char chunk contiguous cpu cuda "
    "diagonal double dsplit expand expand_as flatten float half hsplit indices "
    "int long movedim moveaxis narrow permute ravel real imag reshape "
    "reshape_as resolve_conj select short split squeeze swapaxes swapdims t "
    "tensor_split to transpose type type_as unbind unflatten unfold unsqueeze "
    "values view view_as vsplit"
)
_TENSOR = {
    **dict.fromkeys(_VIEWS, Effect.VIEW),
    **dict.fromkeys(
        _words(
            "allclose data_ptr equal get_device is_complex is_contiguous "
            "is_floating_point is_inference is_nonzero is_set is_shared item"
        ),
        Effect.PLAIN,
    ),
    **dict.fromkeys(
        _words("dim element_size nelement ndimension numel size stride"),
        Effect.FACT,
    ),
    **dict.fromkeys(
        _words("requires_grad_ retain_grad register_hook"), Effect.REQUIRE
    ),
    **dict.fromkeys(
        _words(
            "data resize_ resize_as_ set_ share_memory_ squeeze_ swapaxes_ t_ "
            "transpose_ unsqueeze_ register_post_accumulate_grad_hook"
        ),
        Effect.FORM,
    ),
    "backward": Effect.BACKWARD,
    "detach": Effect.DETACH,
    "detach_": Effect.FORM,
    "numpy": Effect.AS_ARRAY,
    "tolist": Effect.LIST,
}
_ARRAY = {
    **dict.fromkeys(
        _words(
            "diagonal flat imag ravel real reshape squeeze swapaxes transpose "
            "view"
        ),
        Effect.VIEW,
    ),
    **dict.fromkeys(
        _words("fill itemset partition put setfield sort"), Effect.SELF
    ),
    **dict.fromkeys(_words("byteswap resize setflags"), Effect.FORM),
    "item": Effect.PLAIN,
    "tolist": Effect.LIST,
}
_CONTAINER = {
    **dict.fromkeys(
        _words(
            "add append appendleft clear discard extend extendleft insert "
            "move_to_end remove reverse rotate sort subtract update"
        ),
        Effect.KEEP,
    ),
    **dict.fromkeys(_words("pop popitem popleft setdefault"), Effect.TAKE),
    **dict.fromkeys(_words("get most_common elements"), Effect.ITEMS),
    **dict.fromkeys(_words("keys values"), Effect.SAME),
    "items": Effect.PAIRS,
    **dict.fromkeys(
        _words(
            "copy difference intersection new_child symmetric_difference union"
        ),
        Effect.COPY,
    ),
    **dict.fromkeys(
        _words("count index isdisjoint issubset issuperset total"),
        Effect.PLAIN,
    ),
}
# Methods of tensors, where it is not known that something is one.
_COMPUTE = _words(
    "abs add all any argmax argmin astype clone copy dim div dot equal exp "
    "item log matmul max mean min mm mul mv norm numel pow size square "
    "sigmoid softmax std sub sum tanh var"
)
_LAYER = {
    **dict.fromkeys(
        _words(
            "children buffers get_buffer get_parameter get_submodule modules "
            "named_buffers named_children named_modules named_parameters "
            "parameters state_dict values keys items"
        ),
        Effect.SAME,
    ),
    **dict.fromkeys(
        _words(
            "bfloat16 compile cpu cuda double eval float half load_state_dict "
            "requires_grad_ to train type"
        ),
        Effect.FORM,
    ),
    "forward": Effect.CALL,
    "zero_grad": Effect.RESET,
    "detach": Effect.DETACH,
    "numpy": Effect.AS_ARRAY,
    "tolist": Effect.LIST,
    "backward": Effect.BACKWARD,
    **dict.fromkeys(
        _words(
            "view reshape flatten t transpose squeeze unsqueeze ravel "
            "permute expand unbind"
        ),
        Effect.VIEW,
    ),
    # The layer stands for its parameters, too.
    **dict.fromkeys(_COMPUTE, Effect.NEW),
}
_OPTIMIZER = {
    "step": Effect.STEP,
    "zero_grad": Effect.RESET,
    "state_dict": Effect.SAME,
    "add_param_group": Effect.KEEP,
}
_RANDOM = {
    "manual_seed": Effect.RESEED,
    "get_state": Effect.NEW,
    "initial_seed": Effect.PLAIN,
}
# Objects of other kinds: what a name means in most libraries.
_OTHER = {
    **dict.fromkeys(_COMPUTE, Effect.NEW),
    **dict.fromkeys(
        _words(
            "cdf close count digest endswith entropy exists expm1 format get "
            "getvalue group groups hexdigest icdf index is_file is_dir join "
            "log_prob lower name names pdf pmf read_bytes read_text "
            "splitlines startswith stddev strip title tolist upper variance"
        ),
        Effect.NEW,
    ),
    **dict.fromkeys(
        _words(
            "items keys values parameters named_parameters children modules "
            "state_dict view reshape"
        ),
        Effect.SAME,
    ),
    **{
        name: effect
        for name, effect in _CONTAINER.items()
        if effect in {Effect.KEEP, Effect.TAKE}
    },
    "backward": Effect.BACKWARD,
    "zero_grad": Effect.RESET,
    "step": Effect.STEP,
}
_METHODS = {
    Kind.TENSOR: (_TENSOR, Effect.NEW),
    Kind.ARRAY: (_ARRAY, Effect.NEW),
    Kind.CONTAINER: (_CONTAINER, Effect.DEEP),
    Kind.ITERATOR: ({}, Effect.TAKE),
    Kind.RANDOM: (_RANDOM, Effect.SAMPLE),
    Kind.DRAWING: ({}, Effect.SELF),
    Kind.LAYER: (_LAYER, Effect.DEEP),
    Kind.OPTIMIZER: (_OPTIMIZER, Effect.DEEP),
    Kind.FUNCTION: ({}, Effect.CALL),
}
_NUMBERS = {Kind.TENSOR, Kind.ARRAY, Kind.LAYER, Kind.OTHER}
# What strings and numbers give that can change.
SPLITS = _words("groups partition rpartition rsplit split splitlines")


def of_method(kind: Kind, name: str) -> Effect:
    """Return what a method of an object does."""
    known, default = _METHODS.get(kind, (_OTHER, Effect.DEEP))
    if name in known:
        return known[name]
    if kind in _NUMBERS and in_place(name):
        return Effect.SELF
    return default


def in_place(name: str) -> bool:
    """Return whether a name says, by PyTorch's rule, that it changes."""
    return name.endswith("_") and not name.startswith("_")


# -- Functions ---------------------------------------------------------------

# They change their first argument.
MUTATORS = _words(
    "copyto fill_diagonal heapify heappop heappush heappushpop heapreplace "
    "insort insort_left insort_right place put putmask setattr delattr shuffle"
)
# Their result shares what they were given, though PyTorch's and NumPy's
# functions otherwise make new objects.
SHARING = _words(
    "as_strided as_tensor asanyarray asarray ascontiguousarray atleast_1d "
    "atleast_2d atleast_3d broadcast_arrays broadcast_tensors broadcast_to "
    "chunk detach diagonal dsplit expand_dims flatten from_dlpack from_numpy "
    "hsplit imag movedim moveaxis narrow permute ravel real reshape select "
    "split squeeze swapaxes swapdims t tensor_split transpose unbind unsqueeze "
    "view_as_complex view_as_real vsplit"
)
SETTINGS = _words(
    "filterwarnings rc rcdefaults resetwarnings simplefilter update use "
    "use_deterministic_algorithms"
)
# What a ``with`` of these changes of its library is as before afterwards.
RESTORES = {
    "matplotlib.pyplot.rc_context": "matplotlib",
    "matplotlib.pyplot.style.context": "matplotlib",
    "matplotlib.rc_context": "matplotlib",
    "numpy.printoptions": "numpy.printing",
    "torch.random.fork_rng": "torch.random numbers",
    "warnings.catch_warnings": "warnings",
}
SEEDS = _words("manual_seed seed set_rng_state set_state setstate")
_DRAWS = _words(
    "bernoulli dropout feature_dropout get_rng_state initial_seed multinomial "
    "normal poisson rand rand_like randint randint_like randn randn_like "
    "randperm rrelu bernoulli_ cauchy_ dropout_ exponential_ geometric_ "
    "kaiming_normal_ kaiming_uniform_ log_normal_ normal_ orthogonal_ random_ "
    "random_split rrelu_ sparse_ trunc_normal_ uniform_ xavier_normal_ "
    "xavier_uniform_ sample rsample fork_rng"
)
# Parts of torch.nn that begin with random weights ...
_WEIGHTS = (
    *("Linear", "Bilinear", "Conv", "LSTM", "GRU", "RNN", "Embedding"),
    *("Transformer", "Multihead", "LazyLinear", "LazyConv"),
)
# ... that draw when they are called, and that change then.
DRAW_WHEN_CALLED = ("Dropout", "RReLU", "AlphaDropout", "FeatureAlpha")
CHANGE_WHEN_CALLED = ("BatchNorm", "InstanceNorm", "Lazy")
READS_FILE = _words(
    "fromfile genfromtxt imread load loadtxt read_bytes read_text"
)
WRITES_FILE = _words(
    "imsave save savefig savetxt savez savez_compressed tofile unlink "
    "write_bytes write_text"
)
CLIPS = _words("clip_grad_norm_ clip_grad_value_")
# What depends on what an argument is, not on its numbers.
FORM_ONLY = _words(
    "can_cast empty_like full_like is_complex is_floating_point is_tensor "
    "numel ones_like promote_types result_type shape zeros_like"
)
_PLAIN = {
    "builtins": _words(
        "all any ascii bin bool bytes callable chr complex delattr float "
        "format hasattr hash hex id input int isinstance issubclass len oct "
        "ord print range repr setattr slice str type"
    ),
    "torch": _words(
        "allclose can_cast device equal finfo get_default_dtype "
        "get_num_threads iinfo initial_seed is_complex is_floating_point "
        "is_grad_enabled is_tensor numel promote_types result_type "
        "set_default_dtype set_num_threads set_printoptions typename"
    ),
    "numpy": _words(
        "allclose array_equal dtype finfo iinfo isscalar ndim "
        "promote_types result_type set_printoptions shape shares_memory size"
    ),
}
# Libraries whose functions give numbers and strings only, of such.
_PLAIN_LIBRARIES = _words(
    "cmath locale math platform statistics string sys textwrap time"
)
_CONTAINERS = _words(
    "dict frozenset list set sorted tuple Counter OrderedDict deque "
    "defaultdict ChainMap UserDict UserList"
)
_ITERATORS = _words(
    "accumulate batched chain combinations compress count cycle dropwhile "
    "enumerate filter from_iterable groupby islice iter map pairwise "
    "permutations product repeat reversed starmap takewhile tee zip "
    "zip_longest finditer"
)
_RANDOMS = _words(
    "Generator MT19937 PCG64 Philox Random RandomState SeedSequence "
    "SystemRandom default_rng"
)


def kind_made(dotted: str) -> Kind | None:  # noqa: PLR0911 (a case for each)
    """Return the kind of what a function of a library gives; None: plain."""
    root, name = dotted.split(".", maxsplit=1)[0], dotted.rsplit(".", 1)[-1]
    if name in _PLAIN.get(root, ()):
        return None
    if name in _RANDOMS:
        return Kind.RANDOM
    if name in _CONTAINERS:
        return Kind.CONTAINER
    if name in _ITERATORS and root in {"builtins", "itertools", "re"}:
        return Kind.ITERATOR
    if root == "torch":
        return _kind_of_torch(dotted, name)
    if root in _PLAIN_LIBRARIES and not name[0].isupper():
        return None
    return {
        "numpy": Kind.OTHER if name[0].isupper() else Kind.ARRAY,
        "matplotlib": Kind.DRAWING,
        "mpl_toolkits": Kind.DRAWING,
    }.get(root, Kind.OTHER)


def _kind_of_torch(dotted: str, name: str) -> Kind:
    """Return the kind of what a function of PyTorch gives."""
    if name == "DataLoader":
        return Kind.LOADER
    is_class = name[0].isupper()
    if name in {"Parameter", "UninitializedParameter"} or (
        is_class and name.endswith("Tensor")
    ):
        return Kind.TENSOR
    if is_class and dotted.startswith("torch.nn."):
        return Kind.LAYER
    if is_class and dotted.startswith("torch.optim."):
        scheduler = ".lr_scheduler." in dotted or ".swa_utils." in dotted
        return Kind.OTHER if scheduler else Kind.OPTIMIZER
    apart = ("torch.utils.", "torch.distributions.", "torch.func.")
    if is_class or dotted.startswith(apart) or name in {"vmap", "compile"}:
        return Kind.OTHER
    return Kind.TENSOR


def shares(dotted: str, kind: Kind) -> bool:
    """Return whether the result holds, or shares memory with, arguments."""
    root, name = dotted.split(".", maxsplit=1)[0], dotted.rsplit(".", 1)[-1]
    if kind in {Kind.TENSOR, Kind.ARRAY}:
        return (
            name in SHARING
            or name == "Parameter"
            or (in_place(name) and name not in CLIPS)
            or root not in {"torch", "numpy"}
        )
    return kind not in {Kind.RANDOM, Kind.DRAWING}


def draws(dotted: str) -> bool:
    """Return whether a function draws from its library's own numbers."""
    root, name = dotted.split(".", maxsplit=1)[0], dotted.rsplit(".", 1)[-1]
    if root == "torch":
        return name in _DRAWS or (
            dotted.startswith("torch.nn.") and name.startswith(_WEIGHTS)
        )
    if root == "numpy":
        return dotted.startswith("numpy.random.") and name not in _RANDOMS
    return root == "random" and name not in _RANDOMS


def changes(dotted: str) -> bool:
    """Return whether a function of a library changes its first argument."""
    name = dotted.rsplit(".", 1)[-1]
    return in_place(name) or name in MUTATORS
