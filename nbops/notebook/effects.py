"""What well-known calls do to their objects: the words by which code that is only read shows what it changes."""

from __future__ import annotations

__all__ = [
    "ALWAYS_CHANGE",
    "ARGUMENT_CHANGED",
    "CHANGE_AS_STATEMENT",
    "CHANGE_WHAT_THEY_WERE_MADE_OF",
    "COLLECT",
    "FIGURE_MAKERS",
    "HARMLESS",
    "INDEXERS",
    "ITEM_GETTERS",
    "KEEPING",
    "NUMERIC",
    "OF_COMPARISON",
    "OF_ITERATION",
    "OF_SHOWING",
    "OF_USE",
    "OPERATORS",
    "RANDOM_MAKERS",
    "SELF",
    "VIEWS",
    "WRAPPERS",
    "YIELDING",
    "changes_as_statement",
    "leaves_figure_alone",
]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


ALWAYS_CHANGE = _words(
    "pop popitem popleft setdefault appendleft extendleft fit partial_fit fit_transform fit_predict fit_resample "
    "fit_generator load_weights load_state_dict set_params shuffle backward zero_grad itemset setflags send"
)
"""Methods that change their object and may yield something too."""

CHANGE_AS_STATEMENT = _words(
    "append extend insert remove clear sort reverse update add discard put fill resize rotate compile train eval step "
    "reset push enqueue dequeue difference_update intersection_update symmetric_difference_update subtract write "
    "writelines connect register build move_to_end byteswap learn"
)
"""Methods that change their object when nothing is done with what they yield: ``s.add(1)``, not ``df.add(1).sum()``."""

_CHANGING_PREFIXES = ("add_", "set_", "update_", "remove_", "append_", "insert_", "delete_", "load_", "push_")
_COPYING_METHODS = _words("set_index set_axis set_flags add_prefix add_suffix remove_categories set_categories")


def changes_as_statement(method: str) -> bool:
    """Return whether *method*, called for nothing but its effect, changes its object.

    Example:
        >>> changes_as_statement("add_edge"), changes_as_statement("set_index"), changes_as_statement("zero_")
        (True, False, True)
    """
    if method in CHANGE_AS_STATEMENT:
        return True
    if method in _COPYING_METHODS:
        return False
    is_in_place = method.endswith("_") and not method.endswith("__")
    return (
        is_in_place or method.startswith(_CHANGING_PREFIXES) or (method[:3] in ("set", "add") and method[3:4].isupper())
    )


RANDOM_MAKERS = frozenset({"default_rng", "RandomState", "Generator", "Random", "SystemRandom", "check_random_state"})
"""Callables that yield a generator of random numbers: each draw changes it."""

FIGURE_MAKERS = _words(
    "subplots figure axes subplot subplot_mosaic gca gcf add_subplot add_axes twinx twiny inset_axes FacetGrid "
    "PairGrid JointGrid subplot2grid make_subplots Figure"
)
"""Callables that yield something to draw on: each method that draws changes it."""


def leaves_figure_alone(method: str) -> bool:
    """Return whether *method* of a figure or axes only looks at it."""
    return method.startswith(("get_", "save", "to_", "show", "write_", "ravel", "flatten", "_repr"))


NUMERIC = frozenset({"numpy", "cupy", "jax"})
"""Libraries whose functions yield arrays: their slices are views."""

VIEWS = _words("reshape ravel view squeeze transpose swapaxes diagonal values items flat T to_numpy parameters")
"""Attributes and methods that yield a window onto their object."""

SELF = frozenset({"fit", "partial_fit", "set_params", "setdefault"})
"""Methods that yield their own object."""

INDEXERS = frozenset({"loc", "iloc", "at", "iat", "flat"})
"""Attributes that are their object, looked at in another way."""

COLLECT = _words(
    "list tuple set dict zip enumerate reversed sorted iter map filter chain cycle "
    "Pipeline make_pipeline OrderedDict deque defaultdict VotingClassifier"
)
"""Callables whose result holds what their arguments hold."""

HARMLESS = _words(
    "print len type isinstance id repr str display help dir hasattr show close Image savefig format bool callable "
    "getsource signature hash vars iskeyword sca"
)
"""Callables that neither change their arguments nor call them."""

ARGUMENT_CHANGED = {
    "shuffle": 0, "heappush": 0, "heappop": 0, "heapify": 0, "heapreplace": 0, "heappushpop": 0, "insort": 0,
    "insort_left": 0, "insort_right": 0, "fill_diagonal": 0, "put": 0, "place": 0, "copyto": 0, "putmask": 0,
    "put_along_axis": 0, "setattr": 0, "delattr": 0, "next": 0, "at": 0,
}  # fmt: skip
"""Functions that change one of their arguments, and which."""

KEEPING = _words("append extend insert add update setdefault appendleft extendleft push put enqueue")
"""Methods after which the object holds their arguments."""

ITEM_GETTERS = frozenset({"pop", "popleft", "get"})
"""Methods that yield something that their object holds or held."""

YIELDING = frozenset({"add", "subtract", "eval"})
"""Methods that change some objects and of others only yield something: at the end of a cell they are looked at."""

WRAPPERS = _words("partial vectorize frompyfunc jit njit lru_cache cache wraps curry compose")
"""Callables whose result calls the function that they were given."""

OPERATORS = {
    "Add": "add", "Sub": "sub", "Mult": "mul", "Div": "truediv", "FloorDiv": "floordiv", "Mod": "mod", "Pow": "pow",
    "MatMult": "matmul", "BitAnd": "and", "BitOr": "or", "BitXor": "xor", "LShift": "lshift", "RShift": "rshift",
}  # fmt: skip
"""Operators, and the word in the names of the special methods that they call."""

OF_ITERATION = ("__iter__", "__next__", "__getitem__", "__len__")
OF_COMPARISON = ("__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__", "__contains__", "__hash__")
OF_SHOWING = ("__repr__", "__str__", "__format__", "_repr_html_", "_repr_latex_", "__len__")
OF_USE = (
    *OF_ITERATION,
    *OF_COMPARISON,
    "__call__",
    "__add__",
    "__radd__",
    "__array__",
    "__float__",
    "__int__",
    "__abs__",
)
"""Special methods that something unknown may call of an object that it is handed."""

CHANGE_WHAT_THEY_WERE_MADE_OF = frozenset({"step"})
"""Methods of an object that change what its maker was handed: an optimizer the parameters of a model."""
