"""The change log of a dataset as HTML: a page that loads nothing, the output of a cell, a section of a report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from nbops._version import __version__
from nbops.pipeline.structure.changelog import Changelog, Entry
from nbops.views.structure_words import (
    Said,
    changes_phrase_of,
    facts_of_column,
    notices_of,
    readers_phrase,
    said_of,
    seen_phrase,
)
from nbops.views.style import style_sheet
from nbops.views.words import count, line, moment, number, short_id

__all__ = ["changelog_body", "changelog_html", "changelog_page", "changes_table"]

_MOST_ENTRIES = 200
_MOST_COLUMNS = 300


def changelog_page(log: Changelog, said: Mapping[str, str] | None = None) -> str:
    """Return a change log as one self-contained HTML page, everything escaped.

    Args:
        log: The change log.
        said: What people wrote of columns, by name.
    """
    css = style_sheet("nbops.css", "profile.css", "changelog.css")
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width">'
        f"<title>{escape(line(f'Changes of {log.dataset}', 120))}</title><style>{css}</style></head>"
        f'<body class="nbops"><main class="page">{_content(log, said or {})}'
        f'<p class="muted xs foot">nbops {__version__}</p></main></body></html>'
    )


def changelog_html(log: Changelog, said: Mapping[str, str] | None = None) -> str:
    """Return a change log for the output of a cell, its style with it."""
    css = style_sheet("nbops.css", "profile.css", "changelog.css").replace("\n", "")
    return f'<style>{css}</style><div class="nbops nbops-changelog">{_content(log, said or {})}</div>'


def changelog_body(log: Changelog, said: Mapping[str, str] | None = None) -> str:
    """Return a change log for a page that has its style sheets already."""
    return _content(log, said or {})


def changes_table(said: Sequence[Said]) -> str:
    """Return changes as a table: sign, kind, column, how it was and is, and what says so."""
    rows = "".join(
        f'<tr class="k-{one.word}{" is-breaking" if one.is_breaking else ""}"><td aria-hidden="true">{one.sign}</td>'
        f"<td>{one.word}</td><td>{escape(one.column)}</td><td>{_moved(one)}</td></tr>"
        for one in said
    )
    return f'<table class="moves">{rows}</table>'


def _moved(one: Said) -> str:
    before = f'<span class="was">{escape(one.before)}</span>' if one.before else ""
    arrow = " → " if one.before and one.now else ""
    why = f' <span class="why">{escape(one.why)}</span>' if one.why else ""
    return f"{before}{arrow}{escape(one.now)}{why}"


def _content(log: Changelog, said: Mapping[str, str]) -> str:
    head, _, name = line(log.dataset, 160).rpartition("/")
    title = f'<h1><span class="muted" style="font-weight:400">{escape(head)}/</span>{escape(name)}</h1>'
    shown = log.entries[:_MOST_ENTRIES]
    entries = "".join(_entry(entry) for entry in shown) or '<p class="muted">Nothing changed.</p>'
    more = len(log.entries) - len(shown)
    rest = f'<p class="muted sm">and {count(more, "earlier run")} that changed it</p>' if more else ""
    notices = "".join(f'<p class="sm">! {escape(one)}</p>' for one in notices_of(log))
    return (
        f"{title}{_strip(log)}{notices}"
        f'<section class="sec"><div class="hd"><h2>What changed</h2><span class="muted sm">{escape(seen_phrase(log))}'
        f"</span></div>{entries}{rest}</section>{_columns(log, said)}"
    )


def _strip(log: Changelog) -> str:
    facts = [
        (number(log.rows) if log.rows is not None else "–", "rows"),
        (number(len(log.structure.columns)), "columns"),
        (line(" + ".join(log.structure.key), 60) or "not known", "one row per"),
        (line(log.step, 40) or "–", f"left by this step, {line(log.env)}"),
        (readers_phrase(log) or "nobody is known", "read by"),
    ]
    parts = "".join(f"<div><b>{escape(value)}</b>{escape(label)}</div>" for value, label in facts)
    return f'<div class="strip">{parts}</div>'


def _entry(entry: Entry) -> str:
    every = [said_of(change) for change in entry.changes]
    loud, quiet = [one for one in every if not one.is_minor], [one for one in every if one.is_minor]
    rows = f"<br>{entry.rows:,} rows" if entry.rows is not None else ""
    looked = f"<br>{entry.looked:,} looked at" if entry.rows is not None and 0 < entry.looked < entry.rows else ""
    status = "" if entry.status == "passed" else f" · {escape(line(entry.status))}"
    folded = (
        f'<details class="fold"><summary class="muted sm">{count(len(quiet), "change")} '
        f"that had to be expected</summary>{changes_table(quiet)}</details>"
        if quiet
        else ""
    )
    phrase = escape(changes_phrase_of(entry))
    return (
        f'<div class="entry"><div class="when"><b>{moment(entry.at, with_year=True)}</b>'
        f"@{escape(short_id(entry.run))}{status}{rows}{looked}</div>"
        f'<div aria-label="{phrase}">{changes_table(loud) if loud else ""}{folded}</div></div>'
    )


def _columns(log: Changelog, said: Mapping[str, str]) -> str:
    meant = {column.name: column.meaning for column in log.columns}
    shown = log.structure.columns[:_MOST_COLUMNS]
    has_words = any(said.get(column.name) for column in shown)
    rows = "".join(
        f"<tr><td>{escape(line(column.name, 80))}</td><td>{escape(line(column.type, 30))}</td>"
        f"<td>{escape(meant.get(column.name, ''))}</td>"
        + (f'<td class="said">{escape(line(said.get(column.name, ""), 300))}</td>' if has_words else "")
        + f"<td>{escape(' · '.join(facts_of_column(column)))}</td></tr>"
        for column in shown
    )
    more = len(log.structure.columns) - len(shown)
    rest = f'<p class="muted sm">and {count(more, "more column")}</p>' if more else ""
    words = "<th>In words</th>" if has_words else ""
    return (
        f'<section class="sec"><div class="hd"><h2>Columns now</h2></div><div class="wide"><table class="known">'
        f"<thead><tr><th>Column</th><th>Type</th><th>Means</th>{words}<th>What is known</th></tr></thead>"
        f"<tbody>{rows}</tbody></table></div>{rest}</section>"
    )
