"""What was found out about a run that went wrong: in the card, on a screen, in the report."""

from __future__ import annotations

import dataclasses

from rich.console import Console

from nbops.pipeline.changes import Change, Changes, CodeChange, Findings, Origin, Seen
from nbops.pipeline.run import History, RunState
from nbops.views.card import card, card_text
from nbops.views.changes import changes_phrase
from nbops.views.findings_text import findings_view
from nbops.views.panel_html import panel_html, panel_text
from nbops.views.report import report_html

SEEN = (Seen("load", "orders", "passes"), Seen("clean", "kept", "fails", "3 of 60 rows"))
ORIGIN = Origin("each once", "report", "clean", "kept", "the test passes on orders (load) and fails on kept", SEEN)
CHANGES = Changes(
    "a90f" * 8,
    1_700_000_000.0,
    code=(CodeChange("clean", ("-a <b>", "+b")), CodeChange("load", ("-x", "+x #"), is_layout=True)),
    parameters=(Change("day", "2024-01-01", "2024-01-02"),),
    profile=(Change("nulls in orders.amount", "0.4%", "50.8%", is_large=True), Change("rows of orders", "932", "930")),
    unknown=("the code of b21c is not there",),
)
FOUND = History(findings=Findings(CHANGES, (ORIGIN,)))


def printed(found: Findings, width: int = 100) -> str:
    """Return what a terminal of that width shows."""
    console = Console(width=width, record=True, file=None)
    with console.capture() as capture:
        console.print(findings_view(found))
    return capture.get()


def test_the_card_says_where_it_came_in_and_what_changed(failed: RunState) -> None:
    """In its line WHERE."""
    where = next(line for line in card_text(card(failed, FOUND)).splitlines() if line.startswith("WHERE"))

    assert "came in at clean (kept) · changed: code of clean, parameter day, nulls in orders.amount" in where
    assert "came in" not in card_text(card(failed))


def test_nothing_that_is_unknown_is_called_unchanged() -> None:
    """Code that could not be compared is not among what is unchanged."""
    assert changes_phrase(dataclasses.replace(CHANGES, code=())).endswith("· files, schema, packages unchanged")
    assert changes_phrase(Changes("a", unknown=("x",))) == ""
    assert changes_phrase(Changes("a")) == "code, parameters, files, schema, packages unchanged"


def test_the_screen_shows_versions_values_and_code() -> None:
    """What stands out comes first; what is only layout says so; what is unknown is told."""
    text = printed(FOUND.findings or Findings())
    lines = [line.strip() for line in text.splitlines()]

    assert "each once  came in at clean (kept)" in lines
    assert "✗ clean: kept   fails  3 of 60 rows" in lines
    assert lines.index(next(x for x in lines if x.startswith("nulls in"))) < lines.index(
        next(x for x in lines if x.startswith("rows of orders"))
    )
    assert "code of load  only comments and layout" in lines
    assert "not known: the code of b21c is not there" in lines


def test_an_origin_that_is_not_known_says_why() -> None:
    """It is never left out."""
    text = printed(Findings(None, (Origin("t", "report", how="cell 2 writes to the outside"),)))

    assert "where it came in is not known" in text
    assert "cell 2 writes to the outside" in text


def test_the_report_escapes_what_was_found(failed: RunState) -> None:
    """Code of a notebook is text."""
    page = report_html(failed, FOUND)

    assert "a &lt;b&gt;" in page
    assert "Changed since last good" in page
    assert "Where it came in" not in report_html(failed)


def test_the_panel_marks_what_is_stale(failed: RunState) -> None:
    """Beside the status, with the reason, in both forms."""
    name = failed.steps[0].name
    page = panel_html(failed, stale={name: "orders <x> changed"})

    assert "stale: orders &lt;x&gt; changed" in page
    assert "1 stale" in page
    assert "stale: orders <x> changed" in panel_text(failed, stale={name: "orders <x> changed"})
    assert "stale" not in panel_html(failed, with_style=False)
