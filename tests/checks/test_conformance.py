"""Every check says the same on every library, nulls, NaN, infinities and odd names among the data."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from nbops.checks.model import Check
from nbops.checks.suite import judge_table
from nbops.checks.vocabulary import check_class, kinds
from nbops.records import CheckResult
from tests.checks.backends import BACKENDS, SLOW

NAN, INF = float("nan"), float("inf")
UTC = dt.UTC
BEFORE = pa.table({"key": pa.array([1, 2, 3, 4, 5, 6, 6]), "tax": pa.array([0.5] * 7)})
PINNED = pa.table({"period": ["2025"], "rows": [3], "gross": [8.0]})
SHOPS = pa.table({"tax": pa.array([0.5]), "gross": pa.array([19.5])})
PARENT = pa.table({"id": pa.array([1, 2, 3]), "text": ["a", "bb", "ccc"]})
TABLE = pa.table({
    "id": pa.array([1, 2, 2, 4, None], pa.int64()),
    "key": pa.array([1, 2, 3, 4, 5], pa.int64()),
    "amount": pa.array([1.5, NAN, -3.0, INF, None], pa.float64()),
    "net": pa.array([1.0, 2.0, 3.0, None, 5.0]),
    "tax": pa.array([0.5, 0.5, 0.5, 0.5, 0.5]),
    "gross": pa.array([1.5, 2.5, 9.0, 1.0, 5.5]),
    "text": pa.array(["a", "bb", None, " ccc ", ""], pa.string()),
    "mail": pa.array(["a@b.de", "a@b", None, "x y@z.org", "ada@example.org"], pa.string()),
    "code": pa.array(["DE", "FR", "UK", "de", None], pa.string()),
    "state": pa.array(["open", "paid", "paid", "open", None]).dictionary_encode(),
    "big": pa.array([2**62, 2**62, 2**62 - 1, -(2**62), None], pa.int64()),
    "price": pa.array([Decimal("1.10"), Decimal("2.20"), None, Decimal("-0.10"), Decimal("0.00")], pa.decimal128(9, 2)),
    "flag": pa.array([True, False, None, True, True]),
    "day": pa.array([dt.date(2025, 1, 1), dt.date(1900, 1, 1), None, dt.date(2025, 6, 1), dt.date(2025, 1, 2)]),
    "at": pa.array([dt.datetime(2025, 1, 1, 12), None, dt.datetime(2999, 1, 1), dt.datetime(2025, 1, 2),
                    dt.datetime(2024, 1, 1)], pa.timestamp("us")),
    "zoned": pa.array([dt.datetime(2025, 1, 1, 12, tzinfo=UTC), None, dt.datetime(2025, 3, 1, tzinfo=UTC),
                       dt.datetime(2025, 1, 2, tzinfo=UTC), dt.datetime(2024, 1, 1, tzinfo=UTC)],
                      pa.timestamp("us", tz="Europe/Berlin")),
    "ref": pa.array(["ORD-1", "ORD-22", "Ord-1", None, "N/A"], pa.string()),
    "other": pa.array(["a", "b", "x", None, ""], pa.string()),
    "Odd Name!": pa.array([1, 2, 3, 4, -5]),
    "nothing": pa.array([None] * 5, pa.float64()),
})  # fmt: skip

# the check's kind, its arguments, and how many rows fail; None where one number is judged, which passes
ROWS: list[tuple[str, tuple[Any, ...], dict[str, Any], int]] = [
    ("not_null", ("amount",), {}, 2),
    ("not_null", ("text",), {}, 1),
    ("not_null", ("key",), {}, 0),
    ("not_null", ("nothing",), {}, 5),
    ("null_together", (["net", "at"],), {}, 2),
    ("any_filled", (["id", "amount"],), {}, 1),
    ("unique", ("id",), {}, 2),
    ("unique", ("key",), {}, 0),
    ("unique", (["id", "tax"],), {}, 2),
    ("unique", (["id", "key"],), {}, 0),
    ("between", ("amount", 0, 10), {}, 2),
    ("between", ("key", 1, 5), {}, 0),
    ("between", ("price", 0, 2), {}, 2),
    ("between", ("day", "2000-01-01", "2025-03-01"), {}, 2),
    ("between", ("at", dt.date(2025, 1, 1), dt.date(2025, 1, 2)), {}, 2),
    ("between", ("zoned", dt.datetime(2025, 1, 1, 12, tzinfo=UTC), None), {}, 1),
    ("at_least", ("Odd Name!", 0), {}, 1),
    ("at_most", ("amount", 100), {}, 1),
    ("above", ("price", 0), {}, 2),
    ("below", ("key", 5), {}, 1),
    ("positive", ("amount",), {}, 1),
    ("non_negative", ("big",), {}, 1),
    ("finite", ("amount",), {}, 1),
    ("finite", ("net",), {}, 0),
    ("multiple_of", ("gross", 0.5), {}, 0),
    ("multiple_of", ("gross", 2), {}, 5),
    ("whole_number", ("amount",), {}, 2),
    ("in_set", ("state", ["open"]), {}, 2),
    ("in_set", ("code", ["DE", "FR"]), {}, 2),
    ("in_set", ("id", [1, 2, 4]), {}, 0),
    ("in_set", ("code", [1]), {}, 4),
    ("in_set", ("flag", [True]), {}, 1),
    ("in_set", ("day", ["2025-01-01"]), {}, 3),
    ("not_in_set", ("amount", [-3.0]), {}, 1),
    ("matches", ("text", "^[a-c]+$"), {}, 2),
    ("matches", ("code", "^(DE|FR)$"), {}, 2),
    ("matches", ("text", r"^(?!bb)"), {}, 1),
    ("not_matches", ("text", "b"), {}, 1),
    ("length", ("text", 1, 2), {}, 2),
    ("length", ("text", None, 1), {}, 2),
    ("not_blank", ("text",), {}, 1),
    ("trimmed", ("text",), {}, 1),
    ("ascii_only", ("text",), {}, 0),
    ("upper_case", ("code",), {}, 1),
    ("lower_case", ("code",), {}, 3),
    ("printable", ("text",), {}, 0),
    ("format", ("mail", "email"), {}, 2),
    ("email", ("mail",), {}, 2),
    ("url", ("mail",), {}, 4),
    ("uuid", ("mail",), {}, 4),
    ("ip", ("mail",), {}, 4),
    ("iban", ("mail",), {}, 4),
    ("card", ("mail",), {}, 4),
    ("json", ("mail",), {}, 4),
    ("isbn", ("mail",), {}, 4),
    ("phone", ("mail",), {}, 4),
    ("currency", ("code",), {}, 4),
    ("country", ("code",), {}, 2),
    ("not_before", ("day", "2000-01-01"), {}, 1),
    ("not_after", ("at", "2030-01-01"), {}, 1),
    ("not_future", ("at",), {}, 1),
    ("compare", ("net", "<=", "gross"), {}, 0),
    ("compare", ("key", "==", "id"), {}, 1),
    ("compare", ("amount", ">", "net"), {}, 1),
    ("sums_to", (["net", "tax"], "gross"), {}, 1),
    ("satisfies", ("net + tax == gross or state == 'paid'",), {}, 0),
    ("satisfies", ("net + tax == gross",), {}, 1),
    ("satisfies", ("`Odd Name!` > 0 and not code in ['UK']",), {}, 2),
    ("satisfies", ("day >= '2000-01-01'",), {}, 1),
    ("satisfies", ("0 < amount < 10",), {}, 2),
    ("implies", ("state == 'open'", "amount > 100"), {}, 1),
    ("implies", ("state == 'paid'", "text is not None"), {}, 1),
    ("foreign_key", ("id", PARENT), {}, 1),
    ("foreign_key", (["id", "text"], PARENT), {}, 1),
    ("foreign_key", ("key", PARENT, "id"), {}, 2),
    ("between", ("key", 4, None), {"where": "state == 'open'"}, 1),
    ("unique", ("id",), {"where": "state == 'paid'"}, 2),
    ("email", ("mail",), {"where": "code == 'FR'"}, 1),
    ("complete_rows", (["net", "tax"],), {}, 1),
    ("no_placeholder", ("ref",), {}, 1),
    ("no_placeholder", ("day",), {}, 1),
    ("no_placeholder", ("key", [3]), {}, 1),
    ("primary_key", ("id",), {}, 3),
    ("primary_key", ("key",), {}, 0),
    ("distinct_rows", (), {}, 0),
    ("distinct_rows", (["id", "state"],), {}, 2),
    ("distinct_within_row", (["net", "key", "id"],), {}, 5),
    ("one_spelling", ("ref",), {}, 2),
    ("outside", ("net", 2, 3), {}, 2),
    ("outside", ("day", "2025-01-01", "2025-12-31"), {}, 3),
    ("outside", ("key", 9, 10), {}, 0),
    ("equal_to", ("tax", 0.5), {}, 0),
    ("equal_to", ("code", "DE"), {}, 3),
    ("not_equal_to", ("state", "open"), {}, 2),
    ("non_zero", ("price",), {}, 1),
    ("decimals", ("gross", 0), {}, 3),
    ("decimals", ("gross", 1), {}, 0),
    ("precision", ("gross", 1, 0), {}, 3),
    ("within_iqr", ("Odd Name!", 0.5), {}, 1),
    ("within_sd", ("Odd Name!", 1), {}, 1),
    ("increasing", ("key",), {}, 0),
    ("increasing", ("gross",), {}, 1),
    ("increasing", ("id", True), {}, 1),
    ("increasing", ("day",), {}, 2),
    ("increasing", ("gross",), {"order": "key"}, 1),
    ("increasing", ("key",), {"order": "gross"}, 2),
    ("decreasing", ("text",), {}, 1),
    ("decreasing", ("amount",), {}, 1),
    ("step_between", ("key", 1, 1), {}, 0),
    ("step_between", ("at", None, 86400), {}, 1),
    ("step_between", ("gross", -5, 5), {"order": "key"}, 2),
    ("matches_any", ("ref", ["^ORD", "^N"]), {}, 1),
    ("like", ("ref", "ORD-%"), {}, 2),
    ("like", ("ref", "___-1"), {}, 2),
    ("no_delimiter", ("ref", "/"), {}, 1),
    ("not_quoted", ("ref",), {}, 0),
    ("no_mojibake", ("ref",), {}, 0),
    ("no_personal_data", ("mail",), {}, 3),
    ("date_format", ("ref", "%d.%m.%Y"), {}, 4),
    ("parseable", ("ref", "integer"), {}, 4),
    ("json_schema", ("mail", "{}"), {}, 4),
    ("postal_code", ("ref", "DE"), {}, 4),
    ("vin", ("ref",), {}, 4),
    ("us_zip", ("ref",), {}, 4),
    ("us_state", ("code",), {}, 3),
    ("street", ("ref",), {}, 1),
    ("future_within", ("at", "30d"), {}, 1),
    ("within_last", ("at", "1d"), {}, 4),
    ("days_ago", ("day", 3), {}, 4),
    ("plausible_year", ("at",), {}, 1),
    ("plausible_year", ("zoned",), {}, 0),
    ("weekday", ("day",), {}, 1),
    ("weekday", ("zoned", ["saturday", "wednesday"]), {}, 2),
    ("aligned_to", ("at", "month"), {}, 2),
    ("aligned_to", ("day", "day"), {}, 0),
    ("aligned_to", ("at", "week"), {}, 3),
    ("pairs_in_set", (["code", "state"], [["DE", "open"], ["FR", "paid"]]), {}, 2),
    ("functional_dependency", ("id", "text"), {}, 0),
    ("functional_dependency", ("tax", "code"), {}, 4),
    ("functional_dependency", (["tax", "state"], "code"), {}, 4),
    ("cardinality", ("key", BEFORE), {"low": 1, "high": 1}, 0),
    ("cardinality", ("id", PARENT), {"low": 1, "high": 1}, 1),
    ("no_fan_out", ("id", PARENT), {}, 3),
    ("no_fan_out", ("key", BEFORE), {}, 0),
    ("between", ("key", 1, 3), {"allow": 0.25, "where": "key > 1"}, 2),
    ("increasing", ("key",), {"where": "state == 'open'"}, 0),
]  # fmt: skip
NUMBERS: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = [
    ("row_count", (5, 5), {}),
    ("not_empty", (), {}),
    ("null_share", ("amount", 0.4, 0.4), {}),
    ("distinct_count", ("id", 3, 3), {}),
    ("distinct_count", ("text", 4, 4), {}),
    ("distinct_count", ("state", 2, 2), {}),
    ("min", ("amount", -3, -3), {}),
    ("min", ("day", "1900-01-01", "1900-01-01"), {}),
    ("max", ("net", 5, 5), {}),
    ("max", ("big", 2**62, 2**62), {}),
    ("max", ("price", 2.2, 2.2), {}),
    ("mean", ("net", 2.75, 2.75), {}),
    ("mean", ("price", 0.79, 0.81), {}),
    ("median", ("net", 2.5, 2.5), {}),
    ("sum", ("gross", 19.5, 19.5), {}),
    ("std", ("net", 1.7, 1.71), {}),
    ("quantile", ("net", 0.5, 2.5, 2.5), {}),
    ("quantile", ("tax", 0.9, 0.5, 0.5), {}),
    ("column_count", (20,), {}),
    ("has_columns", (["id", "Odd Name!"],), {}),
    ("no_column", ("ssn",), {}),
    ("distinct_columns", (), {}),
    ("dtype", ("net", "number"), {}),
    ("dtype", ("text", "text"), {}),
    ("dtype", ("day", "time"), {}),
    ("dtype", ("flag", "bool"), {}),
    ("same_row_count", (TABLE,), {}),
    ("fresh", ("at", "1d"), {}),
    ("only_columns", (TABLE.column_names,), {}),
    ("column_names_match", (".+",), {}),
    ("schema_matches", (["key: number", "text: text", "state"],), {}),
    ("time_zone_aware", ("zoned",), {}),
    ("all_null", ("nothing",), {}),
    ("range", ("net", 4, 4), {}),
    ("var", ("net", 2.91, 2.92), {}),
    ("cv", ("net", 0.62, 0.63), {}),
    ("iqr", ("gross", 4, 4), {}),
    ("skew", ("gross", 0.716, 0.717), {}),
    ("kurtosis", ("gross", -1.022, -1.021), {}),
    ("mode", ("id", 2, 2), {}),
    ("sum_abs", ("price", 3.39, 3.41), {}),
    ("zeros", ("price", 1, 1), {}),
    ("negatives", ("price", 1, 1), {}),
    ("distinct_share", ("id", 0.75, 0.75), {}),
    ("singleton_share", ("id", 0.66, 0.67), {}),
    ("mode_share", ("id", 0.5, 0.5), {}),
    ("entropy", ("state", 1, 1), {}),
    ("entropy", ("id", 1.5, 1.5), {}),
    ("constant", ("tax",), {}),
    ("contains_values", ("state", ["open", "paid"]), {}),
    ("equals_values", ("id", [1, 2, 4]), {}),
    ("most_common_in", ("id", [2]), {}),
    ("correlation", ("net", "Odd Name!", -1, -0.5), {}),
    ("cramers_v", ("state", "id", 0.99, 1), {}),
    ("mutual_information", ("state", "id", 0.99, 1), {}),
    ("no_gaps", ("day", "year"), {"allow": 124}),
    ("period_count", ("at", "month", 3, 3), {}),
    ("period_count", ("at", "week", 3, 3), {}),
    ("rows_per_period", ("zoned", "day", 1, 1), {}),
    ("same_totals", ("gross", SHOPS), {}),
    ("same_totals", ("gross", SHOPS, "tax"), {}),
    ("pinned_totals", ("day", "year", PINNED, "gross"), {}),
    ("same_rows", (TABLE.select(["key", "text", "net"]),), {}),
    ("same_schema", (TABLE,), {}),
    ("no_drift", (["key", "net", "price", "day", "zoned", "text", "flag"], TABLE), {}),
    ("no_drift", ("key", TABLE), {"by": "tax", "measure": "wasserstein"}),
    ("conserves", ("gross", SHOPS), {}),
    ("keeps_rows", ("key", BEFORE), {"allow": 2}),
    ("delivered", (__file__, 1, 1), {}),
    ("file_fresh", (__file__, "3650d"), {}),
    ("arrived_by", (__file__, "23:59"), {}),
    ("mean", ("net", 2, 2), {"where": "state == 'paid' and net < 3"}),
    ("mean", ("gross", 1, 6), {"by": "state"}),
    ("median", ("key", 1, 5), {"by": ["state", "tax"]}),
    ("row_count", (1, 2), {"by": "state"}),
    ("null_share", ("id", 0, 1), {"by": "tax"}),
    ("distinct_count", ("key", 1, 2), {"by": "state"}),
    ("not_null", ("gross",), {"by": "state"}),
    ("unique", ("tax",), {"by": "key"}),
    ("increasing", ("key",), {"by": "state"}),
    ("between", ("key", 1, 3), {"by": "state", "allow": 1}),
    ("usual_spread", ("net", [1, 2], [250, 500], [250, 500], [1000, 1000], 0.01), {}),
    ("usual_spread", ("price", [0, 2], [400, 700], [400, 700], [1000, 1000], 0.01), {}),
    ("usual_mix", ("state", ["open", "paid"], [400, 400], [1000, 1000], 0.01), {}),
    ("equal_sums", ("key", "key"), {}),
    ("equal_sums", ("net", "gross", 8.5), {}),
    ("equal_sums", ("tax", "gross", 10.5), {"by": "state"}),
    ("fractional_sum", ("gross", 1.5, 1.5), {}),
    ("fractional_sum", ("price", 0.39, 0.41), {}),
    ("min_length", ("text", 0, 0), {}),
    ("max_length", ("text", 5, 5), {}),
    ("mean_length", ("state", 4, 4), {}),
    ("mean_length", ("code", 2, 2), {"by": "flag", "where": "code is not None"}),
    ("usual_mix", ("key", [1, 5], [200, 200], [1000, 1000], 0.01), {}),
]  # fmt: skip


AS_LONG_AS_IT_TAKES = [pytest.mark.slow, pytest.mark.timeout(3_600)]


@pytest.fixture(scope="module", params=[*BACKENDS, *(pytest.param(name, marks=AS_LONG_AS_IT_TAKES) for name in SLOW)])
def judged(request: pytest.FixtureRequest) -> dict[Any, CheckResult]:
    """Return the verdicts of all checks on one library's table, in one scan, by number."""
    table = {**BACKENDS, **SLOW}[request.param](TABLE)
    checks: list[Check] = [check_class(kind)(*args, **kwargs) for kind, args, kwargs, _ in ROWS]
    checks += [check_class(kind)(*args, **kwargs) for kind, args, kwargs in NUMBERS]
    return dict(enumerate(judge_table(table, checks)))


@pytest.mark.parametrize("number", range(len(ROWS)), ids=lambda n: f"{ROWS[n][0]}-{n}")
def test_a_check_of_rows_counts_the_same_rows_on_every_library(judged: dict[Any, CheckResult], number: int) -> None:
    """The count of failing rows does not depend on the library."""
    result = judged[number]

    assert (ROWS[number][3], "passed" if ROWS[number][3] == 0 else "failed") == (result.failing, result.status), result


@pytest.mark.parametrize("number", range(len(ROWS)), ids=lambda n: f"{ROWS[n][0]}-{n}")
def test_failing_rows_are_shown_on_every_library(judged: dict[Any, CheckResult], number: int) -> None:
    """As many failing rows are kept as there are, and the columns of the check are among the cells."""
    result = judged[number]

    assert min(5, ROWS[number][3]) == len(result.examples.rows)


@pytest.mark.parametrize("number", range(len(NUMBERS)), ids=lambda n: f"{NUMBERS[n][0]}-{n}")
def test_a_check_of_one_number_passes_on_every_library(judged: dict[Any, CheckResult], number: int) -> None:
    """The number does not depend on the library."""
    result = judged[len(ROWS) + number]

    assert str(result.status) == "passed", result


OF_MANY_ROWS = {"no_drift_together"}
"""Checks that five rows are too few for: tests/checks/test_drift.py tries them on each library."""
OF_HISTORY = {"usual_number", "usual_hours", "usual_values", "usual_dependency", "not_delivered_before"}
"""Checks whose arguments are a history of batches: tests/checks/test_history.py tries them on each library."""


def test_every_kind_is_tried_on_every_library() -> None:
    """A check that joins the vocabulary joins this suite."""
    tried = {row[0] for row in ROWS} | {row[0] for row in NUMBERS}

    assert set(kinds()) - tried - OF_HISTORY - OF_MANY_ROWS == set()


@pytest.mark.parametrize("backend", list(BACKENDS))
def test_an_empty_table_is_one_error_and_the_rest_is_skipped(backend: str) -> None:
    """Nothing to judge is never passed, and told once."""
    table = BACKENDS[backend](TABLE.slice(0, 0))
    checks = [check_class("not_null")("id"), check_class("unique")("id"), check_class("mean")("net", 0, 1)]

    assert [str(r.status) for r in judge_table(table, checks)] == ["error", "skipped", "skipped"]


@pytest.mark.parametrize("backend", list(BACKENDS))
def test_an_empty_table_passes_where_that_is_allowed_and_its_size_is_judged(backend: str) -> None:
    """``allow_empty`` lets a check pass; the number of rows can be judged without any."""
    table = BACKENDS[backend](TABLE.slice(0, 0))
    checks = [check_class("unique")("id", allow_empty=True), check_class("not_empty")()]

    assert [str(r.status) for r in judge_table(table, checks)] == ["passed", "failed"]


@pytest.mark.parametrize("backend", list(BACKENDS))
def test_a_column_of_nulls_is_an_error_unless_that_is_allowed(backend: str) -> None:
    """A check that saw only nulls saw nothing."""
    table = BACKENDS[backend](TABLE)
    checks = [
        check_class("between")("nothing", 0, 1),
        check_class("mean")("nothing", 0, 1),
        check_class("between")("nothing", 0, 1, allow_empty=True),
        check_class("mean")("nothing", 0, 1, allow_empty=True),
    ]

    assert [str(r.status) for r in judge_table(table, checks)] == ["error", "error", "passed", "passed"]


@pytest.mark.parametrize("backend", list(BACKENDS))
def test_one_row_is_enough_to_judge(backend: str) -> None:
    """A table of one row is a table; its spread alone cannot be told."""
    table = BACKENDS[backend](TABLE.slice(0, 1))
    checks = [check_class("unique")("id"), check_class("mean")("net", 1, 1), check_class("std")("net", 0, 1)]

    assert [str(r.status) for r in judge_table(table, checks)] == ["passed", "passed", "error"]


@pytest.mark.parametrize("backend", list(BACKENDS))
def test_a_missing_column_is_one_error_and_harms_nobody_else(backend: str) -> None:
    """The first check that needs it says so, with the nearest name; the others on it are skipped."""
    table = BACKENDS[backend](TABLE)
    checks = [check_class("not_null")("amont"), check_class("positive")("amont"), check_class("not_null")("key")]
    results = judge_table(table, checks)

    assert [str(r.status) for r in results] == ["error", "skipped", "passed"]
    assert "did you mean 'amount'" in results[0].why


@pytest.mark.parametrize("backend", list(BACKENDS))
def test_what_makes_no_sense_for_a_column_is_judged_alone(backend: str) -> None:
    """The mean of a text is an error, and the check beside it passes."""
    table = BACKENDS[backend](TABLE)
    checks = [check_class("mean")("text", 0, 1), check_class("matches")("net", "a"), check_class("not_null")("key")]

    assert [str(r.status) for r in judge_table(table, checks)] == ["error", "error", "passed"]
