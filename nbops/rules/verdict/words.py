"""Verdicts in words: one plain sentence for each cause."""

from __future__ import annotations

import math

from nbops.rules.verdict.facts import Fact

__all__ = ["fact_text", "surprise_text"]

_FACTS = {
    "empty": "the table has no rows",
    "column_gone": "the column {c} is gone",
    "column_new": "the column {c} is new",
    "column_order": "the columns stand in another order: {c}",
    "type": "{p} of {c} are of another type than before",
    "nulls": "{p} of {c} are null, which never were before",
    "all_null": "{c} is null in all rows",
    "negative": "{p} of {c} are negative, which never were before",
    "old_date": "{p} of {c} lie before 1970",
    "far_date": "{p} of {c} lie far in the future",
    "time_of_day": "{p} of {c} have a time of day, which never had one",
    "frozen": "{c} has one value in all rows",
    "not_constant": "{c} has more than one value, which never had",
    "duplicate_rows": "{p} of the rows stand there twice",
    "duplicate_apart": "{p} of the rows differ from another in {c} alone",
    "duplicate_key": "{p} of {c} stand there twice, which were unique",
    "repeated": "this is the delivery before once more",
    "row_count": "the number of rows changed by {p}, which always was the same",
    "gaps": "{p} of the days of {c} are missing",
    "lost": "{p} of the entities ({c}) of the delivery before are missing, of which none ever was",
    "value_gone": "values of {c} are missing that every delivery had",
    "value_new": "{c} has values never seen before: {d}",
    "broken_sum": "a sum no longer adds up in {p} of the rows, most likely by {c}",
    "broken_product": "{c} no longer go together as product or ratio in {p} of the rows",
    "off_calendar": "{p} of {c} are no part of any date",
    "broken_calendar": "{c} no longer agree in {p} of the rows",
}
_MEASURED = {
    "rows": "the number of rows",
    "gapless": "the share of values of {c} that directly follow another",
    "group_rows": "the number of rows of one {c}",
    "duplicates": "the share of duplicate rows",
    "repeated_rows": "the share of rows that the delivery before had",
    "nulls": "the share of nulls in {c}",
    "distinct": "the number of distinct values of {c}",
    "top_share": "the share of the commonest value of {c}",
    "overlap": "the share of values of {c} that the delivery before had",
    "mean": "the level of {c}",
    "average": "the average of {c}",
    "spread": "the spread of {c}",
    "zeros": "the share of zeros in {c}",
    "negatives": "the share of negative {c}",
    "whole": "the share of whole numbers in {c}",
    "decimals": "the number of decimal places of {c}",
    "most_decimals": "the largest number of decimal places of {c}",
    "finer": "the share of {c} written with more decimal places than ever",
    "outside": "the share of {c} outside the range ever seen",
    "beyond": "how far {c} lies beyond the range ever seen",
    "file_order": "the order of {c} in the file",
    "begins": "the time of the first {c}",
    "ends": "the time of the last {c}",
    "centre": "the middle time of {c}",
    "day": "the day of {c}",
    "early": "the time when {c} begin",
    "late": "the time when {c} end",
    "span": "the time from the first to the last {c}",
    "hour": "the usual hour of {c}",
    "new_hours": "the share of {c} at hours never seen",
    "day_rows": "the number of rows per day of {c}",
    "day_coverage": "the share of days that {c} has",
    "length": "the length of {c}",
    "padded": "the share of {c} with blanks around",
    "new_values": "the number of new values of {c}",
    "new_shapes": "the number of values of {c} in a form never seen",
    "new_letters": "the number of values of {c} with characters never seen",
    "gone_values": "the number of usual values of {c} that are missing",
    "lost": "the share of entities ({c}) lost since the delivery before",
    "arrived": "the share of new entities ({c})",
    "same": "the share of entities whose {c} is unchanged",
    "falling": "the share of entities whose {c} fell",
    "jumps": "the size of the changes of {c} from entity to entity",
    "ratio": "the usual growth of {c}",
    "rank": "the order of the entities by {c}",
    "moved": "by how much {c} moved on",
    "shifted": "by how many hours {c} moved on beside whole days",
    "pair": "the correlation of {c}",
    "group": "how {c} go together",
    "tie": "how far {c} go together",
    "tie_level": "the level of {c}, beside what goes with it,",
    "fit_level": "the level of {c}, as foretold by the others,",
    "fit_spread": "how well {c} is foretold by the others",
    "order": "the order of {c}",
    "sum": "the sum of {c}",
    "product": "the product of {c}",
    "calendar": "the agreement of {c}",
    "within": "how the values of {c} agree within a delivery",
    "fd": "how {c} depend on each other",
    "share": "the share of a usual value of {c}",
}
_LOGARITHMS = frozenset({"rows", "group_rows", "distinct", "day_rows", "ratio", "span"})
_SHARES = frozenset(
    [
        "duplicates",
        "repeated_rows",
        "nulls",
        "top_share",
        "overlap",
        "zeros",
        "negatives",
        "whole",
        "finer",
        "gapless",
        "outside",
        "new_hours",
        "padded",
        "lost",
        "arrived",
        "same",
        "falling",
        "share",
    ]
)


def _names(columns: tuple[str, ...], most: int = 3) -> str:
    shown = ", ".join(columns[:most])
    return f"{shown} and {len(columns) - most} more" if len(columns) > most else shown


def fact_text(fact: Fact) -> str:
    """Return the sentence that tells of a broken fact.

    Example:
        >>> fact_text(Fact("nulls", ("amount",), 0.031))
        '3.1% of amount are null, which never were before'
    """
    text = _FACTS.get(fact.kind, f"{fact.kind.replace('_', ' ')}: {{c}}")
    return text.format(c=_names(fact.columns), p=f"{fact.share:.1%}", d=fact.detail)


def surprise_text(kind: str, columns: tuple[str, ...], value: float, expected: float) -> str:
    """Return the sentence that tells of a surprising measurement.

    Example:
        >>> surprise_text("rows", (), 4.60517, 6.907755)
        'the number of rows is 100, where 1000 was expected'
    """
    named = (
        f"the {kind[1:]}% quantile of {{c}}"
        if kind[0] == "q" and kind[1:].isdigit()
        else _MEASURED.get(kind, f"the {kind} of {{c}}")
    )
    shown = columns[:1] if kind in ("share", "fit_level", "fit_spread") else columns
    text = named.format(c=_names(shown))
    if kind in _SHARES:
        return f"{text} is {_share(value):.1%}, where {_share(expected):.1%} was expected"
    if kind in _LOGARITHMS:
        return f"{text} is {_figure(math.exp(value))}, where {_figure(math.exp(expected))} was expected"
    return f"{text} is unusually {'high' if value > expected else 'low'}"


def _share(angle: float) -> float:
    return math.sin(min(max(angle, 0.0), math.pi) / 2.0) ** 2


def _figure(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"
