"""One registry for every plug-in kind: built in, registered by a decorator, or found by an entry point."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from nbops.errors import UsageError, did_you_mean

__all__ = ["Registry"]

T = TypeVar("T")


class Registry(Generic[T]):
    """The known things of one kind, by name.

    Packages add to it by an entry point ``nbops.<kind>``, whose name is the thing's; they are loaded when they are
    first looked for.

    Args:
        kind: What is registered, as one word: ``check``.

    Example:
        >>> shapes = Registry[type]("shape")
        >>> @shapes.register("square")
        ... class Square: ...
        >>> shapes.get("sqare")
        Traceback (most recent call last):
        nbops.errors.UsageError: unknown shape 'sqare'
          fix:   did you mean 'square'?
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._known: dict[str, T] = {}
        self._has_looked = False

    def register(self, name: str) -> Callable[[T], T]:
        """Return a decorator that registers what it decorates as *name*.

        Raises:
            UsageError: *name* is taken by something else, or is no identifier.
        """

        def add(thing: T) -> T:
            if not name.isidentifier():
                raise UsageError(f"{name!r} is no name for a {self.kind}", fix="letters, digits and _ alone")
            if name in self._known and not _is_same(self._known[name], thing):
                raise UsageError(f"there is a {self.kind} named {name!r} already", fix="choose another name")
            self._known[name] = thing
            return thing

        return add

    def get(self, name: str, *, where: str = "") -> T:
        """Return what is registered as *name*.

        Raises:
            UsageError: Nothing is.
        """
        if name not in self._known:
            self._load()
        if name not in self._known:
            raise UsageError(f"unknown {self.kind} {name!r}", where=where, fix=did_you_mean(name, self))
        return self._known[name]

    def __iter__(self) -> Iterator[str]:
        self._load()
        return iter(sorted(self._known))

    def __contains__(self, name: object) -> bool:
        return name in self._known or name in set(self)

    def _load(self) -> None:
        if self._has_looked:
            return
        from importlib.metadata import entry_points  # five milliseconds that only who looks for packages pays

        self._has_looked = True
        for found in entry_points(group=f"nbops.{self.kind}"):
            if found.name not in self._known:
                self._known[found.name] = found.load()


def _is_same(before: object, thing: object) -> bool:
    """Whether *thing* is what a cell that was run again made of the same code."""
    return getattr(before, "__qualname__", 0) == getattr(thing, "__qualname__", 1) and (
        getattr(before, "__module__", 0) == getattr(thing, "__module__", 1)
    )
