"""What is learnt of a dataset run by run, and what chance alone does not change."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from nbops.frames.masking import masking
from nbops.frames.structure import seen_in
from nbops.pipeline.structure.change import StructureChange, applied
from nbops.pipeline.structure.learning import Known, learnt

CARRIERS = ["AA", "DL", "UA", "WN"]


def trips(seed: int, rows: int = 2_000) -> pd.DataFrame:
    """Return one day's batch of trips."""
    random = np.random.default_rng(seed)
    return pd.DataFrame({
        "trip_id": np.arange(rows) + seed * 1_000_000,
        "day": pd.Timestamp("2025-01-01") + pd.to_timedelta(random.integers(0, 28, rows), unit="D"),
        "carrier": random.choice(CARRIERS, rows, p=[0.4, 0.3, 0.2, 0.1]),
        "distance": random.gamma(2.0, 300.0, rows).round(1),
        "delay": random.normal(5.0, 20.0, rows),
        "seats": random.integers(20, 300, rows),
        "note": [f"gate {n % 40} row {n}" for n in random.integers(0, rows, rows)],
    })  # fmt: skip


def changes_of(*tables: pd.DataFrame) -> list[StructureChange]:
    """Return what the last of *tables* changed of what the ones before taught."""
    known, changes = Known(), ()
    for number, table in enumerate(tables):
        seen = seen_in(table, at=float(number), run=f"r{number}", step="load", name="trips")
        before = known.structure
        known, changes = learnt(known, seen)
        assert not number or applied(before, changes) == known.structure
    return list(changes)


def test_batches_of_the_same_kind_change_nothing() -> None:
    """Other rows of the same make are no news, in thirty batches."""
    batches = [trips(seed) for seed in range(30)]

    assert [changes_of(*batches[:n]) for n in (2, 10, 30)] == [[], [], []]


Damage = Callable[[pd.DataFrame], pd.DataFrame]
KINDS: dict[str, tuple[Damage, tuple[Any, ...]]] = {
    "added": (lambda t: t.assign(fuel=1.5), ("added", "fuel", "", "float64, never null")),
    "removed": (lambda t: t.drop(columns="seats"), ("removed", "seats", "int64, never null", "")),
    "renamed": (lambda t: t.rename(columns={"delay": "arr_delay"}), ("renamed", "arr_delay", "delay", "arr_delay")),
    "renamed to nothing alike": (
        lambda t: t.rename(columns={"distance": "x17"}),
        ("renamed", "x17", "distance", "x17"),
    ),
    "type": (lambda t: t.astype({"seats": "str"}), ("type", "seats", "int64", "str")),
    "moved": (lambda t: t[["note", *t.columns[:-1]]], ("order", "note", "7 of 7", "1 of 7")),
    "nulls": (
        lambda t: t.assign(delay=t.delay.where(t.index > 3)),
        ("nulls", "delay", "never null", "may be null"),
    ),
    "value": (
        lambda t: t.assign(carrier=t.carrier.where(t.index > 40, "ZZ")),
        ("values", "carrier", "", "ZZ"),
    ),
    "value renamed": (
        lambda t: t.assign(carrier=t.carrier.replace("UA", "United")),
        ("values", "carrier", "UA", "United"),
    ),
    "unit": (lambda t: t.assign(distance=t.distance * 1.609344), ("unit", "distance", "mi", "km")),
    "grain": (
        lambda t: t.assign(day=t.day + pd.to_timedelta(t.index % 24, unit="h")),
        ("grain", "day", "day", "hour"),
    ),
    "key": (
        lambda t: pd.concat([t.assign(leg=1), t.assign(leg=2)], ignore_index=True).drop(columns="seats"),
        ("key", "", "one row per trip_id", "one row per trip_id + leg"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_change_is_told(kind: str) -> None:
    """After two usual batches a third one is changed in one way, and that is found."""
    damage, wanted = KINDS[kind]

    found = changes_of(trips(1), trips(2), damage(trips(3)))

    assert wanted in [(change.kind, change.column, change.before, change.now) for change in found]


def test_the_reason_of_a_unit_is_what_happened_to_the_numbers() -> None:
    """The factor, and the median before and after, stand with the change."""
    (change,) = changes_of(trips(1), trips(2).assign(distance=lambda t: t.distance * 0.45359237))

    assert (change.before, change.now) == ("lb", "kg")
    assert change.why.startswith("all numbers × 0.4536, the median from ")


def test_growth_is_no_unit() -> None:
    """All prices a tenth up, or twice as many trips, is what data do."""
    assert changes_of(trips(1), trips(2).assign(distance=lambda t: t.distance * 1.1)) == []
    assert changes_of(trips(1), trips(2, rows=4_000)) == []


def test_a_value_that_came_instead_of_another_says_so() -> None:
    """One value gone and one new, equally frequent: the reason names both."""
    (change,) = changes_of(trips(1), trips(2).assign(carrier=lambda t: t.carrier.replace("DL", "Delta")))

    assert change.why.startswith("Delta stands where DL stood: ")


def test_a_rare_value_of_a_growing_list_is_minor() -> None:
    """Where batches keep bringing values that were seen once, one more was to be expected."""

    def batch(first: int) -> pd.DataFrame:
        rare = [f"C{number:03d}" for number in range(first, first + 5)]
        return pd.DataFrame({"carrier": ["AA", "BB"] * 100 + rare})

    (change,) = changes_of(batch(0), batch(5))

    assert (change.kind, change.is_minor) == ("values", True)


def test_an_empty_batch_teaches_nothing_of_values() -> None:
    """No row: no value is gone, no type changed, nothing became null."""
    assert changes_of(trips(1), trips(2).head(0).astype("object")) == []


def test_a_batch_without_a_value_that_is_rare_loses_nothing() -> None:
    """A value that would be expected in two rows may be missing by chance."""
    assert changes_of(trips(1), trips(2, rows=20).query("carrier != 'WN'")) == []


def test_a_column_that_was_all_null_gets_its_type_silently_never_twice() -> None:
    """A type is told from the first value on; a batch of nulls does not take it away."""
    empty = trips(2).assign(delay=None)

    (first,) = changes_of(trips(1), empty)
    again = changes_of(trips(1), empty, trips(3).assign(delay=lambda t: t.delay.where(t.index > 99)))

    assert (first.kind, first.now) == ("nulls", "may be null")
    assert again == []


def test_nulls_that_stay_away_for_sure_are_told() -> None:
    """A tenth of 2,000 rows was null; three runs without one, and the column counts as never null again."""
    before = trips(1).assign(delay=lambda t: t.delay.where(t.index % 10 > 0))

    assert changes_of(before, trips(2)) == []
    (change,) = changes_of(before, trips(2), trips(3), trips(4))

    assert (change.kind, change.now, change.why) == ("nulls", "never null", "no row is null in 3 runs, 10.0% were")


def test_of_a_masked_column_no_value_is_learnt() -> None:
    """A new value in a masked column changes nothing, because no value of it was ever kept."""
    with masking("carrier, distance"):
        found = changes_of(trips(1), trips(2).assign(carrier="secret", distance=7.25))

    assert found == []
    assert "secret" not in repr(found)


def test_hostile_names_are_columns_like_others() -> None:
    """Empty names, markup, line breaks, half a surrogate pair, numbers, and one name twice."""
    names = ["", "<b>", "a\nb", "\ud800", 7, "7", "→ was"]
    one = pd.DataFrame([[1] * len(names)] * 40)
    one.columns = pd.Index(names, dtype=object)

    assert changes_of(one, one) == []
    assert [change.kind for change in changes_of(one, one.iloc[:, :-1])] == ["removed"]


def test_two_thousand_columns() -> None:
    """A wide table is learnt, and one column less is found among them."""
    wide = pd.DataFrame(np.arange(40 * 2_000).reshape(40, 2_000), columns=[f"c{n}" for n in range(2_000)])

    (change,) = changes_of(wide, wide.drop(columns="c1234"))

    assert (change.kind, change.column) == ("removed", "c1234")


def test_a_value_that_comes_again_is_new_again() -> None:
    """It went, for sure, and comes back: both are told, the second with how often it stands there."""
    without = [trips(seed).query("carrier != 'UA'") for seed in (2, 3)]

    (gone,) = changes_of(trips(1), without[0])
    (back,) = changes_of(trips(1), *without, trips(4))

    assert (gone.before, gone.now, back.before, back.now) == ("UA", "", "", "UA")
    assert back.why.startswith("in ")
