"""The test of a rule set: realistic damage done to held-back deliveries, and how much of it is caught.

The older deliveries teach; the newer are judged clean, for false alarms, and damaged, for what is caught. A damaged
delivery counts as caught only by what its clean twin does not raise.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from nbops.errors import UsageError
from nbops.rules.verdict.baseline import Baseline, TableVerdict
from nbops.rules.verdict.delivery import Delivery
from nbops.synthesis.damage import DAMAGE, damage

__all__ = ["Mutations", "mutate"]

_HELD = 0.3


@dataclass(frozen=True, slots=True)
class Mutations:
    """What the test of a rule set found.

    Args:
        kinds: For each kind of damage how many were done, and how many caught.
        columns: The same for each column that was touched.
        clean: How many clean deliveries were judged.
        alarms: How many of those raised an alarm.
    """

    kinds: dict[str, tuple[int, int]]
    columns: dict[str, tuple[int, int]]
    clean: int
    alarms: int

    @property
    def catch_rate(self) -> float:
        """The share of all damage that is caught."""
        done = sum(n for n, _ in self.kinds.values())
        return sum(caught for _, caught in self.kinds.values()) / done if done else 0.0

    def figures(self) -> dict[str, Any]:
        """Return the figures as the rule file keeps them."""
        return {
            "caught": round(self.catch_rate, 3),
            "kinds": {kind: f"{caught} of {n}" for kind, (n, caught) in sorted(self.kinds.items())},
            "columns": {name: f"{caught} of {n}" for name, (n, caught) in sorted(self.columns.items())},
            "false_alarms": f"{self.alarms} of {self.clean} clean deliveries",
        }


def mutate(tables: Sequence[Any], *, seeds: int = 1) -> Mutations:
    """Return how much damage to held-back deliveries a baseline of the others catches.

    Args:
        tables: Deliveries, oldest first; the newest three in ten are held back, one at least.
        seeds: How often each kind of damage is done to each held-back delivery.

    Raises:
        UsageError: There are fewer than four deliveries.
    """
    if len(tables) < 4:
        raise UsageError(f"{len(tables)} deliveries are too few to hold some back", fix="give at least 4, oldest first")
    frames = [Delivery.frame(table) for table in tables]
    held = max(1, round(_HELD * len(frames)))
    baseline = Baseline.fit(frames[:-held])
    kinds: dict[str, tuple[int, int]] = {}
    columns: dict[str, tuple[int, int]] = {}
    alarms = 0
    for frame in frames[-held:]:
        clean = baseline.judge(frame)
        alarms += clean.is_bad
        for kind in DAMAGE:
            for seed in range(seeds):
                made = damage(frame, kind, seed)
                if made is None or made[0].equals(frame):
                    continue
                is_caught = bool(_raised(copy.deepcopy(baseline).judge(made[0])) - _raised(clean))
                _count(kinds, kind, is_caught)
                for name in made[1]:
                    _count(columns, name, is_caught)
        baseline.accept(frame)
    return Mutations(kinds, columns, held, alarms)


def _raised(verdict: TableVerdict) -> set[str]:
    found = {fact.key for fact in verdict.facts}
    return found | {cause.key for cause in verdict.causes} if verdict.score > verdict.threshold else found


def _count(counts: dict[str, tuple[int, int]], name: str, is_caught: bool) -> None:
    n, caught = counts.get(name, (0, 0))
    counts[name] = n + 1, caught + is_caught
