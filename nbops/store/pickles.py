"""Pickles: the last way to keep a value, for what no other codec is for.

What is pickled may hold values that are kept on their own, or that were there before: those are written as links to
their names, so that what was one object is one again, and what is big is written once. Figures of matplotlib are
pickled without their window, or reading one would show it again.
"""

from __future__ import annotations

import contextlib
import contextvars
import functools
import importlib
import importlib.util
import io
import pickle
import sys
import types
from collections.abc import Iterable, Iterator, Mapping, Set
from typing import Any

__all__ = ["CouldNotKeep", "Links", "linking", "links_now", "pickled", "resolving", "unpickled", "watching"]

_MOST_DEPTH = 6

Links = Mapping[int, tuple[str, Any]]
"""The values that are written as links: the name and the value itself, by its ``id``."""

_NONE: Mapping[Any, Any] = types.MappingProxyType({})
_NOTHING: tuple[Set[int], set[int]] = (frozenset(), set())
_links: contextvars.ContextVar[Links] = contextvars.ContextVar("links", default=_NONE)
_watched: contextvars.ContextVar[tuple[Set[int], set[int]]] = contextvars.ContextVar("watched", default=_NOTHING)
_values: contextvars.ContextVar[Mapping[str, Any]] = contextvars.ContextVar("values", default=_NONE)


class CouldNotKeep(ValueError):
    """A value has no form in which it could be kept; the message names what is at fault."""


@contextlib.contextmanager
def linking(links: Links) -> Iterator[None]:
    """Write these values as links to their names while this lasts."""
    token = _links.set(links)
    try:
        yield
    finally:
        _links.reset(token)


def links_now() -> Links:
    """Return what is written as links now."""
    return _links.get()


@contextlib.contextmanager
def watching(ids: Set[int]) -> Iterator[set[int]]:
    """Give the set of those values, told by their ids, that are pickled while this lasts."""
    met: set[int] = set()
    token = _watched.set((ids, met))
    try:
        yield met
    finally:
        _watched.reset(token)


@contextlib.contextmanager
def resolving(values: Mapping[str, Any]) -> Iterator[None]:
    """Read links to these names while this lasts."""
    token = _values.set(values)
    try:
        yield
    finally:
        _values.reset(token)


def pickled(value: Any) -> tuple[bytes, dict[str, Any]]:
    """Return the pickle of *value*, by pickle where that can, else by cloudpickle; and what it holds links to.

    Raises:
        CouldNotKeep: Neither can; the message names the attribute at fault.

    Example:
        >>> data, linked = pickled((1, {2}))
        >>> unpickled(data), linked
        ((1, {2}), {})
    """
    try:
        return _dumped(value, _picklers()[0])
    except Exception as error:  # noqa: BLE001 - objects raise what they like when they are pickled
        try:
            return _dumped(value, _picklers()[-1])
        except Exception:  # noqa: BLE001 - pickle's own complaint is the plainer one
            raise CouldNotKeep(_at_fault(value, error)) from None


def unpickled(data: Any) -> Any:
    """Return the value that a pickle holds. It runs code: only what we signed may come here.

    Raises:
        LookupError: It links to a name that is not there.
    """
    return _Unpickler(io.BytesIO(data)).load()


class _Unpickler(pickle.Unpickler):
    def persistent_load(self, pid: Any) -> Any:
        values = _values.get()
        if pid not in values:
            raise LookupError(f"it holds {pid}, which is not there")
        return values[pid]


class _Linking:
    """What both picklers do beside their own: links, and figures without windows."""

    linked: dict[str, Any]

    def persistent_id(self, value: Any) -> str | None:
        watched, met = _watched.get()
        if id(value) in watched:
            met.add(id(value))
        found = _links.get().get(id(value))
        if found is None:
            return None
        self.linked[found[0]] = value
        return found[0]

    def reducer_override(self, value: Any) -> Any:
        figure = sys.modules.get("matplotlib.figure")
        if figure is not None and type(value) is figure.Figure:
            state = value.__getstate__()
            state.pop("_restore_to_pylab", None)
            return _new_of, (type(value),), state
        above: Any = super()
        return above.reducer_override(value) if hasattr(above, "reducer_override") else NotImplemented


class _Pickler(_Linking, pickle.Pickler):
    """The pickler of the standard library."""


def _new_of(kind: Any) -> Any:
    return kind.__new__(kind)


@functools.cache
def _picklers() -> tuple[type, ...]:
    if importlib.util.find_spec("cloudpickle") is None:
        return (_Pickler,)
    base: Any = importlib.import_module("cloudpickle").Pickler
    return _Pickler, type("_CloudPickler", (_Linking, base), {})


def _dumped(value: Any, kind: Any) -> tuple[bytes, dict[str, Any]]:
    buffer = io.BytesIO()
    pickler = kind(buffer, protocol=5)
    pickler.linked = {}
    pickler.dump(value)
    return buffer.getvalue(), pickler.linked


def _at_fault(value: Any, error: Exception) -> str:
    """Return where in *value* the part is that cannot be pickled, as ``.model.lock (lock)``, and why."""
    path, part = "", value
    for _ in range(_MOST_DEPTH):
        child = next(((name, inner) for name, inner in _parts(part) if not _can_pickle(inner)), None)
        if child is None:
            break
        path, part = path + child[0], child[1]
    return f"{path or 'it'} ({type(part).__name__}) cannot be pickled: {error}"


def _parts(value: Any) -> Iterable[tuple[str, Any]]:
    if isinstance(value, Mapping):
        return [(f"[{key!r}]", item) for key, item in value.items()]
    if isinstance(value, (list, tuple, set, frozenset)):
        return [(f"[{index}]", item) for index, item in enumerate(value)]
    attributes = getattr(value, "__dict__", None)
    return [(f".{name}", item) for name, item in attributes.items()] if isinstance(attributes, dict) else []


def _can_pickle(value: Any) -> bool:
    for pickler in _picklers():
        with contextlib.suppress(Exception):
            _dumped(value, pickler)
            return True
    return False
