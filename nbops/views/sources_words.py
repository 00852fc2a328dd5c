"""Sources in words: their state with its glyph, moments, shares and small pictures of weeks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from nbops.records import Status

__all__ = ["STATUS_OF", "bars", "late_phrase", "share_phrase", "state_word", "status_of", "when"]

STATUS_OF = {
    "on time": Status.PASSED,
    "early": Status.PASSED,
    "late": Status.WARNED,
    "changed": Status.WARNED,
    "missing": Status.FAILED,
    "repeated": Status.FAILED,
    "incomplete": Status.FAILED,
    "out of order": Status.FAILED,
}
"""With which glyph and colour each state is shown; the word always stands beside it."""

_BARS = "▁▂▃▄▅▆▇█"


def status_of(state: str, *, waits: bool = False, has_trouble: bool = False) -> Status:
    """Return the status whose glyph and colour a state has."""
    if state:
        return STATUS_OF.get(state, Status.WARNED)
    return Status.ERROR if has_trouble else Status.PENDING if waits else Status.SKIPPED


def state_word(state: str, *, waits: bool = False, has_trouble: bool = False) -> str:
    """Return the word for a state; what could not be judged has a word too.

    Example:
        >>> state_word("late"), state_word("", waits=True), state_word(""), state_word("", has_trouble=True)
        ('late', 'pending', 'unknown', 'not reached')
    """
    return state or ("not reached" if has_trouble else "pending" if waits else "unknown")


def when(at: float | None, now: float) -> str:
    """Return a moment as short as it is clear from *now*: the time today, the weekday this week, else the day."""
    if at is None:
        return ""
    moment, today = datetime.fromtimestamp(at), datetime.fromtimestamp(now)
    days = (moment.date() - today.date()).days
    if days == 0:
        return f"today {moment:%H:%M}"
    return f"{moment:%a %H:%M}" if -6 <= days <= 6 else f"{moment.day} {moment:%b %H:%M}"


def share_phrase(on_time: int, judged: int) -> str:
    """Return how many of how many were on time; empty when none is known."""
    return f"{on_time}/{judged}" if judged else ""


def late_phrase(minutes: float | None) -> str:
    """Return by how much the late ones were late.

    Example:
        >>> late_phrase(64), late_phrase(7), late_phrase(None)
        ('1 h 04 min', '7 min', '')
    """
    if minutes is None:
        return ""
    whole = round(minutes)
    return f"{whole // 60} h {whole % 60:02d} min" if whole >= 60 else f"{whole} min"


def bars(shares: Sequence[float | None]) -> str:
    """Return shares from 0 to 1 as a row of bars; what is not known is a dot.

    Example:
        >>> bars([1.0, 0.5, None, 0.0])
        '█▅·▁'
    """
    return "".join("·" if share is None else _BARS[min(7, int(share * 7 + 0.5))] for share in shares)
