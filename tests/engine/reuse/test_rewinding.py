"""Inputs are put back as they were before a failed attempt: into the same objects, with all who share them."""

from __future__ import annotations

import random
from collections import OrderedDict, defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from nbops.engine.reuse.rewinding import Rewind


def rewound(namespace: dict[str, Any], code: str, *changes: str) -> tuple[Any, ...]:
    """Run *code* in *namespace* after it was noted, put it back, and return what is said of the *changes*."""
    before = Rewind(namespace, (), changes, [name for name in namespace if name not in changes])
    exec(code, {"np": np, "pd": pd, "random": random}, namespace)
    return before.restore(changes)


class Model:
    """Something with a state."""

    def __init__(self) -> None:
        self.weights = [1, 2]


@dataclass(slots=True)
class Slotted:
    """Something with its state in slots."""

    rows: list[int]
    name: str = ""


CASES: list[tuple[Callable[[], Any], str]] = [
    (lambda: [1, [2], 3], "x.append(4); x[1].append(5); del x[0]"),
    (lambda: {"a": [1], "b": 2}, "x['a'].append(2); del x['b']; x['c'] = 3"),
    (lambda: OrderedDict(a=1, b=2), "x.move_to_end('a'); x['c'] = 1"),
    (lambda: defaultdict(list, a=[1]), "x['b'].append(1)"),
    (lambda: {1, 2}, "x.add(3); x.remove(1)"),
    (lambda: deque([1, 2], 3), "x.append(3); x.append(4)"),
    (lambda: bytearray(b"ab"), "x += b'c'"),
    (lambda: ([1], 2), "x[0].append(2)"),
    (lambda: np.arange(6).reshape(2, 3), "x[0] = 9"),
    (lambda: pd.DataFrame({"a": [1, 2]}), "x['b'] = 1; x.loc[0, 'a'] = 9; x.loc[7] = 3; x.pop('b')"),
    (lambda: pd.Series([1, 2], name="s"), "x.iloc[0] = 9; x.name = 't'"),
    (lambda: Slotted([1]), "x.rows.append(2); x.name = 'other'"),
    (lambda: pl.DataFrame({"a": [1, 2]}), "x.insert_column(0, x['a'].alias('b')); x.extend(x)"),
]


@pytest.mark.parametrize(("make", "code"), CASES)
def test_contents_come_back_in_the_same_object(make: Callable[[], Any], code: str) -> None:
    """Who holds it under another name sees it as it was, too."""
    namespace = {"x": make()}
    holder = namespace["x"]

    assert rewound(namespace, code, "x") == (("x",), {})
    assert namespace["x"] is holder
    assert repr(holder) == repr(make())


def test_objects_of_classes_come_back_with_what_they_hold() -> None:
    """Attributes, and lists in attributes."""
    model = Model()
    rewound({"model": model}, "model.weights.append(3); model.bias = 1", "model")

    assert vars(model) == {"weights": [1, 2]}


def test_what_is_reached_by_two_names_stays_one_object() -> None:
    """An inner list that another variable holds comes back for both."""
    inner = [1]
    namespace: dict[str, Any] = {"rows": [inner], "first": inner}
    rewound(namespace, "rows[0].append(2); rows.append([3])", "rows")

    assert (namespace["rows"], namespace["first"], namespace["rows"][0] is namespace["first"]) == ([[1]], [1], True)


def test_names_are_bound_as_before() -> None:
    """A table that was filtered twice is the whole one again; what was made is gone; what was deleted is back."""
    namespace: dict[str, Any] = {"rows": [1, 2, 3], "gone": 1}
    before = namespace["rows"]
    rewound(namespace, "rows = rows[1:]\nmade = 1\ndel gone", "rows")

    assert namespace == {"rows": [1, 2, 3], "gone": 1}
    assert namespace["rows"] is before


def test_random_numbers_begin_again_where_they_stood() -> None:
    """Those of the process, and those of generators that are variables."""
    rng = np.random.default_rng(1)
    expected = np.random.default_rng(1).random(), random.Random(2).random()
    random.seed(2)
    rewound({"rng": rng}, "rng.random(5); random.random()", "rng")

    assert (rng.random(), random.random()) == expected


def test_what_cannot_be_put_back_is_named() -> None:
    """A generator that was drawn from is not what it was, and nobody can make it so."""
    made = (i for i in range(3))

    assert rewound({"made": made}, "next(made)", "made") == ((), {"made": "nobody can tell the state of a generator"})


def test_what_c_holds_of_an_object_is_not_taken_for_put_back() -> None:
    """Its attributes do not tell it all."""

    class Failure(Exception):
        """It holds its arguments beside its attributes."""

    why = {"failure": "nobody can tell the state of a Failure"}

    assert rewound({"failure": Failure(1)}, "failure.args = (2,)", "failure") == ((), why)
