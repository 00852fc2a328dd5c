"""The panel at the side and the badges on the cells, in a real JupyterLab."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.running_lab import Lab
from tests.browser.test_panel_in_lab import READY, open_notebook, run_cell, write_notebook

pytestmark = pytest.mark.browser

LOAD = "%load_ext nbops\nimport pandas as pd, time"
CELLS = (
    LOAD,
    "%%step load\nraw = pd.DataFrame({'carrier': ['EV', '<b>UA</b>'], 'dep': [1.0, None]})\nassert len(raw), 'rows'",
    "%%step count\nseen = len(raw)",
    "%%step clean\nflown = raw.copy()\nassert flown.dep.notna(), 'dep <i>is</i> known'",
)
NB = "jupyterapp.shell.currentWidget.content"


def side(page: Page, step: str) -> Any:
    """Return the row of a step in the panel at the side."""
    return page.locator(f".nbops-side .step[data-step={step}]")


def badge(page: Page, step: str) -> Any:
    """Return the badge of a step."""
    return page.locator(f".nbops-badge[data-step={step}]")


def command(page: Page, name: str) -> None:
    """Run a command of JupyterLab, as the palette and the menus do, without waiting for its end."""
    page.evaluate(f"() => {{ void jupyterapp.commands.execute({json.dumps(name)}) }}")


def edit(page: Page, index: int, source: str) -> None:
    """Change the code of a cell."""
    page.evaluate(f"() => {NB}.widgets[{index}].model.sharedModel.setSource({json.dumps(source)})")


@pytest.fixture
def ran(page: Page, lab: Lab, request: pytest.FixtureRequest) -> Page:
    """Return a page on a notebook whose steps ran, with the panel at the side."""
    name = f"{request.node.name}.ipynb"
    write_notebook(lab, name, CELLS)
    open_notebook(page, lab, name)
    command(page, "nbops:show")
    for index in range(len(CELLS)):
        run_cell(page, index)
    return page


def test_panel_and_badges_say_what_became_of_the_steps(ran: Page) -> None:
    """The failed step is open, with its rows as text; the graph comes from the kernel."""
    expect(side(ran, "load")).to_have_attribute("data-status", "passed")
    expect(side(ran, "clean")).to_have_attribute("data-status", "failed")
    expect(side(ran, "clean")).to_contain_text("dep <i>is</i> known")
    expect(side(ran, "clean").locator("td", has_text="<b>UA</b>")).to_be_visible()
    expect(side(ran, "clean").locator(".null")).to_have_text("null")
    expect(badge(ran, "load")).to_contain_text("1 test · → 2 rows")
    expect(badge(ran, "clean")).to_contain_text("failed")
    expect(ran.locator(".nbops-side .nbops-graph [role=button]")).to_have_count(3)
    expect(ran.locator(".nbops-side [role=status]")).to_contain_text("1 failed")


def test_an_edit_makes_a_step_and_its_readers_stale_and_run_stale_heals_them(ran: Page) -> None:
    """A comment changes nothing; a value does. What is run again is the real cells."""
    edit(ran, 1, CELLS[1] + "  # a remark")
    ran.wait_for_timeout(1_000)
    expect(ran.locator(".nbops-badge .nbops-stale")).to_have_count(0)

    edit(ran, 1, CELLS[1].replace("None", "2.0"))
    expect(badge(ran, "load").locator(".nbops-stale")).to_have_attribute("title", "its code changed since it ran")
    expect(badge(ran, "clean").locator(".nbops-stale")).to_have_attribute(
        "title", "load, which it reads from, is stale"
    )

    ran.get_by_role("button", name="Run stale (3)").click()
    expect(side(ran, "clean")).to_have_attribute("data-status", "passed")
    expect(ran.locator(".nbops-badge .nbops-stale")).to_have_count(0)
    assert ran.evaluate(f"{NB}.widgets.map(cell => cell.model.executionCount)") == [1, 5, 6, 7]


def test_run_from_runs_a_step_and_all_that_depends_on_it(ran: Page) -> None:
    """By graph: a step that does not read it is left alone."""
    side(ran, "count").get_by_role("button").first.click()
    side(ran, "count").get_by_role("button", name="Run from count").click()
    ran.wait_for_function(f"{NB}.widgets[2].model.executionCount === 5 && {READY}")
    assert ran.evaluate(f"{NB}.widgets.map(cell => cell.model.executionCount)") == [1, 2, 5, 4]


def test_the_button_of_a_badge_runs_its_step(ran: Page) -> None:
    """What it made anew makes its readers stale."""
    badge(ran, "load").get_by_role("button", name="Run load").click()
    ran.wait_for_function(f"{NB}.widgets[1].model.executionCount === 5 && {READY}")
    expect(badge(ran, "count").locator(".nbops-stale")).to_have_attribute(
        "title", "load, which it reads from, ran again"
    )
    expect(badge(ran, "load").locator(".nbops-stale")).to_have_count(0)


def test_a_page_that_is_loaded_again_knows_all_of_it(ran: Page, lab: Lab) -> None:
    """Verdicts come from the saved outputs, the graph from the kernel that still runs."""
    ran.evaluate("() => jupyterapp.commands.execute('docmanager:save')")
    ran.reload()
    ran.wait_for_selector(".jp-Notebook", timeout=60_000)
    command(ran, "nbops:show")
    expect(side(ran, "clean")).to_have_attribute("data-status", "failed", timeout=30_000)
    expect(ran.locator(".nbops-side .nbops-graph [role=button]")).to_have_count(3, timeout=30_000)


def test_a_notebook_that_ran_elsewhere_is_read_without_its_kernel(page: Page, lab: Lab) -> None:
    """The records in its outputs are enough for panel and badges."""
    record = {"v": 1, "kind": "StepFinished", "at": 1.0, "run": "r", "step": "load", "status": "warned", "seconds": 2.0}
    record["tests"] = [{"name": "known", "status": "warned", "severity": "warn"}]
    path = write_notebook(lab, "elsewhere.ipynb", CELLS[1:])
    content = json.loads(path.read_text())
    data = {"application/vnd.nbops.step+json": record, "text/plain": "load"}
    content["cells"][0]["outputs"] = [{"output_type": "display_data", "data": data, "metadata": {}}]
    path.write_text(json.dumps(content))

    open_notebook(page, lab, "elsewhere.ipynb")
    command(page, "nbops:show")

    expect(side(page, "load")).to_have_attribute("data-status", "warned")
    expect(badge(page, "load")).to_contain_text("2.0 s")
    expect(side(page, "clean")).to_have_attribute("data-status", "pending")


def test_a_restarted_kernel_is_met_again_when_it_loads_nbops(ran: Page) -> None:
    """Until then nothing is called stale: nobody knows what the new kernel holds."""
    ran.evaluate("() => jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()")
    expect(ran.locator(".nbops-side .nbops-graph")).to_have_count(0)
    expect(side(ran, "clean")).to_have_attribute("data-status", "failed")
    run_cell(ran, 0)
    expect(ran.locator(".nbops-side .nbops-graph [role=button]")).to_have_count(3)


def test_hostile_names_are_text(page: Page, lab: Lab) -> None:
    """Nothing in a name, a message or a value becomes a part of the page."""
    evil = "<img src=x onerror=window.evil=1>"
    cells = (LOAD, f"%%step a\nx = pd.DataFrame({{{evil!r}: [{evil!r}]}})\nassert x[{evil!r}].isna(), {evil!r}")
    write_notebook(lab, "hostile.ipynb", cells)
    open_notebook(page, lab, "hostile.ipynb")
    command(page, "nbops:show")
    run_cell(page, 0)
    run_cell(page, 1)
    expect(side(page, "a")).to_contain_text(evil)
    assert page.evaluate("window.evil") is None
    assert page.locator(".nbops-side img, .nbops-badge img").count() == 0


def test_a_cell_is_turned_into_a_step_and_back(page: Page, lab: Lab) -> None:
    """The name stands selected, to be typed over; undo takes it away again."""
    write_notebook(lab, "turned.ipynb", ("x = 1",))
    open_notebook(page, lab, "turned.ipynb")
    command(page, "nbops:turn-into-step")
    source = f"{NB}.widgets[0].model.sharedModel.getSource()"
    assert page.evaluate(source) == "%%step new_step\nx = 1"
    page.keyboard.type("load")
    assert page.evaluate(source) == "%%step load\nx = 1"
    expect(badge(page, "load")).to_contain_text("pending")
    for _ in range(4):
        page.keyboard.press("Control+z")
    assert page.evaluate(source) == "x = 1"
    expect(page.locator(".nbops-badge")).to_have_count(0)


def test_the_line_magic_runs_the_notebooks_own_cells(page: Page, lab: Lab) -> None:
    """``%nbops run --from`` asks the page: outputs and records stand below the cells of the steps."""
    write_notebook(lab, "magic.ipynb", (*CELLS[:3], "%nbops run --from load"))
    open_notebook(page, lab, "magic.ipynb")
    page.evaluate("() => jupyterapp.commands.execute('docmanager:save')")
    for index in range(4):
        run_cell(page, index)
    page.wait_for_function(f"{NB}.widgets[2].model.executionCount === 6 && {READY}")
    assert page.evaluate(f"{NB}.widgets.map(cell => cell.model.executionCount)") == [1, 5, 6, 4]
    expect(page.locator(".nbops-record")).to_have_count(2)
