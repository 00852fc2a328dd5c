"""Checks of the table as a whole against other tables: rows, totals, columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from nbops.checks.keys import refuse_no_table
from nbops.checks.model import Check, Measure, check, group_text, listed
from nbops.checks.tolerance import Tolerance, allowed_rows, check_tolerance
from nbops.checks.verdict import Verdict
from nbops.frames.conditions import Per, Stat
from nbops.frames.masks import row_cells
from nbops.frames.reading import Unmeasured
from nbops.frames.scan import Scan
from nbops.records import Examples, Status

__all__ = ["Conserves", "SameRowCount", "SameRows", "SameSchema", "SameTotals"]


def _measured(table: Any, measure: Measure) -> Any:
    """Return a measure of the other table.

    Raises:
        TypeError: It cannot be measured.
    """
    found = Scan(table).measure([measure])[measure]
    if isinstance(found, Unmeasured):
        raise TypeError(f"the other table: {found.why}")
    return found


@check("same_row_count")
@dataclass(frozen=True)
class SameRowCount(Check):
    """The table has as many rows as *other*, *factor* times; with *tolerance*, give or take so many, or such a share.

    Why it matters:
        A join that was meant to add columns must not add or lose rows.

    Example:
        >>> import pandas as pd
        >>> from nbops.checks.suite import tried
        >>> tried(SameRowCount(pd.DataFrame({"id": [1, 2]})), id=[1, 2, 3])
        'failed: 3 rows here, 2 rows there'
    """

    needs_rows: ClassVar[bool] = False

    other: Any
    tolerance: Tolerance = 0
    factor: float = 1

    def validate(self) -> None:
        """Refuse what is no table."""
        check_tolerance(self.tolerance, self.kind)
        refuse_no_table(self.other, self.kind)

    def measures(self) -> Mapping[str, Measure]:
        """Return the number of rows."""
        return {"rows": Stat("rows")}

    def judge(self, seen: Mapping[str, Any]) -> Verdict:
        """Return whether there are as many rows."""
        here, there = seen["rows"], _measured(self.other, Stat("rows"))
        wanted = there * self.factor
        observed, allowed = f"{here:,} rows", f"{wanted:,.0f} rows"
        if abs(here - wanted) <= allowed_rows(self.tolerance, there):
            return Verdict(Status.PASSED, observed=observed, allowed=allowed, unit="rows")
        times = f", {self.factor:g} times" if self.factor != 1 else ""
        why = f"{observed} here, {there:,} rows there{times}"
        return Verdict(Status.FAILED, why, observed, allowed=allowed, unit="rows")

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        return "it has as many rows as the other table"


@check("same_totals")
@dataclass(frozen=True)
class SameTotals(Check):
    """The sum of *column* is that of the same column of *other*, in every group of *groups* when there are any.

    Args:
        tolerance: How far the sums may be apart.
        share: How far as a share of the sum there.

    Why it matters:
        What was booked and what was paid must add up by shop and by day, not only on the whole.

    Example:
        >>> import pandas as pd
        >>> from nbops.checks.suite import tried
        >>> paid = pd.DataFrame({"shop": ["a", "b"], "sum": [10.0, 20.0]})
        >>> tried(SameTotals("sum", paid, "shop"), shop=["a", "a", "b"], sum=[4.0, 6.0, 19.0])
        'failed: 1 of 2 groups differ: shop=b (19 here, 20 there)'
    """

    column: str
    other: Any
    groups: tuple[str, ...] = ()
    tolerance: float = 0.0
    share: float = 1e-9

    def validate(self) -> None:
        """Refuse what is no table, or has no such columns."""
        refuse_no_table(self.other, self.kind, (self.column, *self.groups))

    def measures(self) -> Mapping[str, Measure]:
        """Return the sum, or that of each group."""
        return {"sums": Per(Stat("sum", self.column), self.groups)}

    def judge(self, seen: Mapping[str, Any]) -> Verdict:
        """Return which sums differ."""
        there = _measured(self.other, self.measures()["sums"])
        ours, theirs = _by_key(seen["sums"]), _by_key(there)
        bad = {key: pair for key in {**ours, **theirs} if not self._agree(*(pair := (ours.get(key), theirs.get(key))))}
        if not bad:
            return Verdict(Status.PASSED, observed=f"{len(ours):,} sums")
        sums = {key: f"{_sum_text(here)} here, {_sum_text(other)} there" for key, (here, other) in bad.items()}
        if not self.groups:
            return Verdict(Status.FAILED, f"the sum is {sums[()]}", _sum_text(ours.get(())))
        told = [f"{group_text(self.groups, key)} ({text})" for key, text in sums.items()]
        why = f"{len(bad):,} of {len({**ours, **theirs}):,} groups differ: {listed(told)}"
        return Verdict(Status.FAILED, why, f"{len(bad):,} groups")

    def _agree(self, here: Any, there: Any) -> bool:
        if here is None or there is None:
            return here is None and there is None
        return abs(float(here) - float(there)) <= self.tolerance + self.share * abs(float(there))

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        each = f" for each {', '.join(self.groups)}" if self.groups else ""
        return f"the sum of {self.column} is that of the other table{each}"


def _by_key(found: Any) -> dict[tuple[Any, ...], Any]:
    """Return sums by the values of their groups, as all libraries write them."""
    if not isinstance(found, dict):
        return {(): found}
    return {tuple(map(_plain, key)): value for key, value in found.items()}


def _plain(value: Any) -> Any:
    if hasattr(value, "isoformat"):
        return value.isoformat().removesuffix("T00:00:00")
    return getattr(value, "item", lambda: value)()


def _sum_text(value: Any) -> str:
    return "none" if value is None else f"{float(value):,.10g}"


@check("conserves")
@dataclass(frozen=True)
class Conserves(Check):
    """The sum of *column* here, and in *rejected* when it is given, is the sum of it in *other*, where rows came from.

    Why it matters:
        What goes in must come out, or be rejected and counted; money does not vanish between two steps.

    Example:
        >>> import pandas as pd
        >>> from nbops.checks.suite import tried
        >>> before, bad = pd.DataFrame({"amount": [1.0, 2.0, 4.0]}), pd.DataFrame({"amount": [4.0]})
        >>> tried(Conserves("amount", before, bad), amount=[1.0])
        'failed: 1 here and 4 rejected, 7 there: 2 are lost'
    """

    needs_rows: ClassVar[bool] = False

    column: str
    other: Any
    rejected: Any = None
    tolerance: float = 1e-6

    def validate(self) -> None:
        """Refuse what is no table, or has no such column."""
        for table in (self.other, self.rejected):
            if table is not None:
                refuse_no_table(table, self.kind, (self.column,))

    def measures(self) -> Mapping[str, Measure]:
        """Return the sum."""
        return {"sum": Stat("sum", self.column)}

    def judge(self, seen: Mapping[str, Any]) -> Verdict:
        """Return whether nothing is lost or added."""
        measure = Stat("sum", self.column)
        here, there = float(seen["sum"] or 0), float(_measured(self.other, measure) or 0)
        rejected = 0.0 if self.rejected is None else float(_measured(self.rejected, measure) or 0)
        lost = there - here - rejected
        observed = f"{here:,.10g} here" + (f" and {rejected:,.10g} rejected" if self.rejected is not None else "")
        if abs(lost) <= self.tolerance + 1e-9 * abs(there):
            return Verdict(Status.PASSED, observed=observed, allowed=f"{there:,.10g}")
        why = f"{observed}, {there:,.10g} there: {abs(lost):,.10g} are {'lost' if lost > 0 else 'added'}"
        return Verdict(Status.FAILED, why, observed, allowed=f"{there:,.10g}")

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        return f"no {self.column} is lost on the way"


@check("same_rows")
@dataclass(frozen=True)
class SameRows(Check):
    """The table has the same rows as *other*, each as often, in any order: in *columns*, or all columns of *other*.

    Why it matters:
        Two ways to make one table, an old one and a new, must make the same.

    Example:
        >>> import pandas as pd
        >>> from nbops.checks.suite import tried
        >>> tried(SameRows(pd.DataFrame({"id": [1, 2]})), id=[2, 1, 1])
        'failed: 1 rows are too many here, 0 are missing'
    """

    needs_rows: ClassVar[bool] = False

    other: Any
    columns: tuple[str, ...] = ()

    def validate(self) -> None:
        """Refuse what is no table, or has no such columns."""
        refuse_no_table(self.other, self.kind, self.columns)

    def measures(self) -> Mapping[str, Measure]:
        """Return how often each row stands."""
        return {"rows": Per(Stat("rows"), self.columns or tuple(Scan(self.other).names))}

    def judge(self, seen: Mapping[str, Any]) -> Verdict:
        """Return which rows are too many, and which are missing."""
        ours, theirs = _by_key(seen["rows"]), _by_key(_measured(self.other, self.measures()["rows"]))
        more = {key: rows - theirs.get(key, 0) for key, rows in ours.items() if rows > theirs.get(key, 0)}
        less = {key: rows - ours.get(key, 0) for key, rows in theirs.items() if rows > ours.get(key, 0)}
        if not more and not less:
            return Verdict(Status.PASSED, rows=sum(ours.values()), failing=0, unit="rows")
        names = self.columns or tuple(Scan(self.other).names)
        first = [(key, "too many") for key in more][:3] + [(key, "missing") for key in less][:2]
        rows = tuple((*row_cells(names, key), what) for key, what in first)
        why = f"{sum(more.values()):,} rows are too many here, {sum(less.values()):,} are missing"
        examples = Examples((*map(str, names), "this row is"), ("",) * len(rows), rows)
        return Verdict(Status.FAILED, why, why, sum(ours.values()), sum(more.values()), None, examples, unit="rows")

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        return "it has the same rows as the other table"


@check("same_schema")
@dataclass(frozen=True)
class SameSchema(Check):
    """The table has the columns of *other*, of the same families of types; with *is_ordered*, in the same order.

    Why it matters:
        Tables that are put below each other, one of them with a column more, end in a column of nulls.

    Example:
        >>> import pandas as pd
        >>> from nbops.checks.suite import tried
        >>> tried(SameSchema(pd.DataFrame({"id": [1], "day": [1]})), id=["1"])
        "failed: no column 'day'; 'id' is text here, number there"
    """

    needs_rows: ClassVar[bool] = False

    other: Any
    is_ordered: bool = False

    def validate(self) -> None:
        """Refuse what is no table."""
        refuse_no_table(self.other, self.kind)

    def measures(self) -> Mapping[str, Measure]:
        """Return the names and the types."""
        return {"columns": Stat("columns"), "types": Stat("types")}

    def judge(self, seen: Mapping[str, Any]) -> Verdict:
        """Return in what the columns differ."""
        there = Scan(self.other)
        here = list(seen["columns"])
        told = [f"no column {name!r}" for name in there.names if name not in here]
        told += [f"column {name!r} is not there" for name in here if name not in there.names]
        both = [name for name in there.names if name in here]
        kinds = [(name, seen["kind_of"](name), there.kind(name)) for name in both]
        told += [f"{name!r} is {ours} here, {theirs} there" for name, ours, theirs in kinds if ours != theirs]
        if not told and self.is_ordered and here != list(there.names):
            told = ["the columns stand in another order"]
        status = Status.FAILED if told else Status.PASSED
        return Verdict(status, "; ".join(told), f"{len(here):,} columns", unit="columns")

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        return "it has the columns of the other table"
