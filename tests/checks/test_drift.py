"""Checks of drift: by column, by group, together; on every library, and never passed where nothing was compared."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from nbops.checks.chain import Chain
from nbops.checks.drift import NoDrift, NoDriftTogether
from nbops.checks.model import Check
from nbops.checks.suite import judge_table
from nbops.errors import CheckFailed, UsageError
from nbops.records import CheckResult
from nbops.rules.reading import read_rule_file
from tests.checks.backends import BACKENDS

RNG = np.random.default_rng(21)
ROWS = 600


def table(shift: float = 0.0, mix: str = "aab", rows: int = ROWS) -> pa.Table:
    """Return a table of a number, a category, a day and a group, each moved by *shift*."""
    number = RNG.normal(10 + shift, 1, rows)
    days = RNG.integers(0, 30, rows) + round(10 * shift)
    return pa.table({
        "x": number,
        "kind": RNG.choice(list(mix), rows),
        "day": [dt.date(2025, 1, 1) + dt.timedelta(days=int(n)) for n in days],
        "group": RNG.choice(["north", "south"], rows),
        "y": number + RNG.normal(0, 0.3, rows),
    })  # fmt: skip


TRAIN, SAME, MOVED = table(), table(), table(shift=1.0, mix="abb")


def judged(now: Any, check: Check) -> CheckResult:
    """Return the verdict of one check."""
    return judge_table(now, [check])[0]


@pytest.mark.parametrize("backend", list(BACKENDS))
def test_every_library_says_the_same(backend: str) -> None:
    """Numbers, categories and days, all at once and one by one."""
    same, moved = BACKENDS[backend](SAME), BACKENDS[backend](MOVED)
    check = NoDrift(["x", "kind", "day"], TRAIN)

    assert str(judged(same, check).status) == "passed"
    assert [name in judged(moved, check).why for name in ("x drifted", "kind drifted", "day drifted")] == [True] * 3
    assert str(judged(same, NoDriftTogether(["x", "y", "kind"], TRAIN)).status) == "passed"
    assert str(judged(moved, NoDriftTogether(["x", "kind"], TRAIN)).status) == "failed"


@pytest.mark.parametrize("measure", ["psi", "js", "chi_square", "ks", "wasserstein"])
def test_every_measure_sees_a_shift_and_none_sees_nothing(measure: str) -> None:
    """A standard deviation among six hundred."""
    assert str(judged(SAME, NoDrift("x", TRAIN, measure)).status) == "passed"
    assert measure in judged(MOVED, NoDrift("x", TRAIN, measure)).why


def test_a_difference_that_does_not_matter_is_no_drift() -> None:
    """However many rows prove it: the floor decides what matters."""
    train, live = pd.DataFrame({"x": RNG.normal(size=50_000)}), pd.DataFrame({"x": RNG.normal(0.05, 1, 50_000)})

    assert str(judged(live, NoDrift("x", train)).status) == "passed"
    assert str(judged(live, NoDrift("x", train, floor=0.0)).status) == "failed"


def test_a_drift_of_one_group_is_named() -> None:
    """The whole may be as it was; what is new to the reference is told, and not taken for compared."""
    train, live = TRAIN.to_pandas(), SAME.to_pandas()
    south = live.group == "south"
    live.loc[south, "x"] += 1.5
    live.loc[live.index[:40], "group"] = "west"
    result = judged(live, NoDrift("x", train, by="group"))

    assert "x where group=south drifted" in result.why
    assert "north" not in result.why
    assert "without a group there: x where group=west" in result.observed
    assert result.message == "x is distributed as in the other table for each group"


def test_columns_that_go_together_otherwise_are_seen_only_together() -> None:
    """Each column alone is as before."""
    live = SAME.to_pandas()
    live["y"] = live["y"].sample(frac=1, random_state=1).to_numpy()

    assert str(judged(live, NoDrift(["x", "y"], TRAIN)).status) == "passed"
    assert "the area under its curve" in judged(live, NoDriftTogether(["x", "y"], TRAIN)).why


@pytest.mark.parametrize(
    ("now", "check", "said"),
    [
        (pd.DataFrame({"x": [None, None]}), NoDrift("x", TRAIN), "all 2 rows are null"),
        (pd.DataFrame({"x": ["a", "b"]}), NoDrift("x", TRAIN, "ks"), "needs numbers"),
        (pd.DataFrame({"x": [1.0], "group": ["west"]}), NoDrift("x", TRAIN, by="group"), "nothing to compare with"),
        (pd.DataFrame({"x": [1.0]}), NoDrift("x", pd.DataFrame({"x": [np.nan]})), "nothing to compare with"),
        (pd.DataFrame({"x": [1.0], "y": [1.0]}), NoDriftTogether(["x", "y"], TRAIN), "20 are needed"),
        (pd.DataFrame({"y": [1.0]}), NoDrift("x", TRAIN), "no column 'x'"),
    ],
)
def test_what_cannot_be_compared_is_an_error(now: pd.DataFrame, check: Check, said: str) -> None:
    """Never passed."""
    result = judged(now, check)

    assert str(result.status) == "error"
    assert said in result.why


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (lambda: NoDrift("x", [1, 2]), "the other table is list"),
        (lambda: NoDrift("z", TRAIN), "no column 'z'"),
        (lambda: NoDrift([], TRAIN), "no column is named"),
        (lambda: NoDrift("x", TRAIN, "kz"), "unknown measure"),
        (lambda: NoDrift("x", TRAIN, risk=2), "a risk of 2"),
        (lambda: NoDrift("x", TRAIN, by="z"), "no column 'z'"),
        (lambda: NoDriftTogether(["x", "y"], TRAIN, floor=0.2), "no area"),
    ],
)
def test_what_cannot_be_meant_is_refused(made: Any, said: str) -> None:
    """Where it is written, not when it is judged."""
    with pytest.raises(UsageError, match=said):
        made()


def test_infinities_and_nulls_are_left_out() -> None:
    """They are no values; a new share of them is another check's."""
    live = SAME.to_pandas()
    live.loc[:50, "x"] = np.inf
    live.loc[51:99, "x"] = np.nan

    assert str(judged(live, NoDrift("x", TRAIN, "wasserstein")).status) == "passed"


def test_expect_takes_them_as_any_check() -> None:
    """``expect(live).no_drift("x", train)``."""
    with pytest.raises(CheckFailed, match="x drifted"):
        Chain(MOVED.to_pandas()).no_drift("x", TRAIN)


def test_a_rule_file_names_the_reference_by_its_file(tmp_path: Path) -> None:
    """Relative to the rules, as for every check against another table."""
    TRAIN.to_pandas().to_csv(tmp_path / "train.csv", index=False)
    file = tmp_path / "live.yml"
    file.write_text("rules:\n- no_drift: {columns: [x, kind], other: train.csv, risk: 0.001, severity: warn}\n")
    checks = [rule.check for rule in read_rule_file(file)]

    assert [str(r.status) for r in judge_table(SAME, checks)] == ["passed"]
    assert [str(r.status) for r in judge_table(MOVED, checks)] == ["warned"]
