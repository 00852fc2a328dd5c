"""Rules about dates and hours: the format that dates are written in, the hours of the day that moments lie in."""

from __future__ import annotations

from collections.abc import Iterator

from nbops.checks.formats import DateFormat
from nbops.checks.history import UsualHours
from nbops.frames.formats import is_well_formed
from nbops.frames.profile.table import ColumnProfile
from nbops.rules.candidate import Candidate
from nbops.rules.evidence import Baseline, effective, usual_rate

__all__ = ["date_format", "hours_of_the_day"]

_FORMATS = (
    "%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%Y/%m/%d", "%d-%m-%Y", "%m-%d-%Y", "%Y%m%d",
    "%d.%m.%y", "%d/%m/%y", "%m/%d/%y", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%SZ",
    "%Y-%m-%d %H:%M",
    "%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M", "%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M",
)  # fmt: skip
_LEAST_VALUES = 3
_LEAST_MOMENTS = 200
_EVEN = 0.25  # hours whose shares differ less than that from even tell nothing of a shift


def date_format(column: ColumnProfile) -> Candidate | None:
    """Return the rule of the one format that all known texts of *column* are dates in; None when there is no one."""
    text, known = column.text, list(column.values.counts or column.values.top)
    if text is None or len(known) < _LEAST_VALUES:
        return None
    if text.looks.get("date", 0) + text.looks.get("moment", 0) < text.sampled and not _are_digits(known):
        return None
    fitting = [one for one in _FORMATS if all(is_well_formed(value, f"date:{one}") for value in known)]
    if len(fitting) != 1:
        return None
    (found,) = fitting
    seen = sum((column.values.counts or column.values.top).values())
    counts = [(0, seen)]
    return Candidate(
        lambda risk: DateFormat(column.name, found, usual=str(usual_rate(counts, risk))), "statistical",
        "rows in another format", f"0 of {seen:,}", f"{column.name} is a date written as {found}.",
    )  # fmt: skip


def _are_digits(known: list[object]) -> bool:
    return all(isinstance(value, str) and value.isdigit() and len(value) == 8 for value in known)


def hours_of_the_day(base: Baseline, column: ColumnProfile) -> Iterator[Candidate]:
    """Yield the rule of the hours that moments lie in, where they tell one hour from another."""
    columns = [one.time for one in base.column(column.name) if one.time]
    whole = column.time
    if whole is None or whole.count < _LEAST_MOMENTS or whole.has_zone or whole.midnights > 0.5 * whole.count:
        return
    shares = [whole.hours.get(hour, 0) / whole.count for hour in range(24)]
    if sum(abs(share - 1 / 24) for share in shares) < _EVEN:
        return
    name, hours = column.name, tuple(range(24))
    busy = sum(share > 0 for share in shares)

    def make(risk: float) -> UsualHours:
        each = risk / 48
        pairs = [
            effective([(one.hours.get(hour, 0), one.count) for one in columns], each, base.prior) for hour in hours
        ]
        seen, of = zip(*pairs, strict=True)
        return UsualHours(name, hours, seen, of, float(f"{risk:.3g}"), severity="warn", allow_empty=True)

    yield Candidate(
        make, "statistical", "rows in each hour of the day", f"{whole.count:,} moments in {busy} of 24 hours",
        f"{name} lies in the usual hours of the day.", note=base.learning,
    )  # fmt: skip
