"""Runs one notebook cell by cell and tells who really read what from whom.

It stands alone: it is run by an interpreter that has the libraries of the notebook, not nbops::

    python dataflow_runner.py notebook.json truth.json

The first file holds a list of sources, the second one gets the dependencies and the cells that raised.
"""

from __future__ import annotations

import collections
import hashlib
import io
import itertools
import json
import os
import random
import sys
import time
import types
from collections.abc import Iterable
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

BUDGET = 200_000  # how many values of one variable are looked at
OPAQUE = (
    types.FunctionType, types.BuiltinFunctionType, types.MethodType, types.ModuleType, types.GeneratorType, type,
    io.IOBase, types.CodeType, property, staticmethod, classmethod,
)  # fmt: skip
ITERATORS = (*(type(iter(x)) for x in ([], (), "", range(0))), itertools.count)


class Namespace(dict):  # type: ignore[type-arg]
    """The variables of a notebook, noting what is read and what is bound while a cell runs."""

    def __init__(self) -> None:
        super().__init__()
        self.before: dict[str, Any] | None = None
        self.read: set[str] = set()
        self.bound: set[str] = set()

    def __getitem__(self, name: str) -> Any:
        value = super().__getitem__(name)
        before = self.before
        if before is not None and name in before and name not in self.bound and before[name] is value:
            self.read.add(name)
        return value

    def __setitem__(self, name: str, value: Any) -> None:
        if self.before is not None:
            self.bound.add(name)
        super().__setitem__(name, value)

    def __delitem__(self, name: str) -> None:
        if self.before is not None:
            if name in self.before and name not in self.bound:
                self.read.add(name)
            self.bound.add(name)
        super().__delitem__(name)


class Print:
    """The fingerprint of one value: it differs when what the value holds differs."""

    def __init__(self) -> None:
        self.digest = hashlib.blake2b(digest_size=16)
        self.seen: dict[int, Any] = {}  # the values too: the address of one that is gone is soon another's
        self.left = BUDGET

    def add(self, value: Any) -> None:
        """Take *value* in, with all that it holds."""
        self.left -= 1
        if self.left < 0:
            return
        if value is None or isinstance(value, (bool, int, float, complex, str, bytes)):
            self._text(f"{type(value).__name__}:{value!r}")
        elif isinstance(value, OPAQUE):
            self._text(f"@{id(value)}")
        elif id(value) in self.seen:
            self._text("again")
        else:
            self.seen[id(value)] = value
            self._text(type(value).__qualname__)
            self._held(value)

    def _text(self, text: str) -> None:
        self.digest.update(text.encode("utf-8", "surrogatepass") + b"\0")

    def _all(self, values: Iterable[Any]) -> None:
        for value in values:
            self.add(value)

    def _held(self, value: Any) -> None:
        library = type(value).__module__.split(".")[0]
        special = getattr(self, f"_{library}", None)
        if special is not None and special(value):
            return
        if isinstance(value, dict):
            self._all(itertools.chain.from_iterable(list(value.items())))
        elif isinstance(value, (list, tuple, collections.deque)):
            self._all(list(value))
        elif isinstance(value, (set, frozenset)):
            self._text(" ".join(sorted(fingerprint(item) for item in value)))
        elif isinstance(value, random.Random):
            self._text(repr(value.getstate()))
        elif isinstance(value, ITERATORS):
            self._text(repr(value.__reduce__()))
        else:
            self._attributes(value, library)

    def _attributes(self, value: Any, library: str) -> None:
        attributes = getattr(value, "__dict__", None)
        if attributes is None:
            slots = (
                [s for c in type(value).__mro__ for s in getattr(c, "__slots__", ())] if library == "__main__" else []
            )
            attributes = {s: getattr(value, s) for s in slots if hasattr(value, s)}
            if not attributes:
                self._text(f"@{id(value)}")
        for name, item in list(attributes.items()):
            if library == "__main__" or not name.startswith("_"):  # what libraries hide is mostly a cache
                self._text(str(name))
                self.add(item)

    def _numpy(self, value: Any) -> bool:
        import numpy as np

        if isinstance(value, np.ndarray):
            self._text(f"{value.dtype}{value.shape}")
            if value.dtype.hasobject:
                self._all(value.ravel().tolist())
            else:
                self.digest.update(np.ascontiguousarray(value).tobytes())
        elif isinstance(value, np.random.RandomState):
            self._text(repr(value.get_state()))
        elif isinstance(value, np.random.Generator):
            self._text(repr(value.bit_generator.state))
        elif isinstance(value, np.generic):
            self._text(repr(value))
        else:
            return False
        return True

    def _pandas(self, value: Any) -> bool:
        import numpy as np
        import pandas as pd

        if isinstance(value, pd.DataFrame):
            self.add(value.columns)
            self.add(value.index)
            self._all(np.asarray(value.iloc[:, i]) for i in range(value.shape[1]))
        elif isinstance(value, (pd.Series, pd.Index)):
            self._text(repr(value.name if isinstance(value, pd.Series) else list(value.names)))
            self.add(np.asarray(value))
            if isinstance(value, pd.Series):
                self.add(value.index)
        elif hasattr(value, "obj"):  # groups and windows remember what was asked of them
            self.add(value.obj)
        else:
            self._text(f"@{id(value)}")
        return True

    def _scipy(self, value: Any) -> bool:
        if hasattr(value, "tocoo"):
            coo = value.tocoo()
            self._all((coo.shape, coo.row, coo.col, coo.data))
            return True
        return False

    def _matplotlib(self, value: Any) -> bool:
        if hasattr(value, "get_children"):
            self._drawn(value)
        else:
            self._text(f"@{id(value)}")
        return True

    def _drawn(self, artist: Any) -> None:
        self._text(type(artist).__name__)
        for getter in ("get_text", "get_title", "get_xlabel", "get_ylabel"):
            if hasattr(artist, getter) and type(artist).__name__ not in ("XTick", "YTick", "XAxis", "YAxis"):
                self._text(str(getattr(artist, getter)()))
        if type(artist).__name__ not in ("XAxis", "YAxis", "Spine"):
            for child in artist.get_children():
                self._drawn(child)

    def _sympy(self, value: Any) -> bool:
        self._text(str(value))
        return True

    def _networkx(self, value: Any) -> bool:
        if hasattr(value, "_adj"):
            self._all((value._adj, value._node))
            return True
        return False


def fingerprint(value: Any) -> str:
    """Return what tells *value* apart from itself after a change; its identity when it cannot be looked into."""
    print_ = Print()
    try:
        print_.add(value)
    except Exception:  # noqa: BLE001 - foreign objects raise what they like when they are looked at
        return f"@{id(value)}"
    return print_.digest.hexdigest()


def visible(namespace: dict[str, Any]) -> dict[str, Any]:
    """Return the variables that are the notebook's own."""
    hidden = {"In", "Out", "get_ipython", "exit", "quit", "open"}
    return {n: v for n, v in dict.items(namespace) if not n.startswith("_") and n not in hidden}


def run(sources: list[str]) -> dict[str, Any]:
    """Run the cells and return the true dependencies and the cells that raised."""
    from IPython.core.interactiveshell import InteractiveShell

    class Shell(InteractiveShell):
        """A shell without a window to draw in."""

        def enable_gui(self, gui: str | None = None) -> None:
            """Do nothing: figures are kept, not shown."""

    namespace = Namespace()
    shell = Shell(user_ns=namespace)
    maker: dict[str, int] = {}
    prints: dict[str, str] = {}
    edges, errors = [], []
    for index, source in enumerate(sources):
        namespace.before, namespace.read, namespace.bound = visible(namespace), set(), set()
        with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
            result = shell.run_cell(source, store_history=False)
        before, namespace.before = namespace.before, None
        if not result.success:
            errors.append(index)
        edges += [(maker[name], index, name) for name in sorted(namespace.read) if name in maker]
        after = visible(namespace)
        for name, value in after.items():
            printed = fingerprint(value)
            is_new = name in namespace.bound or name not in before or before[name] is not value
            if is_new or prints.get(name) != printed:
                maker[name] = index
            prints[name] = printed
        for name in before.keys() - after.keys():
            maker.pop(name, None)
    return {"edges": edges, "errors": errors, "cells": len(sources)}


def main() -> None:
    """Run the notebook named first and write what is true to the file named second."""
    given, wanted = Path(sys.argv[1]), Path(sys.argv[2])
    started = time.perf_counter()
    truth = run(json.loads(given.read_text(encoding="utf-8")))
    truth["seconds"] = round(time.perf_counter() - started, 1)
    wanted.write_text(json.dumps(truth), encoding="utf-8")
    sys.stdout.flush()
    os._exit(0)  # threads that a notebook left behind must not keep it alive


if __name__ == "__main__":
    main()
