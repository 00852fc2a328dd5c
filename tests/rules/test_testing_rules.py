"""Rules are tried before they guard: damage done to deliveries, how much is refused, and the figures in the file."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from nbops.doors.cli import main
from nbops.frames.profile.table import profile
from nbops.rules.evidence import Baseline
from nbops.rules.mutation import mutate_by
from nbops.rules.reading import read_rules
from nbops.rules.suggest import suggest


def orders(day: int, rows: int = 800) -> pd.DataFrame:
    """Return one day's orders, whose numbers go on from day to day."""
    rng, date = np.random.default_rng(day), str(pd.Timestamp("2025-01-01") + pd.Timedelta(days=day))[:10]
    return pd.DataFrame({
        "id": np.arange(day * rows, (day + 1) * rows), "day": date,
        "state": rng.choice(["new", "paid", "sent"], rows), "amount": rng.lognormal(3, 1, rows).round(2),
        "size": rng.normal(170, 10, rows).round(1), "pieces": rng.poisson(3, rows),
    })  # fmt: skip


@pytest.mark.parametrize("many", [1, 3, 5, 8])
def test_growing_numbers_widen_no_other_rule(many: int) -> None:
    """A key that goes on from batch to batch tells nothing of how shares differ: few batches have sharp rules."""
    batches = [orders(day) for day in range(many)]
    found = suggest(batches[-1], baseline=batches[:-1], name="orders")
    prior = Baseline(tuple(profile(one) for one in batches)).prior
    tried = mutate_by(found.checks, [orders(20), orders(21)])

    assert prior.excess < 5
    for kind in ("nulls_10", "factor_100", "sentinel_9999", "group_renamed"):
        assert tried.kinds[kind][1] > 0, kind
    assert (tried.alarms, tried.catch_rate > 0.7) == (0, True)


def test_the_figures_stand_in_the_rule_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """``nbops rules test RULES TABLE…`` tells what is refused, and writes it into the file's head, once."""
    monkeypatch.chdir(tmp_path)
    for day in range(3):
        orders(day).to_csv(f"{day}.csv", index=False)
    run = CliRunner()
    run.invoke(main, ["suggest", "1.csv", "--baseline", "0.csv", "-o", "orders.yml", "--write"], catch_exceptions=False)
    before = read_rules("orders.yml")
    told = [run.invoke(main, ["rules", "test", "orders.yml", "2.csv", *more], catch_exceptions=False)
            for more in ([], ["--json"])]  # fmt: skip
    figures, text = json.loads(told[1].output), (tmp_path / "orders.yml").read_text()

    assert "false alarms on 0 of 1 clean delivery" in told[0].output
    assert len(figures["kinds"]) >= 40
    assert text.count("# Tested on 1 clean delivery, of which 0 are refused") == 1
    assert f"({figures['caught']:.0%})" in text
    assert read_rules("orders.yml") == before
