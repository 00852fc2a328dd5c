"""The rows that row functions left out: kept as tables of the run, and found again.

They are kept beside what the step left, under a key of their own, whatever became of the step: of a step that failed
they are what one wants to see. A thread writes them, so a step does not wait for the disk.
"""

from __future__ import annotations

import sys
import weakref
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from nbops.engine.cell.accounting import Ledger
from nbops.engine.cell.failed_rows import as_pandas, covered
from nbops.engine.kernel.session import Session
from nbops.engine.reuse.keeping import Keeper
from nbops.errors import ArtifactError, NbopsError, NothingSelected
from nbops.pipeline.run import RunState, StepState
from nbops.records import RowAccount, RowEntry, StepFinished, from_json
from nbops.settings import bytes_of
from nbops.store.artifacts import Artifacts, Kept
from nbops.views.words import short_id

__all__ = ["excluded_rows", "keep_excluded"]

_MOST_PARTS = 100  # cells of one step
_keepers: weakref.WeakKeyDictionary[Session, Keeper] = weakref.WeakKeyDictionary()


def keep_excluded(session: Session, record: StepFinished, ledger: Ledger, restored: str = "") -> None:
    """Keep the rows that the row functions of a cell left out; trouble with it is told, and changes nothing.

    Args:
        session: The run.
        record: The cell's record.
        ledger: Its accounts.
        restored: The run that its result was taken over from; then what was kept there is this run's, too.
    """
    try:
        if not session.keeps:
            return
        if restored:
            _take_over(session, record, restored)
        tables = {_label(account, entry): rows() for account, entry, rows in ledger.excluded()}
        if tables:
            _keeper(session).keep(replace(record, key=_key(record.step, record.part)), tables, tables, {})
    except Exception as error:  # noqa: BLE001 - the step has ended; its account still tells how many rows there were
        print(f"nbops: excluded rows are not kept ({type(error).__name__}: {error})", file=sys.stderr)
    finally:
        ledger.forget_tables()


def _take_over(session: Session, record: StepFinished, origin: str) -> None:
    keeper = _keeper(session)
    kept = keeper.artifacts.find(_key(record.step, record.part), origin)
    if kept is not None:
        keeper.note(replace(kept, run=record.run))


def _keeper(session: Session) -> Keeper:
    if session not in _keepers:
        artifacts = Artifacts(session.project, session.settings.artifact_store)
        _keepers[session] = Keeper(artifacts, bytes_of(session.settings.artifacts), session.recorder.secrets)
    return _keepers[session]


def _key(step: str, part: int) -> str:
    return f"excluded-{quote(step, safe='')}-{part}"


def _label(account: int, entry: int) -> str:
    return f"{account}.{entry}"


# ── finding them again ───────────────────────────────────────────────────────────────────────────────────────────────


def excluded_rows(state: RunState, artifacts: Artifacts, step: str = "", reason: str = "") -> Any:
    """Return the rows that row functions left out in a run, as a pandas frame.

    Of one entry: the rows as they stood in their table. Of several: one below the other, under the names of step and
    reason. ``frame.attrs`` says which run, step, reason and table they are of.

    Args:
        state: The run.
        artifacts: The kept values of its project.
        step: Only of this step, unless empty.
        reason: Only what was left out for this reason, or of the table of this name, unless empty.

    Raises:
        NothingSelected: No rows were left out there, or none are kept.
    """
    import pandas

    for keeper in list(_keepers.values()):  # of the kernel that asks: its last step may still be on its way
        keeper.flush()
    chosen = [one for one in state.steps if step in ("", one.name)]
    kept = [found for one in chosen for found in _kept_of(state.run, one, artifacts)]
    wanted = [found for found in kept if reason in ("", found.entry.reason, found.account.table_out.name)]
    if not wanted:
        raise _nothing(state, chosen, step, reason)
    frames = [_frame(state, found, artifacts) for found in wanted]
    if len(frames) == 1:
        return frames[0]
    keys = [(found.step, found.entry.reason) for found in wanted]
    together = [frame.set_axis(frame.index.map(str)) for frame in frames]
    joined = pandas.concat(together, keys=keys, names=["step", "reason", "row"])
    joined.attrs.clear()
    joined.attrs |= {"run": state.run}
    return joined


@dataclass(frozen=True, slots=True)
class _Found:
    """Rows that a step left out, and why."""

    step: str
    account: RowAccount
    entry: RowEntry
    kept: Kept


def _kept_of(run: str, step: StepState, artifacts: Artifacts) -> Iterator[_Found]:
    """Yield what was kept of a step, of all its cells: not each of them needs to have left out something."""
    accounts = step.record.accounts if step.record else ()
    waiting = sum(entry.kept > 0 for account in accounts for entry in account.entries)
    for part in range(_MOST_PARTS):
        if waiting <= 0:
            return
        found = artifacts.find(_key(step.name, part), run)
        own = from_json(found.record).accounts if found and found.record else ()
        for kept in found.values if found and own else ():
            at, entry = map(int, kept.names[0].split("."))
            yield _Found(step.name, own[at], own[at].entries[entry], kept)
            waiting -= 1


def _frame(state: RunState, found: _Found, artifacts: Artifacts) -> Any:
    try:
        frame = covered(as_pandas(artifacts.get(found.kept)))
    except ArtifactError as error:
        what = f"the rows that were left out ({found.entry.reason}) cannot be had: {error.what}"
        where = f"{state.name}@{short_id(state.run)}::{found.step}"
        raise NbopsError(what, where=where, fix="run the step again") from error
    table = found.account.tables_in[0].name if found.account.tables_in else ""
    about = {"run": state.run, "step": found.step, "reason": found.entry.reason}
    frame.attrs = {**about, "table": table, "verb": found.account.verb}
    return frame


def _nothing(state: RunState, steps: list[StepState], step: str, reason: str) -> NothingSelected:
    where = "::".join(filter(None, (f"{state.name}@{short_id(state.run)}", step, reason)))
    accounts = [(one, account) for one in steps if one.record for account in one.record.accounts]
    told = [(one, entry) for one, account in accounts for entry in account.entries if entry.rows]
    left_out = [(one, entry) for one, entry in told if entry.kept]
    if left_out:
        names = [f"{state.name}@{short_id(state.run)}::{one.name}::{entry.reason}" for one, entry in left_out[:3]]
        fix = (
            f"these have some: {', '.join(names)}"
            if reason
            else "run it again: what was kept was discarded, or it could not be kept"
        )
        return NothingSelected("no excluded rows are kept", where=where, fix=fix)
    fix = "say why rows go: flown = keep(flights, flights.dep_time.notna(), reason='cancelled')"
    return NothingSelected("no rows were left out by keep, drop, join, dedupe, aggregate or cast", where=where, fix=fix)
