"""``nbops.show("flights_daily/flown")``: control charts as people meet them in Python, a notebook or a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

from nbops.pipeline.control_chart import ControlChart
from nbops.views.control_section import charts_html, charts_text

if TYPE_CHECKING:
    from nbops.store.project import Project

__all__ = ["Charts", "write_charts"]


class Charts(Sequence[ControlChart]):
    """Some control charts. A notebook shows them as pictures, a terminal in words.

    Args:
        charts: The charts.
    """

    def __init__(self, charts: Sequence[ControlChart]) -> None:
        self._charts = tuple(charts)

    @overload
    def __getitem__(self, at: int) -> ControlChart: ...

    @overload
    def __getitem__(self, at: slice) -> Charts: ...

    def __getitem__(self, at: int | slice) -> ControlChart | Charts:
        """Return one chart, or some."""
        return Charts(self._charts[at]) if isinstance(at, slice) else self._charts[at]

    def __len__(self) -> int:
        return len(self._charts)

    def __iter__(self) -> Iterator[ControlChart]:
        return iter(self._charts)

    def table(self) -> Any:
        """Return every point of every chart as a pandas frame."""
        import pandas

        rows = [{"series": chart.title, **row} for chart in self._charts for row in chart.rows()]
        return pandas.DataFrame(rows)

    def _repr_html_(self) -> str:
        return charts_html(self._charts)

    def __repr__(self) -> str:
        return charts_text(self._charts)


def write_charts(project: Project, name: str, charts: Charts) -> Path:
    """Write a page with *charts*, named after *name*, and return where it is.

    Raises:
        OutputError: It cannot be written.
    """
    from nbops.engine.plans.saving import atomic_write, check_writable
    from nbops.views.control_section import charts_page

    project.make_folder()
    place = project.folder / "charts" / f"{name.partition('@')[0].replace('/', '.')}.html"
    check_writable(place)
    place.parent.mkdir(exist_ok=True)
    atomic_write(place, charts_page(name, charts).encode("utf-8", "backslashreplace"))
    return place
