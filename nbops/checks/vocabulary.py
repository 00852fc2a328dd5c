"""The whole vocabulary: which kinds of checks there are, and where each is written.

The modules of the kinds are imported when one of theirs is asked for: knowing all names costs next to nothing.
A check of your own joins by the decorator :func:`nbops.checks.model.check`, or by an entry point ``nbops.check``.
"""

from __future__ import annotations

import inspect
import re
from importlib import import_module

from nbops.checks.model import CHECKS, Check
from nbops.errors import UsageError, did_you_mean

__all__ = ["BUILT_IN", "OTHER_NAMES", "check_class", "kinds", "usage"]

_WRITTEN = {
    "schema": (
        "row_count not_empty column_count has_columns no_column distinct_columns dtype only_columns "
        "column_names_match schema_matches time_zone_aware"
    ),
    "completeness": (
        "not_null all_null null_share complete_rows null_together any_filled no_placeholder unique primary_key "
        "distinct_rows distinct_within_row one_spelling"
    ),
    "values": (
        "between at_least at_most above below positive non_negative finite multiple_of whole_number in_set not_in_set"
    ),
    "numeric": (
        "outside equal_to not_equal_to non_zero decimals precision within_iqr within_sd increasing decreasing "
        "step_between"
    ),
    "text": (
        "matches not_matches length matches_any like no_delimiter not_blank trimmed ascii_only upper_case "
        "lower_case printable not_quoted no_mojibake no_personal_data"
    ),
    "formats": "format date_format parseable json_schema postal_code",
    "known_formats": "email url uuid ip iban card country currency json isbn phone vin us_zip us_state street",
    "dates": "not_before not_after not_future future_within within_last days_ago plausible_year weekday fresh",
    "periods": "aligned_to no_gaps period_count rows_per_period",
    "aggregates": (
        "min max range mean median mode sum sum_abs fractional_sum std var cv iqr skew kurtosis zeros negatives "
        "min_length max_length mean_length quantile"
    ),
    "distribution": (
        "distinct_count distinct_share singleton_share mode_share entropy constant contains_values equals_values "
        "most_common_in correlation cramers_v mutual_information"
    ),
    "relations": "compare sums_to equal_sums satisfies implies pairs_in_set functional_dependency",
    "keys": "foreign_key cardinality no_fan_out keeps_rows",
    "totals": "same_row_count same_totals conserves same_rows same_schema",
    "pinned": "pinned_totals",
    "delivery": "file_fresh delivered arrived_by",
    "baseline": "usual_spread usual_mix",
    "drift": "no_drift no_drift_together",
    "history": "usual_number usual_hours usual_values usual_dependency not_delivered_before",
}
BUILT_IN: dict[str, tuple[str, ...]] = {module: tuple(kinds.split()) for module, kinds in _WRITTEN.items()}
"""The kinds of each module, in the order of the documentation."""

_MODULES = {kind: module for module, found in BUILT_IN.items() for kind in found}


def kinds() -> list[str]:
    """Return the name of every check, in alphabetical order.

    Example:
        >>> "not_null" in kinds()
        True
    """
    return sorted({*_MODULES, *CHECKS})


def check_class(kind: str, *, where: str = "") -> type[Check]:
    """Return the check of that name.

    Raises:
        UsageError: There is none.
    """
    if kind in _MODULES:
        import_module(f"nbops.checks.{_MODULES[kind]}")
    elif kind not in CHECKS:
        raise UsageError(f"unknown check {kind!r}", where=where, fix=_meant(kind))
    return CHECKS.get(kind, where=where)


def usage(made: type[Check]) -> str:
    """Return how a check is called: its own arguments, without those that every check takes.

    Example:
        >>> usage(check_class("between"))
        'between(column, low=None, high=None)'
    """
    own = [p for p in inspect.signature(made).parameters.values() if p.kind is p.POSITIONAL_OR_KEYWORD]
    return f"{made.kind}({', '.join(p.name if p.default is p.empty else f'{p.name}={p.default!r}' for p in own)})"


def _meant(kind: str) -> str:
    """Return the hint for a name that is none: the check that people who know another tool mean by it, or the nearest.

    Example:
        >>> _meant("isin"), _meant("uniqe")
        ("did you mean 'in_set'?", "did you mean 'unique'?")
        >>> _meant("zzz")
        'TAB after expect(table). lists all checks, and so does docs/checks.md'
    """
    word = _PREFIX.sub("", kind.lower())
    known = next((name for name, words in OTHER_NAMES.items() if {word, kind.lower()} & set(words.split())), word)
    if known in kinds():
        return f"did you mean {known!r}?"
    hint = did_you_mean(kind, kinds())
    return hint if hint.startswith("did you mean") else _WHERE_LISTED


_PREFIX = re.compile(r"^(?:expect_(?:column_|table_)?(?:values_|value_)?to_(?:be_)?|is_|be_|col_vals_|col_)")
_WHERE_LISTED = "TAB after expect(table). lists all checks, and so does docs/checks.md"
OTHER_NAMES = {
    "in_set": "one_of oneof isin is_in in in_ in_list values_in accepted_values allowed_values allowed enum "
    "distinct_in_set",
    "not_in_set": "notin not_in not_isin forbidden rejected_values",
    "not_null": "notnull notna not_na not_nan no_nulls no_null not_none required complete filled not_be_null",
    "unique": "unique_key no_duplicates duplicates_free distinct uniqueness",
    "distinct_rows": "no_duplicate_rows unique_rows rows_distinct drop_duplicates duplicate_rows duplicate_fraction",
    "distinct_share": "unique_fraction unique_share",
    "distinct_within_row": "unique_within_record unique_within_row",
    "singleton_share": "singleton_fraction",
    "between": "in_range inrange within ranges value_range",
    "at_least": "ge gte geq greater_equal greater_than_or_equal_to greater_or_equal minimum",
    "at_most": "le lte leq less_equal less_than_or_equal_to less_or_equal maximum",
    "above": "gt greater greater_than larger_than more_than",
    "below": "lt less less_than smaller_than",
    "equal_to": "eq equals equal",
    "not_equal_to": "ne neq not_equal",
    "matches": "regex pattern regexp match matches_regex str_matches match_regex",
    "not_matches": "not_match_regex not_regex",
    "length": "len str_length value_lengths text_length",
    "max_length": "text_truncation longest",
    "min_length": "shortest",
    "mean_length": "avg_length average_length",
    "dtype": "type of_type has_type instance dtypes",
    "has_columns": "has_column columns column_exists columns_exist col_exists",
    "no_column": "column_absent",
    "only_columns": "columns_set column_set",
    "schema_matches": "columns_order column_order schema",
    "row_count": "count rows num_rows n_rows shape table_row_count",
    "not_empty": "nonempty non_empty has_rows",
    "same_row_count": "row_count_matches row_count_match equal_rowcount",
    "same_rows": "table_equals tbl_match equality",
    "same_schema": "union_schema_equal",
    "same_totals": "aggregate_matches",
    "equal_sums": "aggregate_expression balanced",
    "foreign_key": "references relationships relationship referential_integrity fk exists_in in_table orphan_fraction "
    "combo_match",
    "keeps_rows": "rows_preserved",
    "no_fan_out": "join_fanout",
    "conserves": "conservation",
    "satisfies": "expression expr query expression_is_true check_that eval conjointly",
    "sums_to": "row_sum_equals",
    "distinct_count": "nunique n_unique unique_count unique_value_count",
    "contains_values": "distinct_contains_set",
    "equals_values": "distinct_equals_set",
    "most_common_in": "most_common_in_set",
    "increasing": "monotonic monotonic_increasing sorted ascending",
    "decreasing": "monotonic_decreasing descending",
    "whole_number": "integer int integer_valued",
    "fractional_sum": "decimal_truncation",
    "within_iqr": "iqr_fence outlier_fraction outliers",
    "within_sd": "z_score zscore",
    "cramers_v": "cramers_phi",
    "fresh": "recent recency freshness up_to_date",
    "no_drift": "drift psi population_stability_index ks ks_test kolmogorov_smirnov distribution_shift data_drift",
    "arrived_by": "arrival_by",
    "delivered": "source_delivered",
    "null_share": "missing_share null_rate null_fraction null_percentage missing nulls missing_pct",
    "complete_rows": "rows_complete",
    "any_filled": "any_of_complete at_least_one",
    "null_together": "consistent_missing",
    "no_placeholder": "missing_coded sentinel",
    "not_blank": "not_whitespace not_empty_string",
    "one_spelling": "casing_consistent consistent_casing",
    "parseable": "type_parseable",
    "json": "json_parseable",
    "format": "within_spec valid_format",
    "no_personal_data": "pii pii_detected",
    "no_mojibake": "encoding",
    "time_zone_aware": "tz_aware",
    "days_ago": "t_minus_n",
    "aligned_to": "period_alignment",
    "period_count": "distinct_date_count",
    "rows_per_period": "record_coverage",
}
"""What others call a check: pandas, SQL, Great Expectations, dbt, pandera, Pointblank, Soda, Deequ, TestGen."""
