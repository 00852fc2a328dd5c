"""Reading pandas frames: statistics and failing rows by NumPy and pandas themselves, without a layer between."""

from __future__ import annotations

import functools
import operator
import sys
import warnings
from collections.abc import Callable, Sequence
from typing import Any

from nbops.frames import conditions as c
from nbops.frames.conditions import Condition, Stat
from nbops.frames.expressions import evaluate, parse_expression
from nbops.frames.masks import Mask, examples
from nbops.frames.pandas_column import Column
from nbops.frames.reading import Counted, Measured, attempt, key_columns
from nbops.frames.texts import contains
from nbops.records import Examples

__all__ = ["PandasReader"]

_OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt, "<=": operator.le, "==": operator.eq, "!=": operator.ne, ">=": operator.ge, ">": operator.gt
}  # fmt: skip


class PandasReader:
    """A pandas frame that is being judged.

    Args:
        frame: It is not changed, and must not change meanwhile.
    """

    def __init__(self, frame: Any) -> None:
        self._np: Any = sys.modules["numpy"]
        self._frame = frame
        self._columns: dict[Any, Column] = {}
        self._masks: dict[Condition, Any] = {}
        self.names: tuple[Any, ...] = tuple(frame.columns)

    @property
    def types(self) -> dict[Any, str]:
        """The type of each column, as pandas names it."""
        return {name: str(dtype) for name, dtype in zip(self.names, self._frame.dtypes, strict=True)}

    def kind(self, column: Any) -> str:
        """Return what *column* holds: ``number``, ``bool``, ``text``, ``time`` or ``object``."""
        return self._column(column).kind

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return len(self._frame)

    def statistics(self, wanted: Sequence[Stat]) -> dict[Stat, Measured]:
        """Return each of *wanted*; one that cannot be computed is judged alone."""
        return {stat: attempt(functools.partial(self._statistic, stat)) for stat in wanted}

    def count(self, wanted: Sequence[Condition]) -> dict[Condition, Counted | Measured]:
        """Return how many rows fail each of *wanted*."""
        return {condition: attempt(functools.partial(self._counted, condition)) for condition in wanted}

    def examples(self, condition: Condition, limit: int) -> Examples:
        """Return the first rows that fail *condition*."""
        failing = self._failing(condition)
        places = failing.nonzero()[0][:limit].tolist()
        mask = Mask(self.rows, len(places), 0, self._frame.index, lambda n: places[:n])
        named = " ".join(str(column) for column in condition.columns)
        return examples(mask, [(named, self._frame)], limit)

    # ── inside ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _column(self, name: Any) -> Column:
        if name not in self._columns:
            self._columns[name] = Column(self._frame[name])
        return self._columns[name]

    def _statistic(self, stat: Stat) -> Any:
        if stat.name == "rows":
            return self.rows
        return self._column(stat.column).statistic(stat.name, stat.argument)

    def _counted(self, condition: Condition) -> Counted:
        rows = self.rows
        if isinstance(condition, c.Within):
            rows = int(self._np.count_nonzero(self._truth(condition.where)[0]))
        return Counted(int(self._np.count_nonzero(self._failing(condition))), rows)

    def _failing(self, condition: Condition) -> Any:
        if condition not in self._masks:
            self._masks[condition] = _FAILING[type(condition)](self, condition)
        return self._masks[condition]

    def _truth(self, text: str) -> tuple[Any, Any]:
        return evaluate(parse_expression(text), self)

    # ── what expressions ask for ─────────────────────────────────────────────────────────────────────────────────

    def cell(self, column: str) -> Any:
        """Return the values of *column*."""
        found = self._column(column)
        return found.times if found.kind == "time" else found.series

    def null(self, column: str) -> Any:
        """Return where *column* is null."""
        found = self._column(column).null
        return self._np.zeros(self.rows, dtype=bool) if found is None else found

    def constant(self, value: Any, column: str) -> Any:
        """Return *value* as it compares with the values of *column*."""
        return self._column(column).constant(value) if column else value

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
        column = self._column(condition.column)
        low, high = column.constant(condition.low), column.constant(condition.high)
        below, above = (operator.le, operator.ge) if condition.is_strict else (operator.lt, operator.gt)
        if column.is_plain:  # NaN compares false, so nulls need no care
            values = column.series.to_numpy()
            parts = [below(values, low)] if low is not None else []
            parts += [above(values, high)] if high is not None else []
            return functools.reduce(operator.or_, parts, self._np.zeros(self.rows, dtype=bool))
        values = column.times if column.kind == "time" else column.series
        values = values if column.nulls == 0 else values[~column.null]
        failing = self._np.zeros(len(values), dtype=bool)
        if low is not None:
            failing |= self._np.asarray(below(values, low), dtype=bool)
        if high is not None:
            failing |= self._np.asarray(above(values, high), dtype=bool)
        return column.spread(failing)

    def one_of_values(self, condition: c.OneOf) -> Any:
        """Return where the value is none that is allowed."""
        column = self._column(condition.column)
        values = column.fitting(condition.values)
        present = column.times[~self.null(condition.column)] if column.kind == "time" else column.present
        found = present.isin(values).to_numpy(dtype=bool)
        return column.spread(found if condition.is_negated else ~found)

    def matches(self, condition: c.Matches) -> Any:
        """Return where the text does not match."""
        column = self._text(condition.column)
        present = column.present.astype("object") if column.is_category else column.present
        fast = contains(present, condition.pattern)
        if fast is not None:
            return column.spread(fast if condition.is_negated else ~fast)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # pandas warns of groups in a pattern, which do no harm here
                found = present.str.contains(condition.pattern, regex=True).to_numpy(dtype=bool)
        except Exception:  # noqa: BLE001 - Arrow's regular expressions know less than Python's, and say so in many ways
            return self.by_value(condition)
        return column.spread(found if condition.is_negated else ~found)

    def by_value(self, condition: c.WellFormed | c.Matches) -> Any:
        """Return where the value fails a test of Python, made once for each different value."""
        column = self._text(condition.column)
        codes, values = sys.modules["pandas"].factorize(column.present)
        holds = self._np.array([condition.holds(value) for value in values], dtype=bool)
        return column.spread(~holds[codes] if len(codes) else codes.astype(bool))

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
        column = self._column(name)
        if column.kind != "text" and column.nulls < self.rows:
            raise TypeError(f"needs text, the column holds {column.holds}")
        return column

    def finite(self, condition: c.Finite) -> Any:
        """Return where the number is infinite."""
        column = self._column(condition.column)
        return column.spread(self._np.isinf(column.numbers.astype("float64")))

    def multiple(self, condition: c.MultipleOf) -> Any:
        """Return where the number is no multiple."""
        column = self._column(condition.column)
        with self._np.errstate(invalid="ignore"):
            times = column.numbers.astype("float64") / condition.step
            return column.spread(~(abs(times - self._np.round(times)) <= 1e-9 * self._np.maximum(1, abs(times))))

    def ordered(self, condition: c.Ordered) -> Any:
        """Return where the two columns stand the wrong way."""
        holds = self.truth(_OPERATORS[condition.operator](self.cell(condition.left), self.cell(condition.right)))
        return ~holds & ~self.null(condition.left) & ~self.null(condition.right)

    def sums(self, condition: c.SumsTo) -> Any:
        """Return where the parts do not add up to the total."""
        filled = ~functools.reduce(operator.or_, [self.null(column) for column in condition.columns])
        columns = []
        for name in condition.columns:
            whole = self._np.zeros(self.rows)
            column = self._column(name)
            whole[~self.null(name)] = column.numbers
            columns.append(whole)
        *parts, total = columns
        allowed = condition.tolerance + 1e-9 * abs(total)
        return filled & ~(abs(functools.reduce(operator.add, parts) - total) <= allowed)

    def null_together(self, condition: c.NullTogether) -> Any:
        """Return where some cells are null and others are not."""
        nulls = [self.null(column) for column in condition.several]
        return functools.reduce(operator.or_, nulls) & ~functools.reduce(operator.and_, nulls)

    def any_present(self, condition: c.AnyPresent) -> Any:
        """Return where all cells are null."""
        return functools.reduce(operator.and_, [self.null(column) for column in condition.several])

    def unique(self, condition: c.Unique) -> Any:
        """Return the rows that share their key with another."""
        null = functools.reduce(operator.or_, [self.null(column) for column in condition.several])
        keys = self._frame[list(condition.several)]
        return keys.duplicated(keep=False).to_numpy() & ~null

    def in_table(self, condition: c.InTable) -> Any:
        """Return where the other table has no such key."""
        pandas = sys.modules["pandas"]
        there = key_columns(condition.other, condition.there)
        null = functools.reduce(operator.or_, [self.null(column) for column in condition.several])
        if len(condition.several) == 1:
            found = self._frame[condition.several[0]].isin(there.iloc[:, 0])
            return ~found.to_numpy(dtype=bool) & ~null
        here = pandas.MultiIndex.from_frame(self._frame[list(condition.several)])
        return ~here.isin(pandas.MultiIndex.from_frame(there)) & ~null

    def holds(self, condition: c.Holds) -> Any:
        """Return where the expression is false."""
        return self._truth(condition.text)[1]

    def within(self, condition: c.Within) -> Any:
        """Return where the inner condition fails in the rows that are meant."""
        return self._failing(condition.inner) & self._truth(condition.where)[0]


_FAILING: dict[type, Callable[[PandasReader, Any], Any]] = {
    c.Present: PandasReader.present,
    c.InRange: PandasReader.in_range,
    c.OneOf: PandasReader.one_of_values,
    c.Matches: PandasReader.matches,
    c.WellFormed: PandasReader.by_value,
    c.LengthIn: PandasReader.length,
    c.Finite: PandasReader.finite,
    c.MultipleOf: PandasReader.multiple,
    c.Ordered: PandasReader.ordered,
    c.SumsTo: PandasReader.sums,
    c.NullTogether: PandasReader.null_together,
    c.AnyPresent: PandasReader.any_present,
    c.Unique: PandasReader.unique,
    c.InTable: PandasReader.in_table,
    c.Holds: PandasReader.holds,
    c.Within: PandasReader.within,
}
