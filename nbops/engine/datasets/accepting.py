"""``nbops.accept("sales/orders@7f3a", reason=…)``: a run's dataset taken into its baseline."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbops.engine.production.stopping import user_name
from nbops.engine.reuse.ruling import rule_folders
from nbops.errors import ReferenceNotFound, UsageError
from nbops.pipeline.control_chart import is_of, series_title
from nbops.records import Act
from nbops.rules.origin import Origin
from nbops.store.journal import Journal
from nbops.store.project import find_project
from nbops.views.words import short_id

if TYPE_CHECKING:
    from nbops.pipeline.run import RunState
    from nbops.rules.pinning import Pinned
    from nbops.rules.verdict.baseline import TableVerdict
    from nbops.store.project import Project

__all__ = ["Delivered", "accept", "accept_levels", "baseline_file", "delivered", "pin_missed"]


@dataclass(frozen=True, slots=True)
class Delivered:
    """A delivery that a person named.

    Args:
        table: Its table.
        baseline: The file of its baseline, which need not exist.
        origin: Where it comes from.
    """

    table: Any
    baseline: Path
    origin: Origin


def accept(
    ref: str, *, reason: str, baseline: Path | str = "", false_alarm: bool = False
) -> TableVerdict | tuple[str, ...]:
    """Take a delivery into its dataset's baseline, and what was unusual about it as a new level of control charts.

    Args:
        ref: ``NB/DATASET@RUN``, ``DATASET@RUN`` where RUN is the beginning of a run's id, or the path of a CSV or
            Parquet file.
        reason: Why; it stands in the baseline's log.
        baseline: The baseline's file; needed for a file, else found beside the rules.
        false_alarm: Widen exactly what raised an alarm on the delivery, instead of taking it in.

    Returns:
        What the verdict on the delivery was; for a false alarm, what was widened; without a baseline, which charts
        begin anew.

    Raises:
        UsageError: There is no reason, or no baseline.
        ReferenceNotFound: *ref* names nothing that was kept.
    """
    from nbops.rules.learning import accept_into, widen_for

    named = None if baseline or false_alarm else _run_named(ref)
    if named is not None:
        run, name = named
        levels = accept_levels(run, name, reason)
        if levels and not baseline_file(find_project().root, run.started.notebook or "", name).is_file():
            return levels
    found = delivered(ref, baseline)
    act = widen_for if false_alarm else accept_into
    return act(found.baseline, found.table, reason=reason, origin=found.origin)


def accept_levels(run: RunState, name: str, reason: str) -> tuple[str, ...]:
    """Let the control charts of a dataset, step, test or metric begin anew where *run* was beyond their limits.

    Returns:
        What begins anew; empty when nothing of that name was unusual in that run.

    Raises:
        UsageError: There is no reason.
    """
    unusual = [one for one in (run.finished.out if run.finished else ()) if is_of(one.name, name)]
    if not unusual:
        return ()
    if not reason.strip():
        raise UsageError("accepting demands a reason", where=f"{name}@{short_id(run.run)}", fix='--reason "why"')
    journal = Journal(find_project())
    journal.append(Act(time.time(), "accept", run.run, user_name(), reason, {"name": name}), sync=True)
    journal.close()
    return tuple(series_title(one.kind, one.name) for one in unusual)


def _run_named(ref: str) -> tuple[RunState, str] | None:
    """Return the run that *ref* names something of, and its name; None when it names a file, or no run is known."""
    from nbops.engine.datasets.charts import named_series
    from nbops.store.hub import open_hub
    from nbops.store.ingest import ingest
    from nbops.store.lookup import resolve

    project = find_project()
    if "@" not in ref or not (project.hub_file.exists() or project.journals.exists()):
        return None
    with open_hub(project) as hub:
        ingest(hub, project)
        series = named_series(hub, ref)
        return (resolve(hub, series.ref).state, series.name) if series is not None else None


def pin_missed(ref: str, rule: str, *, reason: str, rules: Path | str = "") -> tuple[Path, Pinned]:
    """Add a rule for an error that was missed in a delivery, with rows that it refuses.

    Args:
        ref: The delivery, as for :func:`accept`.
        rule: The rule as in a rule file.
        reason: Which error was missed.
        rules: The rule file; needed for a file, else found for the notebook.

    Returns:
        The rule file, and what was pinned.

    Raises:
        UsageError: The rule is none, or does not refuse the delivery.
    """
    from nbops.rules.learning import SUFFIX, rule_file_of
    from nbops.rules.pinning import pin

    found = delivered(ref, Path(rules).with_suffix(SUFFIX) if rules else "")
    file = Path(rules) if rules else rule_file_of(found.baseline)
    return file, pin(file, found.table, rule, reason=reason, ref=found.origin.ref)


def delivered(ref: str, baseline: Path | str = "") -> Delivered:
    """Return the delivery that *ref* names.

    Raises:
        UsageError: It names no dataset, or a file without *baseline*.
        ReferenceNotFound: Nothing of that name was kept.
    """
    if "@" not in ref and Path(ref).is_file():
        if not baseline:
            raise UsageError("a file does not say which dataset is meant", where=ref, fix="--baseline or --rules FILE")
        from nbops.frames.files import open_file

        return Delivered(open_file(Path(ref)), Path(baseline), Origin(ref))
    from nbops.store.hub import open_hub
    from nbops.store.ingest import ingest
    from nbops.store.lookup import resolve, run_id_in

    project = find_project()
    head, _, run = ref.partition("@")
    notebook, _, name = head.rpartition("/")
    if not name or not (notebook or (run and run_id_in(f"@{run}"))):
        raise UsageError(f"{ref!r} names no dataset", fix="NB/DATASET@RUN, or DATASET@ID of a run")
    with open_hub(project) as hub:
        ingest(hub, project)
        found = resolve(hub, f"{notebook}@{run or 'last'}").state
    path = found.started.notebook or ""
    file = baseline or baseline_file(project.root, path, name)
    origin = Origin(f"{Path(path).stem}/{name}@{found.run}", found.run, found.started.parameters)
    return Delivered(_kept(project, found, name, ref), Path(file), origin)


def baseline_file(root: Path, notebook: str, name: str) -> Path:
    """Return the file of a dataset's baseline: the one that exists, else the most exact place for it."""
    from nbops.rules.learning import SUFFIX

    files = [folder / f"{name}{SUFFIX}" for folder in rule_folders(root, notebook)]
    return next((file for file in files if file.is_file()), files[0])


def _kept(project: Project, state: RunState, name: str, ref: str) -> Any:
    """Return the newest value of a dataset that a run kept."""
    from nbops.store.artifacts import Artifacts

    run = state.run
    artifacts = Artifacts.of(project)
    steps = sorted((step for step in artifacts.every() if step.run == run), key=lambda step: -step.at)
    for step in steps:
        for value in step.values:
            if name in value.names and value.digest:
                return artifacts.get(value)
    alarm = f"{name}: like its past deliveries"
    if any(test.name == alarm and test.status.is_bad for step in state.steps for test in step.tests):
        what = f"the step that makes {name!r} failed, and what a failed step made is not kept"
        fix = f'nbops resume {short_id(run)} --waive "{alarm}" --reason "…", then accept what that run made'
        raise ReferenceNotFound(what, where=ref, fix=fix)
    raise ReferenceNotFound(
        f"no dataset {name!r} of the run {short_id(run)} was kept", where=ref, fix=f"nbops show {short_id(run)}"
    )
