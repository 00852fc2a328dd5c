"""Tables with their styles inline: the rows of a test or an account, and the cells that other tables are made of."""

from __future__ import annotations

from html import escape

from nbops.records import Examples, Status
from nbops.views.glyphs import ink
from nbops.views.step_words import is_numeric
from nbops.views.words import count, line

__all__ = ["MUTED", "RULED", "TABLE", "code", "rows_html", "td", "th"]

_MOST_COLUMNS = 12
MUTED = "color:color-mix(in srgb,currentColor 64%,transparent)"
"""The style of what is said beside."""
TABLE = "border-collapse:collapse;width:auto;margin:2px 0;font-size:12px;line-height:18px;table-layout:auto"
"""The style of a table."""
RULED = ' style="background:none;border-bottom:1px solid color-mix(in srgb,currentColor 12%,transparent)"'
"""The attribute of a row with a line below it."""
_BARE = "background:none;color:inherit;padding:0"  # Lab paints a box behind code
_CELL = "padding:2px 14px 2px 0"


def th(text: str, *, right: bool) -> str:
    """Return the head of a column; *text* is HTML."""
    side = "right" if right else "left"
    style = f"{_CELL};text-align:{side};font-weight:500;font-size:11px;{MUTED}"
    return f'<th align="{side}" style="{style}">{text}</th>'


def td(html: str, *, right: bool = False) -> str:
    """Return a cell."""
    if right:
        style = f"{_CELL};text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap"
        return f'<td align="right" style="{style}">{html}</td>'
    return f'<td style="{_CELL};text-align:left">{html}</td>'


def code(text: str, limit: int = 300) -> str:
    """Return *text* as code, escaped; shortened, with all of it as its title, when it is longer than *limit*."""
    whole, shown = line(text), line(text, limit)
    title = f' title="{escape(whole)}"' if shown != whole else ""
    return f'<code style="{_BARE}"{title}>{escape(shown)}</code>'


def rows_html(examples: Examples, most_columns: int = _MOST_COLUMNS) -> str:
    """Return rows as a table with its styles inline."""
    names = examples.columns[:most_columns]
    right = [is_numeric(row[i] for row in examples.rows if i < len(row)) for i in range(len(names))]
    head = th("", right=False)
    head += "".join(th(escape(line(n, 40)), right=r) for n, r in zip(names, right, strict=True))
    body = []
    for label, row in zip(examples.labels, examples.rows, strict=False):
        label_cell = td(f'<span style="{MUTED}">{escape(line(label, 30))}</span>')
        cells = "".join(td(_cell(c), right=r) for c, r in zip(row, right, strict=False))
        body.append(f"<tr{RULED}>{label_cell}{cells}</tr>")
    hidden = len(examples.columns) - len(names)
    more = f'<div style="font-size:12px;{MUTED}">{count(hidden, "more column")}</div>' if hidden > 0 else ""
    table = f'<table style="{TABLE}"><tr{RULED}>{head}</tr>{"".join(body)}</table>'
    return f'<div style="overflow-x:auto" tabindex="0">{table}</div>{more}'


def _cell(text: str | None) -> str:
    if text is None:
        return f'<i style="color:{ink(Status.FAILED)}">null</i>'
    return escape(line(text, 60))
