"""Pictures of control charts: what is out is named, nothing is drawn outside, and text is escaped."""

from __future__ import annotations

import datetime as dt
import re
from xml.etree import ElementTree

import pytest

from nbops.pipeline.control import control_charts
from nbops.pipeline.control_chart import ControlChart
from nbops.pipeline.run import History, fold
from nbops.records import PointOut, RunFinished, RunStarted, Status
from nbops.views.control_chart_svg import _ticks, chart_label, control_chart_svg
from nbops.views.control_section import charts_html, charts_page, charts_text
from nbops.views.report import report_html
from tests.pipeline.past_runs import MONDAY, past_run, past_runs, usual_rows


def charts(rows: list[int]) -> tuple[ControlChart, ...]:
    """Return the charts of daily runs with so many rows."""
    return control_charts(past_runs(rows, metrics={"<b>auc</b>": 0.5}))


@pytest.mark.parametrize("is_small", [False, True])
@pytest.mark.parametrize("rows", [[5], [0, 0, 0], usual_rows(6), usual_rows(60), [*usual_rows(40), 3], [7] * 30])
def test_a_picture_is_whole_and_stays_inside(rows: list[int], is_small: bool) -> None:
    """One point or sixty, constants and collapses: well-formed, and every mark within the frame."""
    for chart in charts(rows):
        drawn = ElementTree.fromstring(control_chart_svg(chart, 900, 240 if not is_small else 96, is_small=is_small))
        marks = [element for element in drawn.iter() if element.tag == "circle"]

        assert all(0 <= float(mark.get("cx", "")) <= 900 and 0 <= float(mark.get("cy", "")) <= 240 for mark in marks)
        assert "nan" not in ElementTree.tostring(drawn, "unicode").lower().replace("nansum", "")


def test_points_out_are_named_in_the_picture_and_in_words() -> None:
    """The value, the day, and what was usual; the label says the result."""
    rows = usual_rows(36)
    rows[32] = 400
    chart = charts(rows)[0]
    drawn = control_chart_svg(chart)

    assert "400, Fri 4 Apr" in drawn
    assert re.search(r"usual \d{3} to 1,\d{3}", drawn)
    assert drawn.count("<circle") == 1
    assert chart_label(chart).startswith("rows of orders: 1 point out of 36; the newest is ")
    assert "! rows" not in charts_text([chart])
    assert "    Fri 4 Apr: 400, usual " in charts_text([chart])


def test_names_of_people_are_escaped_everywhere() -> None:
    """A metric may be called anything."""
    found = charts(usual_rows(8))

    assert "<b>auc" not in charts_html(found)
    assert "&lt;b&gt;auc" in charts_html(found)
    assert "<b>auc" not in charts_page("<i>x</i>", found)
    assert "<i>x" not in charts_page("<i>x</i>", found)


def test_a_picture_needs_no_style_sheet_and_no_script() -> None:
    """It stands in notebooks that were saved, sanitised, and read years later."""
    drawn = control_chart_svg(charts(usual_rows(30))[0])

    assert not re.search(r"<style|<script|url\(|@import|href", drawn)
    assert "currentColor" in drawn


def test_a_report_names_what_is_out_and_says_when_nobody_looked() -> None:
    """What is unusual stands first; unknown is told, never shown as usual."""
    history = History(charts=charts([*usual_rows(35), 400]))
    out = (PointOut("rows", "orders", 400, 900, 1100, 30, ("weekend",)),)
    told = report_html(fold(past_run(MONDAY + dt.timedelta(days=35), 400, out=out)), history)
    started = RunStarted(1.0, "ab" * 16, "batch", "sales.ipynb")
    silent = report_html(fold([started, RunFinished(2.0, "ab" * 16, Status.PASSED, unwatched="no hub was there")]))

    assert '<td class="b">rows of orders</td><td class="n bad">400</td><td class="n">900 to 1,100</td>' in told
    assert "30 earlier runs · by weekend" in told
    assert told.count('<details class="test chart" open>') == 1
    assert "no hub was there" in silent
    assert "all as usual" not in silent


def test_a_young_pipeline_is_told_that_it_learns() -> None:
    """Three runs are no history: no picture, no verdict."""
    state = fold(past_run(MONDAY, 100))
    page = report_html(state, History(charts=charts([100, 101, 99])))

    assert "nbops-chart" not in page.split("</style>")[1]


@pytest.mark.parametrize(("low", "high"), [(0, 1), (1e-9, 3e-9), (-5, 5), (999, 1001), (0, 3e12)])
def test_grid_lines_are_round_and_few(low: float, high: float) -> None:
    """Two to six, all inside."""
    ticks = _ticks(low, high)

    assert 2 <= len(ticks) <= 6
    assert all(low - 1e-12 <= tick <= high * (1 + 1e-9) for tick in ticks)
