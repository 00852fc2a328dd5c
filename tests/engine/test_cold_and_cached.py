"""A run that takes over earlier results ends with the same variables as one that executes everything."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, note, settings
from hypothesis import strategies as st

from tests.engine.cold_and_cached import Cell, run

PRELUDE = """import random
import numpy as np
import pandas as pd
import own
a, b, c = [1], [2], [[3], 4]
d, e = {"k": [1]}, {}
t, u = pd.DataFrame({"x": [1, 2]}), pd.DataFrame({"x": [3]})
v, w = np.arange(4), np.zeros(3)
p, q = 1, "q"
class Box:
    def __init__(self, held):
        self.held = held
    def __repr__(self):
        return f"Box({self.held!r})"
o, z = Box(a), Box(1)
def load(name):
    return open(name).read()
def joined(x):
    return [x, p]
def use(f, x):
    return f(x)
"""
OWN = "from deep import K\ndef grow(x):\n    x.append({})\ndef plus(x):\n    return [x, K]\n"

LISTS, DICTS, TABLES, ARRAYS, SCALARS, BOXES = "abc", "de", "tu", "vw", "pq", "oz"


def of(names: str) -> st.SearchStrategy[str]:
    """Return a strategy for the name of one variable."""
    return st.sampled_from(names)


NUMBER = st.integers(0, 3)
ANY = of(LISTS + DICTS + TABLES + ARRAYS + SCALARS + BOXES)
FILE = st.sampled_from(["one.txt", "two.txt"])
STATEMENTS = st.one_of(
    st.builds("{} = [n, {}]".format, of(LISTS), NUMBER),
    st.builds("{} = {}".format, of(LISTS), of(LISTS)),
    st.builds("{} = [{}, {}]".format, of(LISTS), ANY, ANY),
    st.builds("{}.append({})".format, of(LISTS), NUMBER),
    st.builds("{}.append({})".format, of(LISTS), of(LISTS + DICTS)),
    st.builds("{} = list({})".format, of(LISTS), of(LISTS)),
    st.builds("{}[0] = {}".format, of(LISTS), NUMBER),
    st.builds("{} += [{}]".format, of(LISTS), NUMBER),
    st.builds("if isinstance({0}[0], list):\n    {0}[0].append({1})".format, of(LISTS), NUMBER),
    st.builds("first = {0}[0]\nif isinstance(first, list):\n    {1} = first".format, of(LISTS), of(LISTS)),
    st.builds("own.grow({})".format, of(LISTS)),
    st.builds("{} = own.plus({})".format, of(LISTS), ANY),
    st.builds("{} = joined({})".format, of(LISTS), ANY),
    st.builds("{} = use(joined, {})".format, of(LISTS), ANY),
    st.builds("def joined(x):\n    return [x, {}, p]".format, NUMBER),
    st.builds("def joined(x):\n    x = [x, {}]\n    return x".format, of(SCALARS + LISTS)),
    st.builds("{}['k{}'] = {}".format, of(DICTS), NUMBER, ANY),
    st.builds("{} = {{'k': {}}}".format, of(DICTS), ANY),
    st.builds("{0} = dict({1})".format, of(DICTS), of(DICTS)),
    st.builds("{} = pd.DataFrame({{'x': [n, {}]}})".format, of(TABLES), NUMBER),
    st.builds("{}['y'] = {}".format, of(TABLES), NUMBER),
    st.builds("{0} = {1}".format, of(TABLES), of(TABLES)),
    st.builds("{0} = {1}[{1}.x > {2}]".format, of(TABLES), of(TABLES), NUMBER),
    st.builds("{} = np.arange({})".format, of(ARRAYS), NUMBER),
    st.builds("{0} = {1}[1:]".format, of(ARRAYS), of(ARRAYS)),
    st.builds("{}[:2] = {}".format, of(ARRAYS), NUMBER),
    st.builds("{} += 1".format, of(ARRAYS)),
    st.builds("{} = n + {}".format, of(SCALARS), NUMBER),
    st.builds("{} = {}".format, of(SCALARS), of(SCALARS)),
    st.builds("{} = str({})".format, of(SCALARS), of(LISTS + SCALARS)),
    st.builds("{} = open('{}').read()".format, of(SCALARS), FILE),
    st.builds("{} = load('{}')".format, of(SCALARS), FILE),
    st.builds("{} = [load(name) for name in ['{}', 'two.txt']]".format, of(LISTS), FILE),
    st.builds("{} = use(load, '{}')".format, of(SCALARS), FILE),
    st.builds("{} = Box({})".format, of(BOXES), ANY),
    st.builds("{}.held = {}".format, of(BOXES), ANY),
    st.builds("{1} = {0}.held if isinstance({0}.held, list) else {1}".format, of(BOXES), of(LISTS)),
    st.builds("if isinstance({0}.held, list):\n    {0}.held.append({1})".format, of(BOXES), NUMBER),
    st.builds("random.seed({})".format, NUMBER),
    st.builds("{} = random.random()".format, of(SCALARS)),
    st.builds("np.random.seed({})".format, NUMBER),
    st.builds("{} = np.random.rand(2)".format, of(ARRAYS)),
    st.builds("if n > {}:\n    {} = {}".format, NUMBER, of(LISTS), of(LISTS)),
    st.builds("def bump():\n    global {}\n    {} = {}\nbump()".format, st.just("p"), st.just("p"), NUMBER),
    st.builds("{} = 'new' if 'fresh' in globals() else 'old'".format, of(SCALARS)),
    st.builds("fresh = {}".format, NUMBER),
    st.builds("{} = (lambda x: [x, p])({})".format, of(LISTS), of(SCALARS)),
    st.builds("pair = ({}, {})\n{} = pair[0]".format, of(LISTS), of(LISTS), of(LISTS)),
    st.builds("for item in {}:\n    last = item".format, of(LISTS)),
)  # fmt: skip
SOURCES = st.lists(STATEMENTS, min_size=1, max_size=3).map("\n".join)
CELLS = st.lists(st.tuples(st.sampled_from([True, True, False]), SOURCES), min_size=2, max_size=7)
WORLDS = st.fixed_dictionaries(
    {"one.txt": NUMBER, "two.txt": NUMBER, "own": NUMBER, "deep": NUMBER, "n": NUMBER, "seed": st.booleans()}
)


@st.composite
def edits(draw: st.DrawFn) -> tuple[list[tuple[bool, str]], list[tuple[bool, str]]]:
    """Return cells, and the same cells after a few edits."""
    before = draw(CELLS)
    after = list(before)
    for _ in range(draw(st.integers(0, 2))):
        at = draw(st.integers(0, len(after) - 1))
        match draw(st.sampled_from(["other", "gone", "more", "kind", "swap"])):
            case "other":
                after[at] = after[at][0], draw(SOURCES)
            case "gone" if len(after) > 1:
                del after[at]
            case "more":
                after.insert(at, (draw(st.booleans()), draw(SOURCES)))
            case "kind":
                after[at] = not after[at][0], after[at][1]
            case "swap":
                after[at - 1], after[at] = after[at], after[at - 1]
    return before, after


def notebook(cells: list[tuple[bool, str]], seed: bool) -> list[Cell]:
    """Return the whole notebook: steps are named by their place."""
    first = PRELUDE + ("random.seed(0)\nnp.random.seed(0)\n" if seed else "random.seed(7)\nnp.random.seed(7)\n")
    return [("", first), *((f"s{index}" if is_step else "", code) for index, (is_step, code) in enumerate(cells))]


def make_world(project: Path, world: dict[str, int]) -> None:
    """Write the files and modules that the pipeline reads."""
    (project / "pyproject.toml").touch()
    for name in ("one.txt", "two.txt"):
        (project / name).write_text(str(world[name]))
    shutil.rmtree(project / "__pycache__", ignore_errors=True)
    (project / "own.py").write_text(OWN.format(world["own"]))
    (project / "deep.py").write_text(f"K = {world['deep']}\n")


def check(
    cells: tuple[list[tuple[bool, str]], list[tuple[bool, str]]],
    worlds: tuple[dict[str, int], dict[str, int]],
    tell: Callable[[str], None] = note,
) -> list[list[str]]:
    """Run both versions, each in its world, with and without earlier results, and compare their variables.

    Returns the steps that were restored, for each run: of the first version, the second, and the first again.
    """
    restored = []
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        project = Path(folder).resolve()
        patch.chdir(project)
        for version, world in zip((*cells, cells[0]), (*worlds, worlds[0]), strict=True):
            make_world(project, world)
            whole = notebook(version, bool(world["seed"]))
            cached = run(project, whole, {"n": world["n"]}, cached=True)
            cold = run(project, whole, {"n": world["n"]}, cached=False)
            restored.append(cached.restored)
            tell(
                f"{whole[1:]}\nrestored: {cached.restored}\n"
                + "\n".join(f"{r.step} {r.key_parts}" for r in cached.records)
            )
            assert (cold.problem, cold.variables) == (cached.problem, cached.variables)
    return restored


QUICK = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
LONG = settings(max_examples=3_000, deadline=None, suppress_health_check=list(HealthCheck))


SAME_WORLD: dict[str, int] = {"one.txt": 0, "two.txt": 0, "own": 0, "deep": 0, "n": 0, "seed": False}
A_PART_IS_CHANGED = [(True, "a = own.plus(b)"), (True, "if isinstance(a[0], list):\n    a[0].append(0)")]
CHANGED_AND_BOUND_ANEW = [(True, "b = [n, 0]"), (True, "own.grow(a)\na = [n, 0]")]
LIST_HOLDS_WHAT_A_STEP_CHANGES = (
    [(True, "p = n"), (True, "a = [n, 0]\nt['y'] = 0")],
    [(True, "b = own.plus(t)"), (True, "a = [n, 0]\nt['y'] = 0")],
)
LIST_IS_HELD_SINCE_AN_EDIT = ([(True, "p = n"), (True, "b = b")], [(True, "d['k0'] = b"), (True, "b = b")])

DRAWN_THEN_SEEDED = [(True, "v = np.random.rand(2)\nnp.random.seed(0)")]
SEEDED: dict[str, int] = {**SAME_WORLD, "seed": True}


@QUICK
@example(cells=(DRAWN_THEN_SEEDED, DRAWN_THEN_SEEDED), worlds=(SAME_WORLD, SEEDED))
@example(cells=LIST_IS_HELD_SINCE_AN_EDIT, worlds=(SAME_WORLD, SAME_WORLD))
@example(cells=LIST_HOLDS_WHAT_A_STEP_CHANGES, worlds=(SAME_WORLD, SAME_WORLD))
@example(cells=(A_PART_IS_CHANGED, A_PART_IS_CHANGED), worlds=(SAME_WORLD, SAME_WORLD))
@example(cells=(CHANGED_AND_BOUND_ANEW, CHANGED_AND_BOUND_ANEW), worlds=(SAME_WORLD, SAME_WORLD))
@given(cells=edits(), worlds=st.tuples(WORLDS, WORLDS))
def test_cached_execution_gives_the_variables_of_a_cold_run(
    cells: tuple[list[tuple[bool, str]], list[tuple[bool, str]]], worlds: tuple[dict[str, int], dict[str, int]]
) -> None:
    """For random pipelines, edits, files, modules, parameters and seeds; values, types and aliases."""
    check(cells, worlds)


@pytest.mark.slow
@pytest.mark.timeout(3_600)
@LONG
@given(cells=edits(), worlds=st.tuples(WORLDS, WORLDS))
def test_cached_execution_gives_the_variables_of_a_cold_run_many_times(
    cells: tuple[list[tuple[bool, str]], list[tuple[bool, str]]], worlds: tuple[dict[str, int], dict[str, int]]
) -> None:
    """The same, three thousand times."""
    check(cells, worlds)


EDITED = [
    pytest.param((True, "p = n"), (True, "d['k0'] = b"), "b = [b, n]", id="a part of it stays in what is bound anew"),
    pytest.param((True, "p = n"), (True, "d['k0'] = b"), "if n > 5:\n    b = c", id="it may be bound anew"),
    pytest.param((True, "p = n"), (True, "d['k0'] = b"), "c = [b]\ndel b", id="only another one holds it afterwards"),
    pytest.param((True, "p = n"), (True, "d['k0'] = b"), "a = [b, b]\nb = [n, 0]", id="it stays in another one"),
    pytest.param((True, "p = n"), (True, "d['k0'] = b"), "own.grow(b)", id="a function changes it"),
    pytest.param((True, "p = n"), (False, "b = a"), "own.grow(a)", id="a function changes it under its other name"),
    pytest.param((True, "p = n"), (True, "d['k0'] = b"), "b.append(1)", id="what holds it changes too"),
    pytest.param((True, "p = n"), (True, "a = c[0]"), "c = [c[0], 1]", id="another one is a part of it"),
    pytest.param((True, "p = n"), (True, "a = list(c)"), "c[0].append(1)", id="a part of it changes that others have"),
    pytest.param((True, "p = n"), (True, "a = list(c)"), "c = [c[0], 1]", id="a part of it stays that others have"),
    pytest.param((True, "p = n"), (True, "w = v[1:]"), "v = v[1:]", id="two windows into an array"),
    pytest.param((False, "w = v[1:].copy()"), (False, "w = v[1:]"), "v[:2] = 9\np = w[0]", id="a window and a copy"),
    pytest.param((False, "b = a"), (False, "p = n"), "c = a", id="another name of it"),
    pytest.param((False, "b = a"), (False, "p = n"), "c = [a]", id="another name of what is held"),
    pytest.param((False, "d['k0'] = b"), (False, "d['k0'] = [2]"), "c = d['k0']", id="a part that was a variable"),
    pytest.param((False, "d['k0'] = b"), (False, "d['k0'] = b\nb = [7]"), "c = d['k0']", id="it was bound anew since"),
    pytest.param(
        (False, "a = [[i] for i in range(400)]"),
        (False, "a = [[i] for i in range(400)]\nb = a[0]"),
        "a = [row for row in a]",
        id="a part of more than is looked at",
    ),
]


@pytest.mark.parametrize(("before", "after", "step"), EDITED)
def test_what_is_shared_since_an_edit_or_no_longer_is_not_taken_from_before_it(
    before: tuple[bool, str], after: tuple[bool, str], step: str
) -> None:
    """Whichever of both was there first, variables that are one object stay one, and others stay apart."""
    first, second = [before, (True, step)], [after, (True, step)]
    check((first, second), (SAME_WORLD, SAME_WORLD), tell=print)
    check((second, first), (SAME_WORLD, SAME_WORLD), tell=print)


@pytest.mark.parametrize(
    ("plain", "step"),
    [("u = t", "t = t[t.x > 1]"), ("b = a", "a.append(3)"), ("d['k0'] = b", "b = [n]"), ("p = n", "c = c")],
)
def test_a_run_that_nobody_edited_is_restored_whatever_is_shared(plain: str, step: str) -> None:
    """What two variables share is no reason to run a step again while both are as they were."""
    cells = [(False, plain), (True, step), (True, "q = len(a)")]
    assert check((cells, cells), (SAME_WORLD, SAME_WORLD), tell=print) == [[], ["s1", "s2"], ["s1", "s2"]]


def test_a_variable_called_code_does_not_stand_for_the_code() -> None:
    """What a key tells of the step itself is told whatever its variables are called."""
    before = [(False, "code = python = 1"), (True, "a = [code, python]")]
    after = [(False, "code = python = 1"), (True, "a = [code, python, 2]")]
    assert check((before, after), (SAME_WORLD, SAME_WORLD), tell=print) == [[], [], ["s1"]]
