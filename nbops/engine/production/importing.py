"""Importing papermill in a quarter of its usual time, without a difference to anybody.

papermill imports what few notebooks ask for: nbformat's jsonschema the packages that check internationalised addresses
(one of them compiles their whole grammar, for about a second), papermill's own reading and writing all of PyArrow for a
Hadoop file system. What is called there by a few functions is put off until somebody calls one of them.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import importlib.util
import sys
import types
from collections.abc import Callable, Iterator
from typing import Any

__all__ = ["import_papermill"]

_PUT_OFF = {
    "rfc3987_syntax": ("is_valid_syntax",),
    "rfc3986_validator": ("validate_rfc3986",),
    "pyarrow.fs": ("FileSelector", "HadoopFileSystem"),
}
"""Modules that are slow to import, with all that is taken from them here."""


def import_papermill() -> None:
    """Import papermill and what comes with it."""
    if "papermill" in sys.modules:
        return
    with contextlib.ExitStack() as stand_ins:
        stand_ins.enter_context(_without_collecting())
        for name, functions in _PUT_OFF.items():
            stand_ins.enter_context(_put_off(name, functions))
        importlib.import_module("papermill")


@contextlib.contextmanager
def _without_collecting() -> Iterator[None]:
    """Look for no garbage meanwhile: an import makes none, and each look at all that it made takes longer."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


@contextlib.contextmanager
def _put_off(name: str, functions: tuple[str, ...]) -> Iterator[None]:
    """Let a module that stands for *name* be imported meanwhile; what is installed only, and was not imported yet."""
    package = name.partition(".")[0]
    if package in sys.modules or importlib.util.find_spec(package) is None:
        yield
        return
    stand_in = types.ModuleType(name)
    for function in functions:
        setattr(stand_in, function, _calling(name, function))
    sys.modules[name] = stand_in
    try:
        yield
    finally:
        if sys.modules.get(name) is stand_in:
            del sys.modules[name]


def _calling(module: str, function: str) -> Callable[..., Any]:
    """Return a function that does what *function* of *module* does; that is imported now, at the first call."""

    def call(*arguments: Any, **options: Any) -> Any:
        return getattr(importlib.import_module(module), function)(*arguments, **options)

    return call
