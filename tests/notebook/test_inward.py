"""Functions that only compute are not followed call by call; every name by which one leaves the notebook is known."""

from __future__ import annotations

import ast
import itertools
import os
import random
from typing import Any

import pytest

from nbops.notebook import readers
from nbops.notebook.inward import Inward
from nbops.notebook.outside import outside_reads

WORDS = sorted(
    set(
        itertools.chain(
            readers.FILE_READERS, readers.FILE_METHODS, readers.FILE_QUESTIONS, readers.LISTERS,
            readers.CHANGING_NAMES, readers.CHANGING_METHODS, readers.ENTROPY, readers.BY_STATE, readers.UNKNOWABLE,
        )
    )
)  # fmt: skip


def inward(code: str, **namespace: Any) -> set[str] | None:
    """Return what is known of the function ``f`` of *code*."""
    functions = {one.name: one for one in ast.parse(code).body if isinstance(one, ast.FunctionDef)}
    return Inward(functions, namespace).used_by(functions["f"])


def test_what_a_function_calls_is_named_with_it() -> None:
    """Through any number of functions, also when they are only handed on, and round in a circle."""
    code = "def f(x): return sorted(x, key=g)\ndef g(x): return h(x) + 1\ndef h(x): return f([x])\ndef other(): pass"

    assert inward(code) == {"f", "g", "h"}


def test_a_name_of_its_own_is_no_function_of_the_notebook() -> None:
    """An argument or a variable hides the function of that name; the target of a comprehension does not."""
    g = "\ndef g(x): return open(x)"

    assert inward(f"def f(g): return g(1){g}") == {"f"}
    assert inward(f"def f(x):\n    g = len\n    return g(x){g}") == {"f"}
    assert inward(f"def f(x): return [g for g in x] and g(1){g}") is None


@pytest.mark.parametrize("word", WORDS)
def test_no_name_that_leads_outside_is_missed(word: str) -> None:
    """As a function, as a method of anything, and in a function that is called."""
    assert inward(f"def f(x): return {word}(x)") is None
    assert inward(f"def f(x): return x.y.{word}(1)") is None
    assert inward(f"def f(x): return g(x)\ndef g(x): return x.{word}(1)") is None


@pytest.mark.parametrize(
    ("body", "namespace"),
    [
        ("return e['HOME']", {"e": os.environ}),
        ("return pick(x)", {"pick": random.choice}),
        ("return dice.choice(x)", {"dice": random}),
        ("return pd.Timestamp('now')", {}),
        ("import requests\n    return 1", {}),
        ("return session.get(x)", {}),
        ("def inner(): return open(x)\n    return inner()", {}),
    ],
)
def test_whose_a_name_is_counts_too(body: str, namespace: dict[str, Any]) -> None:
    """A harmless word may stand for something that asks outside."""
    assert inward(f"def f(x):\n    {body}", **namespace) is None


def test_what_is_read_behind_functions_that_only_compute_is_found() -> None:
    """They hand on the file's name; one that is not told is known to be read all the same."""
    code = (
        "def f(x): return g(x + '.csv')\ndef g(path): return tidy(pd.read_csv(path))\n"
        "def tidy(t): return double(t)\ndef double(t): return t * 2\n"
    )
    functions = {one.name: one for one in ast.parse(code).body if isinstance(one, ast.FunctionDef)}
    found = outside_reads(ast.parse("a = f('/in/orders')\nb = double(a)"), {}, functions)

    assert (list(found.files), found.followed) == (["/in/orders.csv"], {"f", "g", "tidy", "double"})


def test_a_function_that_is_defined_anew_is_looked_at_anew() -> None:
    """In the middle of the code that is followed."""
    code = "def f(x): return g(x)\ndef g(x): return x\n"
    functions = {one.name: one for one in ast.parse(code).body if isinstance(one, ast.FunctionDef)}
    found = outside_reads(ast.parse("f('a')\ndef g(x): return open(x)\nf('/b')"), {}, functions)

    assert list(found.files) == ["/b"]
