"""Reading tables of every other library through narwhals: eager polars and pyarrow, lazy polars, DuckDB and the like.

Every count is written so that a null can't turn a verdict: libraries disagree about ``not (null > 1)``. Whatever is
asked is asked in few queries; when one of them raises, it is halved until what raised stands alone.
"""

from __future__ import annotations

import datetime as dt
import functools
import operator
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw

from nbops.frames import conditions as c
from nbops.frames import relating as r
from nbops.frames.comparing import moment
from nbops.frames.conditions import Condition, Stat
from nbops.frames.derived import tally_of
from nbops.frames.expressions import evaluate, parse_expression
from nbops.frames.masks import row_cells
from nbops.frames.portable_asking import AT_ONCE, ask
from nbops.frames.portable_conditions import PERIODS, failing, is_expressible
from nbops.frames.portable_groups import by_group, grouped, is_bad, plain
from nbops.frames.portable_texts import OddTexts
from nbops.frames.reading import Counted, Measured, Unmeasured, attempt, counted_keys, through_narwhals
from nbops.frames.tables import library
from nbops.records import Examples

if TYPE_CHECKING:
    from nbops.frames.pandas_reader import PandasReader

__all__ = ["PortableReader"]

_MOST_COLUMNS = 8
_MOST_SUM = 2.0**63  # from which on libraries wrap around without a word
_NEARLY = {"dask": frozenset({"median", "quantile"}), "pyspark": frozenset({"median", "quantile"})}  # as they know them
_MOMENTS = frozenset({"skew", "kurtosis", "correlation"})  # of which libraries have several definitions
_BY_COUNTS = frozenset({"tally", "contingency", "keys", "periods"})


class PortableReader:
    """A table that is being judged through narwhals.

    Args:
        table: The native table, eager or lazy.
    """

    def __init__(self, table: Any) -> None:
        frame = through_narwhals(table)
        self._here_only = _MOMENTS | _NEARLY.get(library(table), frozenset())
        self._is_eager = isinstance(frame, nw.DataFrame)
        self._frame: Any = frame
        self._schema = frame.collect_schema()
        self._bad_keys: dict[Condition, Any] = {}
        self._done_here: set[Condition] = set()
        self._odd_texts = OddTexts(self, self._select)
        self._brought: dict[tuple[Any, ...], PandasReader] = {}
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

    def dtype(self, column: Any) -> Any:
        """Return the type of *column*."""
        return self._schema[column]

    def statistics(self, wanted: Sequence[Stat]) -> dict[Stat, Measured]:
        """Return each of *wanted*; counts of values are never afforded, so the conditions on them look at rows."""
        found: dict[Stat, Measured] = {stat: None for stat in wanted if stat.name == "counts"}
        asked: dict[Stat, Any] = {}
        for stat in wanted:
            if stat.name in _BY_COUNTS:
                found[stat] = attempt(functools.partial(self._by_counts, stat))
            elif stat not in found:
                expression = attempt(functools.partial(self._aggregate, stat))
                (found if isinstance(expression, Unmeasured) else asked)[stat] = expression
        moments = [stat for stat, expression in asked.items() if expression is None]
        for stat in [beside for stat in asked if (beside := self._beside(stat))]:
            asked.setdefault(stat, self._aggregate(stat))
        found |= self._select({stat: expression for stat, expression in asked.items() if stat not in moments})
        self._mend(found)
        self._tell_nothing_from_nan(found)
        for stat in [*moments, *(stat for stat in wanted if isinstance(found.get(stat), Unmeasured))]:
            if stat in asked:  # what the library cannot do is done here, on the columns that it needs
                found[stat] = self._statistic_here(stat, found.get(stat))
        return found

    def _beside(self, stat: Stat) -> Stat | None:
        """Return the statistic that tells whether *stat* is what it seems."""
        if stat.name == "distinct":
            return Stat("nulls", stat.column)
        is_whole = stat.name == "sum" and self._schema[stat.column].is_integer()
        return Stat("sum_abs", stat.column) if is_whole else None

    def _mend(self, found: dict[Stat, Measured]) -> None:
        """Take null out of the different values, and make sums anew that may be too large for the library."""
        for stat in list(found):
            beside = self._beside(stat)
            if beside is None or beside not in found or isinstance(found[stat], Unmeasured):
                continue
            if stat.name == "sum":
                if isinstance(found[beside], Unmeasured) or (found[beside] or 0) >= _MOST_SUM:
                    found[stat] = self._statistic_here(stat, None)
            elif not isinstance(found[beside], Unmeasured):
                found[stat] = (found[stat] or 0) - bool(found[beside])

    def _tell_nothing_from_nan(self, found: dict[Stat, Measured]) -> None:
        """Make None of the NaN by which Dask tells that there is no value; one of infinities stays."""
        for stat, value in found.items():
            if isinstance(value, float):
                if stat.name in ("rows", "nulls", "zeros", "negatives"):
                    found[stat] = int(value) if value == value else 0  # noqa: PLR0124 - NaN alone differs from itself
                elif value != value:  # noqa: PLR0124
                    nulls = self._select({"nulls": self._aggregate(Stat("nulls", stat.column)), "rows": nw.len()})
                    found[stat] = None if nulls["nulls"] == nulls["rows"] else value

    def count(self, wanted: Sequence[Condition]) -> dict[Condition, Counted | Measured]:
        """Return how many rows fail each of *wanted*."""
        found: dict[Condition, Counted | Measured] = {}
        asked: dict[Any, Any] = {"rows": nw.len()}
        self._odd_texts.look_for(wanted)
        for condition in wanted:
            if not self.is_native(condition):
                by_keys = self._count_keys if _is_of_keys(condition) else self._count_here
                if by_keys == self._count_here:
                    self._done_here.add(condition)
                if isinstance(_inner(condition), r.Repeated):
                    by_keys = self._count_repeated
                found[condition] = attempt(functools.partial(by_keys, condition))
                continue
            expression = attempt(functools.partial(failing, self, condition))
            if isinstance(expression, Unmeasured):
                found[condition] = expression
                continue
            asked[condition] = expression.cast(nw.Int64).sum()
            if isinstance(condition, c.Within):
                asked[condition.where] = self._truth(condition.where)[0].cast(nw.Int64).sum()
        seen = self._select(asked)
        for condition in wanted:
            if condition in seen:
                rows = seen[condition.where if isinstance(condition, c.Within) else "rows"]
                value = seen[condition]
                failed = isinstance(value, Unmeasured)
                found[condition] = value if failed else Counted(int(value or 0), int(rows or 0))
        return {condition: self._or_here(condition, counted) for condition, counted in found.items()}

    def _or_here(self, condition: Condition, counted: Counted | Measured) -> Counted | Measured:
        """Return *counted*; what the library cannot do is done here, on the columns that it needs."""
        if not isinstance(counted, Unmeasured) or counted.why.startswith("needs "):
            return counted
        found = attempt(functools.partial(self._count_here, condition))
        if isinstance(found, Unmeasured):
            return counted
        self._done_here.add(condition)
        return found

    def restricted(self, where: str) -> PortableReader:
        """Return a reader of the rows for which the expression *where* is true."""
        return PortableReader(self._frame.filter(self._truth(where)[0]).to_native())

    def grouped(
        self, by: tuple[str, ...], wanted: Sequence[Stat | Condition]
    ) -> dict[Stat | Condition, dict[tuple[Any, ...], Any] | Measured]:
        """Return each of *wanted* for each group of rows that agree in the columns *by*.

        Counts, sums and extremes are asked of the library, in one query; of what else is wanted, only the columns that
        it needs are brought here.
        """
        native = {one: by_group(self, one) for one in wanted}
        asked = {one: parts for one, parts in native.items() if parts is not None}
        found = attempt(functools.partial(grouped, self, self._frame, by, asked)) if asked else {}
        rest = list(wanted) if isinstance(found, Unmeasured) else [one for one in wanted if one not in asked]
        if not rest:
            return found  # type: ignore[no-any-return]
        columns = dict.fromkeys([*by, *(column for one in rest for column in one.columns)])
        here = attempt(lambda: self._here(tuple(columns)).grouped(by, rest))
        known = {} if isinstance(found, Unmeasured) else found
        return {**known, **(dict.fromkeys(rest, here) if isinstance(here, Unmeasured) else here)}

    def examples(self, condition: Condition, limit: int) -> Examples:
        """Return the first rows that fail *condition*; a lazy table has no row numbers to tell."""
        names = list(dict.fromkeys((*condition.columns, *self.names)))[:_MOST_COLUMNS]
        if isinstance(_inner(condition), r.Repeated) and condition in self._bad_keys:  # the rows that repeat, each once
            *names, count = self._bad_keys[condition].collect_schema().names()
            rows = self._bad_keys[condition].collect().head(limit).rows(named=True)
            shown = [row_cells(names, [row[name] for name in names]) for row in rows for _ in range(row[count])][:limit]
            return Examples(tuple(map(str, names)), ("",) * len(shown), tuple(shown))
        if condition in self._done_here or not (self.is_native(condition) or _is_of_keys(condition)):
            here = self._here(condition.columns or self.names).examples(condition, limit)
            labels = here.labels if self._is_eager else ("",) * len(here.labels)
            return Examples(here.columns, labels, here.rows)
        frame = self._frame
        index = next(name for name in map("row{}".format, range(len(self.names) + 1)) if name not in self.names)
        if self._is_eager:
            frame = frame.with_row_index(index)
        rows = frame.filter(self._failing_somehow(condition)).head(limit)
        rows = (rows if self._is_eager else rows.collect()).rows(named=True)
        labels = tuple(str(row[index]) if self._is_eager else "" for row in rows)
        cells = tuple(row_cells(names, [row[name] for name in names]) for row in rows)
        return Examples(tuple(map(str, names)), labels, cells)

    # ── asking ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _select(self, asked: dict[Any, Any]) -> dict[Any, Measured]:
        """Return the value of each aggregate."""
        return ask(self._frame, asked)

    def _aggregate(self, stat: Stat) -> Any:
        """Return the aggregate that is *stat*; None where only reading the columns here can tell."""
        if stat.name == "rows":
            return nw.len()
        cell = self.cell(stat.column)
        if stat.name in ("nulls", "distinct"):
            return cell.n_unique() if stat.name == "distinct" else self.null(stat.column).cast(nw.Int64).sum()
        for column in stat.columns:
            self._refuse_no_number(column, stat)
        return None if stat.name in self._here_only else self._of_numbers(stat, cell)

    def _of_numbers(self, stat: Stat, cell: Any) -> Any:
        if stat.name in ("zeros", "negatives"):
            return ((cell == 0) if stat.name == "zeros" else (cell < 0)).cast(nw.Int64).sum()
        if stat.name == "sum_abs":
            return cell.cast(nw.Float64).abs().sum()
        is_short = stat.name == "sum" and self._schema[stat.column].is_float()  # short floats lose digits
        if is_short or stat.name in ("mean", "std", "median", "quantile"):
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

    def is_native(self, condition: Condition) -> bool:
        """Whether the library can be asked where *condition* fails, and means by it what it means here."""
        return is_expressible(condition) and not self._odd_texts.may_turn(condition)

    def _truth(self, text: str) -> tuple[Any, Any]:
        return evaluate(parse_expression(text), self)

    def _refuse_no_number(self, column: str, stat: Stat) -> None:
        if stat.name not in ("min", "max") and self.kind(column) not in ("number", "bool"):
            raise TypeError(f"needs numbers, the column holds {self._schema[column]}")

    # ── counts of different values ───────────────────────────────────────────────────────────────────────────────

    def _by_counts(self, stat: Stat) -> Any:
        if stat.name == "periods":
            return self._periods(stat.column, str(stat.argument))
        keys = counted_keys(nw.to_native(self._frame.select(*[self.cell(name) for name in stat.columns])), stat.columns)
        if stat.name == "keys":
            return keys
        values = [[plain(value) for value in keys[label].tolist()] for label in keys.columns[:-1]]
        if stat.name == "tally":
            return tally_of(values[0], keys["n"].tolist())
        return dict(zip(zip(*values, strict=True), keys["n"].tolist(), strict=True))

    def _periods(self, column: str, period: str) -> Any:
        if self.kind(column) != "time":
            raise TypeError(f"needs dates, the column holds {self._schema[column]}")
        if period not in PERIODS:
            return self._here((column,)).column(column).periods(period)
        cell = self.cell(column)
        if getattr(self._schema[column], "time_zone", None):
            cell = cell.dt.replace_time_zone(None)
        try:
            frame = self._frame.lazy().select(cell.dt.truncate(PERIODS[period]).alias("k0"))
            frame = frame.filter(~nw.col("k0").is_null()).group_by("k0").agg(nw.len().alias("n"))
            found = frame.collect("pyarrow").to_native().to_pydict()
        except NotImplementedError:  # Dask truncates to days, and to nothing longer
            return self._here((column,)).column(column).periods(period)
        return {plain(stamp): int(rows) for stamp, rows in zip(found["k0"], found["n"], strict=True)}

    # ── what is done here, on few columns ────────────────────────────────────────────────────────────────────────

    def _here(self, columns: tuple[Any, ...]) -> PandasReader:
        """Return a reader of some columns, brought here as Arrow has them."""
        if columns not in self._brought:
            import pandas

            from nbops.frames.pandas_reader import PandasReader

            plain = [nw.col(name).cast(nw.String) if self._schema[name] in (nw.Categorical, nw.Enum) else nw.col(name)
                     for name in columns]  # fmt: skip
            table = self._frame.lazy().select(*plain).collect("pyarrow").to_native()
            self._brought[columns] = PandasReader(table.to_pandas(types_mapper=pandas.ArrowDtype))
        return self._brought[columns]  # type: ignore[no-any-return]

    def _statistic_here(self, stat: Stat, otherwise: Any) -> Any:
        found = attempt(lambda: self._here(stat.columns).statistics([stat])[stat])
        return otherwise if isinstance(found, Unmeasured) and otherwise is not None else found

    def _count_here(self, condition: Condition) -> Any:
        return self._here(condition.columns or self.names).count([condition])[condition]

    # ── conditions that are judged by their different values ─────────────────────────────────────────────────────

    def _count_keys(self, condition: Condition) -> Counted:
        inner = _inner(condition)
        frame = self._frame.lazy()
        if isinstance(condition, c.Within):
            frame = frame.filter(self._truth(condition.where)[0])
        names = list(inner.columns)
        rows = int(frame.select(nw.len().alias("n")).collect().item())
        if isinstance(inner, c.WellFormed) and inner.format.startswith("date:") and self.kind(names[0]) == "time":
            return Counted(0, rows)
        if isinstance(inner, (c.WellFormed, c.Matches)) and self.kind(names[0]) != "text":
            raise TypeError(f"needs text, the column holds {self._schema[names[0]]}")
        keys = [f"k{at}" for at in range(len(names))]
        filled = frame.select(*[self.cell(name).alias(key) for name, key in zip(names, keys, strict=True)])
        filled = filled.filter(*[~nw.col(key).is_null() for key in keys])
        groups = filled.group_by(keys).agg(nw.len().alias("n"))
        if isinstance(inner, r.Unique):
            groups = groups.filter(nw.col("n") > 1)
        found = groups.collect("pandas").to_native()[[*keys, "n"]]
        bad = found[is_bad(inner, found)] if len(found) else found
        self._bad_keys[condition] = bad[keys]
        return Counted(int(bad["n"].sum()), rows)

    def _count_repeated(self, condition: Condition) -> Counted:
        """Return how many rows stand more than once; null is like null here."""
        inner = _inner(condition)
        frame = self._frame.lazy()
        if isinstance(condition, c.Within):
            frame = frame.filter(self._truth(condition.where)[0])
        names = [str(name) for name in inner.columns or self.names]
        count = next(name for name in map("n{}".format, range(len(names) + 1)) if name not in names)
        groups = frame.select(*names).group_by(names).agg(nw.len().alias(count))
        bad = groups.filter(nw.col(count) > 1)
        failing = bad.select(nw.col(count).sum()).collect().item()
        self._bad_keys[condition] = bad
        return Counted(int(failing or 0), int(frame.select(nw.len().alias("n")).collect().item()))

    def _failing_somehow(self, condition: Condition) -> Any:
        """Return where *condition* fails, by its bad keys where it is judged by those."""
        if condition not in self._bad_keys:
            return failing(self, condition)
        inner = _inner(condition)
        rows = self._bad_keys[condition].head(AT_ONCE).itertuples(index=False)
        parts = [
            functools.reduce(operator.and_, [self.cell(n) == plain(v) for n, v in zip(inner.columns, row, strict=True)])
            for row in rows
        ]
        found = functools.reduce(operator.or_, parts)
        return found & self._truth(condition.where)[0] if isinstance(condition, c.Within) else found


def _inner(condition: Condition) -> Condition:
    return condition.inner if isinstance(condition, c.Within) else condition


def _is_of_keys(condition: Condition) -> bool:
    return isinstance(_inner(condition), (r.OfKeys, c.WellFormed, c.Matches))
