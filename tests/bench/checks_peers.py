"""The same plan of checks as nbops, its peers and a patient hand have them; each tells which checks hold, in order.

What can be made ready beforehand (checks, schemas, suites) is made by ``*_ready``; what it returns is timed.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from typing import Any

import pandas as pd

from nbops.checks.model import Check
from nbops.checks.suite import judge_table
from nbops.checks.vocabulary import check_class
from nbops.records import Status
from tests.bench.checks_table import TEXTS, Planned

__all__ = ["READY", "ours", "present"]

Judged = Callable[[], list[bool]]


def ours(chosen: list[Planned]) -> list[Check]:
    """Return the checks as nbops has them."""
    return [_WRITTEN.get(kind, _plainly)(check_class(kind), *arguments) for kind, arguments in chosen]


def _plainly(made: Any, *arguments: Any) -> Check:
    return made(*arguments)  # type: ignore[no-any-return]


_WRITTEN: Mapping[str, Callable[..., Check]] = {
    "not_null": lambda made, column, share: made(column, allow=share),
    "between": lambda made, column, low, high, share=0: made(column, low, high, allow=share),
    "above": lambda made, column, low, where, high: made(column, low, where=where),
    "compare": lambda made, column, other, share: made(column, "<=", other, allow=share),
}


def nbops_ready(frame: pd.DataFrame, chosen: list[Planned]) -> Judged:
    """Return the judgement of nbops: failing rows fetched, one record a check."""
    checks = ours(chosen)

    def judged() -> list[bool]:
        results = judge_table(frame, checks)
        unknown = [one.name for one in results if one.status not in (Status.PASSED, Status.FAILED)]
        assert not unknown, unknown
        return [one.status is Status.PASSED for one in results]

    return judged


# ── pandera ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def pandera_ready(frame: pd.DataFrame, chosen: list[Planned]) -> Judged:
    """Return pandera's judgement: its own checks where it has them, vectorised; every error is collected."""
    import pandera.pandas as pa

    columns: dict[str, list[Any]] = {}
    whole = []
    for at, (kind, arguments) in enumerate(chosen):
        if kind in _PANDERA_WHOLE:
            whole.append(pa.Check(_PANDERA_WHOLE[kind](*arguments), name=str(at)))
        else:
            column, *rest = arguments
            columns.setdefault(column, []).append(_pandera_check(pa, kind, rest, str(at)))
    made = {name: pa.Column(None, checks, nullable=True) for name, checks in columns.items()}
    suite = pa.DataFrameSchema(made, checks=whole)

    def judged() -> list[bool]:
        failed: set[str] = set()
        try:
            suite.validate(frame, lazy=True)
        except pa.errors.SchemaErrors as found:
            failed = {one.check.name if hasattr(one.check, "name") else str(one) for one in found.schema_errors}
        assert all(name.isdecimal() for name in failed), failed
        return [str(at) not in failed for at in range(len(chosen))]

    return judged


def _pandera_check(pa: Any, kind: str, rest: list[Any], name: str) -> Any:
    own = {"between": pa.Check.in_range, "in_set": pa.Check.isin, "matches": pa.Check.str_matches}
    if kind in own and len(rest) < 3:  # a tolerance is none of its own
        return own[kind](*rest, name=name)
    return pa.Check(_PANDERA[kind](*rest), name=name, ignore_na=False)


_PANDERA: Mapping[str, Callable[..., Callable[[Any], Any]]] = {
    "not_null": lambda share: lambda s: bool(s.isna().mean() <= share),
    "unique": lambda: lambda s: not s.duplicated().any(),
    "mean": lambda low, high: lambda s: bool(low <= s.mean() <= high),
    "between": lambda low, high, share: lambda s: bool((s.notna() & ~s.between(low, high)).mean() <= share),
    "above": lambda low, where, high: lambda s: bool((s[s < high] > low).all()),
    "length": lambda low, high: lambda s: bool(s.str.len().between(low, high).all()),
    "distinct_count": lambda low, high: lambda s: low <= s.nunique() <= high,
}
_PANDERA_WHOLE: Mapping[str, Callable[..., Callable[[Any], Any]]] = {
    "row_count": lambda low, high: lambda d: low <= len(d) <= high,
    "compare": lambda name, other, share: lambda d: bool((d[name] > d[other]).mean() <= share),
}


# ── pointblank ───────────────────────────────────────────────────────────────────────────────────────────────────────


def pointblank_ready(frame: pd.DataFrame, chosen: list[Planned]) -> Judged:
    """Return pointblank's judgement, in its quickest way: without extracts. Of a mean only the lower bound."""
    import pointblank as pb

    added: Mapping[str, Callable[..., Any]] = {
        "not_null": lambda suite, column, share: suite.col_vals_not_null(
            column, thresholds=pb.Thresholds(error=max(1e-9, share))
        ),
        "between": lambda suite, column, low, high: suite.col_vals_between(column, low, high, na_pass=True),
        "in_set": lambda suite, column, values: suite.col_vals_in_set(column, [*values, None]),
        "matches": lambda suite, column, pattern: suite.col_vals_regex(column, pattern, na_pass=True),
        "unique": lambda suite, column: suite.rows_distinct(columns_subset=[column]),
        "mean": lambda suite, column, low, high: suite.col_avg_ge(column, low),
        "row_count": lambda suite, low, high: suite.row_count_match(low, tol=(0, high)),
    }

    def judged() -> list[bool]:
        suite = pb.Validate(frame)
        for kind, arguments in chosen:
            suite = added[kind](suite, *arguments)
        steps = suite.interrogate(collect_extracts=False, collect_tbl_checked=False).validation_info
        broken = [(one.assertion_type, one.column) for one in steps if one.eval_error]
        assert not broken, broken
        return [
            not step.error if kind == "not_null" else bool(step.all_passed)
            for step, (kind, _) in zip(steps, chosen, strict=True)
        ]

    return judged


# ── Great Expectations ───────────────────────────────────────────────────────────────────────────────────────────────


def expectations_ready(frame: pd.DataFrame, chosen: list[Planned], result_format: str = "SUMMARY") -> Judged:
    """Return the judgement of Great Expectations, with the counts and samples that it shows by default."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    import great_expectations as gx

    e = gx.expectations
    made: Mapping[str, Callable[..., Any]] = {
        "not_null": lambda at, c, share: e.ExpectColumnValuesToNotBeNull(meta=at, column=c, mostly=1 - share),
        "between": lambda at, c, low, high: e.ExpectColumnValuesToBeBetween(
            meta=at, column=c, min_value=low, max_value=high
        ),
        "in_set": lambda at, c, values: e.ExpectColumnValuesToBeInSet(meta=at, column=c, value_set=values),
        "matches": lambda at, c, pattern: e.ExpectColumnValuesToMatchRegex(meta=at, column=c, regex=pattern),
        "unique": lambda at, c: e.ExpectColumnValuesToBeUnique(meta=at, column=c),
        "mean": lambda at, c, low, high: e.ExpectColumnMeanToBeBetween(
            meta=at, column=c, min_value=low, max_value=high
        ),
        "row_count": lambda at, low, high: e.ExpectTableRowCountToBeBetween(meta=at, min_value=low, max_value=high),
    }
    numbered = [made[kind]({"at": at}, *arguments) for at, (kind, arguments) in enumerate(chosen)]
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False, "metric_calculations": False}
    asset = context.data_sources.add_pandas("p").add_dataframe_asset("a")
    definition = asset.add_batch_definition_whole_dataframe("b")
    suite = gx.ExpectationSuite(name="s", expectations=numbered)

    def judged() -> list[bool]:
        found = definition.get_batch(batch_parameters={"dataframe": frame}).validate(suite, result_format=result_format)
        broken = [str(one.exception_info) for one in found.results if one.exception_info.get("raised_exception")]
        assert not broken, broken[:3]
        held = {one.expectation_config.meta["at"]: bool(one.success) for one in found.results}
        return [held[at] for at in range(len(chosen))]

    return judged


# ── by hand ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def hand_ready(frame: pd.DataFrame, chosen: list[Planned]) -> Judged:
    """Return the judgement of somebody who computes each statistic once for each column, and records nothing.

    Texts that are few are looked at one by one; columns of many texts are searched whole for each pattern, by polars
    where it is installed.
    """

    def judged() -> list[bool]:
        known: dict[tuple[str, str], Any] = {}

        def seen(column: str, name: str) -> Any:
            if (column, name) not in known:
                known[column, name] = _STATISTICS[name](frame[column])
            return known[column, name]

        return [bool(_BY_HAND[kind](seen, frame, *arguments)) for kind, arguments in chosen]

    return judged


def _searchable(series: Any) -> Any:
    if find_spec("polars"):
        import polars

        return polars.from_pandas(series)
    return series.dropna()


_STATISTICS: Mapping[str, Callable[[Any], Any]] = {
    "nulls": lambda s: s.isna().mean(),
    "min": lambda s: s.min(),
    "max": lambda s: s.max(),
    "mean": lambda s: s.mean(),
    "is_unique": lambda s: s.is_unique,
    "values": lambda s: s.dropna().unique().tolist(),
    "texts": _searchable,
}
_BY_HAND: Mapping[str, Callable[..., Any]] = {
    "row_count": lambda seen, frame, low, high: low <= len(frame) <= high,
    "not_null": lambda seen, frame, c, share: seen(c, "nulls") <= share,
    "between": lambda seen, frame, c, low, high: low <= seen(c, "min") and seen(c, "max") <= high,
    "mean": lambda seen, frame, c, low, high: low <= seen(c, "mean") <= high,
    "unique": lambda seen, frame, c: seen(c, "is_unique"),
    "in_set": lambda seen, frame, c, values: set(seen(c, "values")) <= set(values),
    "matches": lambda seen, frame, c, pattern: (
        seen(c, "texts").str.contains(pattern).all()
        if c in TEXTS
        else all(re.search(pattern, value) for value in seen(c, "values"))
    ),
}


READY: Mapping[str, Callable[[pd.DataFrame, list[Planned]], Judged]] = {
    "nbops": nbops_ready,
    "by hand": hand_ready,
    "pandera": pandera_ready,
    "pointblank": pointblank_ready,
    "great_expectations": expectations_ready,
    "great_expectations, booleans": lambda frame, chosen: expectations_ready(frame, chosen, "BOOLEAN_ONLY"),
}


def present(name: str) -> bool:
    """Return whether the library of that way of judging is installed here."""
    module = name.partition(",")[0]
    return name in ("nbops", "by hand") or find_spec(module) is not None
