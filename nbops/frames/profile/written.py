"""Days and moments that are written as text: the form in which all are written, and where they lie."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from collections.abc import Callable, Iterable, Mapping

import numpy as np

from nbops.frames.profile.hashing import Array, Texts
from nbops.frames.profile.times import TimeFacts, time_facts

__all__ = ["DIGITS", "FORMS", "PARTS", "ZONES", "form_of", "parsed", "part_of", "part_that_is", "written_moments"]

_SAMPLE = 10_000
_LEAST_TEXTS = 5

FORMS: Mapping[str, Callable[[str], str]] = {
    "%Y-%m-%d": lambda text: text,
    "%Y-%m-%d %H:%M:%S": lambda text: text,
    "%Y-%m-%dT%H:%M:%S": lambda text: text,
    "%Y-%m-%dT%H:%M:%SZ": lambda text: text[:-1],
    "%Y-%m-%d %H:%M": lambda text: text,
    "%Y/%m/%d": lambda text: text.replace("/", "-"),
    "%d.%m.%Y": lambda text: f"{text[6:]}-{text[3:5]}-{text[:2]}",
    "%d/%m/%Y": lambda text: f"{text[6:]}-{text[3:5]}-{text[:2]}",
    "%m/%d/%Y": lambda text: f"{text[6:]}-{text[:2]}-{text[3:5]}",
    "%Y%m%d": lambda text: f"{text[:4]}-{text[4:6]}-{text[6:]}",
}
"""How a text in each form is written as ISO 8601."""
PARTS: Mapping[str, Callable[[Array], Array]] = {
    "year": lambda moments: _in(moments, "Y").astype("int64") + 1970,
    "month": lambda moments: _in(moments, "M").astype("int64") % 12 + 1,
    "day": lambda moments: (_in(moments, "D") - _in(moments, "M").astype("datetime64[D]")).astype("int64") + 1,
    "hour": lambda moments: _in(moments, "h").astype("int64") % 24,
    "minute": lambda moments: _in(moments, "m").astype("int64") % 60,
    "weekday": lambda moments: (_in(moments, "D").astype("int64") + 3) % 7,
    "isoweekday": lambda moments: (_in(moments, "D").astype("int64") + 3) % 7 + 1,
    "quarter": lambda moments: _in(moments, "M").astype("int64") % 12 // 3 + 1,
    "day of year": lambda moments: (_in(moments, "D") - _in(moments, "Y").astype("datetime64[D]")).astype("int64") + 1,
}
"""The parts of moments, microseconds since 1970, that people write into columns of their own."""
DIGITS: Mapping[str, Callable[[Array], Array]] = {
    "hundreds": lambda numbers: numbers // 100,
    "below hundred": lambda numbers: numbers % 100,
}
"""The parts of whole numbers that are written like 1545 for a quarter to four, or 202412 for a month."""
ZONES = (
    "America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles", "America/Sao_Paulo",
    "Europe/London", "Europe/Berlin", "Europe/Athens", "Europe/Moscow", "Africa/Johannesburg", "Asia/Dubai",
    "Asia/Kolkata", "Asia/Shanghai", "Asia/Tokyo", "Australia/Sydney", "Pacific/Auckland",
)  # fmt: skip
"""Whose clocks a part of moments in UTC is tried on: one for each large group of them."""
_IN = " in "
_FIRST = 50  # moments on which a zone is tried first
_HOUR = 3_600_000_000  # microseconds; clocks are only ever moved at a whole one, or at one of its quarters
_QUARTER = _HOUR // 4
_SHAPES = {
    form: form.translate(str.maketrans("", "", "%")).replace("Y", "9999").translate(
        {ord(sign): "99" for sign in "mdHMS"}
    )
    for form in FORMS
}  # fmt: skip


def _in(moments: Array, unit: str) -> Array:
    return moments.astype("datetime64[us]").astype(f"datetime64[{unit}]")


def part_of(name: str) -> Callable[[Array], Array] | None:
    """Return what computes the part of moments that is called so; None where there is none.

    Example:
        >>> noon = np.array(["2024-07-01T12:00"], dtype="datetime64[us]").astype("int64")
        >>> part_of("hour")(noon).tolist(), part_of("hour in America/New_York")(noon).tolist(), part_of("week")
        ([12], [8], None)
    """
    part, _, zone = name.partition(_IN)
    if part not in PARTS or (zone and zone not in ZONES):
        return None
    return (lambda moments: PARTS[part](_local(moments, zone))) if zone else PARTS[part]


def part_that_is(moments: Array, numbers: Array, *, is_utc: bool) -> str:
    """Return which part of *moments* the *numbers* are, on which clock; empty when they are none.

    Args:
        moments: Microseconds since 1970.
        numbers: One for each.
        is_utc: Whether the moments are in UTC, so that the part may be that of another clock.
    """
    first = slice(None, None, max(1, len(moments) // _FIRST))
    for zone in ("", *(ZONES if is_utc else ())):
        try:
            some = _local(moments[first], zone) if zone else moments[first]
        except zoneinfo.ZoneInfoNotFoundError:  # a machine without the database of zones knows parts in UTC alone
            return ""
        for name, part in PARTS.items():
            if bool((part(some) == numbers[first]).all()):
                full = f"{name}{_IN}{zone}" if zone else name
                exact = part_of(full)
                if exact is not None and bool((exact(moments) == numbers).all()):
                    return full
    return ""


def _local(moments: Array, zone: str) -> Array:
    """Return moments in UTC as a clock in *zone* shows them."""
    quarters, places = np.unique(moments // _QUARTER, return_inverse=True)
    clock, start = zoneinfo.ZoneInfo(zone), dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
    seen = (start + dt.timedelta(microseconds=int(one) * _QUARTER) for one in quarters.tolist())
    offsets = [moment.astimezone(clock).utcoffset() or dt.timedelta() for moment in seen]
    moved = np.array([one // dt.timedelta(microseconds=1) for one in offsets], dtype="int64")
    return moments + moved[places.ravel()]


def form_of(texts: Iterable[str]) -> str:
    """Return the form in which all *texts* are written as days or moments; empty when there is none.

    Example:
        >>> form_of(["2024-02-29", "2024-03-01", "2024-03-02", "2024-03-03", "2024-03-04"])
        '%Y-%m-%d'
        >>> form_of(["31.01.2024", "01.02.2024", "02.02.2024", "03.02.2024", "04.02.2024"]), form_of(["a"] * 9)
        ('%d.%m.%Y', '')
    """
    known = list(texts)
    if len(known) < _LEAST_TEXTS:
        return ""
    first = "".join("9" if "0" <= sign <= "9" else sign for sign in known[0])
    for form, shape in _SHAPES.items():
        if shape == first and all(len(text) == len(shape) for text in known) and parsed(known, form) is not None:
            return form
    return ""


def parsed(texts: Iterable[str], form: str) -> Array | None:
    """Return the moments in microseconds since 1970; None when one text is no day."""
    to_iso = FORMS[form]
    try:
        found = np.array([to_iso(text) for text in texts], dtype="datetime64[us]")
    except ValueError:
        return None
    is_plausible = (found >= np.datetime64("1000-01-01")) & (found < np.datetime64("3000-01-01"))  # else a number
    return found.view("int64") if bool(is_plausible.all()) else None


def written_moments(texts: Texts, form: str) -> TimeFacts | None:
    """Return where the moments lie that *texts* are, in an evenly spaced sample; None when one text is no day."""
    places = np.linspace(0, len(texts) - 1, min(len(texts), _SAMPLE)).astype("int64")
    width = len(_SHAPES[form])
    if not bool((texts.sizes[places] == width).all()):
        return None
    found = parsed((texts.text(int(at)) for at in places), form)
    return None if found is None else time_facts(np.sort(found), has_zone=False)
