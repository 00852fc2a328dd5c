"""What the panel at the side tells of a step, and what is done there, one test for each task of a person."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.running_lab import Lab
from tests.browser.test_panel_in_lab import READY, open_notebook, run_cell, write_notebook
from tests.browser.test_sidebar import NB, badge, command, edit, side

pytestmark = pytest.mark.browser

CELLS = (
    "%load_ext nbops\nimport pandas as pd, time\nfrom nbops import drop",
    "%%step load\nraw = pd.DataFrame({'id': range(60), 'dep': [1.0] * 60})\nassert len(raw), 'rows'",
    "%%step clean\nflown = drop(raw, raw.dep.isna(), 'cancelled')\nassert raw.dep.notna(), 'departed'",
    "%%step wait\ntime.sleep(60 if False else 0)\nseen = len(flown)",
    "%%step count\nmany = len(flown)",
    "%%step publish\nout = many + seen",
)
NULLS = CELLS[1].replace("[1.0] * 60", "[1.0] * 40 + [None] * 20")


@pytest.fixture(scope="module")
def shared(browser: Browser, lab: Lab) -> Iterator[Page]:
    """Return a page for this module, with a notebook whose steps passed once and then met twenty nulls."""
    page = browser.new_page(viewport={"width": 1280, "height": 900}, color_scheme="light")
    page.set_default_timeout(30_000)
    write_notebook(lab, "told.ipynb", CELLS)
    open_notebook(page, lab, "told.ipynb")
    command(page, "nbops:show")
    for index in range(len(CELLS)):
        run_cell(page, index)
    expect(side(page, "publish")).to_have_attribute("data-status", "passed")
    edit(page, 1, NULLS)
    for index in (1, 2):
        run_cell(page, index)
    expect(side(page, "clean")).to_have_attribute("data-status", "failed")
    yield page
    page.close()


def test_a_failed_step_says_what_changed_since_it_passed(shared: Page) -> None:
    """What its test saw then and now, and what is the same."""
    since = side(shared, "clean").locator(".since")
    expect(since).to_contain_text("What changed since it passed")
    expect(since.locator(".change", has_text="departed")).to_contain_text("0 of 60 rows fail → 20 of 60 rows fail")
    expect(since).to_contain_text("same: code, files, schema, packages")


def test_a_step_says_where_its_rows_went(shared: Page) -> None:
    """As an equation that reconciles, and as the picture that the kernel draws."""
    ways = side(shared, "clean").locator(".ways")
    expect(ways).to_contain_text("60 − 20 cancelled = 40 reconciles")
    ways.locator("summary").click()
    expect(ways.locator("svg.nbops-rows")).to_be_visible()


def test_why_a_step_ran_is_told_where_one_asks(shared: Page) -> None:
    """What it needs, too."""
    side(shared, "clean").get_by_role("button", name="Why?").click()
    expect(side(shared, "clean").locator(".why")).to_contain_text("needs load: raw")


def test_rules_are_suggested_kept_dropped_and_muted(shared: Page, lab: Lab) -> None:
    """From the table to the file in three clicks, and one more with a reason until a day."""
    rules = side(shared, "clean").locator(".rules")
    rules.get_by_role("button", name="Rules of flown").click()
    expect(rules).to_contain_text("No rules are kept for it yet.")
    rules.get_by_role("button", name="Suggest rules").click()
    proposals = rules.locator(".proposal")
    expect(proposals.first).to_be_visible()
    for at in range(1, proposals.count()):
        proposals.nth(at).get_by_role("button", name="drop").focus()
        shared.keyboard.press("d")
    rules.get_by_role("button", name="Write 1 rule").click()
    expect(rules.locator(".said")).to_contain_text("1 rule written to rules/told/flown.yml")
    assert (lab.root / "rules" / "told" / "flown.yml").is_file()

    kept = rules.locator(".kept")
    expect(kept).to_have_count(1)
    kept.get_by_role("button", name="Mute").click()
    expect(kept.get_by_role("button", name="Mute", exact=True)).to_be_disabled()  # not without a reason
    kept.get_by_label("Reason").fill("a second feed")
    kept.get_by_role("button", name="Mute", exact=True).click()
    until = dt.date.today() + dt.timedelta(days=7)
    expect(kept.locator(".chip")).to_contain_text("muted until")
    text = (lab.root / "rules" / "told" / "flown.yml").read_text()
    assert "reason: a second feed" in text
    assert any(str(until + dt.timedelta(days=off)) in text for off in (-1, 0, 1))  # the page counts in UTC


def test_the_failing_rows_are_opened_as_a_table(shared: Page) -> None:
    """In a cell of their own below the step; by hand those that the record keeps."""
    side(shared, "clean").get_by_role("button", name="open as a table").click()
    shared.wait_for_function(f"{NB}.widgets[3].model.outputs?.length && {READY}")
    output = shared.locator(".jp-Notebook .jp-Cell").nth(3).locator(".jp-OutputArea-output table")
    expect(output.locator("tbody tr")).to_have_count(5)
    shared.evaluate(f"() => {{ {NB}.model.sharedModel.deleteCell(3) }}")


def test_arrows_walk_the_list_enter_goes_to_the_cell_and_a_slash_filters(shared: Page) -> None:
    """All of the panel is used without a mouse."""
    side(shared, "load").locator("> .line").focus()
    shared.keyboard.press("ArrowDown")
    expect(side(shared, "clean").locator("> .line")).to_be_focused()
    shared.keyboard.press("ArrowLeft")
    expect(side(shared, "clean").locator("> .line")).to_have_attribute("aria-expanded", "false")
    shared.keyboard.press("ArrowRight")
    expect(side(shared, "clean").locator("> .in")).to_be_visible()
    shared.keyboard.press("/")
    shared.keyboard.type("publ")
    expect(shared.locator(".nbops-side .step")).to_have_count(1)
    shared.keyboard.press("ArrowDown")
    shared.keyboard.press("Enter")
    assert shared.evaluate(f"{NB}.activeCell.model.sharedModel.getSource()") == CELLS[5]
    shared.keyboard.press("/")  # the focus is in the notebook now: its own shortcuts are its own
    shared.locator(".nbops-side input[type=search]").focus()
    shared.keyboard.press("Escape")
    expect(shared.locator(".nbops-side .step")).to_have_count(5)


def test_what_is_heard_says_the_same_as_what_is_seen(shared: Page) -> None:
    """A summary in a live region, a name for every control, status as a word."""
    expect(shared.locator(".nbops-side [role=status][aria-live=polite]").first).to_contain_text("1 failed")
    name = side(shared, "clean").locator("> .line").get_attribute("aria-label")
    assert name == "clean: failed, 0 of 1 tests passed"
    unnamed = "els => els.filter(e => !(e.ariaLabel || e.labels?.length || e.innerText.trim())).map(e => e.outerHTML)"
    assert shared.locator(".nbops-side button, .nbops-side input").evaluate_all(unnamed) == []


def test_a_step_that_runs_is_stopped(page: Page, lab: Lab) -> None:
    """The button interrupts the kernel; the step says that it was interrupted."""
    write_notebook(lab, "stopped.ipynb", (CELLS[0], "%%step wait\ntime.sleep(60)"))
    open_notebook(page, lab, "stopped.ipynb")
    command(page, "nbops:show")
    run_cell(page, 0)
    run_cell(page, 1, wait=False)
    expect(side(page, "wait").locator(".took")).to_contain_text("1.", timeout=10_000)  # the clock goes on by itself
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(side(page, "wait")).to_have_attribute("data-status", "interrupted", timeout=15_000)


def test_two_notebooks_side_by_side_each_have_their_own_steps(page: Page, lab: Lab) -> None:
    """The panel follows the one that is looked at; badges stay with each."""
    write_notebook(lab, "left.ipynb", (CELLS[0], "%%step left\na = 1"))
    write_notebook(lab, "right.ipynb", (CELLS[0], "%%step right\nassert 1 == 2, 'wrong'"))
    open_notebook(page, lab, "left.ipynb")
    command(page, "nbops:show")
    run_cell(page, 0)
    run_cell(page, 1)
    opening = "{ path: 'right.ipynb', options: { mode: 'split-right' } }"
    page.evaluate(f"async () => {{ await jupyterapp.commands.execute('docmanager:open', {opening}) }}")
    page.wait_for_function(f"jupyterapp.shell.currentWidget.context.path === 'right.ipynb' && {READY}")
    run_cell(page, 0)
    run_cell(page, 1)
    expect(side(page, "right")).to_have_attribute("data-status", "failed")
    expect(page.locator(".nbops-side .step")).to_have_count(1)
    expect(badge(page, "left")).to_contain_text("passed")

    page.locator(".jp-NotebookPanel:visible .jp-CodeCell .cm-content").first.click()
    expect(side(page, "left")).to_have_attribute("data-status", "passed")
    expect(page.locator(".nbops-side .step")).to_have_count(1)


def test_hostile_names_and_long_ones_are_text(page: Page, lab: Lab) -> None:
    """Markup, right-to-left marks and ten thousand letters: nothing becomes a part of the page, nothing is torn."""
    evil = "<img src=x onerror=window.evil=1>"
    turned = "abc\u202edef"
    long = "n" * 10_000
    cells = (
        CELLS[0],
        f"%%step load --doc {json.dumps(evil)}\nraw = pd.DataFrame({{{evil!r}: [{turned!r}], 'dep': [None]}})\n"
        f"flown = drop(raw, raw.dep.notna(), {evil!r})\nassert raw.dep.notna(), {long!r}\nassert 1 == 2, {turned!r}",
    )
    write_notebook(lab, "evil.ipynb", cells)
    open_notebook(page, lab, "evil.ipynb")
    command(page, "nbops:show")
    run_cell(page, 0)
    run_cell(page, 1)
    told = side(page, "load")
    expect(told.locator(".ways")).to_contain_text(evil)
    expect(told.locator(".ways summary")).to_be_visible()  # the kernel's answer is there
    assert page.evaluate("window.evil") is None
    assert page.locator(".nbops img, .nbops script").count() == 0
    assert "\u202e" not in (told.text_content() or "")
    assert len(told.text_content() or "") < 5_000
    assert page.evaluate(
        "document.querySelector('.nbops-side').scrollWidth <= document.querySelector('.nbops-side').clientWidth"
    )


def test_without_a_kernel_the_results_that_were_saved_are_told(page: Page, lab: Lab) -> None:
    """Whose they are, and how a kernel is started; nothing can be stale as nobody knows."""
    record = {"v": 1, "kind": "StepFinished", "at": 1_360_405_867.0, "run": "b21c" * 8, "step": "load", "seconds": 2.0}
    record |= {"status": "failed", "tests": [{"name": "known", "status": "failed", "rows": 9, "failing": 2}]}
    path = write_notebook(lab, "saved.ipynb", CELLS[1:])
    content = json.loads(path.read_text())
    data = {"application/vnd.nbops.step+json": record, "text/plain": "load"}
    content["cells"][0]["outputs"] = [{"output_type": "display_data", "data": data, "metadata": {}}]
    path.write_text(json.dumps(content))
    open_notebook(page, lab, "saved.ipynb")
    command(page, "nbops:show")
    page.evaluate("() => jupyterapp.shell.currentWidget.sessionContext.shutdown()")
    expect(page.locator(".nbops-side .saved")).to_contain_text("Saved results: no kernel runs. Run b21c of")
    expect(side(page, "load")).to_contain_text("2 of 9 rows")
    page.get_by_role("button", name="Start kernel").click()
    page.wait_for_function(READY)
    expect(page.locator(".nbops-side .saved")).to_have_count(0)
