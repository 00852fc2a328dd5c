"""The panel and the records of steps in a real JupyterLab: live, saved, opened again without a kernel."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.running_lab import Lab

pytestmark = pytest.mark.browser

CELLS = (
    "%load_ext nbops\nimport time, pandas as pd",
    "%nbops show",
    "%%step load\nraw = pd.DataFrame({'carrier': ['EV', '<b>UA</b>'], 'dep': [1.0, None]})\nassert len(raw), 'rows'",
    "%%step wait\nseen = len(raw)\ntime.sleep(2)",
    "%%step clean\nflown = raw.copy()\nassert flown.carrier.notna()\nassert flown.dep.notna(), 'dep <i>is</i> known'",
    "%%step boom\nflown['nope']",
    "%%step last\nnumber = 1",
)
READY = "window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'"
PANEL = ".nbops-live"
WIDGETS = "jupyterapp.shell.currentWidget.content.widgets"
SAVED_FORM = f"[{WIDGETS}[1].model.outputs.get(0).data['text/html']].flat().join('')"


def write_notebook(lab: Lab, name: str, cells: tuple[str, ...] = CELLS) -> Path:
    """Write a notebook into the project that the JupyterLab shows."""
    code = [
        {"cell_type": "code", "id": f"c{i}", "metadata": {}, "execution_count": None, "outputs": [], "source": source}
        for i, source in enumerate(cells)
    ]
    spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    content = {"cells": code, "metadata": {"kernelspec": spec}, "nbformat": 4, "nbformat_minor": 5}
    path = lab.root / name
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def open_notebook(page: Page, lab: Lab, name: str) -> None:
    """Open a notebook and wait for its kernel."""
    page.goto(lab.url(name))
    page.wait_for_selector(".jp-Notebook", timeout=60_000)
    page.wait_for_function(READY, timeout=60_000)


def run_cell(page: Page, index: int, *, wait: bool = True) -> None:
    """Run one cell, and wait for its end."""
    page.evaluate(
        f"() => {{ const notebook = jupyterapp.shell.currentWidget.content; notebook.activeCellIndex = {index};"
        " notebook.deselectAll(); void jupyterapp.commands.execute('notebook:run-cell'); }"
    )
    if wait:
        page.wait_for_function(
            f"jupyterapp.shell.currentWidget.content.widgets[{index}].model.executionCount !== null && {READY}"
        )


def saved_form(page: Page) -> str:
    """Return the HTML of the panel that would be saved now."""
    form: str = page.evaluate(SAVED_FORM)
    return form


def step(page: Page, name: str) -> Any:
    """Return the row of a step in the panel."""
    return page.locator(f"{PANEL} [data-step={name}].step")


@pytest.fixture
def live(page: Page, lab: Lab, request: pytest.FixtureRequest) -> Page:
    """Return a page on a notebook whose panel is shown and whose first step ran."""
    name = f"{request.node.name}.ipynb"
    write_notebook(lab, name)
    open_notebook(page, lab, name)
    for index in range(3):
        run_cell(page, index)
    return page


def test_the_panel_follows_the_kernel(live: Page) -> None:
    """A step that runs is seen while it runs; what is not well opens by itself."""
    expect(step(live, "load")).to_have_attribute("data-status", "passed")
    expect(step(live, "boom")).to_have_attribute("data-status", "pending")
    run_cell(live, 3, wait=False)
    expect(step(live, "wait")).to_have_attribute("data-status", "running")
    expect(step(live, "wait").locator(".took")).to_contain_text("1.", timeout=5_000)  # the clock goes on by itself
    expect(step(live, "wait")).to_have_attribute("data-status", "passed")
    run_cell(live, 4)
    expect(step(live, "clean")).to_have_attribute("data-status", "failed")
    expect(step(live, "clean").get_by_text("dep <i>is</i> known").first).to_be_visible()
    run_cell(live, 5)
    expect(step(live, "boom").get_by_text("KeyError: 'nope'")).to_be_visible()
    expect(live.locator(f"{PANEL} [role=status]")).to_contain_text("1 failed")


def test_what_the_reader_did_stays(live: Page) -> None:
    """Folds, focus and what is being written stay when steps run, and when the saved form is brought up to date."""
    run_cell(live, 3)
    run_cell(live, 4)
    find = live.locator(f"{PANEL} input[type=search]")
    find.fill("a")
    expect(step(live, "boom")).to_have_count(0)
    step(live, "clean").get_by_role("button", name="Why?").click()
    line = step(live, "load").locator("> .line")
    line.focus()
    live.keyboard.press("ArrowRight")
    expect(line).to_have_attribute("aria-expanded", "true")
    before = saved_form(live)
    session = "jupyterapp.shell.currentWidget.sessionContext.session.kernel"
    live.evaluate(f"() => {{ void {session}.requestExecute({{ code: {json.dumps(CELLS[3])} }}) }}")
    expect(step(live, "wait")).to_have_attribute("data-status", "running", timeout=10_000)
    expect(step(live, "wait")).to_have_attribute("data-status", "passed", timeout=10_000)
    live.wait_for_function(f"before => {SAVED_FORM} !== before", arg=before, timeout=15_000)

    expect(line).to_have_attribute("aria-expanded", "true")
    expect(line).to_be_focused()
    expect(step(live, "clean").locator(".why")).to_be_visible()
    expect(find).to_have_value("a")
    expect(live.locator(f"{PANEL} .nbops-side")).to_have_count(1)
    assert live.evaluate("jupyterapp.shell.currentWidget.content.mode") == "command"  # the keys went to the panel alone


def test_the_panel_is_found_again_when_its_output_is_another_one(live: Page) -> None:
    """A page that is loaded anew shows the view, and so does a cell that is run again: once each."""
    live.evaluate("async () => { await jupyterapp.commands.execute('docmanager:save') }")
    live.reload()
    live.wait_for_selector(".jp-Notebook", timeout=60_000)
    expect(step(live, "load")).to_have_attribute("data-status", "passed")
    live.wait_for_function(READY, timeout=60_000)
    run_cell(live, 1)
    expect(live.locator(f"{PANEL} .nbops-side")).to_have_count(1)
    run_cell(live, 4)
    expect(step(live, "clean")).to_have_attribute("data-status", "failed")


def test_the_panel_in_an_output_runs_steps_and_says_why(live: Page) -> None:
    """Its buttons do what those at the side do: the page runs the real cells, the kernel answers."""
    run_cell(live, 4)
    panel = step(live, "clean")
    panel.get_by_role("button", name="Why?").click()
    expect(panel.locator(".why")).to_contain_text("by hand every step runs")
    panel.get_by_role("button", name="Run until").click()
    live.wait_for_function(f"{WIDGETS}[2].model.executionCount > 3 && {READY}")
    assert live.evaluate(f"{WIDGETS}[3].model.executionCount") is None  # `wait` is not needed for it


def test_where_the_kernel_has_no_anywidget_the_panel_is_html(page: Page, lab: Lab) -> None:
    """It follows the steps all the same, and nothing is said about widgets."""
    cells = ("import sys\nsys.modules['anywidget'] = None\n%load_ext nbops", "%nbops show", "%%step load\nx = 1")
    write_notebook(lab, "plain_panel.ipynb", cells)
    open_notebook(page, lab, "plain_panel.ipynb")
    for index in range(3):
        run_cell(page, index)
    output = page.locator(".jp-Cell").nth(1).locator(".jp-RenderedHTML")
    expect(output.locator("[data-step=load]").first).to_have_attribute("data-status", "passed")
    expect(page.locator(".jp-Cell").nth(1)).not_to_contain_text("rror")


def test_nothing_comes_from_elsewhere(page: Page, lab: Lab) -> None:
    """All requests go to this machine, and the browser has nothing to complain about."""
    asked: set[str] = set()
    said: list[str] = []
    page.on("request", lambda request: asked.add(request.url.split("/")[2]))
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    write_notebook(lab, "requests.ipynb")
    open_notebook(page, lab, "requests.ipynb")
    for index in range(3):
        run_cell(page, index)
    expect(step(page, "load")).to_have_attribute("data-status", "passed")

    assert {host.split(":")[0] for host in asked if host} == {"127.0.0.1"}
    assert said == []


def test_a_saved_notebook_tells_it_without_a_kernel(
    live: Page, lab: Lab, page: Page, request: pytest.FixtureRequest
) -> None:
    """The file keeps the panel as it was at the end; opened anew it is not trusted, and can still be read."""
    run_cell(live, 4)
    live.wait_for_timeout(2_500)  # the saved form follows when nothing has happened for two seconds
    live.evaluate("async () => { await jupyterapp.commands.execute('docmanager:save') }")
    saved = json.loads((lab.root / f"{request.node.name}.ipynb").read_text(encoding="utf-8"))
    data = saved["cells"][1]["outputs"][0]["data"]

    assert 'data-step="clean" data-status="failed"' in "".join(data["text/html"])
    assert "failed       clean" in "".join(data["text/plain"])

    assert set(data) == {"text/html", "text/plain"}  # no widget: nobody will miss one

    strange = {**saved, "cells": [{**c, "id": f"s{i}"} for i, c in enumerate(saved["cells"])]}
    (lab.root / "strange.ipynb").write_text(json.dumps(strange), encoding="utf-8")
    page.goto(lab.url("strange.ipynb"))
    page.wait_for_function("window.jupyterapp?.shell.currentWidget?.content?.widgets?.length > 5")
    outputs = page.locator(".jp-OutputArea-output")
    expect(outputs.get_by_text("dep <i>is</i> known").first).to_be_visible()
    expect(outputs.get_by_text("failed", exact=False).first).to_be_visible()
    assert page.evaluate("jupyterapp.shell.currentWidget.content.widgets[1].model.trusted") is False
