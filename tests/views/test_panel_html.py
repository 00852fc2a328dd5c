"""The panel shows every step of a notebook, before, while and after it runs."""

from __future__ import annotations

from nbops.pipeline.run import RunState, fold
from nbops.pipeline.step import Pipeline
from nbops.records import StepStarted
from nbops.views.panel_html import panel_html, panel_text
from tests.views.flights_run import AT, HISTORY, LOAD, PIPELINE, RUN, STARTED
from tests.views.page_reading import Page, foreign_markup, loads_from_elsewhere


def statuses(html: str) -> dict[str, str]:
    """Return the status of each step that the panel shows."""
    return {e["data-step"]: e["data-status"] for e in Page(html).elements if "data-step" in e}


def test_before_the_first_step_everything_is_pending() -> None:
    """The notebook's steps are known without running them."""
    assert statuses(panel_html(None, PIPELINE)) == dict.fromkeys(("load", "planes", "clean", "publish"), "pending")


def test_a_step_that_runs_says_for_how_long() -> None:
    """The time since its beginning goes along, so that a clock can count on."""
    state = fold([STARTED, LOAD, StepStarted(AT + 2, RUN, "planes")])
    html = panel_html(state, PIPELINE, HISTORY, now=AT + 2.3)

    assert statuses(html)["planes"] == "running"
    assert 'data-gone="0.3" data-usual="0.500"' in html


def test_what_is_not_well_is_open(failed: RunState) -> None:
    """Warned and failed steps are open, passed ones closed, and rows say the same as the graph."""
    html = panel_html(failed, PIPELINE, HISTORY)
    page = Page(html)

    assert page.problems == []
    assert loads_from_elsewhere(html) == []
    assert [n for n, _ in page.attributes].count("open") == 2
    assert statuses(html) == {"load": "passed", "planes": "warned", "clean": "failed", "publish": "skipped"}
    assert "1 failed" in page.text
    assert "50.8 %" in page.text


def test_every_row_says_its_status_in_a_word(failed: RunState) -> None:
    """A reader of the screen hears it, and a page without pictures shows it."""
    text = Page(panel_html(failed, PIPELINE)).words

    assert all(
        said in text for said in ("✓ passed load 2", "! warned planes 0/1", "✗ failed clean 1/2", "– skipped publish")
    )


def test_a_notebook_that_is_not_known_shows_what_ran(failed: RunState) -> None:
    """Without a pipeline the steps of the run are shown, without a graph."""
    html = panel_html(failed, None)

    assert statuses(html)["clean"] == "failed"
    assert "nbops-graph" not in html


def test_no_steps_lead_to_adopt() -> None:
    """What would be here, and the command that leads there."""
    text = Page(panel_html(None, Pipeline("weekly", "weekly.ipynb", plain_cells=(0,)))).words

    assert "No steps in weekly It has 1 plain cell." in text
    assert "nbops adopt weekly.ipynb" in text


def test_the_text_has_a_line_for_each_step(failed: RunState) -> None:
    """Terminals and logs get names, statuses, tests and times."""
    assert panel_text(failed, PIPELINE).splitlines() == [
        "flights_daily  1 failed, 1 warned, 1 passed, 1 skipped",
        "  passed       load           2  2.0 s",
        "  warned       planes       0/1  1.0 s",
        "  failed       clean        1/2  1.0 s",
        "  skipped      publish        –",
    ]


def test_attacks_stay_text(nasty: RunState, nasty_pipeline: Pipeline) -> None:
    """Nothing that a notebook brings in becomes markup."""
    html = panel_html(nasty, nasty_pipeline)

    assert foreign_markup(html) == []
    assert Page(html).problems == []
    assert "\x1b" not in panel_text(nasty, nasty_pipeline)
