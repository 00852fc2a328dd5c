"""Checks against a history: the same verdict from every library, and arguments that cannot be are refused."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from nbops.checks.history import NotDelivered, UsualDependency, UsualHours, UsualNumber, UsualValues
from nbops.checks.suite import judge_table
from nbops.errors import UsageError
from nbops.records import Status
from nbops.rules.reading import rules_of
from nbops.rules.writing import rule_yaml

DAYS = tuple(dt.date(2025, 3, 3) + dt.timedelta(days=n) for n in range(14))
COUNTS = (90, 95, 100, 92, 96, 20, 22) * 2
GOOD = pd.DataFrame(
    {
        "id": range(1_356, 1_451),
        "at": [dt.datetime(2025, 3, 17, 8 + n % 4, 30) for n in range(95)],
        "shop": ["a", "b", "c", "d", "e"] * 19,
        "city": ["Oslo", "Rome", "Oslo", "Rome", "Bern"] * 19,
        "net": [1.5 + n for n in range(95)],
    }
)
CHECKS = (
    UsualNumber("rows", COUNTS, 1e-3, "", "at", DAYS, is_log=True),
    UsualNumber("max", tuple(100 * n + 50 for n in range(14)), 1e-3, "id", "at", DAYS, is_log=True, is_growth=True,
                least=0.01),
    UsualHours("at", tuple(range(24)), tuple(250.0 * (8 <= n < 12) for n in range(24)), (1000.0,) * 24, 1e-3),
    UsualValues("shop", ("a", "b", "c", "d", "e"), (200,) * 5, (1000,) * 5, 1e-3),
    UsualDependency("shop", "city", 0, 2_000, 1e-3),
    NotDelivered(("net",), (95, 94), ((1.0,), (4_606.5,))),
)  # fmt: skip


def bad(check: int) -> pd.DataFrame:
    """Return a table in which the check of that number finds its error."""
    made = [
        lambda: GOOD.head(40),
        lambda: GOOD.assign(id=GOOD.id + 500),
        lambda: GOOD.assign(at=GOOD["at"] + pd.Timedelta(hours=2)),
        lambda: GOOD[GOOD.shop != "d"],
        lambda: GOOD.assign(city=GOOD.city.sample(frac=1, random_state=1).to_numpy()),
        lambda: GOOD.assign(net=GOOD.net.iloc[::-1].to_numpy()).iloc[1:].assign(net=[4_606.5 / 94] * 94),
    ]
    return made[check]()


LIBRARIES: dict[str, Any] = {"pandas": lambda t: t, "polars": pl.from_pandas, "arrow": pa.Table.from_pandas}


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("number", range(len(CHECKS)), ids=[f"{n} {one.kind}" for n, one in enumerate(CHECKS)])
def test_each_finds_its_error_in_every_library(library: str, number: int) -> None:
    """A good table passes and one with the error fails, whichever library holds it."""
    made, check = LIBRARIES[library], CHECKS[number]
    (good,), (wrong,) = (judge_table(made(table), [check]) for table in (GOOD, bad(number)))

    assert (good.status, good.why) == (Status.PASSED, "")
    assert wrong.status is Status.FAILED
    assert wrong.why


@pytest.mark.parametrize("check", CHECKS, ids=[one.kind for one in CHECKS])
def test_each_is_written_and_read(check: Any) -> None:
    """A rule file holds all of a rule."""
    assert rules_of(f"rules:\n  {rule_yaml(check)}") == (check,)


def test_a_day_that_never_was_is_not_judged() -> None:
    """Of a Sunday nothing is said when the weekdays differ and none was a Sunday: it is skipped, never passed."""
    days = [dt.date(2025, 1, 6) + dt.timedelta(days=n) for n in range(70)]
    known = [day for day in days if day.weekday() < 6]
    rule = UsualNumber("rows", tuple(10 + 20 * d.weekday() + n % 2 for n, d in enumerate(known)), 0.01, "", "at", known)
    (found,) = judge_table(pd.DataFrame({"at": [dt.datetime(2025, 3, 23)] * 9}), [rule])

    assert found.status is Status.SKIPPED
    assert "nothing of days like 2025-03-23" in found.why


@pytest.mark.parametrize(
    "make",
    [
        lambda: UsualNumber("mode", (1, 2), 0.1),
        lambda: UsualNumber("rows", (1,), 0.1),
        lambda: UsualNumber("rows", (1, 2), 2.0),
        lambda: UsualNumber("rows", (0, 2), 0.1, is_log=True),
        lambda: UsualNumber("rows", (1, 2), 0.1, "", "at", ("soon", "later")),
        lambda: UsualNumber("max", (1, 2, 3), 0.1, "id", "at", DAYS[2::-1], is_growth=True),
        lambda: UsualHours("at", (1, 2), (1,), (2, 2), 0.1),
        lambda: UsualDependency("a", "b", 3, 2, 0.1),
        lambda: NotDelivered(("a",), (1, 2), ((1,),)),
    ],
)
def test_what_cannot_be_meant_is_refused(make: Any) -> None:
    """Lists of different lengths, unknown statistics and days, and impossible counts are told with what to write."""
    with pytest.raises(UsageError):
        make()
