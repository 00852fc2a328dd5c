"""*Run as job…* in a real JupyterLab: the form, the errors beside its fields, progress, the executed notebook, Stop."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.running_lab import Lab
from tests.browser.test_panel_in_lab import open_notebook, write_notebook
from tests.browser.test_sidebar import command, edit

pytestmark = pytest.mark.browser

PARAMS = """%%params
day: date = date(2013, 2, 1)      # business day to load
rows: int = 3                     # how many
region: Literal["EU", "US"] = "EU"
names: list[str] = ["a", "b"]
limit: float | None = 2.5
is_strict: bool = True
wait: float = 0
since: date = date.today()
token: Secret = "none"            # never shown"""
CELLS = (
    "%load_ext nbops\nimport time",
    PARAMS,
    "%%step load\nmade = list(range(rows))\ntime.sleep(wait)\nprint(day, region, names, limit, is_strict)",
    "%%step judge\nassert len(made) < 10, 'few rows'",
)


def dialog(page: Page) -> Any:
    """Return the dialog that is open."""
    return page.locator(".nbops-dialog")


def field(page: Page, name: str) -> Any:
    """Return one field of the form, with its label and its error."""
    return dialog(page).locator(f"[data-field={name}]")


def strip(page: Page) -> Any:
    """Return the line above the notebook that tells of its job."""
    return page.locator(".nbops-job")


def button(page: Page, name: str) -> Any:
    """Return a button of the dialog."""
    return dialog(page).get_by_role("button", name=name, exact=True)


@pytest.fixture
def asked(page: Page, lab: Lab, request: pytest.FixtureRequest) -> Page:
    """Return a page whose dialog is open over a notebook with parameters of every kind."""
    name = f"{request.node.name}.ipynb"
    write_notebook(lab, name, CELLS)
    open_notebook(page, lab, name)
    command(page, "nbops:run-as-job")
    expect(dialog(page)).to_be_visible()
    return page


def test_the_form_has_a_control_for_each_type(asked: Page) -> None:
    """Defaults are shown as values; one that must be computed stands as a hint; comments and labels are read aloud."""
    controls = {name: field(asked, name).locator("input, select").first for name in
                ("day", "rows", "region", "names", "limit", "is_strict", "since", "token")}  # fmt: skip
    types = {name: control.evaluate("c => c.tagName + ':' + c.type") for name, control in controls.items()}

    assert types == {
        "day": "INPUT:date", "rows": "INPUT:text", "region": "SELECT:select-one", "names": "INPUT:text",
        "limit": "INPUT:text", "is_strict": "INPUT:checkbox", "since": "INPUT:date", "token": "INPUT:password",
    }  # fmt: skip
    expect(controls["day"]).to_have_value("2013-02-01")
    expect(controls["names"]).to_have_value("a, b")
    expect(controls["is_strict"]).to_be_checked()
    expect(controls["since"]).to_have_value("")
    expect(controls["token"]).to_have_value("")
    expect(asked.get_by_label("rows int")).to_have_value("3")
    expect(controls["day"]).to_have_accessible_description("business day to load")
    expect(dialog(asked).get_by_label("Environment (nbops)")).to_have_value("dev")
    expect(button(asked, "Resume")).to_be_hidden()


def test_what_is_wrong_stands_beside_its_field(asked: Page) -> None:
    """While typing, and again when the job is to begin: the dialog stays, and the field has the focus."""
    rows = field(asked, "rows")
    rows.locator("input").fill("many")
    expect(rows).to_contain_text("many is no whole number")
    expect(rows.locator("input")).to_have_attribute("aria-invalid", "true")
    button(asked, "Run now").click()
    expect(dialog(asked).get_by_role("alert")).to_contain_text("1 parameter is wrong")
    expect(rows.locator("input")).to_be_focused()
    rows.locator("input").fill("4")
    expect(rows).not_to_contain_text("whole number")
    expect(strip(asked)).to_have_count(0)


def test_a_job_runs_beside_and_its_notebook_opens(asked: Page, lab: Lab, request: pytest.FixtureRequest) -> None:
    """Its parameters are those of the form, its steps are told as they end, and the page may be loaded again."""
    field(asked, "rows").locator("input").fill("4")
    field(asked, "region").locator("select").select_option("US")
    field(asked, "names").locator("input").fill("x, y")
    field(asked, "limit").get_by_label("None for limit").check()
    field(asked, "is_strict").locator("input").uncheck()
    field(asked, "token").locator("input").fill("hush-hush")
    field(asked, "wait").locator("input").fill("2")
    dialog(asked).get_by_label("Environment (nbops)").select_option("test")
    button(asked, "Run now").click()
    expect(dialog(asked)).to_have_count(0, timeout=30_000)
    expect(strip(asked)).to_have_attribute("data-status", "running")
    expect(strip(asked)).to_contain_text("0 of 2 steps · load", timeout=20_000)
    expect(strip(asked)).to_have_attribute("data-status", "passed", timeout=30_000)
    expect(strip(asked).get_by_role("progressbar")).to_have_attribute("aria-valuenow", "2")

    asked.wait_for_function("jupyterapp.shell.currentWidget.context.path.startsWith('nbops-job:')")
    executed = asked.evaluate("jupyterapp.shell.currentWidget.content.model.toJSON()")
    printed = "2013-02-01 US ['x', 'y'] None False\n"
    assert any(printed in json.dumps(cell).replace("\\n", "\n") for cell in executed["cells"])
    assert "hush-hush" not in json.dumps(executed)
    assert asked.evaluate("jupyterapp.shell.currentWidget.sessionContext.session") is None

    asked.goto(lab.url(f"{request.node.name}.ipynb"))
    asked.wait_for_selector(".jp-Notebook", timeout=60_000)
    expect(strip(asked)).to_have_attribute("data-status", "passed", timeout=30_000)
    expect(strip(asked)).to_contain_text("test · 2 of 2 steps")
    strip(asked).get_by_role("button", name="Dismiss").click()
    expect(strip(asked)).to_have_count(0)


def test_a_failed_job_is_mended_and_resumed(asked: Page) -> None:
    """The line says why it failed; the dialog offers to go on with what passed; the notebook is saved first."""
    field(asked, "rows").locator("input").fill("12")
    button(asked, "Run now").click()
    expect(strip(asked)).to_have_attribute("data-status", "failed", timeout=40_000)
    expect(strip(asked)).to_contain_text("few rows")
    strip(asked).locator("summary").click()
    expect(strip(asked).locator("li[data-step=load]")).to_have_attribute("data-status", "passed")
    asked.evaluate("() => jupyterapp.shell._dockPanel.activateWidget([...jupyterapp.shell.widgets('main')][0])")
    edit(asked, 3, CELLS[3].replace("10", "20"))
    strip(asked).get_by_role("button", name="Resume…").click()
    expect(dialog(asked)).to_contain_text("failed at judge")
    expect(dialog(asked)).to_contain_text("1 of 2 steps are restored")
    expect(dialog(asked)).to_contain_text("rows=12")
    button(asked, "Resume").click()
    expect(strip(asked)).to_contain_text("goes on with @", timeout=30_000)
    expect(strip(asked)).to_have_attribute("data-status", "passed", timeout=40_000)
    expect(strip(asked).locator("li[data-step=load]")).to_contain_text("↺ from @")


def test_a_job_is_stopped_by_a_page_that_was_loaded_again(asked: Page) -> None:
    """It goes on while the page is away, is found again, and stops where it is."""
    field(asked, "wait").locator("input").fill("120")
    button(asked, "Run now").click()
    expect(strip(asked)).to_contain_text("load", timeout=30_000)
    asked.reload()
    asked.wait_for_selector(".jp-Notebook", timeout=60_000)
    expect(strip(asked)).to_have_attribute("data-status", "running", timeout=30_000)
    strip(asked).get_by_role("button", name="Stop").click()
    expect(strip(asked)).to_have_attribute("data-status", "interrupted", timeout=30_000)
    expect(strip(asked)).to_contain_text("stopped in JupyterLab")


def test_the_dialog_is_used_by_keyboard_alone(asked: Page) -> None:
    """The first field has the focus, Tab leads on, Escape leaves without a job; Enter begins one."""
    expect(field(asked, "day").locator("input")).to_be_focused()
    asked.keyboard.press("Escape")
    expect(dialog(asked)).to_have_count(0)
    asked.keyboard.press("Control+Alt+j")
    expect(dialog(asked)).to_be_visible()
    field(asked, "rows").locator("input").focus()
    asked.keyboard.press("Enter")
    expect(strip(asked)).to_be_visible(timeout=30_000)
    expect(strip(asked)).to_have_attribute("data-status", "passed", timeout=30_000)


def test_settings_are_heeded(asked: Page) -> None:
    """The settings editor has a form for them; a change holds at once."""
    asked.keyboard.press("Escape")
    setting = "jupyterapp.serviceManager.settings.save('@nbops/labextension:pipeline', %s)"
    command(asked, "settingeditor:open")
    asked.get_by_role("searchbox").last.fill("nbops")
    expect(asked.get_by_text("Line above each step").first).to_be_visible()
    expect(asked.get_by_text("Open executed notebooks").first).to_be_visible()
    asked.get_by_label("Line above each step").first.uncheck()
    asked.wait_for_function("document.body.classList.contains('nbops-no-badges')")
    asked.get_by_label("Line above each step").first.check()
    asked.wait_for_function("!document.body.classList.contains('nbops-no-badges')")
    asked.evaluate(f"() => {setting % repr('{}')}")
