"""Rule files are written so that they read back the same, and a change is a small diff."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbops.checks.completeness import NotNull, Unique
from nbops.checks.text import Matches
from nbops.checks.values import Between, InSet
from nbops.rules.reading import rules_in, rules_of
from nbops.rules.rule import rule_of
from nbops.rules.writing import rules_added, rules_text

# half a surrogate pair is in no file
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
PLAIN = TEXT | st.integers() | st.floats(allow_nan=False) | st.booleans() | st.dates()
MOMENT = st.datetimes(min_value=dt.datetime(1900, 1, 1), max_value=dt.datetime(2100, 1, 1))
NEW = [rule_of(Unique(("day", "id"))), rule_of(Between("amount", 0, 1e6, severity="warn"))]


@settings(max_examples=300, deadline=None)
@given(column=TEXT, values=st.lists(PLAIN | MOMENT, min_size=1, max_size=5))
def test_whatever_a_rule_holds_reads_back_the_same(column: str, values: list[object]) -> None:
    """Text that looks like a number, a date, a comment or YAML stays text."""
    check = InSet(column, tuple(values), name="it")
    (found,) = rules_of(rules_text([rule_of(check)], dataset="orders", doc="what: it is for # really"))

    assert found == check
    assert [type(value) for value in found.values] == [type(value) for value in check.values]  # type: ignore[attr-defined]


@pytest.mark.parametrize("pattern", [r"^\d+'s$", "a: b # c", "[x]", "&a", "!tag", "- a", "null", "1e6", "", " x "])
def test_patterns_need_no_second_backslash(pattern: str) -> None:
    """A pattern stands in single quotes as it is."""
    rule = rule_of(Matches("code", pattern))

    assert rules_of(f"rules:\n- {rule.text}")[0] == Matches("code", pattern)


FILES = {
    "indented": "# head\nrules:\n  # the key\n  - not_null: id  # must be there\n\n# tail\n",
    "flush left": "rules:\n- not_null: id\n- between:\n    column: amount   # euros\n    low: 0\n\ndoc: x\n",
    "no last newline": "rules:\n  - not_null: id",
    "on one line": "rules: [not_empty, {not_null: id}]\ndoc: x\n",
    "empty": "dataset: orders   # whose\nrules: []\n",
    "windows": "rules:\r\n  - not_null: id\r\n",
    "a text of several lines": "rules:\n  - satisfies: >-\n      a <\n      b\n",
}


@pytest.mark.parametrize("name", FILES)
def test_what_stands_there_stays(name: str) -> None:
    """Rules are added behind the last one; every comment and every other line is what it was."""
    before = FILES[name]
    after, new = rules_added(before, NEW)
    old = rules_in(before)

    assert [rule.text for rule in rules_in(after)] == [rule.text for rule in (*old, *NEW)]
    assert len(new) == 2
    if name != "on one line":
        kept = [line.strip() for line in after.splitlines()]
        assert [line for line in before.splitlines() if line.strip() not in kept and "[]" not in line] == []


def test_adding_twice_changes_nothing() -> None:
    """A rule that is there is not added again, however it is written."""
    before = "rules:\n  - between: {low: 0, column: amount, severity: warn, high: 1000000.0}\n"
    after, new = rules_added(before, [*NEW, *NEW, rule_of(NotNull("id"))])

    assert [rule.check.kind for rule in new] == ["unique", "not_null"]
    assert rules_added(after, NEW) == (after, ())
