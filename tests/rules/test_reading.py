"""Rule files are read strictly: a mistake is told with its line and column."""

from __future__ import annotations

from pathlib import Path

import pytest

from nbops.errors import UsageError
from nbops.rules.reading import read_rules, rules_of


def test_every_form_of_a_rule_is_read() -> None:
    """A check alone, with its first argument, with arguments by name."""
    rules = ["not_empty", "not_null: id", "unique: [day, id]", "between: {column: amount, low: 0, high: 1e6}"]
    text = "dataset: orders\nrules:\n" + "".join(f"- {rule}\n" for rule in rules)
    empty, filled, key, between = rules_of(text)

    assert (empty.kind, filled.kind) == ("not_empty", "not_null")
    assert key.columns == ("day", "id")  # type: ignore[attr-defined]
    assert between.high == 1e6  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("", "rules.yml", "empty"),
        ("rule:\n- not_empty", ":1:1", "unknown key 'rule'"),
        ("dataset: a", ":1:1", "'rules' is missing"),
        ("rules: 3", ":1:8", "must be a list"),
        ("rules:\n- not_nul: id", ":2:3", "unknown check 'not_nul'"),
        ("rules:\n- not_null: {colum: id}", ":2:14", "no argument 'colum'"),
        ("rules:\n- not_null: {column: id, column: b}", ":2:26", "stands twice"),
        ("rules:\n- {not_null: id, unique: id}", ":2:3", "holds one check, this one 2"),
        ("rules:\n- between: {column: a, low: 9, high: 1}", ":2:3", "low 9 is above high 1"),
        ("rules:\n- matches: {column: a, pattern: '('}", ":2:3", "no regular expression"),
        ("rules:\n- between: a", ":2:3", "neither a low nor a high"),
        ("rules:\n- matches: a", ":2:3", "matches: missing 1 required positional argument: 'pattern'"),
        ("rules:\n- not_null: &a id\n- unique: *a", ":2:13", "references"),
        ("rules:\n- not_null: !!python/object/apply:os.system ['true']", ":2:13", "has no place"),
        ("rules:\n- not_null: [", ":2:14", "no YAML"),
        ("rules:\n- in_set: {column: a, values: [{b: 1}]}", ":2:32", "a value must be"),
        ("rules:\n- foreign_key: {columns: a, other: nowhere.csv}", ":2:36", "no such file"),
    ],
)
def test_a_mistake_is_told_with_its_line_and_column(text: str, place: str, message: str) -> None:
    """The place can be jumped to, the message says what is wrong."""
    with pytest.raises(UsageError, match=message) as caught:
        rules_of(text, name="rules.yml")

    assert caught.value.where.endswith(place)
    assert caught.value.fix


def test_a_bomb_of_references_is_refused_before_it_grows() -> None:
    """Nested references are never expanded."""
    lines = ["a0: &a0 [x, x]"] + [f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 40)]

    with pytest.raises(UsageError, match="references"):
        rules_of("\n".join(lines))


def test_another_table_is_named_by_its_file_relative_to_the_rules(tmp_path: Path) -> None:
    """A foreign key leads to a file beside the rules."""
    (tmp_path / "customers.csv").write_text("id\n1\n2\n")
    (tmp_path / "orders.yml").write_text(
        "rules:\n- foreign_key: {columns: customer, other: customers.csv, there: id}\n"
    )

    (rule,) = read_rules(tmp_path / "orders.yml")

    assert rule.looks_at == ("customer",)


def test_a_file_that_is_not_there_says_so(tmp_path: Path) -> None:
    """The error names the path."""
    with pytest.raises(UsageError, match="no such rule file"):
        read_rules(tmp_path / "nowhere.yml")


@pytest.mark.parametrize(
    ("rule", "what"),
    [
        ("not_null: {column: id, name: [1]}", "name is one value, no list"),
        ("not_null: {column: [id]}", "column is one value, no list"),
        ("unique: [[id]]", "unhashable"),
        ("usual_mix: {column: a, values: [[1]], seen: [1], of: [1], risk: 1e-3}", "a list is no value"),
        ("not_null: {column: id, allow_empty: maybe}", "neither true nor false"),
        ("between: {column: id, low: 0, high: 1:30}", "read in two ways"),
        ("between: {column: id, low: 0, high: 010}", "read in two ways"),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused_at_its_place(rule: str, what: str) -> None:
    """No slip in a rule file comes out as a traceback, nor as another value than was meant."""
    with pytest.raises(UsageError, match=what) as caught:
        rules_of(f"rules:\n  - {rule}")

    assert caught.value.where.startswith("rules:2:")


def test_norway_is_a_country() -> None:
    """A word that only old YAML takes for a truth value is a text."""
    (rule,) = rules_of("rules:\n  - in_set: {column: country, values: [NO, SE, yes, true]}")

    assert set(rule.values) == {"NO", "SE", "yes", True}  # type: ignore[attr-defined]
