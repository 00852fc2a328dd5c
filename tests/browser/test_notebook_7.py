"""Steps and the panel in a real Notebook 7, which the same server serves."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.running_lab import TOKEN, Lab
from tests.browser.test_panel_in_lab import step, write_notebook

pytestmark = pytest.mark.browser

# the indicator says idle too while there is no kernel yet
READY = """() => document.querySelector('.jp-KernelName')?.innerText.startsWith('Python 3')
    && document.querySelector('.jp-Notebook-ExecutionIndicator')?.dataset.status === 'idle'"""


def test_a_notebook_in_notebook_7_shows_its_steps_and_the_panel(page: Page, lab: Lab) -> None:
    """Run from the first cell to the one that fails, by the menu's command: records and panel are as in JupyterLab."""
    write_notebook(lab, "seven.ipynb")
    page.goto(f"{lab.address}/notebooks/seven.ipynb?token={TOKEN}")
    page.wait_for_function(READY)

    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()

    expect(step(page, "clean")).to_have_attribute("data-status", "failed", timeout=20_000)
    expect(step(page, "wait")).to_have_attribute("data-status", "passed")
    records = page.locator(".nbops-record")
    expect(records).to_have_count(3)
    expect(records.nth(2)).to_contain_text("dep <i>is</i> known")
