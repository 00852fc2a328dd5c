"""Reading pandas frames: statistics and failing rows by NumPy and pandas themselves, without a layer between."""

from __future__ import annotations

import functools
import operator
import sys
import warnings
from collections.abc import Callable, Sequence
from typing import Any

from nbops.frames import conditions as c
from nbops.frames import pandas_relating as relating
from nbops.frames.conditions import Condition, Stat
from nbops.frames.expressions import evaluate, parse_expression
from nbops.frames.masks import Mask, examples
from nbops.frames.pandas_column import Column, on_the_wall, truncated
from nbops.frames.pandas_groups import Groups
from nbops.frames.patterns import may_explode, tells_odd
from nbops.frames.reading import Counted, Measured, Unmeasured, attempt, counted_keys
from nbops.frames.shapes import Shapes, shapes_of
from nbops.frames.texts import contains
from nbops.records import Examples

__all__ = ["PandasReader"]

_OF_ONE_ROW = (c.Present, c.InRange, c.OneOf, c.Matches, c.LengthIn)
_BEGINNING = 10_000  # rows in which failing ones are looked for, where statistics have already told how many there are
_WORTH_SHAPES = 2_000  # rows from which on a column is looked through for what its patterns cannot tell apart


class PandasReader:
    """A pandas frame that is being judged.

    Args:
        frame: It is not changed, and must not change meanwhile.
    """

    def __init__(self, frame: Any) -> None:
        self._np: Any = sys.modules["numpy"]
        self.frame = frame
        self._columns: dict[Any, Column] = {}
        self._masks: dict[Condition, Any] = {}
        self._shapes: dict[Any, Shapes | None] = {}
        self.names: tuple[Any, ...] = tuple(frame.columns)

    @property
    def types(self) -> dict[Any, str]:
        """The type of each column, as pandas names it."""
        return {name: str(dtype) for name, dtype in zip(self.names, self.frame.dtypes, strict=True)}

    def kind(self, column: Any) -> str:
        """Return what *column* holds: ``number``, ``bool``, ``text``, ``time`` or ``object``."""
        return self.column(column).kind

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return len(self.frame)

    def statistics(self, wanted: Sequence[Stat]) -> dict[Stat, Measured]:
        """Return each of *wanted*; one that cannot be computed is judged alone."""
        return {stat: attempt(functools.partial(self._statistic, stat)) for stat in wanted}

    def count(self, wanted: Sequence[Condition]) -> dict[Condition, Counted | Measured]:
        """Return how many rows fail each of *wanted*."""
        attempt(functools.partial(self._find_shapes, wanted))  # a column that raises is told by its own condition
        return {condition: attempt(functools.partial(self._counted, condition)) for condition in wanted}

    def examples(self, condition: Condition, limit: int) -> Examples:
        """Return the first rows that fail *condition*."""
        places = self._first_failing(condition, limit)
        mask = Mask(self.rows, len(places), 0, self.frame.index, lambda n: places[:n])
        named = " ".join(str(column) for column in condition.columns)
        return examples(mask, [(named, self.frame)], limit)

    def _first_failing(self, condition: Condition, limit: int) -> list[int]:
        """Return the first rows that fail; those of a condition on one row are looked for at the beginning first."""
        if self.rows > _BEGINNING and condition not in self._masks and self._is_of_one_row(condition):
            found: list[int] = self._beginning.failing(condition).nonzero()[0][:limit].tolist()
            if len(found) == limit:
                return found
        return self.failing(condition).nonzero()[0][:limit].tolist()  # type: ignore[no-any-return]

    def _is_of_one_row(self, condition: Condition) -> bool:
        """Whether no other row matters; among Python's objects the kind of a column may depend on later rows."""
        if not isinstance(condition, _OF_ONE_ROW):
            return False
        return all(self.column(name).series.dtype != object for name in condition.columns)

    @functools.cached_property
    def _beginning(self) -> PandasReader:
        return PandasReader(self.frame.iloc[:_BEGINNING])

    def meant(self, wheres: Sequence[str]) -> dict[str, Measured]:
        """Return for how many rows each of the expressions *wheres* is true."""
        return {where: attempt(functools.partial(self._meant, where)) for where in wheres}

    def _meant(self, where: str) -> int:
        return int(self._np.count_nonzero(self._truth(where)[0]))

    def restricted(self, where: str) -> PandasReader:
        """Return a reader of the rows for which the expression *where* is true."""
        return PandasReader(self.frame[self._truth(where)[0]])

    def grouped(
        self, by: tuple[str, ...], wanted: Sequence[Stat | Condition]
    ) -> dict[Stat | Condition, dict[tuple[Any, ...], Any] | Measured]:
        """Return each of *wanted* for each group of rows that agree in the columns *by*; the groups are made once."""
        groups = attempt(lambda: Groups(self.frame[list(by)], [self.column(name).null for name in by]))
        return {one: attempt(functools.partial(self._of_groups, groups, one)) for one in wanted}

    def _of_groups(self, groups: Any, one: Stat | Condition) -> Any:
        if isinstance(groups, Unmeasured):
            return groups
        if isinstance(one, Stat):
            return groups.statistics(one, self.column(one.column) if one.columns else None)
        meant = self._truth(one.where)[0] if isinstance(one, c.Within) else None
        return groups.counted(self.failing(one), meant)

    # ── inside ───────────────────────────────────────────────────────────────────────────────────────────────────

    def column(self, name: Any) -> Column:
        """Return a column and what is known of it."""
        if name not in self._columns:
            self._columns[name] = Column(self.frame[name])
        return self._columns[name]

    def _statistic(self, stat: Stat) -> Any:
        if stat.name == "rows":
            return self.rows
        if stat.name == "keys":
            return counted_keys(self.frame, stat.argument)
        if stat.name == "correlation":
            return relating.correlation(self, *stat.columns)
        if stat.name == "contingency":
            keys = counted_keys(self.frame, stat.columns)
            return dict(zip(zip(keys["k0"], keys["k1"], strict=True), keys["n"].tolist(), strict=True))
        return self.column(stat.column).statistic(stat.name, stat.argument)

    def _counted(self, condition: Condition) -> Counted:
        rows = self._meant(condition.where) if isinstance(condition, c.Within) else self.rows
        return Counted(int(self._np.count_nonzero(self.failing(condition))), rows)

    def failing(self, condition: Condition) -> Any:
        """Return where *condition* fails, as an array of booleans."""
        if condition not in self._masks:
            self._masks[condition] = _FAILING[type(condition)](self, condition)
        return self._masks[condition]

    def _find_shapes(self, wanted: Sequence[Condition]) -> None:
        """Find the shapes of each column that is searched, as all its patterns see them."""
        patterns: dict[Any, list[str]] = {}
        for condition in wanted:
            inner = condition.inner if isinstance(condition, c.Within) else condition
            if isinstance(inner, c.Matches):
                patterns.setdefault(inner.column, []).append(inner.pattern)
        for name, found in patterns.items():
            column = self.column(name)
            if column.kind == "text" and not column.is_category and self.rows >= _WORTH_SHAPES:
                self._shapes[name] = shapes_of(column.present, found)

    def _truth(self, text: str) -> tuple[Any, Any]:
        return evaluate(parse_expression(text), self)

    # ── what expressions ask for ─────────────────────────────────────────────────────────────────────────────────

    def cell(self, column: str) -> Any:
        """Return the values of *column*."""
        found = self.column(column)
        return found.times if found.kind == "time" else found.decoded

    def null(self, column: str) -> Any:
        """Return where *column* is null."""
        found = self.column(column).null
        return self._np.zeros(self.rows, dtype=bool) if found is None else found

    def constant(self, value: Any, column: str) -> Any:
        """Return *value* as it compares with the values of *column*."""
        return self.column(column).constant(value) if column else value

    def truth(self, result: Any) -> Any:
        """Return where the result of a comparison is true; null is not."""
        if isinstance(result, bool):
            return self._np.full(self.rows, result)
        if str(result.dtype) != "bool":
            result = result.fillna(False)
        return result.to_numpy(dtype=bool)

    def one_of(self, cell: Any, values: list[Any]) -> Any:
        """Return where *cell* is one of *values*."""
        return self.truth(cell.isin(values))

    # ── conditions ───────────────────────────────────────────────────────────────────────────────────────────────

    def present(self, condition: c.Present) -> Any:
        """Return where the cell is null."""
        return self.null(condition.column)

    def in_range(self, condition: c.InRange) -> Any:
        """Return where the value lies outside."""
        column = self.column(condition.column)
        low, high = column.constant(condition.low), column.constant(condition.high)
        below, above = (operator.le, operator.ge) if condition.is_strict else (operator.lt, operator.gt)
        if column.is_plain:  # NaN compares false, so nulls need no care
            values = column.series.to_numpy()
            parts = [below(values, low)] if low is not None else []
            parts += [above(values, high)] if high is not None else []
            return functools.reduce(operator.or_, parts, self._np.zeros(self.rows, dtype=bool))
        values = column.times if column.kind == "time" else column.decoded
        values = values if column.nulls == 0 else values[~column.null]
        failing = self._np.zeros(len(values), dtype=bool)
        if low is not None:
            failing |= self._np.asarray(below(values, low), dtype=bool)
        if high is not None:
            failing |= self._np.asarray(above(values, high), dtype=bool)
        return column.spread(failing)

    def one_of_values(self, condition: c.OneOf) -> Any:
        """Return where the value is none that is allowed."""
        column = self.column(condition.column)
        values = column.fitting(condition.values)
        present = column.times[~self.null(condition.column)] if column.kind == "time" else column.present
        if column.kind == "number" and ("decimal" in str(present.dtype) or present.dtype == object):
            present, values = present.astype("float64"), [float(value) for value in values]
        found = present.isin(values).to_numpy(dtype=bool)
        return column.spread(found if condition.is_negated else ~found)

    def matches(self, condition: c.Matches) -> Any:
        """Return where the text does not match."""
        column = self._text(condition.column)
        present = column.present.astype("object") if column.is_category else column.present
        shapes = self._shapes.get(condition.column)
        if shapes is not None and shapes.knows(condition.pattern) and not may_explode(condition.pattern):
            found = shapes.contains(condition.pattern)
            return column.spread(found if condition.is_negated else ~found)
        is_alike = not tells_odd(condition.pattern) or column.is_plain_text
        fast = contains(present, condition.pattern) if is_alike else None
        if fast is not None:
            return column.spread(fast if condition.is_negated else ~fast)
        if may_explode(condition.pattern) or (not is_alike and present.dtype != object):
            return self.by_value(condition)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # pandas warns of groups in a pattern, which do no harm here
                found = present.str.contains(condition.pattern, regex=True).to_numpy(dtype=bool)
        except Exception:  # noqa: BLE001 - Arrow's regular expressions know less than Python's, and say so in many ways
            return self.by_value(condition)
        return column.spread(found if condition.is_negated else ~found)

    def by_value(self, condition: c.OfValues) -> Any:
        """Return where the value fails a test of Python, made once for each different value."""
        column = self.column(condition.column)
        if isinstance(condition, c.WellFormed) and condition.format.startswith("date:") and column.kind == "time":
            return column.spread(self._np.zeros(len(column.present), dtype=bool))
        column = self._text(condition.column)
        codes, values = sys.modules["pandas"].factorize(column.present)
        bad = self._np.array(condition.bad(values.tolist()), dtype=bool)
        return column.spread(bad[codes] if len(codes) else codes.astype(bool))

    def length(self, condition: c.LengthIn) -> Any:
        """Return where the text is too short or too long."""
        column = self._text(condition.column)
        lengths = column.present.str.len().to_numpy(dtype="int64")
        low = 0 if condition.low is None else condition.low
        failing = lengths < low
        if condition.high is not None:
            failing |= lengths > condition.high
        return column.spread(failing)

    def _text(self, name: str) -> Column:
        column = self.column(name)
        if column.kind != "text" and column.nulls < self.rows:
            raise TypeError(f"needs text, the column holds {column.holds}")
        return column

    def finite(self, condition: c.Finite) -> Any:
        """Return where the number is infinite."""
        column = self.column(condition.column)
        return column.spread(self._np.isinf(column.numbers.astype("float64")))

    def multiple(self, condition: c.MultipleOf) -> Any:
        """Return where the number is no multiple."""
        column = self.column(condition.column)
        with self._np.errstate(invalid="ignore", over="ignore"):
            times = column.numbers.astype("float64") / condition.step
            return column.spread(~(abs(times - self._np.round(times)) <= 1e-9 * self._np.maximum(1, abs(times))))

    def holds(self, condition: c.Holds) -> Any:
        """Return where the expression is false."""
        return self._truth(condition.text)[1]

    def within(self, condition: c.Within) -> Any:
        """Return where the inner condition fails in the rows that are meant."""
        meant = self._truth(condition.where)[0]
        if not isinstance(condition.inner, relating.BETWEEN_ROWS):
            return self.failing(condition.inner) & meant
        whole = self._np.zeros(self.rows, dtype=bool)
        whole[meant] = self.restricted(condition.where).failing(condition.inner)
        return whole

    def every(self, condition: c.Every) -> Any:
        """Return where one of the conditions fails."""
        return functools.reduce(operator.or_, [self.failing(part) for part in condition.parts])

    def outside(self, condition: c.Outside) -> Any:
        """Return where the value lies inside."""
        filled = ~self.null(condition.column)
        return filled & ~self.failing(c.InRange(condition.column, condition.low, condition.high))

    def weekday(self, condition: c.WeekdayIn) -> Any:
        """Return where the day is another day of the week."""
        column = self.column(condition.column)
        days = column.times.dt.day_of_week.isin(list(condition.days))
        return ~self.truth(days) & ~self.null(condition.column)

    def aligned(self, condition: c.Aligned) -> Any:
        """Return where the moment is not the first of its period."""
        column = self.column(condition.column)
        return ~self.truth(on_the_wall(column.times) == truncated(column.times, condition.period)) & ~self.null(
            condition.column
        )


_FAILING: dict[type, Callable[[PandasReader, Any], Any]] = {
    c.Present: PandasReader.present,
    c.InRange: PandasReader.in_range,
    c.OneOf: PandasReader.one_of_values,
    c.Matches: PandasReader.matches,
    c.WellFormed: PandasReader.by_value,
    c.LengthIn: PandasReader.length,
    c.Finite: PandasReader.finite,
    c.MultipleOf: PandasReader.multiple,
    c.Holds: PandasReader.holds,
    c.Within: PandasReader.within,
    c.Every: PandasReader.every,
    c.Outside: PandasReader.outside,
    c.WeekdayIn: PandasReader.weekday,
    c.Aligned: PandasReader.aligned,
    **relating.FAILING,
}
