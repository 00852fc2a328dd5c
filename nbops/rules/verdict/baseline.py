"""A table's baseline: what its accepted deliveries were like, and the verdict on the next."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np

from nbops.errors import UsageError
from nbops.rules.verdict.alarms import Alarm, alarms
from nbops.rules.verdict.delivery import Delivery, Floats
from nbops.rules.verdict.facts import ALLOWED, Fact, broken, candidates
from nbops.rules.verdict.history import Calibration, History, calibrate, surprises
from nbops.rules.verdict.measuring import measure
from nbops.rules.verdict.memory import Memory
from nbops.rules.verdict.structure import ColumnShape, Structure, kinds_of, learn
from nbops.rules.verdict.ties import learn_levels
from nbops.rules.verdict.words import fact_text, surprise_text

__all__ = ["Act", "Baseline", "Cause", "TableVerdict"]

_LEARNING = 8


@dataclass(frozen=True, slots=True)
class Cause:
    """One reason of a verdict: what was measured, on which columns, and how surprising it is, in words too."""

    kind: str
    columns: tuple[str, ...]
    surprise: float
    text: str

    @property
    def key(self) -> str:
        """What identifies the measurement."""
        return "|".join((self.kind, *self.columns))


@dataclass(frozen=True, slots=True)
class TableVerdict:
    """The verdict on a delivery.

    Args:
        facts: The facts that it breaks for the first time; each is enough.
        score: How unusual the delivery is: by what is loudest, its whole, one column, its rows, or what hangs together.
        threshold: From which score on it is bad.
        causes: What made it unusual, the most surprising first.
        is_learning: Whether too few deliveries are known for the score to be calibrated.
        rows: How many rows the delivery has.
    """

    facts: tuple[Fact, ...]
    score: float
    threshold: float
    causes: tuple[Cause, ...]
    is_learning: bool = False
    rows: int = 0

    @property
    def is_bad(self) -> bool:
        """Whether the delivery should be stopped."""
        return bool(self.facts) or self.score > self.threshold

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that made the delivery bad or unusual, the first cause first."""
        found = [name for fact in self.facts for name in fact.columns]
        return tuple(dict.fromkeys([*found, *(name for cause in self.causes for name in cause.columns)]))

    @property
    def sentences(self) -> tuple[str, ...]:
        """Why, one plain sentence for each cause: the facts, and the measurements when their score is too high."""
        said = [fact_text(fact) for fact in self.facts]
        if self.score > self.threshold:
            said += [cause.text for cause in self.causes]
        return tuple(said)


@dataclass(frozen=True, slots=True)
class Act:
    """A change of a baseline: what was done, when, to which run's delivery with which parameters, and why."""

    act: str
    when: str
    reason: str
    ref: str = ""
    rows: int = 0
    run: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Baseline:
    """What the accepted deliveries of a table were like.

    Args:
        structure: What was learnt once.
        memory: What is remembered of the deliveries.
        history: Their measurements.
        first_failures: When facts of each kind were broken for the first time by an accepted delivery.
        calibration: What the history says of the next delivery.
        log: Every change of the baseline.
        figures: What a test of the rules found: caught errors and false alarms.
        widened: By what factor the surprise of a measurement is divided, after false alarms that a person marked.
    """

    structure: Structure
    memory: Memory = field(default_factory=Memory)
    history: History = field(default_factory=History)
    first_failures: dict[str, list[tuple[int, float]]] = field(default_factory=dict)
    calibration: Calibration | None = None
    log: list[Act] = field(default_factory=list)
    figures: dict[str, Any] = field(default_factory=dict)
    widened: dict[str, float] = field(default_factory=dict)

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
            learn_levels(delivery, made.structure.ties, made.memory.levels)
        for delivery in deliveries:
            made._take(delivery, is_known=True)
        made.calibration = calibrate(made.history)
        return made

    def judge(self, batch: Any) -> TableVerdict:
        """Return the verdict on a delivery."""
        delivery = Delivery(batch, self.structure.kinds)
        facts = tuple(fact for fact in broken(delivery, self.structure, self.memory) if self._is_law(fact))
        known = self.calibration or calibrate(self.history)
        surprise, value = surprises(measure(delivery, self.structure, self.memory), known)
        for place, key in enumerate(known.keys):
            surprise[place] /= self.widened.get("|".join(key), 1.0)
        heard = alarms(surprise, value, known)
        score = known.threshold * heard[0].ratio
        causes = _causes(known, heard, np.nan_to_num(surprise), value)
        return TableVerdict(facts, score, known.threshold, causes, self.is_learning, delivery.rows)

    def repeats(self, batch: Any) -> bool:
        """Whether a delivery has the rows of the one that was taken in last."""
        return self.memory.previous.is_same(Delivery(batch, self.structure.kinds))

    @property
    def is_learning(self) -> bool:
        """Whether too few deliveries are known for the score to be calibrated."""
        return self.memory.batches < _LEARNING

    def accept(
        self, batch: Any, *, reason: str = "", ref: str = "", run: str = "", parameters: Mapping[str, str] | None = None
    ) -> None:
        """Take a delivery into the baseline; facts that it breaks are none any more."""
        delivery = Delivery(batch, self.structure.kinds)
        self._take(delivery)
        learn_levels(delivery, self.structure.ties, self.memory.levels)
        if delivery.names and delivery.names != list(self.structure.columns):
            shapes = {name: self.structure.columns.get(name) or _new_shape(delivery, name) for name in delivery.names}
            self.structure = replace(self.structure, columns=shapes)
        self.calibration = calibrate(self.history)
        if reason:
            when = datetime.now(UTC).isoformat(timespec="seconds")
            self.log.append(Act("accepted", when, reason, ref, delivery.rows, run, dict(parameters or {})))

    def widen(self, batch: Any, *, reason: str, ref: str = "") -> tuple[str, ...]:
        """Widen exactly what raised a false alarm on a delivery, and return what that was.

        A broken fact is no fact any more; a measurement counts for so much less that the score stays below.
        """
        verdict = self.judge(batch)
        for fact in verdict.facts:
            self.memory.marks[fact.key] = max(self.memory.marks.get(fact.key, 0.0), fact.share)
        changed = [fact.key for fact in verdict.facts]
        heard = verdict
        while heard.score > heard.threshold:  # what is widened may have drowned what alarms next
            factor = 1.1 * heard.score / heard.threshold
            for cause in heard.causes:
                self.widened[cause.key] = round(self.widened.get(cause.key, 1.0) * factor, 3)
                changed.append(cause.key)
            heard = self.judge(batch)
        when = datetime.now(UTC).isoformat(timespec="seconds")
        self.log.append(Act(f"widened {', '.join(dict.fromkeys(changed))}", when, reason, ref, verdict.rows))
        return tuple(dict.fromkeys(changed))

    def _take(self, delivery: Delivery, *, is_known: bool = False) -> None:
        for fact in candidates(delivery, self.structure, self.memory):
            if self.memory.batches and fact.share > ALLOWED.get(fact.kind, 0.0) and not self.memory.marks.get(fact.key):
                self.first_failures.setdefault(fact.kind, []).append((self.memory.batches, fact.share))
            if fact.share > self.memory.marks.get(fact.key, 0.0):
                self.memory.marks[fact.key] = fact.share
        self.history.add(measure(delivery, self.structure, self.memory, is_known=is_known))
        self.memory.update(delivery, self.structure)

    def _is_law(self, fact: Fact) -> bool:
        """Whether facts of this kind can be relied on: they were not broken for the first time again and again."""
        past = self.first_failures.get(fact.kind, [])
        late = [share for batch, share in past if batch >= max(2, self.memory.batches // 4)]
        batches = {batch for batch, _ in past if batch >= max(2, self.memory.batches // 4)}
        if len(batches) < 2 or len(batches) < 0.1 * self.memory.batches:
            return True
        return fact.share > min(3.0 * max(late), 0.9)


def _new_shape(delivery: Delivery, name: str) -> ColumnShape:
    """Return what is known of a column that came later: its kind, and the size of its numbers."""
    column = delivery.columns[name]
    sizes = np.abs(column.present[column.present != 0]) if column.values is not None else np.empty(0)
    return ColumnShape(column.kind, float(np.median(sizes)) if len(sizes) else 1.0)


def _causes(known: Calibration, heard: Sequence[Alarm], surprise: Floats, value: Floats) -> tuple[Cause, ...]:
    """Return what every alarm rests on, the loudest alarm first; where none is, what was most surprising."""
    loud = [alarm for alarm in heard if alarm.ratio > 1.0] or heard[:1]
    found = []
    for place in dict.fromkeys(place for alarm in loud for place in alarm.places):
        key = known.keys[place]
        columns = key[1:2] if key[0] == "share" else key[1:]
        text = surprise_text(key[0], columns, float(value[place]), float(known.forecast[place]))
        found.append(Cause(key[0], key[1:], float(surprise[place]), text))
    return tuple(found)
