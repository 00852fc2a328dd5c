"""The figures of the panel's speed are measured and printed; that a long notebook keeps its badges is judged."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.bench.bench_lab import CELLS, NB, measured, open_and_load, write_steps
from tests.browser.running_lab import Lab

pytestmark = pytest.mark.browser


@pytest.mark.slow
def test_every_bar_of_the_panel_is_measured(browser: Browser, lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    """A machine that does other work shows larger figures: they are printed here, and judged by `make bench`."""
    bars = measured(browser, lab)

    with capsys.disabled():
        for bar in bars:
            print(f"\n{bar.what}: {bar.value:.2f} {bar.unit} of {bar.limit} ({bar.detail})")
    assert len(bars) == 4
    assert all(bar.value > 0 for bar in bars)


def test_badges_are_right_after_scrolling_through_500_cells(page: Page, lab: Lab) -> None:
    """JupyterLab attaches and detaches cells while one scrolls: every step that is seen has its badge, and its own."""
    write_steps(lab, "scrolled.ipynb", CELLS // 2, plain=1)
    open_and_load(page, lab, "scrolled.ipynb")
    last = page.evaluate(f"{NB}.widgets.length") - 2
    for index in (last, 40, last // 2, last):
        page.evaluate(f"async () => {{ await {NB}.scrollToItem({index}, 'center') }}")
        source = page.evaluate(f"{NB}.widgets[{index}].model.sharedModel.getSource()")
        name = source.split()[1]
        shown = page.locator(f".nbops-badge[data-step='{name}']:visible")
        if source.startswith("%%step"):
            expect(shown).to_have_count(1)
    wrong = page.evaluate(
        f"""() => {NB}.widgets.filter((cell) => cell.node.isConnected).filter((cell) => {{
          const named = /^%%step (\\w+)/.exec(cell.model.sharedModel.getSource())?.[1];
          const badges = [...cell.node.querySelectorAll('.nbops-badge')].map((badge) => badge.dataset.step);
          return badges.join() !== (named ?? '');
        }}).map((cell) => cell.model.id)"""
    )
    assert wrong == []
