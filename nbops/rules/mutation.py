"""The test of a rule set: realistic damage done to held-back deliveries, and how much of it is caught.

The older deliveries teach; the newer are judged clean, for false alarms, and damaged, for what is caught. A damaged
delivery counts as caught only by what its clean twin does not raise.
"""

from __future__ import annotations

import copy
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from nbops.checks.model import Check
from nbops.checks.suite import judge_table
from nbops.errors import UsageError
from nbops.records import Status
from nbops.rules.candidate import counted
from nbops.rules.verdict.baseline import Baseline, TableVerdict
from nbops.rules.verdict.delivery import Delivery
from nbops.synthesis.damage import DAMAGE, damage

__all__ = ["Mutations", "figures_told", "mutate", "mutate_by"]

_TESTED, _MISSED = "# Tested on", "# Missed most:"
_MOST_MISSED = 8
_HELD = 0.3


@dataclass(frozen=True, slots=True)
class Mutations:
    """What the test of a rule set found.

    Args:
        kinds: For each kind of damage how many were done, and how many caught.
        columns: The same for each column that was touched.
        clean: How many clean deliveries were judged.
        alarms: How many of those raised an alarm.
        warned: How much damage beside what is caught was only warned of.
    """

    kinds: dict[str, tuple[int, int]]
    columns: dict[str, tuple[int, int]]
    clean: int
    alarms: int
    warned: int = 0

    @property
    def done(self) -> int:
        """How much damage was done."""
        return sum(n for n, _ in self.kinds.values())

    @property
    def caught(self) -> int:
        """How much of it is caught."""
        return sum(caught for _, caught in self.kinds.values())

    @property
    def catch_rate(self) -> float:
        """The share of all damage that is caught."""
        return self.caught / self.done if self.done else 0.0

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


def mutate_by(checks: Sequence[Check], tables: Sequence[Any], *, seeds: int = 1) -> Mutations:
    """Return how much damage to deliveries a set of rules refuses, and how much more it warns of.

    Args:
        checks: The rules. None of *tables* should be what they were learnt from.
        tables: Clean deliveries.
        seeds: How often each kind of damage is done to each.

    Raises:
        UsageError: There is no delivery.
    """
    if not tables:
        raise UsageError("there is no delivery to damage", fix="give one that the rules were not learnt from")
    kinds: dict[str, tuple[int, int]] = {}
    columns: dict[str, tuple[int, int]] = {}
    alarms = warned = 0
    for frame in map(Delivery.frame, tables):
        clean, clean_warns = _refusing(checks, frame)
        alarms += bool(clean)
        for kind, seed in itertools.product(DAMAGE, range(seeds)):
            made = damage(frame, kind, seed)
            if made is None or made[0].equals(frame):
                continue
            refusing, warns = _refusing(checks, made[0])
            is_caught = bool(refusing - clean)
            warned += not is_caught and bool(warns - clean_warns)
            _count(kinds, kind, is_caught)
            for name in made[1]:
                _count(columns, name, is_caught)
    return Mutations(kinds, columns, len(tables), alarms, warned)


def _refusing(checks: Sequence[Check], frame: Any) -> tuple[set[str], set[str]]:
    """Return the names of the rules that refuse a table, and of those that warn of it."""
    results = judge_table(frame, list(checks), limit=0)
    bad = [one for one in results if one.status.is_bad or one.status is Status.WARNED]
    warns = {one.name for one in bad if one.severity == "warn" or one.status is Status.WARNED}
    return {one.name for one in bad} - warns, warns


def figures_told(text: str, found: Mutations) -> str:
    """Return the rule file *text* with what was found standing in its head, in place of what stood there before."""
    missed = sorted(found.kinds.items(), key=lambda item: item[1][1] / item[1][0])[:_MOST_MISSED]
    told = ", ".join(f"{kind} {caught} of {n}" for kind, (n, caught) in missed if caught < n)
    clean = counted(found.clean, "clean delivery", "clean deliveries")
    lines = [
        f"{_TESTED} {clean}, of which {found.alarms:,} are refused: of {found.done:,} damaged"
        f" ones {found.caught:,} are refused ({found.catch_rate:.0%}), and {found.warned:,} more are warned of.",
        *([f"{_MISSED} {told}."] if told else []),
    ]
    kept = [line for line in text.splitlines() if not line.startswith((_TESTED, _MISSED))]
    at = next((n for n, line in enumerate(kept) if not line.startswith("#")), len(kept))
    return "\n".join([*kept[:at], *lines, *kept[at:]]) + "\n"


def _raised(verdict: TableVerdict) -> set[str]:
    found = {fact.key for fact in verdict.facts}
    return found | {cause.key for cause in verdict.causes} if verdict.score > verdict.threshold else found


def _count(counts: dict[str, tuple[int, int]], name: str, is_caught: bool) -> None:
    n, caught = counts.get(name, (0, 0))
    counts[name] = n + 1, caught + is_caught
