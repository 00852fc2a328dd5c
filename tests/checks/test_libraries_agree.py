"""What libraries would read otherwise than Python does, or lose without a word, is judged alike all the same."""

from __future__ import annotations

import re
from decimal import Decimal

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbops.checks.suite import judge_table
from nbops.checks.vocabulary import check_class
from nbops.errors import UsageError
from nbops.frames import texts
from nbops.records import Status
from tests.checks.backends import BACKENDS

EAGER = {name: BACKENDS[name] for name in ("pandas", "pandas arrow", "polars", "polars lazy", "pyarrow")}
PATTERNS = [r"^\w+$", r"^a$", r"^\d$", r"^x\sy$", "(?i)é", r"\bM\w+r\b", "^.$", r"[^\W\d]", r"^[A-Z]+\Z", "a|b$", r"\S"]
ODD_TEXTS = ["Müller", "a\n", "٣", "x\x1cy", "abc", "É", "", "A\n", "é b"]


@pytest.mark.parametrize("backend", EAGER)
@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_pattern_means_to_every_library_what_it_means_to_python(backend: str, pattern: str) -> None:
    """Letters beyond ASCII, and a line end behind the last sign, are read as Python reads them."""
    table = EAGER[backend](pa.table({"a": ODD_TEXTS, "even": [n % 2 for n in range(len(ODD_TEXTS))]}))
    made = check_class("matches")
    plain, some, grouped = judge_table(
        table, [made("a", pattern), made("a", pattern, where="even == 1"), made("a", pattern, by="even")]
    )
    bad = [n for n, text in enumerate(ODD_TEXTS) if re.search(pattern, text) is None]

    assert (plain.failing, some.failing, grouped.failing) == (len(bad), sum(n % 2 for n in bad), len(bad))
    assert {row[plain.examples.columns.index("a")] for row in plain.examples.rows} <= {ODD_TEXTS[n] for n in bad}


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text("aZ1_ \n\x85é٣ß", max_size=3), min_size=1, max_size=20), st.sampled_from(PATTERNS))
def test_libraries_agree_on_any_text(values: list[str], pattern: str) -> None:
    """Whatever the texts are, all libraries count the rows that Python counts."""
    wanted = sum(re.search(pattern, text) is None for text in values)
    rule = check_class("matches")("a", pattern)
    found = {name: judge_table(make(pa.table({"a": values})), [rule])[0].failing for name, make in EAGER.items()}

    assert dict.fromkeys(EAGER, wanted) == found


@pytest.mark.parametrize("kind", ["object", "str", "arrow"])
def test_many_different_texts_are_searched_as_python_searches_them(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a column is handed to a fast library, too."""
    monkeypatch.setattr(texts, "_MANY", 10)
    values = [f"ä{n:x}{'!' * (n % 7)}" + "\n" * (n % 3 == 0) for n in range(6000)]
    dtype = {"object": object, "str": "str", "arrow": pd.ArrowDtype(pa.string())}[kind]
    table = pd.DataFrame({"a": pd.Series(values, dtype=dtype)})
    for pattern in (r"^\w+$", r"[a-f\d]$"):
        (found,) = judge_table(table, [check_class("matches")("a", pattern)])

        assert sum(re.search(pattern, text) is None for text in values) == found.failing


@pytest.mark.parametrize("backend", BACKENDS)
def test_true_is_one(backend: str) -> None:
    """As in Python: a set of 0 and 1 fits truth values, and one of truth values fits 0 and 1."""
    table = BACKENDS[backend](pa.table({"flag": [True, False], "n": [1, 0], "no": [2, 1]}))
    made = check_class("in_set")
    checks = [
        made("flag", [0, 1]),
        made("n", [True, False]),
        made("flag", [True]),
        made("no", [True]),
        made("flag", [7]),
    ]

    assert [result.failing for result in judge_table(table, checks)] == [0, 0, 1, 1, 2]


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_sum_beyond_64_bits_is_not_taken_for_a_small_one(backend: str) -> None:
    """Where a library wraps around without a word, the sum is made here."""
    table = BACKENDS[backend](pa.table({"n": pa.array([2**62] * 4, pa.int64())}))
    (found,) = judge_table(table, [check_class("sum")("n", high=10)])

    assert (found.status, found.observed) == ("failed", "18,446,744,073,709,551,616")


def test_short_floats_are_summed_as_long_ones() -> None:
    """The sum of four large 32-bit numbers is not infinite, and no library warns in the middle of a notebook."""
    (found,) = judge_table(
        pd.DataFrame({"n": pd.Series([3e38] * 4, dtype="float32")}), [check_class("sum")("n", 0, 2e39)]
    )

    assert found.status == "passed"


def test_infinities_of_both_signs_warn_of_nothing() -> None:
    """Their mean is no number, which is an error of that check alone."""
    table = pd.DataFrame({"n": [float("inf"), float("-inf"), 1.0]})
    found = judge_table(table, [check_class("mean")("n", 0, 1), check_class("std")("n", 0, 1)])

    assert [result.status for result in found] == ["error", "error"]


def test_decimals_are_found_in_a_set_of_numbers() -> None:
    """However many different ones there are."""
    table = pd.DataFrame({"price": [Decimal(n) / 100 for n in range(6000)]})
    (found,) = judge_table(table, [check_class("in_set")("price", [n / 100 for n in range(6000)])])

    assert found.failing == 0


@pytest.mark.parametrize("kind", ["between", "at_least", "at_most", "above", "below", "mean"])
def test_nan_is_no_bound(kind: str) -> None:
    """Nothing lies below NaN or above it, so such a check would pass whatever comes."""
    with pytest.raises(UsageError, match="NaN is no bound"):
        check_class(kind)("n", float("nan"))


@pytest.mark.parametrize("backend", BACKENDS)
def test_nan_and_null_make_rows_alike(backend: str) -> None:
    """NaN is null, and null is like null: such rows stand twice."""
    table = BACKENDS[backend](pa.table({"a": [1.0, float("nan"), None, 2.0], "b": ["x"] * 4}))
    (found,) = judge_table(table, [check_class("distinct_rows")(("a", "b"))])

    assert (found.status, found.failing) == (Status.FAILED, 2)


@pytest.mark.parametrize("backend", EAGER)
@pytest.mark.parametrize("kind", ["positive", "at_least", "satisfies"])
def test_a_number_is_no_bound_of_a_duration(backend: str, kind: str) -> None:
    """How many ticks a second has is the library's own business: nobody meant to compare with those."""
    table = EAGER[backend](pa.table({"a": pa.array([1, -1, None], pa.duration("s"))}))
    arguments = {"positive": ("a",), "at_least": ("a", 0), "satisfies": ("a > 0",)}[kind]
    (found,) = judge_table(table, [check_class(kind)(*arguments)])

    assert found.status is Status.ERROR


def test_all_nulls_of_objects_are_alike() -> None:
    """What Python, NumPy and pandas write for nothing is one thing."""
    table = pd.DataFrame({0: pd.Series([None, float("nan"), pd.NA, "x"], dtype=object)})
    before = table.copy()
    (found,) = judge_table(table, [check_class("distinct_rows")()])

    assert found.failing == 3
    pd.testing.assert_frame_equal(table, before)
