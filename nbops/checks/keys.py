"""Checks of keys against other tables: every key is known there, none is lost, none is multiplied."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from nbops.checks.model import Check, Measure, RowCheck, bounds_text, check, refuse_bounds
from nbops.checks.tolerance import Tolerance, allowed_rows, check_tolerance, tolerance_text
from nbops.checks.unopened import Unopened
from nbops.checks.verdict import Verdict
from nbops.errors import UsageError, did_you_mean
from nbops.frames.conditions import Condition, Stat
from nbops.frames.masks import row_cells
from nbops.frames.reading import counted_keys, rows_of
from nbops.frames.relating import InTable, KeyCount
from nbops.frames.scan import Scan
from nbops.frames.tables import is_frame, kind_of
from nbops.records import Examples, Status

__all__ = ["Cardinality", "ForeignKey", "KeepsRows", "NoFanOut", "refuse_no_table"]


def refuse_no_table(other: Any, where: str, columns: tuple[str, ...] = ()) -> None:
    """Refuse what is no table, or has no such columns.

    Raises:
        UsageError: It is none.
    """
    if isinstance(other, Unopened):
        return
    if not is_frame(other):
        raise UsageError(f"the other table is {kind_of(other)}", where=where, fix=f"{where}(…, orders)")
    known = [str(name) for name in Scan(other).names] if columns else []
    for name in columns:
        if str(name) not in known:
            raise UsageError(f"the other table has no column {name!r}", where=where, fix=did_you_mean(str(name), known))


@check("foreign_key")
@dataclass(frozen=True)
class ForeignKey(RowCheck):
    """Every key in *columns* stands in the table *other*, in its columns *there* (the same names when empty).

    Rows with a null in their key are left out.

    Why it matters:
        An order of a customer whom nobody knows is lost by the first join.

    Example:
        >>> import pandas as pd
        >>> from nbops.checks.suite import tried
        >>> tried(ForeignKey("customer", pd.DataFrame({"id": [1, 2]}), "id"), customer=[1, 2, 3])
        'failed: 1 of 3 rows fail (33.3%), allowed are 0 rows'
    """

    columns: tuple[str, ...]
    other: Any
    there: tuple[str, ...] = ()

    def validate(self) -> None:
        """Refuse what is no table, or has no such columns."""
        names = self.there or self.columns
        if len(names) != len(self.columns):
            what = f"{len(self.columns)} columns here, {len(names)} there"
            raise UsageError(what, where=self.kind, fix="name as many columns there as here")
        refuse_no_table(self.other, self.kind, names)

    def condition(self) -> Condition:
        """Return that the key stands in the other table."""
        return InTable(self.columns, self.there or self.columns, self.other)

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        return f"{', '.join(map(str, self.columns))} stands in the other table"


@check("cardinality")
@dataclass(frozen=True)
class Cardinality(ForeignKey):
    """Between *low* and *high* rows of the table *other* have the key in *columns*: ``1, 1`` is one to one.

    Why it matters:
        A customer with two addresses doubles every order of his, as soon as the two are joined.

    Example:
        >>> import pandas as pd
        >>> from nbops.checks.suite import tried
        >>> tried(Cardinality("id", pd.DataFrame({"id": [1, 2, 2]}), low=1, high=1), id=[1, 2, 3])
        'failed: 2 of 3 rows fail (66.7%), allowed are 0 rows'
    """

    low: int | None = None
    high: int | None = None

    def validate(self) -> None:
        """Refuse bounds that nothing can lie between."""
        refuse_bounds(self.low, self.high, self.kind)
        super().validate()

    def condition(self) -> Condition:
        """Return that the key stands there so many times."""
        return KeyCount(self.columns, self.there or self.columns, self.other, self.low, self.high)

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        return f"{', '.join(map(str, self.columns))} has {bounds_text(self.low, self.high, 'rows')} in the other table"


@check("no_fan_out")
@dataclass(frozen=True)
class NoFanOut(ForeignKey):
    """No key in *columns* stands here more often than in *other*, the table before a join.

    Why it matters:
        A join on a key that is not unique multiplies rows without a word.

    Example:
        >>> import pandas as pd
        >>> from nbops.checks.suite import tried
        >>> tried(NoFanOut("id", pd.DataFrame({"id": [1, 2]})), id=[1, 2, 2])
        'failed: 2 of 3 rows fail (66.7%), allowed are 0 rows'
    """

    def condition(self) -> Condition:
        """Return that the key stands there as often."""
        return KeyCount(self.columns, self.there or self.columns, self.other, is_same=True)

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        return f"{', '.join(map(str, self.columns))} stands as often as in the other table"


@check("keeps_rows")
@dataclass(frozen=True)
class KeepsRows(Check):
    """Every key of the table *other* stands here, too: of the rows before a step, none is lost.

    Args:
        allow: How many rows of *other* may be missing, as in a check of rows.

    Why it matters:
        An inner join drops the rows that have no partner, and nobody ever sees them again.

    Example:
        >>> import pandas as pd
        >>> from nbops.checks.suite import tried
        >>> tried(KeepsRows("id", pd.DataFrame({"id": [1, 2, 3]})), id=[1, 3])
        'failed: 1 of 3 rows of the other table are missing here, allowed are 0 rows'
    """

    needs_rows: ClassVar[bool] = False

    columns: tuple[str, ...]
    other: Any
    there: tuple[str, ...] = ()
    allow: Tolerance = 0

    def validate(self) -> None:
        """Refuse what is no table, or has no such columns."""
        check_tolerance(self.allow, self.kind)
        refuse_no_table(self.other, self.kind, self.there or self.columns)

    def measures(self) -> Mapping[str, Measure]:
        """Return the keys that are here."""
        return {"keys": Stat("keys", "", self.columns)}

    def judge(self, seen: Mapping[str, Any]) -> Verdict:
        """Return which keys are missing here."""
        before = counted_keys(self.other, self.there or self.columns)
        missing = before[rows_of(before, seen["keys"]).isna().to_numpy()]
        rows, failing = int(before["n"].sum()), int(missing["n"].sum())
        limit = allowed_rows(self.allow, rows)
        observed, allowed = f"{failing:,} rows", tolerance_text(self.allow, limit)
        share = failing / rows if rows else None
        if failing <= limit:
            return Verdict(Status.PASSED, "", observed, rows, failing, allowed=allowed, unit="rows", share=share)
        why = f"{failing:,} of {rows:,} rows of the other table are missing here, allowed are {allowed}"
        first = missing.head(5).drop(columns="n").itertuples(index=False, name=None)
        cells = tuple(row_cells(self.columns, row) for row in first)
        examples = Examples(tuple(map(str, self.columns)), ("",) * len(cells), cells)
        return Verdict(Status.FAILED, why, observed, rows, failing, None, examples, allowed, "rows", share)

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        return f"no {', '.join(map(str, self.columns))} of the other table is missing"
