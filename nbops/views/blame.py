"""Where an error came in: in words for the card, as a table for the report."""

from __future__ import annotations

from html import escape

from nbops.pipeline.changes import Origin, Seen
from nbops.records import Status
from nbops.views.glyphs import glyph_html
from nbops.views.words import line

__all__ = ["OUTCOME_STATUS", "came_in", "origin_html", "outcome_word"]

OUTCOME_STATUS = {"fails": Status.FAILED, "passes": Status.PASSED, "unknown": Status.SKIPPED}
"""The status whose sign an outcome gets."""


def came_in(origin: Origin) -> str:
    """Return where an error came in, in three words; empty when that is not known.

    Example:
        >>> came_in(Origin("orders are unique", "report", "clean", "orders"))
        'came in at clean'
        >>> came_in(Origin("orders are unique", "report", "report", "orders"))
        'came in here'
    """
    if not origin.step:
        return ""
    return "came in here" if origin.step == origin.at else f"came in at {line(origin.step, 60)}"


def outcome_word(seen: Seen) -> str:
    """Return what the test did on a version."""
    return {"fails": "fails", "passes": "passes", "unknown": "not known"}[seen.outcome]


def origin_html(origin: Origin) -> str:
    """Return the same as rows of a table, for the report."""
    rows = "".join(
        f"<tr><td>{glyph_html(OUTCOME_STATUS[seen.outcome])} {outcome_word(seen)}</td>"
        f'<td class="mono">{escape(line(seen.step, 60))}</td><td class="mono">{escape(line(seen.variable, 60))}</td>'
        f'<td style="white-space:normal">{escape(line(seen.detail, 200)) or "–"}</td></tr>'
        for seen in origin.seen
    )
    head = "<tr><th>The test</th><th>Step</th><th>What it left</th><th>Seen</th></tr>"
    return f'<div class="wide"><table><thead>{head}</thead><tbody>{rows}</tbody></table></div>' if rows else ""
