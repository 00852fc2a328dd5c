"""A change of a dataset's structure in words: the same in a terminal, in HTML, in Markdown and in a report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nbops.pipeline.structure.change import StructureChange
from nbops.pipeline.structure.changelog import Changelog, Entry
from nbops.pipeline.structure.model import Column
from nbops.views.words import count, line, moment

__all__ = [
    "Said",
    "changes_of_run",
    "changes_phrase_of",
    "facts_of_column",
    "head_phrase",
    "notices_of",
    "readers_phrase",
    "said_of",
    "seen_phrase",
]

_WORDS = {
    "removed": ("−", "removed"), "renamed": ("→", "renamed"), "added": ("+", "added"), "type": ("~", "type"),
    "unit": ("×", "unit"), "key": ("#", "granularity"), "grain": ("#", "granularity"), "nulls": ("~", "nulls"),
    "values": ("~", "values"), "order": ("↕", "order"),
}  # fmt: skip
_MOST_VALUES = 4
_MOST_READERS = 6


@dataclass(frozen=True, slots=True)
class Said:
    """One change in words, everything in it cleaned and on one line.

    Args:
        sign: One character that tells the kind.
        word: The kind in a word.
        column: The column; empty for the whole table.
        before: How it was.
        now: How it is.
        why: What says so.
        is_breaking: Whether who reads the dataset by name or in its unit may break by it.
        is_minor: Whether it was to be expected.
    """

    sign: str
    word: str
    column: str
    before: str
    now: str
    why: str
    is_breaking: bool
    is_minor: bool

    @property
    def text(self) -> str:
        """The change as one phrase, without its column."""
        arrow = f"{self.before} → {self.now}" if self.before and self.now else self.before or self.now
        return f"{arrow} ({self.why})" if self.why and arrow else arrow or self.why


def said_of(change: StructureChange) -> Said:
    """Return *change* in words.

    Example:
        >>> said_of(StructureChange("type", "amount", "int64", "str")).text
        'int64 → str'
    """
    sign, word = _WORDS[change.kind]
    before, now = line(change.before, 120), line(change.now, 120)
    if change.kind == "renamed":
        before, now = "", f"was {before}"
    elif change.kind == "values":
        before, now = _values(change)
    elif change.kind in ("key", "grain"):
        before, now = before or "not known", now or "not known any more"
    elif change.kind == "order" and not change.column:
        before, now = "", f"now elsewhere: {now}"
    is_breaking = change.kind in ("removed", "renamed", "type", "unit", "key") or (
        change.kind == "values" and bool(change.before)
    )
    return Said(sign, word, line(change.column, 80), before, now, line(change.why, 200), is_breaking, change.is_minor)


def _values(change: StructureChange) -> tuple[str, str]:
    gone, new = (_few(text) for text in (change.before, change.now))
    if not change.names:
        return gone and "a closed list", "many different ones"
    parts = [f"gone: {gone}" if gone else "", f"new: {new}" if new else ""]
    return "", line(" · ".join(filter(None, parts)), 160)


def _few(text: str) -> str:
    names = text.split(", ") if text else []
    more = f" and {len(names) - _MOST_VALUES} more" if len(names) > _MOST_VALUES else ""
    return ", ".join(line(name, 40) for name in names[:_MOST_VALUES]) + more


def changes_of_run(structures: Sequence[tuple[str, Entry]]) -> list[tuple[list[str], list[Said]]]:
    """Return what a run changed in its datasets, those together that it changed alike, as one step after another does.

    What was to be expected is left out.
    """
    found: list[tuple[list[str], list[Said]]] = []
    for name, entry in structures:
        said = [said_of(change) for change in entry.changes if not change.is_minor]
        same = next((names for names, changes in found if changes == said), None)
        if same is not None:
            same.append(name)
        elif said:
            found.append(([name], said))
    return found


def changes_phrase_of(entry: Entry) -> str:
    """Return in a few words what a run changed: ``2 removed, 1 renamed``.

    Example:
        >>> changes_phrase_of(
        ...     Entry("r", 0.0, "passed", (StructureChange("removed", "a"), StructureChange("removed", "b")))
        ... )
        '2 columns removed'
    """
    found: dict[str, int] = {}
    for change in entry.changes:
        found[change.kind] = found.get(change.kind, 0) + 1
    said = {
        "removed": "column{} removed", "renamed": "column{} renamed", "added": "column{} added",
        "type": "type{} changed", "unit": "unit{} changed", "key": "other granularity", "grain": "other granularity",
        "nulls": "null polic{} changed", "values": "column{} with other values", "order": "other order",
    }  # fmt: skip
    parts = []
    for kind, n in found.items():
        form = said[kind].format(("y" if n == 1 else "ies") if kind == "nulls" else "" if n == 1 else "s")
        parts.append(form if "other g" in form or "other o" in form else f"{n:,} {form}")
    return ", ".join(dict.fromkeys(parts))


def head_phrase(log: Changelog) -> str:
    """Return what the dataset is now: its size, and what one row stands for."""
    said = [f"{log.rows:,} rows" if log.rows is not None else "rows unknown"]
    said.append(count(len(log.structure.columns), "column"))
    if log.structure.key:
        said.append(f"one row per {line(' + '.join(log.structure.key), 80)}")
    return " · ".join(said)


def seen_phrase(log: Changelog) -> str:
    """Return how often it was seen, since when, and how often it changed."""
    if not log.looks:
        return "no run saw it"
    since = moment(log.since, with_year=True)
    changed = f"{count(len(log.entries), 'run')} changed it" if log.entries else "none changed it"
    return f"seen by {count(log.looks, 'run')} since {since}; {changed}"


def readers_phrase(log: Changelog) -> str:
    """Return who reads it; empty when nobody is known."""
    names = [line(one.name, 60) + (" (declared)" if one.how == "declared" else "") for one in log.readers]
    more = f" and {len(names) - _MOST_READERS} more" if len(names) > _MOST_READERS else ""
    return ", ".join(names[:_MOST_READERS]) + more


def notices_of(log: Changelog) -> Sequence[str]:
    """Return what one must know before one believes the log: what could not be looked at, or not be read."""
    unread = f"its data dictionary cannot be read, nothing in it counts: {line(log.unread, 300)}" if log.unread else ""
    less = f"the last look saw less: {line(log.problem, 200)}" if log.problem else ""
    return [one for one in (unread, less) if one]


def facts_of_column(column: Column, most: int = 6) -> Sequence[str]:
    """Return what is believed of a column, in words: its null policy, unit, grain, values."""
    nulls = "" if column.may_be_null is None else "may be null" if column.may_be_null else "never null"
    values = ", ".join(line(one, 24) for one in column.values[:most])
    more = f" and {len(column.values) - most} more" if len(column.values) > most else ""
    return [one for one in (nulls, column.unit, f"by {column.grain}" if column.grain else "", values + more) if one]
