"""Checks of what values a column has, how often each, and how two columns go together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from nbops.checks.forms import ColumnNumber
from nbops.checks.model import Check, Measure, NumberCheck, bounds_text, check
from nbops.checks.verdict import Verdict
from nbops.errors import UsageError
from nbops.frames.conditions import Stat
from nbops.frames.masking import COVERED, is_masked
from nbops.frames.tables import short
from nbops.records import Status

__all__ = [
    "Constant",
    "ContainsValues",
    "Correlation",
    "CramersV",
    "DistinctCount",
    "DistinctShare",
    "Entropy",
    "EqualsValues",
    "ModeShare",
    "MostCommonIn",
    "MutualInformation",
    "SingletonShare",
]


@check("distinct_count")
class DistinctCount(ColumnNumber):
    """The number of different values in *column*, nulls aside, lies between *low* and *high*.

    Why it matters:
        Twelve stores deliver every night; eleven are a delivery that failed.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(DistinctCount("store", low=3), store=["a", "b", "b"])
        'failed: it is 2 values, allowed is at least 3 values'
    """

    unit: ClassVar[str] = "values"
    statistic: ClassVar[str] = "distinct"


@check("distinct_share")
class DistinctShare(ColumnNumber):
    """The number of different values in *column*, as a share of its filled cells, lies between *low* and *high*.

    Why it matters:
        A reference that is nearly unique one day and half repeated the next was sent twice.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(DistinctShare("ref", low=0.9), ref=["a", "b", "b", "b"])
        'failed: it is 0.5, allowed is at least 0.9'
    """


@check("singleton_share")
class SingletonShare(ColumnNumber):
    """Of the different values in *column*, the share that occurs only once lies between *low* and *high*.

    Why it matters:
        Names that were typed by hand end in a long tail of spellings that nobody else used.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(SingletonShare("city", high=0.5), city=["Rome", "Rome", "Roma", "rome"])
        'failed: it is 0.666667, allowed is at most 0.5'
    """


@check("mode_share")
class ModeShare(ColumnNumber):
    """The share of the most frequent value among the filled cells of *column* lies between *low* and *high*.

    Why it matters:
        A default that replaced the real values is the most frequent one, suddenly by far.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(ModeShare("country", high=0.6), country=["DE", "DE", "DE", "FR"])
        'failed: it is 0.75, allowed is at most 0.6'
    """


@check("entropy")
class Entropy(ColumnNumber):
    """The entropy of the values of *column*, in bits, lies between *low* and *high*.

    Why it matters:
        It is the one number that falls when a mix of categories loses its variety, whichever of them wins.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(Entropy("country", low=1), country=["DE", "DE", "DE", "FR"])
        'failed: it is 0.811278, allowed is at least 1'
    """


@check("constant")
@dataclass(frozen=True)
class Constant(NumberCheck):
    """All filled cells of *column* hold the same value.

    Why it matters:
        A delivery of one day that holds two dates is two deliveries, or half of one.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(Constant("day"), day=["2025-01-01", "2025-01-02"])
        'failed: it is 2 values, allowed is 1 values'
    """

    unit: ClassVar[str] = "values"

    column: str

    @property
    def bounds(self) -> tuple[Any, Any]:
        """One value."""
        return 1, 1

    def number(self) -> Stat:
        """Return the number of different values."""
        return Stat("distinct", self.column)

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        return f"{self.column} is the same in all rows"


@dataclass(frozen=True)
class _Values(Check):
    """A check of which values there are."""

    column: str
    values: tuple[Any, ...]

    def validate(self) -> None:
        """Refuse an empty set, and what cannot be in one."""
        if not self.values:
            raise UsageError("an empty set says nothing", where=self.kind, fix="values=['new', 'paid']")
        try:
            frozenset(self.values)
        except TypeError as error:
            raise UsageError(f"values must be plain: {error}", where=self.kind, fix="numbers, texts, dates") from error

    def measures(self) -> Mapping[str, Measure]:
        """Return the different values with their counts."""
        return {"keys": Stat("keys", "", (self.column,)), "rows": Stat("rows")}

    def judge(self, seen: Mapping[str, Any]) -> Verdict:
        """Return which values are wrong."""
        keys = seen["keys"]
        if not len(keys):
            return self.all_null(seen["rows"])
        found = dict(zip(map(_plain, keys["k0"].tolist()), keys["n"].tolist(), strict=True))
        why, observed = self.problem(found)
        allowed = COVERED if is_masked(self.column) else short(list(self.values))
        return Verdict(Status.FAILED if why else Status.PASSED, why, observed, allowed=allowed)

    def problem(self, found: Mapping[Any, int]) -> tuple[str, str]:
        """Return what is wrong (empty: nothing), and what was seen."""
        raise NotImplementedError

    def told(self, values: list[Any]) -> str:
        """Return values in words; those of a masked column are covered."""
        return COVERED if is_masked(self.column) else short(values)


def _plain(value: Any) -> Any:
    """Return a value as the rules write it: a moment without time of day as its date, others as Python has them."""
    value = getattr(value, "item", lambda: value)()
    return getattr(value, "to_pydatetime", lambda: value)()


@check("contains_values")
@dataclass(frozen=True)
class ContainsValues(_Values):
    """Each of *values* occurs in *column*; others may, too.

    Why it matters:
        A store that delivers nothing at all breaks no rule about the rows that are there.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(ContainsValues("store", ["a", "b", "c"]), store=["a", "b", "z"])
        "failed: 1 of 3 values do not occur: ['c']"
    """

    def problem(self, found: Mapping[Any, int]) -> tuple[str, str]:
        """Return the values that do not occur."""
        missing = [value for value in self.values if value not in found]
        why = f"{len(missing):,} of {len(self.values):,} values do not occur: {self.told(missing)}" if missing else ""
        return why, f"{len(found):,} different values"

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        return f"{self.column} contains {self.told(list(self.values))}"


@check("equals_values")
@dataclass(frozen=True)
class EqualsValues(_Values):
    """The different values of *column* are exactly *values*: each occurs, and no other.

    Why it matters:
        A report by region is right when every region is in it, and none was made up.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(EqualsValues("store", ["a", "b"]), store=["a", "z"])
        "failed: ['b'] do not occur; ['z'] are not expected"
    """

    def problem(self, found: Mapping[Any, int]) -> tuple[str, str]:
        """Return the values that do not occur, and those that are too many."""
        missing = [value for value in self.values if value not in found]
        extra = [value for value in found if value not in set(self.values)]
        told = [f"{self.told(missing)} do not occur"] if missing else []
        told += [f"{self.told(extra)} are not expected"] if extra else []
        return "; ".join(told), f"{len(found):,} different values"

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        return f"{self.column} has exactly the values {self.told(list(self.values))}"


@check("most_common_in")
@dataclass(frozen=True)
class MostCommonIn(_Values):
    """The most frequent value of *column*, or each of several that are as frequent, is one of *values*.

    Why it matters:
        When the most frequent status is no longer 'delivered', something upstream stands still.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(MostCommonIn("status", ["delivered"]), status=["open", "open", "delivered"])
        "failed: the most frequent value is ['open']"
    """

    def problem(self, found: Mapping[Any, int]) -> tuple[str, str]:
        """Return the most frequent values when one of them is not allowed."""
        most = max(found.values())
        modes = [value for value, count in found.items() if count == most]
        wrong = any(value not in set(self.values) for value in modes)
        return (f"the most frequent value is {self.told(modes)}" if wrong else ""), self.told(modes)

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        return f"the most frequent value of {self.column} is one of {self.told(list(self.values))}"


@dataclass(frozen=True)
class _TwoColumns(NumberCheck):
    """One number of two columns."""

    left: str
    right: str
    low: Any = None
    high: Any = None

    def validate(self) -> None:
        """Refuse groups, of which no reader knows these numbers."""
        if self.by:
            raise UsageError(f"{self.kind} is not measured by groups", where=self.kind, fix="where= for one of them")
        super().validate()

    def number(self) -> Stat:
        """Return the number."""
        return Stat(self.kind, self.left, self.right)

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        what = self.kind.replace("_", " ")
        return f"{what} of {self.left} and {self.right} is {bounds_text(self.low, self.high)}"


@check("correlation")
class Correlation(_TwoColumns):
    """The correlation of the numbers of *left* and *right* lies between *low* and *high*.

    Why it matters:
        Rows of two sources that were put side by side in the wrong order keep all their numbers, and lose this one.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(Correlation("size", "price", low=0.5), size=[1, 2, 3], price=[3.0, 2.0, 1.0])
        'failed: it is -1, allowed is at least 0.5'
    """


@check("cramers_v")
class CramersV(_TwoColumns):
    """How strongly the categories of *left* and *right* go together, 0 (not at all) to 1, lies between the bounds.

    Why it matters:
        Country and currency belong together; when they do less than yesterday, one of them was shuffled.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(CramersV("country", "currency", low=0.9), country=["DE", "DE", "US", "US"], currency=list("EUUE"))
        'failed: it is 0, allowed is at least 0.9'
    """


@check("mutual_information")
class MutualInformation(_TwoColumns):
    """How many bits the value of *left* tells of that of *right* lies between *low* and *high*.

    Why it matters:
        A column that nearly gives the target away has been made from it.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(MutualInformation("code", "churn", high=0.5), code=list("aabb"), churn=[0, 0, 1, 1])
        'failed: it is 1, allowed is at most 0.5'
    """
