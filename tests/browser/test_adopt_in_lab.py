"""*Adopt notebook…*, stale steps in the order of the graph, and the places of the commands, in a real JupyterLab."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.running_lab import Lab
from tests.browser.test_panel_in_lab import READY, open_notebook, run_cell, write_notebook
from tests.browser.test_sidebar import LOAD, NB, badge, command, edit

pytestmark = pytest.mark.browser

PLAIN = (
    "import pandas as pd\nday = '2013-02-01'",
    "orders = pd.DataFrame({'a': [1, 2], 'day': day})\norders.head()",
    "orders.to_csv('out.csv')",
)
SOURCES = f"{NB}.widgets.map(cell => cell.model.sharedModel.getSource())"
IDS = f"{NB}.widgets.map(cell => cell.model.id)"


def dialog(page: Page) -> Any:
    """Return the dialog that is open."""
    return page.locator(".nbops-dialog")


def open_plain(page: Page, lab: Lab, name: str) -> None:
    """Open a notebook without steps, with a text cell in its middle and an output that is worth keeping."""
    path = write_notebook(lab, name, PLAIN)
    content = json.loads(path.read_text())
    content["cells"].insert(1, {"cell_type": "markdown", "id": "text", "metadata": {}, "source": "## Orders"})
    output = {"output_type": "stream", "name": "stdout", "text": "kept"}
    content["cells"][3]["outputs"] = [output]
    path.write_text(json.dumps(content))
    open_notebook(page, lab, name)


def test_the_open_document_is_adopted_and_one_undo_takes_it_back(page: Page, lab: Lab) -> None:
    """The diff comes first; unsaved changes are part of it; outputs of cells that stay keep; nothing is saved."""
    open_plain(page, lab, "adopted.ipynb")
    edit(page, 0, PLAIN[0].replace("2013", "2014"))
    before, ids = page.evaluate(SOURCES), page.evaluate(IDS)
    command(page, "nbops:adopt")
    expect(dialog(page).locator(".plus").filter(has_text="%%step").first).to_be_visible()
    expect(dialog(page)).to_contain_text("day = '2014-02-01'")
    expect(dialog(page)).to_contain_text("1 writes to the outside")
    dialog(page).get_by_role("button", name="Adopt", exact=True).click()
    expect(page.locator(".nbops-badge")).to_have_count(2)

    after = page.evaluate(SOURCES)
    assert any(source.startswith("%%params") and "2014-02-01" in source for source in after)
    assert any(source.startswith("%%step") and "to_csv" in source for source in after)
    assert "## Orders" in after
    assert page.evaluate(f"{NB}.widgets.at(-1).model.outputs.length") == 1
    assert "%%step" not in (lab.root / "adopted.ipynb").read_text()
    assert not any("nbops" in json.dumps(cell.get("metadata", {})) for cell in _cells(page))

    page.keyboard.press("Control+z")
    page.wait_for_function(f"{NB}.widgets.length === {len(before)}")
    assert page.evaluate(SOURCES) == before
    assert page.evaluate(IDS) == ids
    page.keyboard.press("Shift+z")
    page.wait_for_function(f"{NB}.widgets.length === {len(after)}")
    assert page.evaluate(SOURCES) == after


def _cells(page: Page) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = page.evaluate(f"{NB}.model.toJSON().cells")
    return found


def test_an_adoption_that_is_not_wanted_changes_nothing(page: Page, lab: Lab) -> None:
    """Cancel leaves the document as it was; a notebook that has steps already has nothing to propose."""
    open_plain(page, lab, "cancelled.ipynb")
    before = page.evaluate(SOURCES)
    command(page, "nbops:adopt")
    dialog(page).get_by_role("button", name="Cancel").click()
    expect(dialog(page)).to_have_count(0)
    assert page.evaluate(SOURCES) == before
    edit(page, 0, "%%step load\nx = 1")
    command(page, "nbops:adopt")
    expect(dialog(page)).to_contain_text("it has steps already")
    expect(dialog(page).get_by_role("button", name="Adopt", exact=True)).to_have_count(0)


def test_a_notebook_that_cannot_be_adopted_says_where(page: Page, lab: Lab) -> None:
    """A slip in a cell is told with its place."""
    write_notebook(lab, "slip.ipynb", ("x = (",))
    open_notebook(page, lab, "slip.ipynb")
    command(page, "nbops:adopt")
    told = page.locator(".jp-Dialog")
    expect(told).to_contain_text("The notebook cannot be adopted")
    expect(told).to_contain_text("slip.ipynb")


def test_stale_steps_run_in_the_order_of_the_graph(page: Page, lab: Lab) -> None:
    """All that are stale, and nothing else, by the command and with one run each."""
    cells = (
        LOAD,
        "%%step load\nraw = [1, 2]",
        "%%step other\nalone = 1",
        "%%step clean\nkept = raw[:1]",
        "%%step told --after clean\nprint(len(kept))",
    )
    write_notebook(lab, "graph.ipynb", cells)
    open_notebook(page, lab, "graph.ipynb")
    for index in range(len(cells)):
        run_cell(page, index)
    edit(page, 1, "%%step load\nraw = [1, 2, 3]")
    expect(badge(page, "told").locator(".nbops-stale")).to_be_visible()
    page.wait_for_function("jupyterapp.commands.isEnabled('nbops:run-stale')")
    command(page, "nbops:run-stale")
    page.wait_for_function(f"{NB}.widgets[4].model.executionCount === 8 && {READY}")
    assert page.evaluate(f"{NB}.widgets.map(cell => cell.model.executionCount)") == [1, 6, 3, 7, 8]
    expect(page.locator(".nbops-badge .nbops-stale")).to_have_count(0)


def test_commands_stand_in_menus_palette_and_shortcuts(page: Page, lab: Lab) -> None:
    """The Run menu, the notebook's context menu, the palette; all from the schema."""
    open_plain(page, lab, "menus.ipynb")
    page.get_by_role("menuitem", name="Run", exact=True).click()
    expect(page.locator(".lm-Menu-item").filter(has_text="Run as Job…")).to_be_visible()
    page.keyboard.press("Escape")
    page.locator(".jp-CodeCell .cm-content").first.click(button="right")
    for label in ("Turn into Step", "Run as Job…", "Adopt Notebook…"):
        expect(page.locator(".lm-Menu-item").filter(has_text=label)).to_be_visible()
    page.keyboard.press("Escape")
    listed = page.evaluate("jupyterapp.commands.listCommands().filter(id => id.startsWith('nbops:'))")
    labelled = page.evaluate(f"{json.dumps(listed)}.map(id => jupyterapp.commands.label(id))")
    assert {"nbops:adopt", "nbops:run-as-job", "nbops:run-stale", "nbops:turn-into-step"} <= set(listed)
    assert all(labelled)
    bound = page.evaluate("jupyterapp.commands.keyBindings.map(bound => bound.command)")
    assert {"nbops:run-from", "nbops:run-as-job", "nbops:turn-into-step"} <= set(bound)
