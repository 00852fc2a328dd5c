"""The verdict of nbops, plugged into qcbench: ``python run.py PATH/TO/qcbench_nbops.py`` in qcbench's folder.

Only what stops a step is handed over: the facts that a delivery breaks, and the columns that made its score too high.
"""

from __future__ import annotations

from typing import Any

from adapter import Base, Failure  # type: ignore[import-not-found]  # qcbench puts its own folder on the path

from nbops.rules.verdict.baseline import Baseline

__all__ = ["Adapter"]


class Adapter(Base):  # type: ignore[misc]
    """Learns from the baseline, judges, and takes accepted deliveries in."""

    name = "nbops"

    def fit(self, batches: list[Any], meta: dict[str, Any]) -> None:
        """Learn from the baseline's deliveries."""
        self.baseline = Baseline.fit(batches)

    def check(self, df: Any, ctx: dict[str, Any]) -> list[Failure]:
        """Return what would stop a step."""
        verdict = self.baseline.judge(df)
        if not verdict.is_bad:
            return []
        found = [Failure(fact.key, fact.columns) for fact in verdict.facts]
        if verdict.score > verdict.threshold:
            found += [Failure("|".join(("unusual", c.kind, *c.columns)), c.columns) for c in verdict.causes]
        return found

    def accepted(self, df: Any, ctx: dict[str, Any]) -> None:
        """Take an accepted delivery into the baseline."""
        self.baseline.accept(df)

    def n_rules(self) -> int:
        """Return how many things are measured."""
        return len(self.baseline.calibration.keys) if self.baseline.calibration else 0
