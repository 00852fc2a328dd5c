"""Records of steps in outputs: drawn by our own view where the extension is, HTML where it is not, never an error."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from nbops.records import CheckResult, Examples, RowAccount, RowEntry, Status, StepFinished, Table
from nbops.views.step_record import step_record
from tests.browser.running_lab import Lab
from tests.browser.test_panel_in_lab import write_notebook

pytestmark = pytest.mark.browser

RAW, FLOWN = Table("raw", "pandas.DataFrame", 930, 4), Table("flown", "pandas.DataFrame", 458, 4)
FAILED = CheckResult(
    "departed", Status.FAILED, rows=930, failing=472, allowed="not null",
    examples=Examples(("carrier", "dep"), ("7", "9"), (("<b>EV</b>", None), ("UA", None))),
)  # fmt: skip
RECORD = StepFinished(
    1.0, "r", "clean", Status.FAILED, seconds=0.5, tests=(FAILED, CheckResult("flew", Status.PASSED)),
    tables_in=(RAW,), tables_out=(FLOWN,), accounts=(RowAccount("drop", (RAW,), FLOWN, (RowEntry("cancelled", 472),)),),
)  # fmt: skip


def executed(lab: Lab, name: str, data: dict[str, Any]) -> Path:
    """Write a notebook as papermill leaves it: executed, and with no kernel of this machine."""
    path = write_notebook(lab, name, ("%%step clean\nflown = raw",))
    content = json.loads(path.read_text())
    content["metadata"]["kernelspec"] = {"name": "gone", "display_name": "Gone", "language": "python"}
    content["cells"][0]["outputs"] = [{"output_type": "display_data", "data": data, "metadata": {}}]
    path.write_text(json.dumps(content))
    return path


def opened(page: Page, lab: Lab, name: str) -> Page:
    """Open a notebook whose kernel is not there."""
    page.goto(lab.url(name))
    page.wait_for_selector(".jp-Notebook", timeout=60_000)
    return page


def test_an_executed_notebook_shows_its_records_without_a_kernel(page: Page, lab: Lab) -> None:
    """Status, tests, failing rows and where rows went, all of it text; the notebook is not trusted."""
    executed(lab, "executed.ipynb", step_record(RECORD))
    record = opened(page, lab, "executed.ipynb").locator(".jp-OutputArea-output .nbops-record")

    expect(record).to_have_attribute("data-status", "failed")
    expect(record).to_contain_text("2 tests, 1 failed · 930 → 458 rows · 0.5 s")
    expect(record.locator("td", has_text="<b>EV</b>")).to_be_visible()
    expect(record.locator(".null").first).to_have_text("null")
    expect(record).to_contain_text("930 − 472 cancelled = 458 reconciles")
    expect(record.locator("summary", has_text="1 passed")).to_be_visible()
    assert page.locator(".nbops-record-output").count() == 1  # our own view, not the HTML beside it
    assert page.evaluate("jupyterapp.shell.currentWidget.content.widgets[0].model.trusted") is False


def test_a_record_of_a_newer_nbops_is_shown_as_its_text(page: Page, lab: Lab) -> None:
    """An older extension does not know what its fields mean."""
    data = step_record(RECORD)
    data["application/vnd.nbops.step+json"] |= {"v": 99}
    executed(lab, "newer.ipynb", data)

    output = opened(page, lab, "newer.ipynb").locator(".nbops-record-output")

    expect(output).to_contain_text("failed  clean")


def test_where_the_extension_is_not_the_record_is_html(page: Page, lab: Lab) -> None:
    """JupyterLab in an environment without nbops."""
    page.route("**/extensions/@nbops/**", lambda route: route.abort())
    executed(lab, "plain.ipynb", step_record(RECORD))

    output = opened(page, lab, "plain.ipynb").locator(".jp-RenderedHTML")

    expect(output).to_contain_text("472 of 930")
    expect(output).to_contain_text("930 − 472 cancelled = 458 reconciles")
    assert page.locator(".nbops-record-output").count() == 0


def test_a_panel_whose_widget_nobody_can_show_is_html(page: Page, lab: Lab) -> None:
    """JupyterLab without anywidget, and a notebook whose kernel is gone: the saved panel is read, and no error."""
    page.route("**/extensions/anywidget/**", lambda route: route.abort())
    page.route("**/extensions/@jupyter-widgets/**", lambda route: route.abort())
    html = '<section class="nbops nbops-panel">the panel as it was saved</section>'
    view = {"version_major": 2, "version_minor": 1, "model_id": "0" * 32}
    data = {"application/vnd.jupyter.widget-view+json": view, "text/html": html, "text/plain": "panel"}
    executed(lab, "widget.ipynb", data)

    output = opened(page, lab, "widget.ipynb").locator(".jp-OutputArea-output")

    expect(output).to_contain_text("the panel as it was saved")
    expect(output).not_to_contain_text("rror")
