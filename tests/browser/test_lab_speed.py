"""The figures of the panel's speed are measured and printed; that a long notebook keeps its badges is judged."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page

from tests.bench.bench_lab import CELLS, NB, measured, open_and_load, write_steps
from tests.browser.running_lab import Lab

pytestmark = pytest.mark.browser

SCROLL = """(way) => {
  const outer = document.querySelector('.jp-WindowedPanel-outer') ?? document.querySelector('.jp-Notebook');
  outer.scrollTop = way * outer.scrollHeight;
}"""
"""Scrolls the notebook to a share of its height."""

BADGES = f"""() => {NB}.widgets.filter((cell) => {{
  const place = cell.node.getBoundingClientRect();
  return cell.node.isConnected && place.bottom > 0 && place.top < window.innerHeight;
}}).map((cell) => ({{
  wants: /^%%step (\\w+)/.exec(cell.model.sharedModel.getSource())?.[1] ?? '',
  has: [...cell.node.querySelectorAll('.nbops-badge')].map((badge) => badge.dataset.step).join(),
}}))"""
"""What badge each cell has that is seen, and which it should have."""


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
    seen: set[str] = set()
    for way in (0.1, 0.3, 0.6, 1.0, 0.5, 0.0):
        page.evaluate(SCROLL, way)
        page.wait_for_timeout(500)
        found = page.evaluate(BADGES)
        assert [one for one in found if one["has"] != one["wants"]] == []
        seen |= {one["wants"] for one in found}
    assert len(seen) > 8, "nothing was scrolled"
