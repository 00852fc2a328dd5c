"""Capturing the values inside a test changes nothing about the program: same effects, same order, same result."""

from __future__ import annotations

import ast
from types import SimpleNamespace
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nbops.engine.cell.judging import Judge
from nbops.errors import StepFailed
from nbops.notebook.judge import instrument
from nbops.records import Status

ATOMS = st.sampled_from(
    ["1", "0", "a", "b", "log(1)", "log(a)", "box.value", "items[0]", "items[-1]", "box.inner.value"]
)


def bigger(part: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Return expressions made of smaller ones; all of them evaluate to a number, and none raises."""
    pair = st.tuples(part, part)
    return st.one_of(
        st.tuples(pair, st.sampled_from(["+", "-", "*", "<", "==", ">=", "and", "or", "&", "|"])).map(
            lambda t: f"({t[0][0]} {t[1]} {t[0][1]})"
        ),
        st.tuples(part, part, part).map(lambda t: f"({t[0]} < {t[1]} <= {t[2]})"),
        st.tuples(part, part, part).map(lambda t: f"({t[1]} if {t[0]} else {t[2]})"),
        part.map(lambda e: f"(not {e})"),
        part.map(lambda e: f"(-{e})"),
        part.map(lambda e: f"log({e})"),
        part.map(lambda e: f"log(value={e})"),
        pair.map(lambda p: f"log(*[{p[0]}], **dict(other={p[1]}))"),
        part.map(lambda e: f"box.add({e})"),
        part.map(lambda e: f"items[{e} % len(items)]"),
        part.map(lambda e: f"len(items[:{e}])"),
        part.map(lambda e: f"(w := {e})"),
        part.map(lambda e: f"sum([log(i) for i in range({e} % 3)])"),
        part.map(lambda e: f"len({{i: log(i) for i in range({e} % 3)}})"),
        part.map(lambda e: f"sum(log(i) for i in range({e} % 3))"),
        part.map(lambda e: f"(lambda x: log(x) + {e})(1)"),
        part.map(lambda e: f"len(f'{{{e}}}')"),
        pair.map(lambda p: f"len([{p[0]}, *[{p[1]}]])"),
        pair.map(lambda p: f"len(({p[0]}, {p[1]}))"),
        pair.map(lambda p: f"(({p[0]}) in {{{p[1]}, 7}})"),
    )


def is_python(expression: str) -> bool:
    """Whether Python compiles it: a comprehension's iterable, for one, must not bind names."""
    try:
        compile(expression, "<expression>", "eval")
    except SyntaxError:
        return False
    return True


EXPRESSIONS = st.recursive(ATOMS, bigger, max_leaves=6).filter(is_python)
PASSING = EXPRESSIONS.flatmap(
    lambda e: st.sampled_from(
        [f"assert [{e}]", f"assert (v := [{e}]), log(9)", f"assert ({e}) != 'text', 'is a number'"]
    )
)
OTHERS = EXPRESSIONS.flatmap(lambda e: st.sampled_from([f"b = {e}", f"items.append({e})", f"{e}", "pass"]))
BLOCKS = st.tuples(EXPRESSIONS, st.lists(st.one_of(PASSING, OTHERS), min_size=1, max_size=3)).flatmap(
    lambda t: st.sampled_from(
        [
            f"{head}\n" + "\n".join(f"    {line}" for line in t[1])
            for head in (f"if {t[0]}:", f"for a in range({t[0]} % 3):", "with box:", "try:")
        ]
    ).map(lambda block: f"{block}\nfinally:\n    log(5)" if block.startswith("try") else block)
)
PROGRAMS = st.lists(st.one_of(PASSING, OTHERS, BLOCKS), min_size=1, max_size=5).map("\n".join)


class Box:
    """Something with attributes, methods and a context."""

    def __init__(self, log: list[object]) -> None:
        self.value = 4
        self.inner = SimpleNamespace(value=6)
        self._log = log

    def add(self, value: int) -> int:
        """Change itself and say so."""
        self.value += int(value) % 5
        self._log.append(("add", value))
        return self.value

    def __enter__(self) -> Box:
        self._log.append("enter")
        return self

    def __exit__(self, *_: object) -> None:
        self._log.append("exit")


def played(source: str, *, rewritten: bool) -> tuple[list[object], dict[str, object], Judge]:
    """Return what *source* did, the names it left, and its judge."""
    log: list[object] = []

    def write(value: int = 0, other: int = 0) -> int:
        log.append((value, other))
        return int(value) % 7 + 1

    names: dict[str, Any] = {"log": write, "box": Box(log), "items": [3, 1, 2], "a": 2, "b": 3}
    module = ast.parse(source)
    judge = Judge(instrument(ast.parse(source), source, "__rt__")[1])
    if rewritten:
        module, _ = instrument(module, source, "__rt__")
        names["__rt__"] = judge
    exec(compile(module, "<cell>", "exec"), names)
    left = {name: value for name, value in names.items() if isinstance(value, (int, list))}
    return log, left, judge


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(PROGRAMS)
def test_passing_tests_change_nothing_about_a_program(source: str) -> None:
    """The rewritten program does what the plain one does, in the same order, and leaves the same names."""
    plain, rewritten = played(source, rewritten=False), played(source, rewritten=True)

    assert plain[:2] == rewritten[:2]
    assert {result.status for result in rewritten[2].results()} <= {Status.PASSED}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(EXPRESSIONS)
def test_a_test_fails_when_and_only_when_python_says_so(expression: str) -> None:
    """The verdict on a scalar is its truth, and each of its parts is evaluated once."""
    source = f"assert {expression}"
    names: list[object] = []
    try:
        names, _, _ = played(source, rewritten=False)
        holds = True
    except AssertionError:
        holds = False
    try:
        log, _, _ = played(source, rewritten=True)
        assert (holds, log) == (True, names)
    except StepFailed:
        assert not holds


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(EXPRESSIONS)
def test_operands_are_evaluated_once_also_when_the_test_fails(expression: str) -> None:
    """A failing test has the effects of its expression once, before anything else happens."""
    source = f"assert not [{expression}], log(99)\nlog(100)"
    plain, _, _ = played(f"[{expression}]\nlog(99)", rewritten=False)
    log: list[object] = []
    module, table = instrument(ast.parse(source), source, "__rt__")
    names = {"log": lambda value=0, other=0: log.append((value, other)) or int(value) % 7 + 1, "box": Box(log),
             "items": [3, 1, 2], "a": 2, "b": 3, "__rt__": Judge(table)}  # fmt: skip
    try:
        exec(compile(module, "<cell>", "exec"), names)
        raise RuntimeError("it passed")
    except StepFailed:
        assert log == plain
