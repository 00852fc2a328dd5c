"""Freezing what a step left: what was one object is one again, whatever it is kept as."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nbops.engine.reuse.keeping import Keeper
from nbops.records import Status, StepFinished
from nbops.store.artifacts import Artifacts, KeptStep
from nbops.store.project import Project


def kept(root: Path, namespace: dict[str, Any], names: Iterable[str]) -> tuple[Artifacts, KeptStep]:
    """Keep variables as a step left them; return what was noted of it."""
    artifacts = Artifacts(Project(root))
    keeper = Keeper(artifacts, 10**9)
    keeper.keep(StepFinished(1.0, "run", "a", Status.PASSED, key="k"), names, namespace, {})
    keeper.end()
    found = artifacts.find("k", "run")
    assert found is not None
    return artifacts, found


def restored(
    root: Path, namespace: dict[str, Any], names: Iterable[str], before: dict[str, Any]
) -> dict[str, Any] | None:
    """Keep variables and restore them beside those of *before*; None when they could not be kept."""
    artifacts, step = kept(root, namespace, names)
    if step.problem:
        return None
    back = dict(before)
    for one, value in artifacts.get_all(step.values, before):
        back.update(dict.fromkeys(one.names, value))
    return back


def test_a_list_that_two_variables_hold_is_one_list_again(tmp_path: Path) -> None:
    """Also where JSON would keep each of them."""
    rows = [1]
    back: Any = restored(tmp_path, {"a": {"rows": rows}, "b": [rows], "c": rows, "d": [5]}, "abcd", {})

    assert back["a"]["rows"] is back["b"][0] is back["c"]
    assert back["d"] == [5]


def test_an_object_that_holds_a_table_holds_the_variable_again(tmp_path: Path) -> None:
    """The table is kept once, as Arrow; what is pickled links to it."""
    table, array = pd.DataFrame({"x": range(10_000)}), np.arange(9)
    namespace = {"holder": ({"table": table}, array), "table": table, "array": array}
    artifacts, step = kept(tmp_path, namespace, namespace)
    back = {name: value for one, value in artifacts.get_all(step.values, {}) for name in one.names}

    assert {one.names[0]: one.codec for one in step.values} == {"holder": "pickle", "table": "arrow", "array": "npy"}
    assert back["holder"][0]["table"] is back["table"]
    assert back["holder"][1] is back["array"]
    assert next(one.size for one in step.values if one.codec == "pickle") < 500


def test_an_object_that_holds_a_value_of_before_holds_it_again(tmp_path: Path) -> None:
    """What another step made is linked by its name."""
    orders = [3, 1]
    back: Any = restored(tmp_path, {"orders": orders, "box": {"of": orders}}, ["box"], {"orders": orders})

    assert back["box"]["of"] is orders


def test_a_part_of_what_was_there_before_is_named_and_not_kept(tmp_path: Path) -> None:
    """It would come back as a copy, and what is done to one would not be seen in the other."""
    box = {"rows": [[1], [2]], "table": pd.DataFrame({"x": [1]})}
    for kind, value in (("list", box["rows"]), ("list", {"first": box["rows"][0]}), ("DataFrame", box["table"])):
        _, step = kept(tmp_path, {"box": box, "part": value}, ["part"])

        assert step.problem == f"part: it shares a {kind} with box, which would come back as a copy"


def test_what_a_cell_showed_is_still_its_own(tmp_path: Path) -> None:
    """The shell remembers the results of cells; that makes none of them a part of something else."""
    table = pd.DataFrame({"x": [1]})
    _, step = kept(tmp_path, {"table": table, "Out": {3: table}, "_": table, "_3": table}, ["table"])

    assert (step.problem, [one.codec for one in step.values]) == ("", ["arrow"])


def test_a_window_into_another_array_is_named_and_not_kept(tmp_path: Path) -> None:
    """Kept by itself it would not change with the other any more."""
    whole = np.arange(10)
    _, step = kept(tmp_path, {"whole": whole, "part": whole[2:5]}, ["part"])

    assert step.problem == "part: it shares its memory with whole; part.copy() would not"


def test_what_cannot_be_pickled_is_named_among_what_is_pickled_together(tmp_path: Path) -> None:
    """Every variable is tried by itself to find the one."""
    _, step = kept(tmp_path, {"a": (1,), "b": iter([1]), "c": {"gen": (n for n in [1])}}, "abc")

    assert step.problem.startswith("c: ['gen'] (generator) cannot be pickled")


NAMES = "abcde"
VALUES = st.recursive(
    st.integers(0, 9) | st.sampled_from(NAMES).map(lambda name: ("link", name)),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from("xy"), inner, max_size=2)
        | st.tuples(st.just("tuple"), inner)
    ),
    max_leaves=5,
)


def built(plan: dict[str, Any]) -> dict[str, Any]:
    """Return variables as *plan* describes them: a link is the very object that an earlier variable is."""
    made: dict[str, Any] = {}

    def build(value: Any) -> Any:
        if isinstance(value, tuple):
            return made.get(value[1]) if value[0] == "link" else ("tuple", build(value[1]))
        if isinstance(value, list):
            return [build(item) for item in value]
        return {key: build(item) for key, item in value.items()} if isinstance(value, dict) else value

    for name, value in plan.items():
        made[name] = build(value)
    return made


def shape(values: dict[str, Any]) -> list[Any]:
    """Return what *values* are, every list and dict numbered in the order in which it is met: the same for the same."""
    numbers: dict[int, int] = {}

    def walk(value: Any) -> Any:
        if not isinstance(value, (list, dict, tuple)):
            return value
        if isinstance(value, tuple):
            return ("tuple", *map(walk, value))
        if id(value) in numbers:
            return f"#{numbers[id(value)]}"
        numbers[id(value)] = len(numbers)
        items = value.items() if isinstance(value, dict) else enumerate(value)
        return (type(value).__name__, numbers[id(value)], [(key, walk(item)) for key, item in items])

    return [(name, walk(values[name])) for name in sorted(values)]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.fixed_dictionaries(dict.fromkeys(NAMES, VALUES)), st.integers(0, 4))
def test_any_variables_come_back_with_what_they_share(
    tmp_path_factory: pytest.TempPathFactory, plan: dict[str, Any], first: int
) -> None:
    """Whatever holds whatever, of this step or of one before; or they are not kept."""
    values = built({name: plan[name] for name in NAMES})
    before = {name: values[name] for name in NAMES[:first]}
    back = restored(tmp_path_factory.mktemp("run"), values, NAMES[first:], before)

    assert back is None or shape(values) == shape(back)
