"""The data dictionary: runs keep it up to date, and never lose what people wrote."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from nbops.errors import UsageError
from nbops.rules.dictionary import Dictionary, dictionary_text, dictionary_updated, read_dictionary
from nbops.rules.listing import list_rules

WRITTEN = """# our own words stand above
dataset: sales/orders   # as in the shop
meaning: |
  one order,
  as the shop sent it
owner: ada@example.org
readers: [board.ipynb, 'Ben, finance']

columns:
    # the key first
    order_id:   # never reused
        meaning: "the shop's number"
        seen: {type: int64, means: key}   # by the last run
        note: {since: 2024-01-31, who: [ada, ben]}

    amount: what is paid, VAT included   # one word for all
    day:
    region: {meaning: where, seen: {type: str}}
# the end
"""
FACTS = {
    "order_id": {"type": "str", "means": "key"}, "amount": {"type": "float64"}, "day": {"type": "datetime64[us]"},
    "region": {"type": "category"}, "new: one": {"type": "bool", "values": ["a", "b, c"]},
}  # fmt: skip


def test_every_line_that_people_wrote_stands_as_it_was() -> None:
    """Comments, blank lines, quotes, order and forms are those of before; only what was seen is new."""
    made = dictionary_updated(WRITTEN, FACTS)

    assert made.splitlines() == [
        *WRITTEN.splitlines()[:12],
        "        seen: {type: str, means: key}   # by the last run",
        *WRITTEN.splitlines()[13:16],
        "    day:",
        "      seen: {type: 'datetime64[us]'}",
        "    region: {meaning: where, seen: {type: category}}",
        "    'new: one':",
        "      meaning:",
        "      unit:",
        "      seen: {type: bool, values: [a, 'b, c']}",
        "# the end",
    ]
    assert dictionary_updated(made, FACTS) == made


def test_a_renamed_column_keeps_its_words() -> None:
    """What was written of it stands under its new name, at its place."""
    made = dictionary_updated(WRITTEN, {**FACTS, "orderId": FACTS["order_id"]}, renamed={"order_id": "orderId"})

    assert "    orderId:   # never reused" in made.splitlines()
    assert yaml.safe_load(made)["columns"]["orderId"]["note"]["who"] == ["ada", "ben"]


def test_a_column_that_is_gone_stays_with_the_day() -> None:
    """Nobody's words are deleted; the day it went is written once."""
    left = {name: facts for name, facts in FACTS.items() if name != "order_id"}
    gone = dictionary_updated(WRITTEN, left, today="2025-01-31")

    assert str(yaml.safe_load(gone)["columns"]["order_id"]["seen"]["gone"]) == "2025-01-31"
    assert dictionary_updated(gone, left, today="2025-02-28") == gone


def test_windows_line_ends_stay(tmp_path: Path) -> None:
    """A file of Windows has one kind of line ends before and after."""
    made = dictionary_updated(WRITTEN.replace("\n", "\r\n"), FACTS)

    assert made.replace("\r\n", "").count("\n") == 0


@pytest.mark.parametrize(
    "text", ["", "dataset: a/b", "columns:", "columns: {}\n", "columns: {id: {meaning: x}}", "# only words\n"]
)
def test_a_dictionary_of_any_form_takes_new_columns(text: str) -> None:
    """What people began is gone on with, whatever its form."""
    made = dictionary_updated(text, {"id": {"type": "int64"}, "amount": {"type": "str"}})

    assert [said["seen"]["type"] for said in yaml.safe_load(made)["columns"].values()] == ["int64", "str"]


@pytest.mark.parametrize(
    "text",
    [
        "columns: [id]",
        "- a\n- b\n",
        "columns:\n  id: &a\n    meaning: x\n  b: *a\n",
        "a: [\n",
        "columns:\n  id:\n    seen:\n      # why\n      type: int64\n",
    ],
)
def test_what_cannot_be_changed_is_refused(text: str) -> None:
    """Better an error than a lost word."""
    with pytest.raises(UsageError):
        dictionary_updated(text, {"id": {"type": "str"}})


def test_a_block_of_what_was_seen_may_be_written_anew() -> None:
    """People may have folded out what runs wrote."""
    made = dictionary_updated("columns:\n  id:\n    seen:\n      type: int64\n    unit: km\n", {"id": {"type": "str"}})

    assert made == "columns:\n  id:\n    seen: {type: str}\n    unit: km\n"


NAMES = st.text(min_size=1, max_size=8) | st.sampled_from(
    ["yes", "null", "1", "a: b", "#", "- a", "{", "\n", "'", '"', "\\", "😀"]
)
WORDS = st.dictionaries(
    NAMES, st.none() | st.text(max_size=12) | st.integers() | st.lists(st.text(max_size=5), max_size=2), max_size=3
)


@given(
    st.dictionaries(NAMES, st.none() | st.text(max_size=9) | WORDS, max_size=4),
    st.dictionaries(NAMES, st.fixed_dictionaries({"type": st.text(max_size=6)}), max_size=4),
    st.booleans(),
)
@settings(max_examples=300, deadline=None)
def test_whatever_people_wrote_is_still_there(
    said: dict[str, object], facts: dict[str, dict[str, str]], flow: bool
) -> None:
    """Of any dictionary that can be written, either every word is kept, or the update is refused."""
    text = yaml.safe_dump({"owner": "ada", "columns": said}, default_flow_style=flow or None, allow_unicode=True)
    before = yaml.safe_load(text)["columns"]
    try:
        made = yaml.safe_load(dictionary_updated(text, facts))["columns"]
    except UsageError:
        return

    for name, words in before.items():
        if isinstance(words, dict):
            kept = {key: value for key, value in words.items() if key != "seen" and value is not None}
            assert kept == {key: value for key, value in made[name].items() if key in kept}
        elif words is not None:
            assert made[name] == words


@given(st.dictionaries(NAMES, st.just({"type": "int64"}), max_size=5))
@settings(max_examples=200, deadline=None)
def test_hostile_names_are_written_and_read(facts: dict[str, dict[str, str]]) -> None:
    """A column may have any name; the dictionary holds it, and is the same when it is brought up to date."""
    text = dictionary_text("nb/t", facts)
    found = yaml.safe_load(text)["columns"]

    assert list(found) == list(facts)
    assert dictionary_updated(text, facts) == text


def test_people_are_read(tmp_path: Path) -> None:
    """Meaning, owner, readers and the words on columns are known to those who show them."""
    path = tmp_path / "orders.dictionary.yml"
    path.write_text(WRITTEN, encoding="utf-8")
    found = read_dictionary(path)

    assert (found.owner, found.readers) == ("ada@example.org", ("board.ipynb", "Ben, finance"))
    assert found.columns["amount"].meaning == "what is paid, VAT included"
    assert read_dictionary(tmp_path / "none.yml") == Dictionary()


def test_a_dictionary_is_no_rule_file(tmp_path: Path) -> None:
    """It stands beside the rules, and is not listed among them."""
    folder = tmp_path / "rules" / "sales"
    folder.mkdir(parents=True)
    (folder / "orders.yml").write_text("rules:\n- unique: id\n")
    (folder / "orders.dictionary.yml").write_text(WRITTEN)

    assert [file.dataset for file in list_rules(tmp_path)] == ["sales/orders"]


def test_broken_yaml_is_told_in_one_line_with_its_place(tmp_path: Path) -> None:
    """Who edited it by hand finds the line without reading a parser's words."""
    file = tmp_path / "orders.dictionary.yml"
    file.write_text("dataset: sales/orders\nmeaning: [one order\nowner: 'ada'\n", encoding="utf-8")

    with pytest.raises(UsageError) as caught:
        read_dictionary(file)

    assert caught.value.where == f"{file}:3:6"
    assert caught.value.what == "this is no YAML: expected ',' or ']', but got ':'"
