"""Blaming the step that brought an error in: the failed test is judged on the versions that the variable had before.

From the version that failed the dataflow leads back to those that it was made from. Where the test fails on one of
them too, and did not in the last good run, the error is older, and the walk goes on from there. Where the test means
nothing yet for the older versions (the column did not exist), they are replaced one by one by what they were in the
last good run, and the steps behind them are run again: when that mends the test, the error came through that version.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nbops.engine.causes.lineage import KeptValues, Lineage, Version
from nbops.engine.causes.probing import FAILS, PASSES, UNKNOWN, Probe, Said, is_alike
from nbops.engine.reuse.differing import made_by
from nbops.frames.tables import column_names, is_columnar, is_frame
from nbops.pipeline.changes import Origin, Seen
from nbops.records import CheckResult, Status, StepFinished

__all__ = ["MOST_TESTS", "Run", "blame", "failed_tests"]

MOST_TESTS = 5
_MOST_SECONDS_AGAIN = 30.0
_MOST_VERSIONS = 200
_MOST_SUBJECTS = 3
_AS_EVER = Said(UNKNOWN, "it fails in the last good run too")


@dataclass(frozen=True, slots=True)
class Run:
    """A run to be asked: its lineage, and the parameters that it was given."""

    lineage: Lineage
    given: Mapping[str, str] = field(default_factory=dict)


def failed_tests(lineage: Lineage) -> list[tuple[StepFinished, CheckResult]]:
    """Return the tests that failed, in the order of the notebook, each with the record of its cell."""
    records = sorted(lineage.records.items())
    return [(r, test) for _, r in records for test in r.tests if test.status is Status.FAILED]


def blame(
    run: Run, record: StepFinished, result: CheckResult, *, root: Path, notebook: str, good: Run | None = None
) -> Origin:
    """Return where the error came in that the test *result* of *record* found.

    Args:
        run: The run in which it failed.
        record: The record of the cell that it failed in.
        result: Its verdict there.
        root: The project's root.
        notebook: The notebook's path relative to it.
        good: The last good run before it, to compare with.
    """
    probe = Probe(run.lineage, record, result, run.given, root=root, notebook=notebook)
    if not probe.is_there:
        return Origin(result.name, record.step, how="the test was not found in the code")
    subjects = probe.subjects()
    if not subjects:
        return Origin(result.name, record.step, record.step, how="it reads nothing that a cell before it made")
    walks = [_Walk(probe, subject, good) for subject in subjects[:_MOST_SUBJECTS]]
    found = [walk.origin() for walk in walks]
    return max(found, key=lambda origin: origin[0])[1]  # of equals the first: that of the variable made last


class _Walk:
    """The walk back from one variable that a test is about."""

    def __init__(self, probe: Probe, subject: Version, good: Run | None) -> None:
        self.probe = probe
        self.lineage = probe.lineage
        self.subject = subject
        self.good = good
        self.seen: dict[Version, Said] = {}
        self.how = ""
        self._values: dict[Version, tuple[Any, str]] = {}
        self._base, self._missing = probe.base(without=subject.name)
        self._base_good: dict[str, Any] | None = None

    def origin(self) -> tuple[int, Origin]:
        """Return how well the answer is founded, and the answer: 2 when something older is known to be well."""
        if any(name in self._missing for name in self.probe.reads if name != self.subject.name):
            why = next(iter(self._missing.values()))
            return -1, self._told(None, f"the test cannot be judged again: {why}")
        if self.subject.cell != self.probe.record.cell:
            said = self._said(self.subject)
            if said.outcome == UNKNOWN and not self.subject.step:
                return -1, self._told(None, f"the test cannot be judged again: {said.detail}")
            if said.outcome == PASSES:
                return -1, self._told(None, "judged again the test passes: it depends on more than its variables")
        else:
            self.seen[self.subject] = Said(FAILS)
        version = self.subject
        while (older := self._failing_before(version)) is not None:
            version = older
        found = self._changed_before(self._mended_before(version))
        is_founded = bool(self.how) or any(self._is_well(parent) for parent in self.lineage.parents(found))
        return 2 if is_founded else int(found != self.subject), self._told(found, self.how or self._why(found))

    def _is_well(self, version: Version) -> bool:
        return version in self.seen and self.seen[version].outcome == PASSES

    # ── the test itself on older versions ────────────────────────────────────────────────────────────────────────

    def _failing_before(self, version: Version) -> Version | None:
        """Return the nearest older version on which the test fails too, past those of which nobody can tell."""
        waiting, looked = self.lineage.parents(version), {version}
        first: Version | None = None  # the first of which something is known
        while waiting and len(self.seen) < _MOST_VERSIONS:
            parent = waiting.pop(0)
            if parent in looked:
                continue
            looked.add(parent)
            said = self._said(parent)
            if said.outcome == UNKNOWN:
                waiting += [] if said == _AS_EVER else self.lineage.parents(parent)
                continue
            if said.outcome == FAILS and (first is None or self._counts_beside(parent, first)):
                return parent
            first = first or parent
        return None

    def _counts_beside(self, parent: Version, first: Version) -> bool:
        """Whether a failure on *parent* says something although the test passes on *first*: both are parts of a whole,
        or the test is known to pass on *parent* when all is well.
        """
        return not self._good_value(parent)[1] or _columns(self._value(parent)[0]) == _columns(self._value(first)[0])

    def _said(self, version: Version) -> Said:
        if version not in self.seen:
            self.seen[version] = self._judged(version)
        return self.seen[version]

    def _judged(self, version: Version) -> Said:
        value, why = self._value(version)
        if why:
            return Said(UNKNOWN, why)
        if version != self.subject and not self._is_alike(value):
            return Said(UNKNOWN, "the test is about another kind of thing")
        said = self.probe.on(self.subject.name, value, self._base)
        if said.outcome == FAILS and version != self.subject and self._fails_when_good(version):
            return _AS_EVER
        return said

    def _is_alike(self, value: Any) -> bool:
        own, why = self._value(self.subject) if self.subject.cell != self.probe.record.cell else (None, "it failed")
        if why:
            made = next((t for t in self.probe.record.tables_out if t.name == self.subject.name), None)
            return is_columnar(value) == (made is not None)
        return is_alike(own, value)

    def _value(self, version: Version) -> tuple[Any, str]:
        if version not in self._values:
            self._values[version] = self.probe.value(version)
        return self._values[version]

    # ── the last good run ────────────────────────────────────────────────────────────────────────────────────────

    def _fails_when_good(self, version: Version) -> bool:
        """Whether the test fails on that version of the last good run: then it says nothing here."""
        value, why = self._good_value(version)
        if why:
            return False
        return self.probe.on(self.subject.name, value, self._good_base()).outcome == FAILS

    def _good_base(self) -> dict[str, Any]:
        """Return what else the test reads, as it was in the last good run where that is known."""
        if self._base_good is None:
            self._base_good = dict(self._base)
            for other in self.probe.subjects():
                if other.name != self.subject.name:
                    value, why = self._good_value(other)
                    self._base_good |= {} if why else {other.name: value}
        return self._base_good

    def _good_value(self, version: Version) -> tuple[Any, str]:
        if self.good is None:
            return None, "there is no good run"
        lineage = self.good.lineage
        cell = _same_cell(self.lineage, lineage, version)
        if cell is None:
            return None, "the last good run had no such cell"
        kept = lineage.left(cell)[0].get(version.name)
        if kept is None or kept.same_as:
            return None, lineage.left(cell)[1] or "it is not kept by itself"
        try:
            return KeptValues(lineage).get(cell, kept), ""
        except Exception as error:  # noqa: BLE001 - damaged, refused, of a class that is not here: it is not to be had
            return None, str(error)

    def _mended_before(self, version: Version) -> Version:
        """Return the oldest version through which the error came, found by replacing versions by their good ones."""
        while self.good is not None:
            parents = self.lineage.parents(version)
            if not parents or all(self._said(parent).outcome == PASSES for parent in parents):
                return version
            older = next((parent for parent in parents if self._mends(parent)), None)
            if older is None:
                return version
            self.how = f"with what {older.where} left as {older.name} in the last good run the test passes"
            version = older
        return version

    def _changed_before(self, version: Version) -> Version:
        """Return the oldest version from which nothing but what was read made a difference to the last good run.

        A step whose code, functions, files and packages are those of that run did to its input what it did then.
        """
        while self.good is not None:
            unknown = [p for p in self.lineage.parents(version) if not self._is_well(p)]
            older = next((p for p in unknown if p.step and self._came_through(version, p)), None)
            if older is None:
                return version
            self.how = f"{version.where} did what it did in the last good run; what {older.where} left is another"
            version = older
        return version

    def _came_through(self, version: Version, parent: Version) -> bool:
        assert self.good is not None
        cell = _same_cell(self.lineage, self.good.lineage, version)
        now = self.lineage.records.get(version.cell)
        then = self.good.lineage.records.get(cell) if cell is not None else None
        if now is None or then is None or not now.key_parts or not then.key_parts:
            return False
        inputs, inputs_then = _made(now.key_parts), _made(then.key_parts)
        own = {name: part for name, part in now.key_parts.items() if name not in inputs}
        own_then = {name: part for name, part in then.key_parts.items() if name not in inputs_then}
        return own == own_then and inputs.get(parent.name) != inputs_then.get(parent.name)

    def _mends(self, parent: Version) -> bool:
        value, why = self._good_value(parent)
        own, unknown = self._value(parent)
        again = self._cells_after(parent)
        if why or unknown or again is None:
            return False
        still = self.probe.with_instead({parent: own}, again)
        return still.outcome == FAILS and self.probe.with_instead({parent: value}, again).outcome == PASSES

    def _cells_after(self, version: Version) -> set[int] | None:
        """Return the cells between a version and the test; None when running them again takes too long."""
        touched, names = {version.cell}, {(version.name, version.cell)}
        for statement in self.lineage.statements[self.lineage.last_change(version).index + 1 : self.probe.before]:
            for read in statement.flow.reads:
                made = self.lineage.maker(read, statement.index)
                if made is not None and ((read, made.cell) in names or made.cell in touched - {version.cell}):
                    touched.add(statement.cell)
                    names |= {(name, statement.cell) for name in statement.flow.changes}
        touched.discard(version.cell)
        seconds = sum(self.lineage.records[cell].seconds for cell in touched if cell in self.lineage.records)
        return touched if seconds <= _MOST_SECONDS_AGAIN else None

    # ── what is told ─────────────────────────────────────────────────────────────────────────────────────────────

    def _told(self, version: Version | None, how: str) -> Origin:
        order = sorted(self.seen, key=lambda v: (v.cell, v.name))
        seen = tuple(Seen(v.where, v.name, self.seen[v].outcome, self.seen[v].detail) for v in order)
        result, record = self.probe.result, self.probe.record
        if version is None:
            return Origin(result.name, record.step, how=how, seen=seen)
        return Origin(result.name, record.step, version.where, version.name, how, seen)

    def _why(self, version: Version) -> str:
        parents = self.lineage.parents(version)
        if not parents:
            return f"{version.name} is made there from nothing that a cell before it made"
        outcomes = {parent: self.seen.get(parent, Said(UNKNOWN)).outcome for parent in parents}
        passing = [parent for parent, outcome in outcomes.items() if outcome == PASSES]
        if passing:
            return f"the test passes on {_names(passing)} and fails on {version.name}"
        return f"the test means nothing for what {version.name} is made from"


def _made(parts: Mapping[str, str]) -> dict[str, str]:
    """Return those parts of a key that steps made, with the key of the step."""
    return {name: part.partition("@")[0] for name, part in parts.items() if made_by(part)}


def _names(versions: Iterable[Version]) -> str:
    return ", ".join(f"{v.name} ({v.where})" for v in versions)


def _columns(value: Any) -> list[str]:
    return column_names(value) if is_frame(value) else []


def _same_cell(now: Lineage, then: Lineage, version: Version) -> int | None:
    """Return the cell of an earlier run that is the one of *version*: of the same step, in the same order."""
    own = _cells_of(now, version.step)
    other = _cells_of(then, version.step)
    if not version.step or version.cell not in own or own.index(version.cell) >= len(other):
        return None
    return other[own.index(version.cell)]


def _cells_of(lineage: Lineage, step: str) -> Sequence[int]:
    return list(dict.fromkeys(s.cell for s in lineage.statements if s.kind == "step" and s.step == step))
