"""A table drawn from a profile: columns in their sources, together as far as they rise, decide and vanish together."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd

from nbops.frames.profile.dependencies import Dependency
from nbops.frames.profile.relations import Order, Sum
from nbops.frames.profile.table import Profile
from nbops.synthesis.columns import Drawn, series_of
from nbops.synthesis.deciding import decided, deciding_order, leading, regrouped, turned
from nbops.synthesis.mixing import mixed, mixing_order
from nbops.synthesis.moments import unit_of
from nbops.synthesis.normals import copula_of
from nbops.synthesis.nulls import draw_nulls
from nbops.synthesis.people import Parts
from nbops.synthesis.sources import Source, source_of
from nbops.synthesis.spans import Span, Spans, spans_of_quantiles
from nbops.synthesis.streams import Array, Streams

__all__ = ["Maker"]

_MOST_THREADS = 4
_KEY_ROUNDS = 12
_MOST_STEPS = 100
_FEW = 0.02


class Maker:
    """Draws rows of one table; what is drawn later goes on where the first rows ended.

    Args:
        profile: What the table is like.
        seed: Any whole number: the same makes the same rows.
        parts: Pools for what looks like values of people.
        rows: How many rows will be drawn, nearly.
        given: Sources of columns that other tables decide.
        keeps_sums: Whether sums stay sums, though rare ones may come again by chance.
    """

    def __init__(
        self, profile: Profile, seed: int, parts: Parts, rows: int, given: Mapping[str, Source] | None = None,
        *, keeps_sums: bool = False,
    ) -> None:  # fmt: skip
        self.profile = profile
        self._streams = Streams(seed, profile.name)
        self._told: dict[str, str] = {}
        self._keeps_sums = keeps_sums
        self._sources = {
            column.name: (given or {}).get(column.name) or source_of(column, parts, rows) for column in profile.columns
        }
        free = {name for name, source in self._sources.items() if source.is_key} | set(given or {})
        self._dependencies = deciding_order(profile, free)
        self._mixes = mixing_order(profile, free | {one.right for one in self._dependencies})
        ties = {name: source.ties for name, source in self._sources.items() if source.ties is not None}
        ranks = {pair: one.value for pair, one in profile.relations.ranks.items()}
        self._copula = copula_of(ties, ranks)

    @property
    def notes(self) -> dict[str, str]:
        """What could not be kept, by columns; complete when rows were drawn."""
        dense = "nearly every number of its range stands in fewer than 10 rows: one may come again by chance"
        found = {name: source.note or (dense if source.dense() else "") for name, source in self._sources.items()}
        return {name: note for name, note in found.items() if note} | self._told

    def make(self, rows: int) -> pd.DataFrame:
        """Return *rows* new rows; rows that repeat a key of several columns are drawn again, and left out at last."""
        keys = [list(key) for key in self.profile.relations.keys if len(key) > 1][:1]
        found = self._draw(rows)
        if not keys or not rows:
            return found
        for _ in range(_KEY_ROUNDS):
            found = found[~found.duplicated(keys[0])]
            if len(found) >= rows:
                break
            more = self._draw(2 * (rows - len(found)) + 16)
            found = pd.concat([found, more], ignore_index=True)
        return found[~found.duplicated(keys[0])].iloc[:rows].reset_index(drop=True)

    def _draw(self, rows: int) -> pd.DataFrame:
        for name in self._sources:  # made in this order, whichever thread is first
            for use in ("value", "null", "normal"):
                self._streams.of(name, use)
        places = self._copula.places(rows, self._streams) if self._copula else {}
        drawn = self._columns(rows, places)
        self._decide(drawn, places)
        self._relate(drawn, rows)
        nulls = draw_nulls(self.profile, rows, self._streams)
        with ThreadPoolExecutor(_threads()) as pool:
            jobs = [
                pool.submit(series_of, drawn[column.name], column, nulls.get(column.name))
                for column in self.profile.columns
            ]
            series = [job.result() for job in jobs]
        return pd.DataFrame(dict(zip(self.profile.names, series, strict=True)), index=range(rows))

    def _columns(self, rows: int, places: Mapping[str, Array]) -> dict[str, Drawn]:
        def draw(name: str) -> Drawn:
            return self._sources[name].draw(rows, places.get(name), self._streams.of(name, "value"))

        with ThreadPoolExecutor(_threads()) as pool:
            return dict(zip(self._sources, pool.map(draw, self._sources), strict=True))

    def _decide(self, drawn: dict[str, Drawn], places: Mapping[str, Array]) -> None:
        """Make columns follow from those that decide them, or tell something of them."""
        for mix in self._mixes:
            if mix.right not in places:
                stream = self._streams.of(mix.right, "mixed")
                drawn[mix.right] = mixed(mix, drawn[mix.left], drawn[mix.right], stream)
        settled = {one.right for one in self._dependencies} | {
            name for name, one in self._sources.items() if one.is_key
        }
        leads = leading(self._dependencies, self.profile)
        for one in self._dependencies:
            if leads.get(one.left) == one.right and one.right in places and one.left not in settled:
                drawn[one.left] = self._led(one, drawn)
        for one in self._dependencies:
            drawn[one.right] = decided(one, self.profile, drawn[one.left], drawn[one.right], rises=one.right in places)

    def _led(self, one: Dependency, drawn: Mapping[str, Drawn]) -> Drawn:
        """Return the left column of a dependency so that the right one rises with others as it was drawn."""
        left, right = drawn[one.left], drawn[one.right]
        if self.profile[one.right].kind != "number" or not isinstance(right.values, np.ndarray):
            return left
        stream = self._streams.of(one.left, "turned")
        if left.pool is not None and left.moments is None:
            return turned(one, left, right, stream) if one.values else left
        made = decided(one, self.profile, left, right, rises=True).values
        return regrouped(left, made, right.values, stream)

    def _relate(self, drawn: dict[str, Drawn], rows: int) -> None:
        """Make sums add up, and keep below another what was never above it."""
        fixed = {one.right for one in self._dependencies} | {one.left for one in self._dependencies}
        fixed |= {name for name, source in self._sources.items() if source.is_key}
        for total in self.profile.relations.sums:
            names = (total.left, total.right, total.total)
            if not fixed & set(names):
                self._add_up(total, drawn, rows)
                fixed |= set(names)
        for order in self.profile.relations.orders:
            left, right = drawn[order.left].values, drawn[order.right].values
            if order.right in fixed or not (isinstance(left, np.ndarray) and isinstance(right, np.ndarray)):
                continue
            if order.gaps.rows:
                drawn[order.right] = Drawn(left + self._gaps(order, rows))
                fixed.add(order.right)
            elif order.left not in fixed:
                self._swap(order, drawn, rows)

    def _add_up(self, total: Sum, drawn: dict[str, Drawn], rows: int) -> None:
        """Make a column the sum of two; where it would be a rare number, the left one moves by a few units."""
        left, right = drawn[total.left].values.copy(), drawn[total.right].values
        digits = max(self.profile[name].number.most_decimals for name in (total.left, total.right))  # type: ignore[union-attr]
        digits = min(digits, 9)
        is_rare, is_rare_left = self._sources[total.total].is_rare, self._sources[total.left].is_rare
        wrong = np.flatnonzero(is_rare(np.round(left + right, digits)))
        for step in (sign * units for units in range(1, _MOST_STEPS) for sign in (1, -1)):
            if not len(wrong):
                break
            moved = np.round(left[wrong] + step / 10**digits, digits).astype(left.dtype)
            good = ~is_rare_left(moved) & ~is_rare(np.round(moved + right[wrong], digits))
            left[wrong[good]] = moved[good]
            wrong = wrong[~good]
        if len(wrong) <= _FEW * rows or self._keeps_sums:
            drawn[total.left], drawn[total.total] = Drawn(left), Drawn(np.round(left + right, digits))
            mask = np.zeros(rows, dtype="bool")
            mask[wrong] = True
            if len(wrong) <= _FEW * rows:
                self._replace(drawn, (total.left, total.right, total.total), mask, rows)
        else:
            self._told[total.total] = "it is no sum any more: too many sums would be rare numbers of the table"

    def _gaps(self, order: Order, rows: int) -> Array:
        """Return by how much later the right moment is than the left one, in each row."""
        unit = min(
            unit_of(facts) for name in (order.left, order.right) if (facts := self.profile[name].time) is not None
        )
        spans = [Span(one.low // unit, one.high // unit, one.weight) for one in spans_of_quantiles(order.gaps, 1)]
        stream = self._streams.of(order.right, "gap")
        return Spans(spans).draw(stream.shorts(rows), stream) * unit

    def _swap(self, order: Order, drawn: dict[str, Drawn], rows: int) -> None:
        """Swap two numbers of a row where the left one is above; if one of them is rare there, take another row's."""
        names = (order.left, order.right)
        left, right = (drawn[name].values for name in names)
        for name, values in zip(names, (np.minimum(left, right), np.maximum(left, right)), strict=True):
            drawn[name] = Drawn(values)
        wrong = [self._sources[name].is_rare(drawn[name].values) & (left > right) for name in names]
        self._replace(drawn, names, wrong[0] | wrong[1], rows)

    def _replace(self, drawn: dict[str, Drawn], names: Sequence[str], wrong: Array, rows: int) -> None:
        """Give the rows that are *wrong* the values that other rows have in these columns, all from one row."""
        good = np.flatnonzero(~wrong)
        if not len(good) or len(good) == rows:
            return
        source = np.arange(rows)
        source[wrong] = good[self._streams.of(names[0], "instead").below(len(good), rows - len(good))]
        for name in names:
            drawn[name] = drawn[name].taken(source)


def _threads() -> int:
    return min(_MOST_THREADS, os.cpu_count() or 1)
