"""A table's baseline: what its accepted deliveries were like, and the verdict on the next."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from nbops.errors import UsageError
from nbops.rules.verdict.delivery import Delivery
from nbops.rules.verdict.facts import ALLOWED, Fact, broken, candidates
from nbops.rules.verdict.history import Calibration, History, calibrate, surprises, table_score
from nbops.rules.verdict.measuring import measure
from nbops.rules.verdict.memory import Memory
from nbops.rules.verdict.metric import Key
from nbops.rules.verdict.structure import Structure, kinds_of, learn

__all__ = ["Baseline", "Cause", "TableVerdict"]

_LEARNING = 8


@dataclass(frozen=True, slots=True)
class Cause:
    """One reason of a verdict: what was measured, on which columns, and how surprising it is."""

    kind: str
    columns: tuple[str, ...]
    surprise: float
    text: str


@dataclass(frozen=True, slots=True)
class TableVerdict:
    """The verdict on a delivery.

    Args:
        is_bad: Whether the delivery should be stopped.
        facts: The facts that it breaks.
        score: How unusual the delivery is as a whole.
        threshold: From which score on it is stopped.
        causes: What made it unusual, the most surprising first.
        is_learning: Whether too few deliveries are known for the score to be calibrated.
    """

    is_bad: bool
    facts: tuple[Fact, ...]
    score: float
    threshold: float
    causes: tuple[Cause, ...]
    is_learning: bool = False


@dataclass
class Baseline:
    """What the accepted deliveries of a table were like."""

    structure: Structure
    memory: Memory = field(default_factory=Memory)
    history: History = field(default_factory=History)
    first_failures: dict[str, list[tuple[int, float]]] = field(default_factory=dict)
    calibration: Calibration | None = None

    @classmethod
    def fit(cls, batches: Iterable[Any]) -> Baseline:
        """Return the baseline of deliveries, oldest first."""
        frames = [Delivery.frame(batch) for batch in batches]
        if not frames:
            raise UsageError("a baseline needs at least one delivery", fix="nbops suggest TABLE --baseline PATH")
        kinds = kinds_of(frames)
        deliveries = [Delivery(frame, kinds) for frame in frames]
        made = cls(learn(deliveries))
        for delivery in deliveries:
            made._take(delivery)
        made.calibration = calibrate(made.history)
        return made

    def judge(self, batch: Any) -> TableVerdict:
        """Return the verdict on a delivery."""
        delivery = Delivery(batch, self.structure.kinds)
        facts = tuple(fact for fact in broken(delivery, self.structure, self.memory) if self._is_law(fact))
        known = self.calibration or calibrate(self.history)
        metrics = measure(delivery, self.structure, self.memory)
        surprise, _ = surprises(metrics, known)
        order = np.argsort(-np.nan_to_num(surprise))[:6]
        top = np.nan_to_num(surprise)[order]
        score = table_score(surprise)
        causes = tuple(
            Cause(known.keys[i][0], known.keys[i][1:], float(s), "")
            for i, s in zip(order, top, strict=True)
            if s > top[0] / 2 and s > 0
        )[:3]
        is_bad = bool(facts) or score > known.threshold
        return TableVerdict(is_bad, facts, score, known.threshold, causes, self.memory.batches < _LEARNING)

    def accept(self, batch: Any) -> None:
        """Take a delivery into the baseline."""
        self._take(Delivery(batch, self.structure.kinds))
        self.calibration = calibrate(self.history)

    def _take(self, delivery: Delivery) -> None:
        for fact in candidates(delivery, self.structure, self.memory):
            if self.memory.batches and fact.share > ALLOWED.get(fact.kind, 0.0) and not self.memory.marks.get(fact.key):
                self.first_failures.setdefault(fact.kind, []).append((self.memory.batches, fact.share))
            if fact.share > self.memory.marks.get(fact.key, 0.0):
                self.memory.marks[fact.key] = fact.share
        self.history.add(measure(delivery, self.structure, self.memory))
        self.memory.update(delivery, self.structure)

    def _is_law(self, fact: Fact) -> bool:
        """Whether facts of this kind can be relied on: they were not broken for the first time again and again."""
        past = self.first_failures.get(fact.kind, [])
        late = [share for batch, share in past if batch >= max(2, self.memory.batches // 4)]
        batches = {batch for batch, _ in past if batch >= max(2, self.memory.batches // 4)}
        if len(batches) < 2 or len(batches) < 0.1 * self.memory.batches:
            return True
        return fact.share > min(3.0 * max(late), 0.9)
