"""References to series: which part is the notebook, which the name, and what is none."""

from __future__ import annotations

import datetime as dt

import pytest

from nbops.engine.datasets.charts import NamedSeries, find_charts, named_series
from nbops.errors import ReferenceNotFound
from nbops.store.hub import Hub
from nbops.testing import memory_hub
from tests.pipeline.past_runs import MONDAY, past_run, usual_rows


@pytest.fixture
def hub() -> Hub:
    """Return a hub that knows eight runs of a notebook in a folder."""
    days = [MONDAY + dt.timedelta(days=n) for n in range(8)]
    about = {"notebook": "reports/sales.ipynb", "metrics": {"error/held out": 0.5}}
    return memory_hub(*(past_run(day, rows, **about) for day, rows in zip(days, usual_rows(8), strict=True)))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("ref", "meant"),
    [
        ("reports/sales/orders", ("reports/sales.ipynb", "orders", "")),
        ("sales/orders@7f3a", ("reports/sales.ipynb", "orders", "7f3a")),
        ("sales/error/held out", ("reports/sales.ipynb", "error/held out", "")),
        ("orders@7f3a", ("", "orders", "7f3a")),
        ("reports/sales", None),
        ("sales", None),
        ("sales/", None),
        ("orders", None),
        ("other/orders", None),
        ("::load", None),
    ],
)
def test_what_a_reference_names(hub: Hub, ref: str, meant: tuple[str, str, str] | None) -> None:
    """A notebook that ran is never taken for a dataset, and a metric may hold a slash."""
    with hub:
        found = named_series(hub, ref)

    assert found == (NamedSeries(*meant) if meant else None)


@pytest.mark.parametrize(
    ("name", "titles"),
    [
        ("orders", ["rows of orders", "nulls in orders.id", "nulls in orders.amount"]),
        ("orders.amount", ["nulls in orders.amount"]),
        ("load", ["time of step load", "rows that fail load::amount is known"]),
        ("run", ["time of the run"]),
        ("error/held out", ["error/held out"]),
    ],
)
def test_what_a_name_shows(hub: Hub, name: str, titles: list[str]) -> None:
    """A dataset with its columns, a step with its tests, the run, a metric."""
    with hub:
        charts = find_charts(hub, NamedSeries("reports/sales.ipynb", name, ""))

    assert [chart.title for chart in charts] == titles
    assert {len(chart.points) for chart in charts} == {8}


def test_a_name_that_no_run_tells_of_is_told_with_the_nearest(hub: Hub) -> None:
    """The fix names what there is."""
    with hub, pytest.raises(ReferenceNotFound, match="tells of 'ordres'") as error:
        find_charts(hub, NamedSeries("reports/sales.ipynb", "ordres", ""))

    assert "orders" in error.value.fix
