"""Checks against another table as a whole: is what columns hold distributed as it was there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nbops.checks.keys import refuse_no_table
from nbops.checks.model import Check, check, group_text, listed
from nbops.checks.verdict import Verdict
from nbops.errors import UsageError, did_you_mean
from nbops.frames.conditions import Condition, Stat
from nbops.frames.reading import Unmeasured
from nbops.frames.scan import Scan
from nbops.records import Status

if TYPE_CHECKING:
    from nbops.stats.drift import Drift, Sample

__all__ = ["NoDrift", "NoDriftTogether"]

_NUMBERS = ("number", "time", "bool")
_MEASURES = ("psi", "js", "chi_square", "ks", "wasserstein")
_MOST_CATEGORIES = 20
_MOST_ROWS = 50_000


@dataclass(frozen=True)
class _AgainstOther(Check):
    """A check of the different values of some columns, here and in another table."""

    columns: tuple[str, ...]
    other: Any

    def validate(self) -> None:
        """Refuse what is no table, or has no such columns."""
        if not self.columns:
            raise UsageError("no column is named", where=self.kind, fix=f'{self.kind}(["amount"], train)')
        refuse_no_table(self.other, self.kind, self.columns)

    def refuse_risk(self, risk: float) -> None:
        """Refuse a risk that is none."""
        if not 0 < risk < 1:
            raise UsageError(f"a risk of {risk!r} is none", where=self.kind, fix="risk=0.01")

    def there(self, stat: Stat) -> Any:
        """Return a statistic of the other table.

        Raises:
            TypeError: It cannot be measured.
        """
        found = Scan(self.other).measure([stat])[stat]
        if isinstance(found, Unmeasured):
            raise TypeError(f"the other table: {found.why}")
        return found


@check("no_drift")
@dataclass(frozen=True)
class NoDrift(_AgainstOther):
    """The values of each of *columns* are distributed as in *other*, in every group of *by* when there are any.

    A drift is a difference that matters and is no chance: at least *floor* in its measure, and rarer than *risk* among
    tables that are alike, all columns and groups together. Nulls are left out; a new share of nulls is ``null_share``.

    Args:
        measure: ``psi``, ``js`` or ``chi_square`` of anything, ``ks`` or ``wasserstein`` of numbers. By default ``ks``
            for numbers and moments, ``chi_square`` for the rest.
        floor: The size that matters; 0.1 by default.
        risk: How often tables that are alike may differ so much.
        by: The columns whose values make groups of rows.

    Why it matters:
        A model is as good as its training data are like the data that it meets.

    Example:
        >>> import pandas as pd
        >>> from nbops.checks.suite import tried
        >>> train = pd.DataFrame({"age": [20, 30, 40, 50] * 50})
        >>> tried(NoDrift("age", train), age=[20, 30, 40, 50] * 20)
        'passed'
        >>> tried(NoDrift("age", train), age=[50, 60, 70, 80] * 20)
        'failed: age drifted (ks is 0.75, by chance in 2e-29 of cases)'
    """

    measure: str = ""
    floor: float | None = None
    risk: float = 0.01
    by: tuple[str, ...] = ()

    def validate(self) -> None:
        """Refuse an unknown measure."""
        super().validate()
        refuse_no_table(self.other, self.kind, self.by)
        self.refuse_risk(self.risk)
        if self.measure and self.measure not in _MEASURES:
            fix = did_you_mean(self.measure, _MEASURES)
            raise UsageError(f"unknown measure {self.measure!r}", where=self.kind, fix=fix)

    def measures(self) -> Mapping[str, Stat | Condition]:
        """Return the different values of each column, in each group."""
        return {name: Stat("keys", "", (name, *self.by)) for name in self.columns} | {"all rows": Stat("rows")}

    def judge(self, seen: Mapping[str, Any]) -> Verdict:
        """Return which columns drifted, and in which groups."""
        from nbops.stats.drift import holm

        found: list[tuple[str, Drift]] = []
        alone: list[str] = []
        for name in self.columns:
            is_number = seen["kind_of"](name) in _NUMBERS
            for group, sample in self._samples(seen[name], self.there(Stat("keys", "", (name, *self.by))), is_number):
                label = f"{name} where {group_text(self.by, group)}" if self.by else name
                if not sample.sizes[0]:
                    alone.append(label)
                else:
                    found.append((label, self._drift(sample)))
        if not found:
            why = f"nothing to compare with: {listed(alone)}" if alone else ""
            return Verdict(Status.ERROR, why) if why else self.all_null(seen["all rows"])
        chances = holm([drift.probability for _, drift in found])
        bad = [
            (label, drift, chance)
            for (label, drift), chance in zip(found, chances, strict=True)
            if drift.size >= drift.floor and chance <= self.risk
        ]
        return self._told(found, bad, alone)

    def _drift(self, sample: Sample) -> Drift:
        from nbops.stats.drift import drift_of

        return drift_of(sample, self.measure, floor=self.floor)

    def _told(self, found: list[tuple[str, Drift]], bad: list[tuple[str, Drift, float]], alone: list[str]) -> Verdict:
        bad = sorted(bad, key=lambda one: -one[1].size)
        told = [f"{label} drifted ({_size(drift)}, by chance in {chance:.0e} of cases)" for label, drift, chance in bad]
        label, largest = max(found, key=lambda one: one[1].size / one[1].floor if one[1].floor else one[1].size)
        rest = f"; without a group there: {listed(alone)}" if alone else ""
        status = Status.FAILED if bad else Status.PASSED
        observed = f"{_size(largest)} for {label}{rest}" if len(found) > 1 or rest else _size(largest)
        return Verdict(status, listed(told), observed, allowed=f"below {largest.floor:g}, or by chance")

    def _samples(self, here: Any, there: Any, is_number: bool) -> Iterator[tuple[tuple[Any, ...], Sample]]:
        """Yield the samples of each group; without groups those of all rows."""
        keys = [f"k{at}" for at in range(1, len(self.by) + 1)]
        if not keys:
            if len(here):
                yield (), _sample(there, here, is_number)
            return
        before = {_tuple(key): rows for key, rows in there.groupby(keys, sort=False, observed=True)}
        for key, rows in here.groupby(keys, sort=False, observed=True):
            yield _tuple(key), _sample(before.get(_tuple(key), there.iloc[:0]), rows, is_number)

    @property
    def scope(self) -> str:
        """Which rows it is about, as the end of a sentence."""
        return f" for each {', '.join(map(str, self.by))}" if self.by else ""

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        be = "is" if len(self.columns) == 1 else "are"
        return f"{', '.join(map(str, self.columns))} {be} distributed as in the other table"


def _size(drift: Drift) -> str:
    return f"{drift.measure} is {drift.size:.2g}"


def _tuple(key: Any) -> tuple[Any, ...]:
    return key if isinstance(key, tuple) else (key,)


def _sample(there: Any, here: Any, is_number: bool) -> Sample:
    """Return the samples of one column from the counts of its different values."""
    import numpy as np
    import pandas as pd

    from nbops.stats.drift import Sample

    sides = [(rows["k0"], rows["n"].to_numpy(dtype=float)) for rows in (there, here)]
    if is_number:
        numbers = [(_numbers(values), counts) for values, counts in sides]
        finite = [(values[np.isfinite(values)], counts[np.isfinite(values)]) for values, counts in numbers]
        return Sample.of_counts(*finite[0], *finite[1])
    codes, different = pd.factorize(pd.concat([values.astype(str) for values, _ in sides], ignore_index=True))
    split = len(sides[0][0])
    before, now = (
        np.bincount(part, weights=counts, minlength=len(different))
        for part, counts in ((codes[:split], sides[0][1]), (codes[split:], sides[1][1]))
    )
    return Sample(None, before, now)


def _numbers(values: Any) -> Any:
    """Return values as floats: moments as days, decimals as they are; what is none as NaN."""
    import numpy as np
    import pandas as pd

    if not pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
        first = next(iter(values), None)
        if hasattr(first, "isoformat"):
            moments = pd.to_datetime(values.astype(object), utc=True, errors="coerce")
            return (moments - pd.Timestamp(0, tz="UTC")).dt.total_seconds().to_numpy() / 86_400
    return pd.to_numeric(values, errors="coerce").to_numpy(dtype=float, na_value=np.nan)


@check("no_drift_together")
@dataclass(frozen=True)
class NoDriftTogether(_AgainstOther):
    """No classifier tells rows of this table from rows of *other* by *columns*: they go together as they did there.

    Half of the rows teach a classifier, the other half try it. It fails when the area under its curve is at least
    *floor* (a half is guessing) and chance reaches that more seldom than *risk*. Rows with a null are left out.

    Why it matters:
        Each column may be as it was, and old customers have the incomes of young ones.

    Example:
        >>> import pandas as pd
        >>> from nbops.checks.suite import tried
        >>> x = list(range(100))
        >>> train = pd.DataFrame({"x": x * 4, "y": x * 4})
        >>> tried(NoDriftTogether(["x", "y"], train), x=x * 4, y=x * 4)
        'passed'
        >>> tried(NoDriftTogether(["x", "y"], train), x=x * 4, y=x[::-1] * 4)[:50]
        'failed: a classifier tells the tables apart: the a'
    """

    floor: float = 0.55
    risk: float = 0.01

    def validate(self) -> None:
        """Refuse what is no area, and no risk."""
        super().validate()
        self.refuse_risk(self.risk)
        if not 0.5 <= self.floor < 1:
            raise UsageError(f"{self.floor!r} is no area that matters", where=self.kind, fix="floor=0.55")

    def measures(self) -> Mapping[str, Stat | Condition]:
        """Return the different rows."""
        return {"keys": Stat("keys", "", self.columns), "rows": Stat("rows")}

    def judge(self, seen: Mapping[str, Any]) -> Verdict:
        """Return whether a classifier tells the rows apart."""
        from nbops.stats.drift_together import drift_together

        here, there = seen["keys"], self.there(Stat("keys", "", self.columns))
        if not len(here):
            return self.all_null(seen["rows"])
        is_number = [seen["kind_of"](name) in _NUMBERS for name in self.columns]
        before, now = _matrices(there, here, is_number)
        if min(len(before), len(now)) < 20:
            return Verdict(Status.ERROR, f"{len(now):,} whole rows here, {len(before):,} there: 20 are needed")
        found = drift_together(before, now, floor=self.floor)
        observed, allowed = f"an area of {found.size:.3f}", f"below {self.floor:g}, or by chance"
        if not found.is_drift(self.risk):
            return Verdict(Status.PASSED, observed=observed, allowed=allowed)
        why = (
            f"a classifier tells the tables apart: the area under its curve is {found.size:.3f}, "
            f"by chance in {found.probability:.0e} of cases"
        )
        return Verdict(Status.FAILED, why, observed, allowed=allowed)

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        return f"{', '.join(map(str, self.columns))} go together as in the other table"


def _matrices(there: Any, here: Any, is_number: list[bool]) -> tuple[Any, Any]:
    """Return both tables as numbers: a column for each column of numbers, and one for each frequent category."""
    import numpy as np
    import pandas as pd

    sides = [_drawn(rows) for rows in (there, here)]
    split = len(sides[0])
    both = pd.concat(sides, ignore_index=True)
    found = []
    for at, numeric in enumerate(is_number):
        values = both[f"k{at}"]
        if numeric:
            found.append(_numbers(values))
            continue
        texts = values.astype(str)
        found += [(texts == one).to_numpy(float) for one in texts.value_counts().index[:_MOST_CATEGORIES]]
    matrix = np.column_stack(found)
    whole = np.isfinite(matrix).all(axis=1)
    return matrix[:split][whole[:split]], matrix[split:][whole[split:]]


def _drawn(rows: Any) -> Any:
    """Return the rows that were counted, each as often as it stood; of very many, some by chance."""
    import numpy as np

    counts = rows["n"].to_numpy()
    total = int(counts.sum())
    places = np.arange(total)
    if total > _MOST_ROWS:
        places = np.sort(np.random.default_rng(0).choice(total, _MOST_ROWS, replace=False))
    return rows.iloc[np.searchsorted(np.cumsum(counts), places, side="right")].drop(columns="n")
