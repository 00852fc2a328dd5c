"""Rules from a sequence of deliveries: what they catch, that honest ones pass, and what they say while learning."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from nbops.checks.suite import judge_table
from nbops.frames.profile.table import profile
from nbops.records import Status
from nbops.rules.reading import rules_of
from nbops.rules.suggest import suggest_from
from nbops.rules.suggestion import Suggestions
from nbops.stats.beta import proportion_interval
from tests.rules.histories import FIRST, deliveries, delivery

SEASONS = {"level": {}, "week": {"weekend": 0.2}, "growth": {"growth": 0.02}}


def learned(many: int, season: str = "level", seed: int = 1, budget: float = 0.01) -> Suggestions:
    """Return the rules of *many* deliveries."""
    random = np.random.default_rng(seed)
    return suggest_from(map(profile, deliveries(random, many, **SEASONS[season])), name="orders", budget=budget)


def complaints(found: Suggestions, table: pd.DataFrame) -> set[str]:
    """Return the kinds of the rules that *table* breaks."""
    results = judge_table(table, found.checks, limit=0)
    broken = (Status.FAILED, Status.WARNED)
    return {rule.kind for rule, result in zip(found.checks, results, strict=True) if result.status in broken}


def broken(error: str, table: pd.DataFrame) -> pd.DataFrame:
    """Return *table* with an error that leaves every value valid."""
    mixed = table.sample(frac=1, random_state=3).reset_index(drop=True)
    swapped = table.due.str.replace(r"(\d+)/(\d+)/", r"\2/\1/", regex=True)
    made = {
        "region shuffled": lambda: table.assign(region=mixed.region),
        "weight shuffled": lambda: table.assign(weight=mixed.weight),
        "another zone": lambda: table.assign(at=table["at"] + pd.Timedelta(hours=3)),
        "months before days": lambda: table.assign(due=swapped),
        "half of the rows": lambda: table.head(len(table) // 2),
        "few customers": lambda: table.assign(customer_id=table.customer_id % 50),
    }
    return made[error]()


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ("region shuffled", "usual_dependency"),
        ("weight shuffled", "implies"),
        ("another zone", "usual_hours"),
        ("months before days", "date_format"),
        ("half of the rows", "usual_number"),
        ("few customers", "usual_number"),
    ],
)
def test_errors_in_which_every_value_is_valid_are_caught(error: str, kind: str) -> None:
    """Each is found by the rule that is about it, and an honest delivery is not."""
    found = learned(21, "week")
    following = delivery(np.random.default_rng(99), 21, **SEASONS["week"], rows=900)
    following = following.head(400) if error != "half of the rows" else following.head(380)

    assert complaints(found, following.head(390)) == set()
    assert kind in complaints(found, broken(error, following))


def test_a_missing_segment_is_told() -> None:
    """A shop that sends nothing is missed, though it is not among the eight commonest."""
    found = learned(1)
    (rule,) = [rule.check for rule in found if rule.check.kind == "usual_values"]
    following = delivery(np.random.default_rng(9), 6, rows=1_200)

    assert "usual_values" not in complaints(found, following)
    assert "usual_values" in complaints(found, following[following.shop != rule.values[0]])  # type: ignore[attr-defined]


def test_yesterdays_file_again_is_told() -> None:
    """A delivery that came before has known sums, and its numbers and days do not go on; a new one is neither."""
    random = np.random.default_rng(1)
    history = deliveries(random, 8)
    found = suggest_from(map(profile, history), name="orders")

    assert {"not_delivered_before", "max"} <= complaints(found, history[-1])
    assert complaints(found, delivery(random, 8)) == set()
    assert judge_table(history[-1], found.checks, limit=0)[0].status.is_good


def test_volume_is_compared_with_such_days() -> None:
    """On a weekend as many rows as on a workday are too many, and a weekend's own are right."""
    found = learned(14, "week")
    (rule,) = [rule for rule in found if rule.statistic == "rows" and rule.check.kind == "usual_number"]
    random = np.random.default_rng(5)

    assert "weekend" in rule.evidence
    assert rule.sentence == "It has as many rows as usual on such days of the week."
    assert "usual_number" not in complaints(found, delivery(random, 19, weekend=0.2))
    assert "usual_number" in complaints(found, delivery(random, 19, weekend=1.0))


def test_volume_that_grows_is_followed() -> None:
    """Two per cent more a day is as usual after a month; as many rows as on the first day are too few."""
    found = learned(30, "growth")
    random = np.random.default_rng(5)

    assert "usual_number" not in complaints(found, delivery(random, 30, growth=0.02))
    assert "usual_number" in complaints(found, delivery(random, 30))


def test_a_running_total_grows_as_it_did() -> None:
    """A total that jumps by ten days' worth in one is told; one day's worth is not."""
    start = [dt.datetime.combine(FIRST, dt.time()) + dt.timedelta(days=n) for n in range(13)]
    meter = [
        pd.DataFrame({"meter_total": 1_000 * n + np.sort(np.random.default_rng(n).integers(0, 990, 80)), "at": day})
        for n, day in enumerate(start)
    ]
    found = suggest_from(map(profile, meter[:12]))

    assert "meter_total grows as fast as usual." in {rule.sentence for rule in found}
    assert "usual_number" not in complaints(found, meter[12])
    assert "usual_number" in complaints(found, meter[12].assign(meter_total=meter[12].meter_total + 9_000))


def test_few_batches_say_that_they_learn() -> None:
    """With three batches the rules of how batches differ say so, and that they pool; with five they do not."""
    notes = {rule.note for rule in learned(3) if rule.check.kind in ("usual_mix", "usual_spread")}

    assert notes == {"learning: 3 of 5 batches seen, their spread is pooled over the columns"}
    assert {rule.note for rule in learned(5) if rule.check.kind in ("usual_mix", "usual_spread")} == {""}


def test_what_one_table_cannot_tell_is_not_said() -> None:
    """From one table there is no rule about how batches follow each other."""
    kinds = {rule.check.kind for rule in learned(1)}

    assert not kinds & {"usual_number", "not_delivered_before", "max"}
    assert {"usual_hours", "usual_values", "usual_dependency", "implies"} <= kinds


def test_warnings_have_a_budget_of_their_own() -> None:
    """What refuses spends the budget and no more, and what warns as much again."""
    found = learned(8, budget=0.02)

    assert (found.spent, found.warning) == (pytest.approx(0.02, rel=0.01), pytest.approx(0.02, rel=0.01))


@pytest.mark.parametrize("season", SEASONS)
def test_rules_of_histories_are_written_and_read(season: str) -> None:
    """The rule file holds all of them, each with what it rests on above it."""
    found = learned(14, season)

    assert set(map(repr, rules_of(found.yaml()))) == set(map(repr, found.checks))
    assert all(rule.statistic and rule.evidence and rule.sentence.endswith(".") for rule in found)


@pytest.mark.parametrize("season", SEASONS)
@pytest.mark.parametrize(("many", "trials"), [(2, 12), (3, 12), (6, 10), (14, 6)])
def test_honest_deliveries_are_refused_within_the_budget(season: str, many: int, trials: int) -> None:
    """After few and many deliveries, the next is refused no more often than the budget says (Clopper-Pearson, 95 %)."""
    refused = warned = 0
    for trial in range(trials):
        random = np.random.default_rng([many, trial])
        found = suggest_from(map(profile, deliveries(random, many, **SEASONS[season])), budget=0.05)
        priced = [rule.check for rule in found if rule.risk]
        results = judge_table(delivery(random, many, **SEASONS[season]), priced, limit=0)
        refused += any(result.status.is_bad for result in results)
        warned += any(result.status is Status.WARNED for result in results)

    assert proportion_interval(refused, trials)[0] <= 0.05
    assert proportion_interval(warned, trials)[0] <= 0.05


@pytest.mark.parametrize("form", ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ"])
def test_days_that_are_text_tell_the_day_of_the_week(form: str) -> None:
    """A CSV file holds no moments: texts that begin with the year sort as their days do."""
    days = [dt.datetime(2024, 1, 1, 8) + dt.timedelta(days=at) for at in range(36)]
    tables = [
        pd.DataFrame({"at": [day.strftime(form)] * rows, "pieces": np.arange(rows) % 7})
        for day in days
        for rows in [60 + day.day % 3 if day.weekday() > 4 else 200 + day.day % 7]
    ]
    found = suggest_from(map(profile, tables[:35]), name="orders")

    assert "It has as many rows as usual on such days of the week." in [rule.sentence for rule in found]
    assert "usual_number" not in complaints(found, tables[35])
    assert "usual_number" in complaints(found, tables[35].head(62))


def test_days_that_do_not_sort_as_text_tell_nothing() -> None:
    """31.01.2024 stands behind 01.02.2024: which is newer, the column's largest text does not say."""
    days = [dt.date(2024, 1, 1) + dt.timedelta(days=at) for at in range(35)]
    tables = [pd.DataFrame({"at": [day.strftime("%d.%m.%Y")] * (60 if day.weekday() > 4 else 200)}) for day in days]

    assert all(rule.check.kind != "usual_number" for rule in suggest_from(map(profile, tables), name="orders"))
