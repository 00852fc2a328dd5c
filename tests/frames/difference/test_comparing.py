"""Comparing two versions: rows by key, counts, what cannot be compared, tables of every library."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbops.errors import NbopsError, UsageError
from nbops.frames.difference.comparing import compare
from nbops.frames.difference.record import Difference, Multiset
from nbops.frames.masking import masking


@pytest.fixture
def table() -> pd.DataFrame:
    """Return a small table with nulls."""
    return pd.DataFrame({"id": [1, 2, 3, 4], "x": [1.0, 2.0, np.nan, 4.0], "s": ["a", "b", None, "d"]})


def counts(found: Difference) -> tuple[int, int, int, int]:
    """Return how many rows were added, removed, changed, the same."""
    return found.added, found.removed, found.changed, found.same


def test_rows_are_added_removed_changed_and_the_same(table: pd.DataFrame) -> None:
    """Each row is counted once, whatever its place."""
    after = pd.DataFrame({"id": [5, 4, 2, 1], "x": [5.0, 4.5, 2.0, 1.0], "s": ["e", "d", "b", "z"]})
    found = compare(table, after, key="id")

    assert counts(found) == (1, 1, 2, 1)
    assert {one.name: one.changed for one in found.columns} == {"id": 0, "x": 1, "s": 1}
    assert found.added_rows == (("5", "5", "e"),)
    assert found.removed_rows == (("3", None, None),)
    assert {(one.key, one.column, one.before, one.after) for one in found.examples} == {
        (("4",), "x", "4", "4.5"),
        (("1",), "s", "a", "z"),
    }


def test_a_table_equals_itself(table: pd.DataFrame) -> None:
    """Nothing differs, nulls included, and nothing is left out."""
    found = compare(table, table.copy(), key="id")

    assert found.is_equal
    assert counts(found) == (0, 0, 0, 4)


def test_a_null_may_differ_from_a_null(table: pd.DataFrame) -> None:
    """Null equals null by choice."""
    found = compare(table, table, key="id", nulls_equal=False)

    assert [found["x"].changed, found["s"].changed, found.changed] == [1, 1, 1]


def test_cells_that_became_null_are_counted_apart(table: pd.DataFrame) -> None:
    """Of the changed cells those that became null, and those that were."""
    found = compare(table, table.assign(x=[None, 2.0, 3.0, 4.0]), key="id")

    assert (found["x"].changed, found["x"].nulled, found["x"].filled) == (2, 1, 1)


@pytest.mark.parametrize(("absolute", "relative", "changed"), [(0, 0, 3), (1e-5, 0, 0), (0, 1e-7, 3), (0, 1e-5, 0)])
def test_tolerances(table: pd.DataFrame, absolute: float, relative: float, changed: int) -> None:
    """Numbers that lie close enough are equal."""
    found = compare(table, table.assign(x=table.x + 1e-6), key="id", absolute=absolute, relative=relative)

    assert found.changed == changed


def test_a_tolerance_below_zero_is_refused(table: pd.DataFrame) -> None:
    """What cannot be meant is told."""
    with pytest.raises(UsageError, match="is no tolerance"):
        compare(table, table, key="id", absolute=-1)


def test_infinities_and_large_whole_numbers_are_exact() -> None:
    """No float stands between two large whole numbers, nor between two infinities."""
    before = pd.DataFrame({"id": [1, 2], "n": [2**60, 2**60], "f": [np.inf, -np.inf]})
    found = compare(before, before.assign(n=[2**60 + 1, 2**60], f=[np.inf, np.inf]), key="id")

    assert [found["n"].changed, found["f"].changed] == [1, 1]


def test_keys_that_repeat_are_reported(table: pd.DataFrame) -> None:
    """The first row of a key belongs to the first, what is left over is added or removed."""
    found = compare(table.assign(id=[1, 1, 2, 3]), table.assign(id=[1, 1, 1, 3]), key="id")

    assert (found.before.repeats, found.after.repeats) == (1, 2)
    assert (found.added, found.removed) == (1, 1)


def test_rows_without_a_key_are_not_compared(table: pd.DataFrame) -> None:
    """They are counted, and that they were left out is told."""
    found = compare(table.assign(id=[1, 2, None, None]), table.assign(id=[1, None, 3, None]), key="id")

    assert (found.before.keyless, found.after.keyless, found.added, found.removed) == (2, 2, 1, 1)
    assert "rows that have no key, because it is null: 2 before, 2 after" in found.not_compared[0]
    assert not found.is_equal


def test_part_of_a_key_may_be_null(table: pd.DataFrame) -> None:
    """In a key of several columns a null is a value like any other."""
    found = compare(table, table.iloc[::-1], key=["id", "s"])

    assert counts(found) == (0, 0, 0, 4)


def test_a_key_of_another_type_is_read(table: pd.DataFrame) -> None:
    """Numbers written as text are numbers; the new type is told."""
    found = compare(table, table.assign(id=table.id.astype(str)), key="id")

    assert found.same == 4
    assert [(one.kind, one.column) for one in found.schema] == [("retyped", "id")]


def test_keys_that_never_meet_are_told(table: pd.DataFrame) -> None:
    """When no key stands on both sides, the types say why."""
    found = compare(table, table.assign(id=list("wxyz")), key="id")

    assert counts(found) == (4, 4, 0, 0)
    assert found.causes == ()
    assert "id is int64 before" in found.not_compared[0]


@pytest.mark.parametrize(
    ("key", "said"), [("idd", "did you mean 'id'"), (["id", "id"], "name each once"), ("nothing", "known: id, x, s")]
)
def test_a_key_that_is_none_is_refused(table: pd.DataFrame, key: str, said: str) -> None:
    """A column that is missing is told with the nearest names."""
    with pytest.raises(UsageError, match=said):
        compare(table, table, key=key)


def test_without_a_key_one_is_found(table: pd.DataFrame) -> None:
    """The key that looks like one is taken, and told; as a bag the rows are counted too."""
    found = compare(table, table.assign(x=[1, 2, 3, 9]))

    assert (found.paired_by, found.key) == ("proposed key", ("id",))
    assert found.multiset == Multiset(both=2, before=2, after=2)


def test_without_any_key_rows_stand_at_their_places() -> None:
    """Rows that repeat are compared place by place when most of them agree there."""
    before = pd.DataFrame({"a": [1, 1, 2, 2] * 30, "b": list("xyzz") * 30})
    found = compare(before, before.assign(a=before.a.where(before.index != 7, 5)))

    assert (found.paired_by, found.changed) == ("position", 1)
    assert found.examples[0].key == ("row 8",)


def test_rows_that_cannot_be_paired_are_a_bag() -> None:
    """Then rows are counted as a bag, and it is told that cells were not compared."""
    before = pd.DataFrame({"a": [1, 1, 2, 2, 3, 3] * 5})
    found = compare(before, pd.DataFrame({"a": [3, 2, 1, 1, 9] * 5}))

    assert found.paired_by == "nothing"
    assert found.multiset == Multiset(both=20, before=10, after=5)
    assert found.not_compared[0].startswith("rows one by one")
    assert not found.is_equal


def test_tables_without_a_common_column_are_told() -> None:
    """Only the schema can be compared then."""
    found = compare(pd.DataFrame({"a": [1.5]}), pd.DataFrame({"quite_another": ["x"]}))

    assert [one.kind for one in found.schema] == ["added", "removed"]
    assert "no column in common" in found.not_compared[0]


@pytest.mark.parametrize(("before", "after"), [(0, 4), (4, 0)])
def test_an_empty_side_is_told(table: pd.DataFrame, before: int, after: int) -> None:
    """All rows are added, or removed; no cell was compared."""
    found = compare(table.head(before), table.head(after), key="id")

    assert (found.added, found.removed) == (after, before)
    assert "has no rows" in found.not_compared[0]


def test_two_empty_tables_are_equal(table: pd.DataFrame) -> None:
    """There is nothing that could differ."""
    assert compare(table.head(0), table.head(0)).is_equal


def test_nested_values_are_compared_as_printed(table: pd.DataFrame) -> None:
    """Lists and records count as changed when their texts differ; a note says so."""
    before = table.assign(deep=[[1], [2], {"a": 1}, None])
    found = compare(before, before.assign(deep=[[1], [3], {"a": 1}, None]), key="id")

    assert found["deep"].changed == 1
    assert found.notes == ("what is neither number, moment nor text is compared as it is printed: deep",)


def test_categories_compare_by_what_they_say(table: pd.DataFrame) -> None:
    """Other categories in the type are no change of a cell."""
    before = table.assign(s=pd.Categorical(["a", "b", "c", "d"]))
    found = compare(before, table.assign(s=pd.Categorical(["a", "b", "c", "e"], categories=list("edcba"))), key="id")

    assert (found["s"].changed, found.changed - found["x"].changed) == (1, 1)


def test_zones_compare_by_the_moment(table: pd.DataFrame) -> None:
    """The same moment in another zone is the same; without a zone UTC is meant, which is told."""
    times = pd.Series(pd.date_range("2024-07-01", periods=4))
    berlin = table.assign(t=times.dt.tz_localize("UTC").dt.tz_convert("Europe/Berlin"))
    found = compare(table.assign(t=times), berlin, key="id")

    assert found.changed == 0
    assert found.notes == ("moments without a zone are taken as UTC: t",)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ([1, 2, None, 4], ["1", "2.0", None, "4"]),
        ([True, False, True, None], ["true", "False", "TRUE", None]),
        ([Decimal("1.10")] * 4, [1.1] * 4),
        (pd.date_range("2024-01-01", periods=4), [f"2024-01-0{day}" for day in (1, 2, 3, 4)]),
        (pd.date_range("2024-01-01", periods=4), list(pd.date_range("2024-01-01", periods=4).date)),
        ([None] * 4, [np.nan] * 4),
    ],
)
def test_the_same_in_another_type_is_the_same(table: pd.DataFrame, before: Any, after: Any) -> None:
    """What was read as another type is compared by what it says."""
    assert compare(table.assign(v=before), table.assign(v=after), key="id").changed == 0


def _identity(table: pd.DataFrame) -> Any:
    return table


def _polars(table: pd.DataFrame) -> Any:
    return pytest.importorskip("polars").from_pandas(table)


def _lazy(table: pd.DataFrame) -> Any:
    return _polars(table).lazy()


def _arrow(table: pd.DataFrame) -> Any:
    return pytest.importorskip("pyarrow").Table.from_pandas(table, preserve_index=False)


def _duckdb(table: pd.DataFrame) -> Any:
    return pytest.importorskip("duckdb").connect().from_df(table)


def _nullable(table: pd.DataFrame) -> Any:
    return table.convert_dtypes()


def _arrow_types(table: pd.DataFrame) -> Any:
    pytest.importorskip("pyarrow")
    return table.convert_dtypes(dtype_backend="pyarrow")


def _objects(table: pd.DataFrame) -> Any:
    return table.astype(object)


KINDS = [_identity, _polars, _lazy, _arrow, _duckdb, _nullable, _arrow_types, _objects]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("other", [_identity, _arrow], ids=lambda kind: kind.__name__)
def test_tables_of_every_library(
    kind: Callable[[pd.DataFrame], Any], other: Callable[[pd.DataFrame], Any], table: pd.DataFrame
) -> None:
    """The two sides may be of different libraries; what is found is the same."""
    before = table.assign(t=pd.date_range("2024-01-01", periods=4), b=[True, False, None, True])
    after = before.assign(x=[1.0, 2.5, np.nan, 4.0], s=["a", "b", "c", "d"]).iloc[::-1].reset_index(drop=True)
    found = compare(kind(before), other(after), key="id")

    assert counts(found) == (0, 0, 2, 2)
    assert {one.name: one.changed for one in found.columns if one.changed} == {"x": 1, "s": 1}


def test_a_parquet_file_is_read_column_by_column(table: pd.DataFrame, tmp_path: Path) -> None:
    """A file compares with a frame; the index that pandas left in it is no column."""
    pytest.importorskip("pyarrow")
    table.iloc[::-1].to_parquet(tmp_path / "new.parquet")
    found = compare(table, tmp_path / "new.parquet", key="id")

    assert (found.is_equal, found.after.name) == (True, "after")


def test_a_damaged_file_is_told(tmp_path: Path) -> None:
    """The error names the file."""
    pytest.importorskip("pyarrow")
    (tmp_path / "bad.parquet").write_bytes(b"PAR1 not at all")
    with pytest.raises(NbopsError, match="no table can be read"):
        compare(tmp_path / "bad.parquet", pd.DataFrame({"a": [1]}))


def test_a_named_index_is_a_column(table: pd.DataFrame) -> None:
    """A table whose key is its index is compared by it."""
    indexed = table.set_index("id")

    assert compare(indexed, table, key="id").same == 4


def test_columns_of_one_name_are_refused(table: pd.DataFrame) -> None:
    """Nobody could tell which is meant."""
    with pytest.raises(UsageError, match="several columns are named 'a'"):
        compare(pd.DataFrame([[1, 2]], columns=["a", "a"]), table)


def test_thousands_of_columns() -> None:
    """Each column is compared, and the one that changed is found."""
    before = pd.DataFrame(np.arange(9_000).reshape(3, 3_000)).rename(columns="c{}".format)
    found = compare(before, before.assign(c77=[5, 6, 7]), key="c0")

    assert [one.name for one in found.columns if one.changed] == ["c77"]


def test_ignored_columns_are_not_compared(table: pd.DataFrame) -> None:
    """They neither differ nor count as left out."""
    found = compare(table, table.assign(x=0.0, new=1), key="id", ignore=["x", "new"])

    assert found.is_equal
    assert found.notes == ("to be ignored were new, x",)


def test_masked_columns_show_no_value(table: pd.DataFrame) -> None:
    """Neither examples nor causes nor facts tell what a masked column holds."""
    before = pd.DataFrame({"id": range(40), "mail": ["ann@x.org", "bob@x.org"] * 20})
    with masking("mail"):
        found = compare(before, before.assign(mail=before.mail.replace("ann@x.org", "zoe@x.org")), key="id")

    assert found["mail"].causes[0].kind == "category renamed"
    assert "@x.org" not in repr(found)


cells = st.one_of(st.none(), st.integers(-3, 3))


@settings(deadline=None)  # the clock is the machine's, and it is busy
@given(
    before=st.dictionaries(st.integers(0, 12), st.tuples(cells, cells), max_size=12),
    after=st.dictionaries(st.integers(0, 12), st.tuples(cells, cells), max_size=12),
    seed=st.integers(0, 99),
)
def test_counts_agree_with_python(
    before: dict[int, tuple[int | None, int | None]], after: dict[int, tuple[int | None, int | None]], seed: int
) -> None:
    """Whatever the rows and their order: the counts are those of two dictionaries."""

    def frame(rows: dict[int, tuple[int | None, int | None]]) -> pd.DataFrame:
        made = pd.DataFrame([(key, *row) for key, row in rows.items()], columns=["k", "a", "b"])
        return made.astype({"k": "int64", "a": "float64", "b": "Int64"}).sample(frac=1, random_state=seed)

    found = compare(frame(before), frame(after), key="k")
    both = before.keys() & after.keys()

    assert found.added == len(after.keys() - both)
    assert found.removed == len(before.keys() - both)
    assert found.changed == sum(before[key] != after[key] for key in both)
    assert [found["a"].changed, found["b"].changed] == [
        sum(before[key][at] != after[key][at] for key in both) for at in (0, 1)
    ]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ([10**30, 1], [10**30 + 1, 1]),
        ([2**64 + 1, None], [2**64 + 2, None]),
        ([10**400, 1], [10**400 + 1, 1]),
        ([Decimal("123456789012345678.01"), Decimal(1)], [Decimal("123456789012345678.02"), Decimal(1)]),
        ([np.arange(5000), [1]], [np.where(np.arange(5000) == 2500, 0, np.arange(5000)), [1]]),
        ([np.array([0.1]), [1]], [np.array([0.1 + 1e-12]), [1]]),
        ([{"a": np.arange(5000)}, 1], [{"a": np.where(np.arange(5000) == 2500, 0, np.arange(5000))}, 1]),
    ],
)
def test_no_digit_and_no_element_is_lost_before_cells_are_compared(before: list[Any], after: list[Any]) -> None:
    """What no float holds, or what prints in part, differs where it differs, and equals itself."""
    first, second = (pd.DataFrame({"k": [1, 2], "v": pd.Series(one, dtype=object)}) for one in (before, after))

    assert counts(compare(first, second, key="k")) == (0, 0, 1, 1)
    assert counts(compare(first, first.copy(deep=True), key="k")) == (0, 0, 0, 2)


def test_decimals_of_many_digits_are_compared_as_they_are() -> None:
    """A file or a frame of Arrow keeps 20 digits of an amount; trailing zeros say nothing."""
    pyarrow = pytest.importorskip("pyarrow")
    first = pyarrow.table({"k": [1, 2], "v": [Decimal("123456789012345678.01"), Decimal("2.10")]})
    second = pyarrow.table({"k": [1, 2], "v": [Decimal("123456789012345678.02"), Decimal("2.10")]})
    plain = pd.DataFrame({"k": [1, 2], "v": [Decimal("123456789012345678.01"), Decimal("2.1")]})

    assert counts(compare(first, second, key="k")) == (0, 0, 1, 1)
    assert counts(compare(first, plain, key="k")) == (0, 0, 0, 2)


def test_keys_of_many_digits_are_different_keys() -> None:
    """Whole numbers that one float stands for are not one key."""
    keys = pd.Series([10**30, 10**30 + 1, 10**30 + 2], dtype=object)
    found = compare(pd.DataFrame({"k": keys, "v": [1, 2, 3]}), pd.DataFrame({"k": keys, "v": [1, 2, 4]}), key="k")

    assert (found.before.repeats, counts(found)) == (0, (0, 0, 1, 2))


def test_a_whole_number_that_lost_digits_as_a_float_is_told() -> None:
    """An id beyond 2⁵³ that became a float is another number; one that a float holds is the same."""
    first = pd.DataFrame({"k": [1, 2], "v": np.array([2**53 + 1, 2**54])})
    second = pd.DataFrame({"k": [1, 2], "v": np.array([2.0**53, 2.0**54])})

    assert [compare(*pair, key="k").changed for pair in ((first, second), (second, first))] == [1, 1]


def test_a_misspelt_column_to_ignore_and_a_wrong_tolerance_are_told(table: pd.DataFrame) -> None:
    """A typing error does not pass in silence; the wrong tolerance is named."""
    assert "to be ignored, but on neither side: idd" in compare(table, table, key="id", ignore=["idd", "x"]).notes
    with pytest.raises(UsageError, match="nan is no tolerance"):
        compare(table, table, key="id", relative=float("nan"))


def test_a_column_that_arrow_does_not_know_is_an_error_that_says_so() -> None:
    """128-bit whole numbers of polars have no type in Arrow."""
    polars = pytest.importorskip("polars")
    wide = polars.DataFrame({"k": [1, 2], "v": polars.Series([1, 2], dtype=polars.Int128)})
    with pytest.raises(NbopsError, match="no type in Arrow"):
        compare(wide, wide, key="k")
