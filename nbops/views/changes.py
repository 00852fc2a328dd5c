"""What changed since the last good run: in a few words for the card, and row by row."""

from __future__ import annotations

from collections.abc import Sequence

from nbops.pipeline.changes import Change, Changes
from nbops.views.words import line

__all__ = ["Row", "changes_phrase", "rows_of"]

_MOST_NAMED = 3

Row = tuple[str, str, str, bool]
"""What changed, how it was, how it is, and whether it stands out."""


def changes_phrase(changes: Changes) -> str:
    """Return in a few words what changed and what did not, for the card.

    Example:
        >>> from nbops.pipeline.changes import CodeChange
        >>> changes_phrase(Changes("a90f", code=(CodeChange("clean", ("-a", "+b")),)))
        'changed: code of clean · parameters, files, schema, packages unchanged'
    """
    if changes.unknown and not any((changes.code, changes.parameters, changes.files, changes.schema, changes.packages)):
        return ""
    code = [change for change in changes.code if not change.is_layout]
    said = [f"code of {_named([line(c.name, 40) for c in code])}"] if code else []
    said += [f"parameter {_named([line(c.what, 30) for c in changes.parameters])}"] if changes.parameters else []
    said += [_named([line(c.what, 40) for c in changes.files])] if changes.files else []
    said += [_named([line(c.what, 40) for c in changes.schema])] if changes.schema else []
    said += [_named([line(c.what, 30) for c in changes.packages])] if changes.packages else []
    large = [c for c in changes.profile if c.is_large]
    said += [_named([line(c.what, 40) for c in large])] if large else []
    kinds = {"code": code, "parameters": changes.parameters, "files": changes.files, "schema": changes.schema,
             "packages": changes.packages}  # fmt: skip
    same = [name for name, found in kinds.items() if not found and not (name == "code" and changes.unknown)]
    parts = [f"changed: {', '.join(said)}"] if said else []
    parts += [f"{', '.join(same)} unchanged"] if same else []
    return " · ".join(parts)


def _named(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_MOST_NAMED])
    return f"{shown} and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else shown


def rows_of(changes: Changes) -> list[Row]:
    """Return everything but the code as rows, what stands out first."""
    found = [
        *((f"parameter {c.what}", c) for c in changes.parameters),
        *((f"file {c.what}", c) for c in changes.files),
        *((c.what, c) for c in (*changes.schema, *changes.profile)),
        *((f"package {c.what}", c) for c in changes.packages),
    ]
    rows = [_row(what, change) for what, change in found]
    return sorted(rows, key=lambda row: not row[3])


def _row(what: str, change: Change) -> Row:
    return line(what, 80), line(change.before, 40) or "–", line(change.now, 40) or "–", change.is_large
