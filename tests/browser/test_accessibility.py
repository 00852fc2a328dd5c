"""What nbops adds to JupyterLab can be used by everybody: axe finds nothing, keys reach all, all has a name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.running_lab import Lab
from tests.browser.test_panel_in_lab import open_notebook, run_cell, write_notebook
from tests.browser.test_run_as_job import PARAMS
from tests.browser.test_sidebar import CELLS, badge, command, side

pytestmark = pytest.mark.browser

THEMES = ("JupyterLab Light", "JupyterLab Dark", "JupyterLab Dark High Contrast")
OWN = (".nbops-sidebar", ".nbops-badge-place", ".nbops-dialog", ".nbops-job-place", ".nbops-record", ".nbops-panel")
# Everything that can be pressed, typed into or opened, with the name that is read aloud for it.
CONTROLS = """(roots) => roots.flatMap(root => [...document.querySelectorAll(root)]).flatMap(root =>
  [...root.querySelectorAll('button, input, select, summary, a[href], [role=button], [tabindex]')]
  .filter(one => one.checkVisibility() && one.tagName !== 'DIV'))
  .map(one => ({ html: one.outerHTML.slice(0, 120), reached: one.tabIndex >= 0 || one.disabled,
    name: one.getAttribute('aria-label') || one.innerText || one.textContent || one.labels?.[0]?.innerText || '' }))"""


def set_theme(page: Page, name: str) -> None:
    """Let JupyterLab wear another theme."""
    page.evaluate("name => jupyterapp.commands.execute('apputils:change-theme', { theme: name })", name)
    page.wait_for_function("name => document.body.dataset.jpThemeName === name", arg=name)
    page.wait_for_timeout(300)  # colours fade from one to the other


def findings(page: Page, within: tuple[str, ...] = OWN) -> list[tuple[str, str, str]]:
    """Return what axe finds serious or critical in the elements of nbops that are on the page."""
    shown = [own for own in within if page.locator(own).count()]
    assert shown
    answer = Axe().run(page, context={"include": [[own] for own in shown]}).response
    return [
        (finding["id"], node["html"][:160], node.get("failureSummary", "")[:300])
        for finding in answer["violations"]
        if finding["impact"] in ("serious", "critical")
        for node in finding["nodes"]
    ]


def unnamed(page: Page) -> list[dict[str, Any]]:
    """Return the controls of nbops that have no name, or that the Tab key does not reach."""
    found = page.evaluate(CONTROLS, list(OWN))
    assert found
    return [one for one in found if not one["reached"] or not one["name"].strip()]


@pytest.fixture
def ran(page: Page, lab: Lab, request: pytest.FixtureRequest) -> Iterator[Page]:
    """Return a page with steps that passed and failed, their records, badges, and the panel at the side."""
    name = f"{request.node.name.partition('[')[0]}.ipynb"
    write_notebook(lab, name, (*CELLS, PARAMS))
    open_notebook(page, lab, name)
    command(page, "nbops:show")
    for index in range(len(CELLS)):
        run_cell(page, index)
    expect(side(page, "clean")).to_have_attribute("data-status", "failed")
    yield page
    set_theme(page, THEMES[0])


def test_panel_badges_and_records(ran: Page) -> None:
    """In every theme, and with every step opened."""
    for step in ("load", "count"):
        side(ran, step).get_by_role("button").first.click()
    for theme in THEMES:
        set_theme(ran, theme)
        assert findings(ran) == [], theme
    assert unnamed(ran) == []


def test_dialogs_and_the_line_of_a_job(ran: Page) -> None:
    """The form with an error in it, the job that ended, the proposal with its diff: in every theme."""
    command(ran, "nbops:run-as-job")
    ran.locator("[data-field=rows] input").fill("many")
    expect(ran.locator("[data-field=rows]")).to_contain_text("no whole number")
    for theme in THEMES:
        set_theme(ran, theme)
        assert findings(ran) == [], theme
    assert unnamed(ran) == []
    ran.locator("[data-field=rows] input").fill("3")
    ran.get_by_role("button", name="Run now", exact=True).click()
    expect(ran.locator(".nbops-job")).to_have_attribute("data-status", "failed", timeout=40_000)
    ran.locator(".nbops-job summary").click()
    for theme in THEMES:  # the executed notebook beside is not trusted: JupyterLab takes what it needs out of its HTML
        set_theme(ran, theme)
        assert findings(ran, (".nbops-job-place", ".nbops-badge-place", ".nbops-sidebar")) == [], theme
    assert unnamed(ran) == []


def test_the_proposal_of_an_adoption(page: Page, lab: Lab) -> None:
    """The diff scrolls, so it can be focused, and has a name."""
    write_notebook(lab, "proposal.ipynb", ("import pandas as pd", "x = pd.DataFrame({'a': [1]})\nx.to_csv('x.csv')"))
    open_notebook(page, lab, "proposal.ipynb")
    command(page, "nbops:adopt")
    expect(page.locator(".nbops-dialog .diff")).to_be_visible()
    for theme in THEMES:
        set_theme(page, theme)
        assert findings(page) == [], theme
    assert unnamed(page) == []
    set_theme(page, THEMES[0])


def test_a_status_is_glyph_and_word_and_is_read_aloud(ran: Page) -> None:
    """Never colour alone: each badge has shape and word, each step of the panel says it, the summary is announced."""
    for step, status in (("load", "passed"), ("clean", "failed")):
        expect(badge(ran, step).locator(".status svg")).to_be_visible()
        expect(badge(ran, step).locator(".status")).to_contain_text(status)
        assert f"{step}: {status}" in (side(ran, step).get_by_role("button").first.get_attribute("aria-label") or "")
    shapes = {
        status: ran.locator(f".nbops-badge .s-{status} svg").first.inner_html() for status in ("passed", "failed")
    }
    assert shapes["passed"] != shapes["failed"]
    expect(ran.locator(".nbops-side [role=status][aria-live=polite]")).to_contain_text("1 failed")


def test_the_panel_is_used_by_keyboard_alone(ran: Page) -> None:
    """Tab leads through graph and list; Enter goes to a cell, an arrow opens a step; the focus is seen."""
    graph = ran.locator(".nbops-side .nbops-graph [role=button]").first
    expect(graph).to_have_accessible_name("load: passed")
    graph.focus()
    expect(graph).to_be_focused()
    ran.keyboard.press("Enter")
    ran.wait_for_function("jupyterapp.shell.currentWidget.content.activeCellIndex === 1", timeout=10_000)
    row = side(ran, "load").get_by_role("button").first
    for _ in range(20):
        ran.keyboard.press("Tab")
        if row.evaluate("row => row === document.activeElement"):
            break
    else:
        row.focus()
    ran.keyboard.press("ArrowRight")
    expect(row).to_have_attribute("aria-expanded", "true")
    assert row.evaluate("row => getComputedStyle(row).outlineStyle") == "solid"
