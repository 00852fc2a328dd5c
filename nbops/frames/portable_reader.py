"""Reading tables of every other library through narwhals: eager polars and pyarrow, lazy polars, DuckDB and the like.

Every count is written so that a null can't turn a verdict: libraries disagree about ``not (null > 1)``. Whatever is
asked is asked in few queries; when one of them raises, it is halved until what raised stands alone.
"""

from __future__ import annotations

import datetime as dt
import functools
import operator
import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import narwhals.stable.v2 as nw

from nbops.frames import conditions as c
from nbops.frames.comparing import moment
from nbops.frames.conditions import Condition, Stat
from nbops.frames.expressions import evaluate, parse_expression
from nbops.frames.masks import cell_text
from nbops.frames.reading import Counted, Measured, Unmeasured, attempt, key_columns, reason
from nbops.records import Examples

__all__ = ["PortableReader"]

_AT_ONCE = 100  # aggregates in one query; engines that compile their plan slow down beyond
_MOST_COLUMNS = 8
_OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt, "<=": operator.le, "==": operator.eq, "!=": operator.ne, ">=": operator.ge, ">": operator.gt
}  # fmt: skip
_TYPES: dict[str, tuple[type, ...]] = {
    "number": (int, float, Decimal), "bool": (bool,), "text": (str,), "time": (dt.date, str)
}  # fmt: skip


class PortableReader:
    """A table that is being judged through narwhals.

    Args:
        table: The native table, eager or lazy.
    """

    def __init__(self, table: Any) -> None:
        frame = nw.from_native(table)
        self._is_eager = isinstance(frame, nw.DataFrame)
        self._frame: Any = frame
        self._schema = frame.collect_schema()
        self._bad_keys: dict[Condition, Any] = {}
        self.names: tuple[Any, ...] = tuple(self._schema)

    @property
    def types(self) -> dict[Any, str]:
        """The type of each column, as narwhals names it."""
        return {name: str(dtype) for name, dtype in self._schema.items()}

    def kind(self, column: Any) -> str:
        """Return what *column* holds: ``number``, ``bool``, ``text``, ``time`` or ``object``."""
        dtype = self._schema[column]
        if dtype.is_numeric():
            return "number"
        if dtype in (nw.String, nw.Categorical, nw.Enum):
            return "text"
        if dtype == nw.Boolean:
            return "bool"
        return "time" if dtype in (nw.Date, nw.Datetime) else "object"

    def statistics(self, wanted: Sequence[Stat]) -> dict[Stat, Measured]:
        """Return each of *wanted*; counts of values are never afforded, so the conditions on them look at rows."""
        found: dict[Stat, Measured] = {stat: None for stat in wanted if stat.name == "counts"}
        asked: dict[Stat, Any] = {}
        for stat in wanted:
            if stat not in found:
                expression = attempt(functools.partial(self._aggregate, stat))
                (found if isinstance(expression, Unmeasured) else asked)[stat] = expression
        distinct = [stat for stat in asked if stat.name == "distinct"]
        for stat in distinct:
            nulls = Stat("nulls", stat.column)
            asked.setdefault(nulls, self._aggregate(nulls))
        found |= self._select(asked)
        for stat in distinct:  # null counts as a value
            nulls = found[Stat("nulls", stat.column)]
            if not isinstance(found[stat], Unmeasured) and not isinstance(nulls, Unmeasured):
                found[stat] = (found[stat] or 0) - bool(nulls)
        return found

    def count(self, wanted: Sequence[Condition]) -> dict[Condition, Counted | Measured]:
        """Return how many rows fail each of *wanted*."""
        found: dict[Condition, Counted | Measured] = {}
        asked: dict[Any, Any] = {"rows": nw.len()}
        for condition in wanted:
            if self._needs_keys(condition):
                found[condition] = attempt(functools.partial(self._count_keys, condition))
                continue
            failing = attempt(functools.partial(self._failing, condition))
            if isinstance(failing, Unmeasured):
                found[condition] = failing
                continue
            asked[condition] = failing.cast(nw.Int64).sum()
            if isinstance(condition, c.Within):
                asked[condition.where] = self._truth(condition.where)[0].cast(nw.Int64).sum()
        seen = self._select(asked)
        for condition in wanted:
            if condition in seen:
                rows = seen[condition.where if isinstance(condition, c.Within) else "rows"]
                value = seen[condition]
                failed = isinstance(value, Unmeasured)
                found[condition] = value if failed else Counted(int(value or 0), int(rows or 0))
        return found

    def examples(self, condition: Condition, limit: int) -> Examples:
        """Return the first rows that fail *condition*; a lazy table has no row numbers to tell."""
        frame, names = self._frame, list(dict.fromkeys((*condition.columns, *self.names)))[:_MOST_COLUMNS]
        index = next(name for name in map("row{}".format, range(len(self.names) + 1)) if name not in self.names)
        if self._is_eager:
            frame = frame.with_row_index(index)
        rows = frame.filter(self._failing_somehow(condition)).head(limit)
        rows = (rows if self._is_eager else rows.collect()).rows(named=True)
        labels = tuple(str(row[index]) if self._is_eager else "" for row in rows)
        cells = tuple(tuple(cell_text(row[name]) for name in names) for row in rows)
        return Examples(tuple(map(str, names)), labels, cells)

    # ── asking ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _select(self, asked: dict[Any, Any]) -> dict[Any, Measured]:
        """Return the value of each aggregate; one that raises is found by halving."""
        found: dict[Any, Measured] = {}
        names = list(asked)
        for start in range(0, len(names), _AT_ONCE):
            found |= self._select_some({name: asked[name] for name in names[start : start + _AT_ONCE]})
        return found

    def _select_some(self, asked: dict[Any, Any]) -> dict[Any, Measured]:
        try:
            row = self._frame.select(*[expr.alias(f"a{i}") for i, expr in enumerate(asked.values())])
            values = (row if self._is_eager else row.collect()).row(0)
        except Exception as error:  # noqa: BLE001 - whatever a library raises, the other aggregates must be judged
            if len(asked) == 1:
                return dict.fromkeys(asked, Unmeasured(reason(error)))
            names = list(asked)
            halves = names[: len(names) // 2], names[len(names) // 2 :]
            return {k: v for half in halves for k, v in self._select_some({n: asked[n] for n in half}).items()}
        return dict(zip(asked, map(_plain, values), strict=True))

    def _aggregate(self, stat: Stat) -> Any:
        if stat.name == "rows":
            return nw.len()
        cell = self.cell(stat.column)
        if stat.name == "nulls":
            return self.null(stat.column).cast(nw.Int64).sum()
        if stat.name == "distinct":
            return cell.n_unique()
        if stat.name not in ("min", "max") and self.kind(stat.column) not in ("number", "bool"):
            raise TypeError(f"needs numbers, the column holds {self._schema[stat.column]}")
        if stat.name in ("mean", "std", "median", "quantile"):
            cell = cell.cast(nw.Float64)
        if stat.name == "quantile":
            return cell.quantile(stat.argument, interpolation="linear")
        return getattr(cell, stat.name)()

    # ── what expressions ask for ─────────────────────────────────────────────────────────────────────────────────

    def cell(self, column: str) -> Any:
        """Return the values of *column*, NaN as null, dates as moments."""
        found, dtype = nw.col(column), self._schema[column]
        if dtype.is_float():
            return nw.when(~found.is_nan()).then(found)
        if dtype == nw.Date:
            return found.cast(nw.Datetime)
        return found.cast(nw.String) if dtype in (nw.Categorical, nw.Enum) else found

    def null(self, column: str) -> Any:
        """Return where *column* is null."""
        return self.cell(column).is_null()

    def constant(self, value: Any, column: str) -> Any:
        """Return *value* as it compares with the values of *column*."""
        if not column or value is None or self.kind(column) != "time":
            return value
        stamp, zone = moment(value), getattr(self._schema[column], "time_zone", None)
        if not zone:
            return stamp.astimezone(dt.UTC).replace(tzinfo=None)
        from zoneinfo import ZoneInfo

        return stamp.astimezone(ZoneInfo(zone))

    def truth(self, result: Any) -> Any:
        """Return where the result of a comparison is true."""
        return result

    def one_of(self, cell: Any, values: list[Any]) -> Any:
        """Return where *cell* is one of *values*."""
        return cell.is_in(values)

    def _truth(self, text: str) -> tuple[Any, Any]:
        return evaluate(parse_expression(text), self)

    # ── conditions ───────────────────────────────────────────────────────────────────────────────────────────────

    def _failing(self, condition: Condition) -> Any:
        """Return where *condition* fails, never null."""
        if isinstance(condition, c.Within):
            return self._failing(condition.inner) & self._truth(condition.where)[0]
        failing = _FAILING[type(condition)](self, condition)
        if isinstance(condition, (c.Present, c.NullTogether, c.AnyPresent, c.Holds)):
            return failing
        return functools.reduce(operator.and_, [~self.null(column) for column in condition.columns], failing)

    def in_range(self, condition: c.InRange) -> Any:
        """Return where the value lies outside."""
        cell, column = self.cell(condition.column), condition.column
        below, above = (operator.le, operator.ge) if condition.is_strict else (operator.lt, operator.gt)
        parts = [below(cell, self.constant(condition.low, column))] if condition.low is not None else []
        parts += [above(cell, self.constant(condition.high, column))] if condition.high is not None else []
        return functools.reduce(operator.or_, parts)

    def one_of_values(self, condition: c.OneOf) -> Any:
        """Return where the value is none that is allowed; a value of another type is never found."""
        kind = self.kind(condition.column)
        fitting = [value for value in condition.values if isinstance(value, _TYPES.get(kind, (object,)))]
        fitting = [value for value in fitting if kind != "number" or not isinstance(value, bool)]
        if not fitting:
            never = self.null(condition.column) & ~self.null(condition.column)
            return never if condition.is_negated else ~never
        found = self.cell(condition.column).is_in([self.constant(value, condition.column) for value in fitting])
        return found if condition.is_negated else ~found

    def matches(self, condition: c.Matches) -> Any:
        """Return where the text does not match."""
        found = self._text(condition.column).str.contains(condition.pattern)
        return found if condition.is_negated else ~found

    def length(self, condition: c.LengthIn) -> Any:
        """Return where the text is too short or too long."""
        length = self._text(condition.column).str.len_chars()
        failing = length < (condition.low or 0)
        return failing if condition.high is None else failing | (length > condition.high)

    def _text(self, column: str) -> Any:
        if self.kind(column) != "text":
            raise TypeError(f"needs text, the column holds {self._schema[column]}")
        return self.cell(column)

    def _number(self, column: str) -> Any:
        if self.kind(column) != "number":
            raise TypeError(f"needs numbers, the column holds {self._schema[column]}")
        return self.cell(column).cast(nw.Float64)

    def multiple(self, condition: c.MultipleOf) -> Any:
        """Return where the number is no multiple."""
        times = self._number(condition.column) / condition.step
        return ~((times - times.round(0)).abs() <= 1e-9 * (times.abs() + 1))

    def ordered(self, condition: c.Ordered) -> Any:
        """Return where the two columns stand the wrong way."""
        return ~_OPERATORS[condition.operator](self.cell(condition.left), self.cell(condition.right))

    def sums(self, condition: c.SumsTo) -> Any:
        """Return where the parts do not add up to the total."""
        *parts, total = [self._number(column) for column in condition.columns]
        difference = (functools.reduce(operator.add, parts) - total).abs()
        return ~(difference <= total.abs() * 1e-9 + condition.tolerance)

    def null_together(self, condition: c.NullTogether) -> Any:
        """Return where some cells are null and others are not."""
        nulls = [self.null(column) for column in condition.several]
        return functools.reduce(operator.or_, nulls) & ~functools.reduce(operator.and_, nulls)

    def any_present(self, condition: c.AnyPresent) -> Any:
        """Return where all cells are null."""
        return functools.reduce(operator.and_, [self.null(column) for column in condition.several])

    # ── conditions that are judged by their different values ─────────────────────────────────────────────────────

    def _needs_keys(self, condition: Condition) -> bool:
        inner = condition.inner if isinstance(condition, c.Within) else condition
        if isinstance(inner, c.Matches):  # what only Python's regular expressions know
            return re.search(r"\(\?[=!<]|\\[1-9]", inner.pattern) is not None
        return isinstance(inner, (c.WellFormed, c.Unique, c.InTable))

    def _count_keys(self, condition: Condition) -> Counted:
        inner = condition.inner if isinstance(condition, c.Within) else condition
        frame = self._frame.lazy()
        if isinstance(condition, c.Within):
            frame = frame.filter(self._truth(condition.where)[0])
        names = list(inner.columns)
        if isinstance(inner, (c.WellFormed, c.Matches)):
            self._text(names[0])
        rows = int(frame.select(nw.len().alias("n")).collect().item())
        keys = [f"k{i}" for i in range(len(names))]
        filled = frame.select(*[self.cell(name).alias(key) for name, key in zip(names, keys, strict=True)])
        filled = filled.filter(*[~nw.col(key).is_null() for key in keys])
        groups = filled.group_by(keys).agg(nw.len().alias("n"))
        if isinstance(inner, c.Unique):
            groups = groups.filter(nw.col("n") > 1)
        found = groups.collect("pandas").to_native()
        bad = found[_is_bad(inner, found[keys])] if len(found) else found
        self._bad_keys[condition] = bad[keys]
        return Counted(int(bad["n"].sum()), rows)

    def _failing_somehow(self, condition: Condition) -> Any:
        """Return where *condition* fails, by its bad keys where it is judged by those."""
        if not self._needs_keys(condition):
            return self._failing(condition)
        inner = condition.inner if isinstance(condition, c.Within) else condition
        rows = self._bad_keys[condition].head(_AT_ONCE).itertuples(index=False)
        parts = [
            functools.reduce(
                operator.and_, [self.cell(n) == _plain(v) for n, v in zip(inner.columns, row, strict=True)]
            )
            for row in rows
        ]
        failing = functools.reduce(operator.or_, parts)
        return failing & self._truth(condition.where)[0] if isinstance(condition, c.Within) else failing


def _is_bad(condition: Condition, keys: Any) -> Any:
    """Return which of the different *keys*, a pandas frame, fail."""
    import pandas

    if isinstance(condition, c.Unique):
        return [True] * len(keys)
    if isinstance(condition, c.InTable):
        there = key_columns(condition.other, condition.there)
        if len(keys.columns) == 1:
            return ~keys.iloc[:, 0].isin(there.iloc[:, 0])
        return ~pandas.MultiIndex.from_frame(keys).isin(pandas.MultiIndex.from_frame(there))
    assert isinstance(condition, (c.WellFormed, c.Matches))
    return [not condition.holds(value) for value in keys.iloc[:, 0]]


def _plain(value: Any) -> Any:
    """Return a value of a library as one of Python."""
    for method in ("as_py", "to_pydatetime", "item"):
        if hasattr(value, method):
            return getattr(value, method)()
    return value


_FAILING: dict[type, Callable[[PortableReader, Any], Any]] = {
    c.Present: lambda reader, condition: reader.null(condition.column),
    c.InRange: PortableReader.in_range,
    c.OneOf: PortableReader.one_of_values,
    c.Matches: PortableReader.matches,
    c.LengthIn: PortableReader.length,
    c.Finite: lambda reader, condition: ~reader._number(condition.column).is_finite(),
    c.MultipleOf: PortableReader.multiple,
    c.Ordered: PortableReader.ordered,
    c.SumsTo: PortableReader.sums,
    c.NullTogether: PortableReader.null_together,
    c.AnyPresent: PortableReader.any_present,
    c.Holds: lambda reader, condition: reader._truth(condition.text)[1],
}
