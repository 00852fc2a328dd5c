"""A comparison of two versions as HTML: a page that loads nothing, or the output of a cell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from nbops._version import __version__
from nbops.frames.difference.record import Cause, Change, ColumnDifference, Difference
from nbops.views.difference_pictures import overlay_svg
from nbops.views.difference_words import (
    cause_parts,
    columns_in_order,
    explained_text,
    headline,
    key_text,
    percent,
    readers_text,
    schema_text,
    short_cause,
    side_text,
    strip_facts,
    subline,
    unexplained_text,
)
from nbops.views.style import style_sheet
from nbops.views.words import count, line

__all__ = ["difference_html", "difference_page"]

_MOST_CHANGED = 200
_MOST_EQUAL = 300
_MOST_SCHEMA = 100
_MOST_CAUSES = 12


def difference_page(*found: Difference) -> str:
    """Return comparisons, of one table or of all tables of a run, as one self-contained HTML page."""
    first = found[0]
    title = escape(f"{first.before.name} → {first.after.name}" if len(found) == 1 else f"{len(found)} comparisons")
    body = '<hr class="muted">'.join(_content(one) for one in found)
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width">'
        f"<title>{title}</title><style>{_css()}</style></head>"
        f'<body class="nbops"><main class="page wide-page">{body}'
        f'<p class="muted xs foot">nbops {__version__}</p></main></body></html>'
    )


def difference_html(found: Difference) -> str:
    """Return a comparison for the output of a cell, its style with it."""
    css = _css().replace("\n", "")
    return f'<style>{css}</style><div class="nbops nbops-difference">{_content(found)}</div>'


def _css() -> str:
    return style_sheet("nbops.css", "profile.css", "difference.css")


def _content(found: Difference) -> str:
    return (
        f"{_head(found)}{_main(found)}{_more(found)}{_strip(found)}{_notes(found)}{_schema(found)}{_columns(found)}"
        f"{_cells(found)}{_rows(found)}{_proposals(found)}{_readers(found)}"
    )


def _head(found: Difference) -> str:
    before, after = escape(line(found.before.name, 60)), escape(line(found.after.name, 60))
    name, _, run = before.rpartition("@")
    if name and after.startswith(f"{name}@"):
        title = f'<h1>{name}</h1><span class="mono">@{run} → @{after.rpartition("@")[2]}</span>'
    else:
        title = f'<h1>{before} <span class="muted">→</span> {after}</h1>'
    how = f"{escape(key_text(found))} · {found.seconds:.2f} s"
    return f'<div class="dhead">{title}<span class="grow"></span><span class="muted sm">{how}</span></div>'


def _main(found: Difference) -> str:
    """Return the headline: the named cause, in words, with the picture of its column."""
    cause = found.causes[0] if found.causes else None
    kind = " same" if found.is_equal else "" if cause else " open"
    said = _said(cause) if cause else escape(headline(found))
    below = f"<p>{escape(subline(found))}</p>" if subline(found) else ""
    picture = ""
    if cause and cause.unit == "cells":
        column = next((one for one in found.columns if one.name == cause.columns[0]), None)
        picture = overlay_svg(column, 220, 48) if column else ""
    return f'<div class="dcause{kind}"><div class="tell"><h2>{said}</h2>{below}</div>{picture}</div>'


def _said(cause: Cause) -> str:
    """Return a cause in words, the names of columns as code."""
    head, what = cause_parts(cause)
    said = escape(f"{head}{what}")
    for name in cause.columns:
        said = said.replace(escape(line(name, 60)), f"<code>{escape(line(name, 60))}</code>", 1)
    return said


def _more(found: Difference) -> str:
    parts = [
        f'<div><b class="b">{escape(cause_parts(one)[0])}</b>{escape(cause_parts(one)[1])}'
        f'<span class="muted"> {escape(explained_text(one).removeprefix("Explains "))}</span></div>'
        for one in found.causes[1:_MOST_CAUSES]
    ]
    if len(found.causes) > _MOST_CAUSES:
        parts.append(f'<div class="muted">{len(found.causes) - _MOST_CAUSES:,} more causes, in the table below</div>')
    left = unexplained_text(found)
    if left and found.causes:
        parts.append(f'<div><b class="b">No cause found</b> for {escape(left)}</div>')
    return f'<div class="dmore">{"".join(parts)}</div>' if parts else ""


def _strip(found: Difference) -> str:
    facts = "".join(f"<div><b>{escape(value)}</b>{escape(label)}</div>" for value, label in strip_facts(found))
    return f'<div class="dstrip">{facts}</div>'


def _notes(found: Difference) -> str:
    said = "".join(
        f'<p class="muted sm" style="margin-top:8px">Note: {escape(line(note, 300))}</p>' for note in found.notes
    )
    if not found.not_compared:
        return said
    notes = "".join(f"<li>{escape(line(note, 300))}</li>" for note in found.not_compared)
    return f'<div class="dnote"><b class="b">Not compared</b><ul>{notes}</ul></div>{said}'


def _schema(found: Difference) -> str:
    if not found.schema:
        return ""
    rows = "".join(f"<li>{escape(schema_text(one))}</li>" for one in found.schema[:_MOST_SCHEMA])
    rest = len(found.schema) - _MOST_SCHEMA
    more = f'<li class="muted">{rest:,} more</li>' if rest > 0 else ""
    return (
        f'<section class="sec"><div class="hd"><h2>Schema</h2><span class="muted sm">'
        f'{count(len(found.schema), "change")}</span></div><ul class="dlist">{rows}{more}</ul></section>'
    )


# ── columns ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _columns(found: Difference) -> str:
    changed, equal = columns_in_order(found)
    if not changed and not equal:
        return ""
    first = _column_table(changed[:_MOST_CHANGED])
    more = f'<p class="muted sm">{len(changed) - _MOST_CHANGED:,} more changed columns</p>' if (
        len(changed) > _MOST_CHANGED) else ""  # fmt: skip
    return (
        '<section class="sec"><div class="hd"><h2>Columns</h2>'
        f'<span class="muted sm">outline: before, fill: after</span></div>{first}{more}{_equal(equal)}</section>'
    )


def _equal(equal: Sequence[ColumnDifference]) -> str:
    if not equal:
        return ""
    said = count(len(equal), "column is equal", "columns are equal")
    rest = len(equal) - _MOST_EQUAL
    more = f'<p class="muted sm">{rest:,} more</p>' if rest > 0 else ""
    return f'<details class="fold"><summary>{said}</summary>{_column_table(equal[:_MOST_EQUAL])}{more}</details>'


def _column_table(columns: Sequence[ColumnDifference]) -> str:
    if not columns:
        return ""
    head = "<th>Column</th><th>Type</th><th>Distribution</th>" + "".join(
        f'<th class="n">{name}</th>' for name in ("Before", "After", "Changed", "Share")
    )
    rows = "".join(_column(one) for one in columns)
    return (
        f'<div class="wide"><table class="dcols"><thead><tr>{head}<th>Cause</th></tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


def _column(column: ColumnDifference) -> str:
    name = escape(line(column.name, 60))
    was = "" if column.was == column.name else f'<span class="muted">{escape(line(column.was, 40))} → </span>'
    before, after = (escape(side_text(column, is_after=side)) for side in (False, True))
    why = escape(short_cause(column))
    share = percent(column.share) if column.changed else "–"
    bold = " b" if column.changed else ""
    muted = "" if column.causes else " muted"
    return (
        f'<tr class="{"" if column.changed else "same"}"><td class="mono el{bold}" title="{escape(column.name)}">'
        f'{was}{name}</td><td class="muted">{escape(line(column.type, 24))}</td><td>{overlay_svg(column)}</td>'
        f'<td class="n">{before}</td><td class="n{bold if before != after else ""}">{after}</td>'
        f'<td class="n">{column.changed:,}</td><td class="n">{share}</td><td class="why{muted}">{why}</td></tr>'
    )


# ── rows ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _cells(found: Difference) -> str:
    if not found.examples:
        return ""
    key = found.key or ("row",)
    head = "".join(f"<th>{escape(line(name, 40))}</th>" for name in key)
    body = "".join(_cell(one) for one in found.examples)
    return (
        f'<section class="sec"><div class="hd"><h2>Changed rows</h2><span class="muted sm">{len(found.examples):,} of '
        f"{found.cells:,} cells in {count(found.changed, 'row')}, one example of each kind first</span></div>"
        f'<div class="wide"><table class="dcells"><thead><tr>{head}<th>column</th><th class="n">before</th>'
        f'<th class="n">after</th><th>cause</th></tr></thead><tbody>{body}</tbody></table></div></section>'
    )


def _cell(one: Change) -> str:
    key = "".join(f'<td class="el">{escape(line(part, 60))}</td>' for part in one.key)
    where = ' class="n v"'
    cause = escape(one.cause) if one.cause else "–"
    return (
        f'<tr>{key}<td class="mono">{escape(line(one.column, 40))}</td><td{where}>{_value(one.before, "del")}</td>'
        f'<td{where}>{_value(one.after, "ins")}</td><td class="muted">{cause}</td></tr>'
    )


def _value(cell: str | None, tag: str) -> str:
    if cell is None:
        return '<span class="null">null</span>'
    shown = escape(line(cell, 120))
    if cell != cell.strip() or not cell:  # what white space changed is to be seen
        shown = escape(line(cell, 120)).join(("“", "”")) if not cell.strip() else escape(f"“{cell[:120]}”")
    return f"<{tag}>{shown}</{tag}>"


def _rows(found: Difference) -> str:
    return "".join(_some(*one) for one in _sides(found))


def _sides(found: Difference) -> Iterator[tuple[str, int, Sequence[str], Sequence[Sequence[str | None]]]]:
    yield "Added rows", found.added, found.added_columns, found.added_rows
    yield "Removed rows", found.removed, found.removed_columns, found.removed_rows


def _some(title: str, n: int, names: Sequence[str], rows: Sequence[Sequence[str | None]]) -> str:
    if not rows:
        return ""
    head = "".join(f"<th>{escape(line(name, 40))}</th>" for name in names)
    body = "".join(f"<tr>{''.join(map(_plain_cell, row))}</tr>" for row in rows)
    return (
        f'<section class="sec"><div class="hd"><h2>{title}</h2>'
        f'<span class="muted sm">the first {len(rows)} of {n:,}</span></div><div class="wide">'
        f'<table class="dcells"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div></section>'
    )


def _plain_cell(cell: str | None) -> str:
    return '<td class="null">null</td>' if cell is None else f'<td class="el">{escape(line(cell, 60))}</td>'


def _readers(found: Difference) -> str:
    """Return who reads the dataset: those whom the change concerns."""
    names = readers_text(found)
    head = '<section class="sec"><div class="hd"><h2>Read by</h2></div>'
    return f'{head}<p class="mono sm">{escape(names)}</p></section>' if names else ""


def _proposals(found: Difference) -> str:
    if not found.proposals or found.paired_by == "key":
        return ""
    rows = "".join(
        f'<li><code class="cmd">{escape(" ".join(f"--key {name}" for name in one.columns))}</code> '
        f'<span class="muted">{"unique in both" if one.unique_before and one.unique_after else "unique on one side"}, '
        f"{percent(one.shared)} of the keys shared</span></li>"
        for one in found.proposals
    )
    return f'<section class="sec"><div class="hd"><h2>Possible keys</h2></div><ul class="dlist">{rows}</ul></section>'
