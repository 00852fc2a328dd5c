"""``nbops.accept("sales/orders@7f3a", reason=…)``: a run's dataset taken into its baseline."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbops.engine.ruling import rule_folders
from nbops.errors import ReferenceNotFound, UsageError

if TYPE_CHECKING:
    from nbops.pipeline.run import RunState
    from nbops.rules.verdict.baseline import TableVerdict
    from nbops.store.project import Project

__all__ = ["accept", "baseline_file", "delivered"]


def accept(
    ref: str, *, reason: str, baseline: Path | str = "", false_alarm: bool = False
) -> TableVerdict | tuple[str, ...]:
    """Take a delivery into its dataset's baseline.

    Args:
        ref: ``NB/DATASET@RUN``, or the path of a CSV or Parquet file.
        reason: Why; it stands in the baseline's log.
        baseline: The baseline's file; needed for a file, else found beside the rules.
        false_alarm: Widen exactly what raised an alarm on the delivery, instead of taking it in.

    Returns:
        What the verdict on the delivery was; for a false alarm, what was widened.

    Raises:
        UsageError: There is no reason, or no baseline.
        ReferenceNotFound: *ref* names nothing that was kept.
    """
    from nbops.rules.learning import accept_into, widen_for

    table, file = delivered(ref, baseline)
    act = widen_for if false_alarm else accept_into
    return act(file, table, reason=reason, ref=ref)


def delivered(ref: str, baseline: Path | str = "") -> tuple[Any, Path]:
    """Return the table that *ref* names, and the file of its baseline, which need not exist."""
    if "@" not in ref and Path(ref).is_file():
        if not baseline:
            raise UsageError("a file does not say which baseline is meant", where=ref, fix="--baseline FILE")
        from nbops.frames.files import open_file

        return open_file(Path(ref)), Path(baseline)
    from nbops.store.hub import open_hub
    from nbops.store.ingest import ingest
    from nbops.store.lookup import resolve
    from nbops.store.project import find_project

    project = find_project()
    head, _, run = ref.partition("@")
    notebook, _, name = head.rpartition("/")
    if not notebook:
        raise UsageError(f"{ref!r} names no dataset", fix="NB/DATASET@RUN")
    with open_hub(project) as hub:
        ingest(hub, project)
        found = resolve(hub, f"{notebook}@{run or 'last'}").state
    file = baseline or baseline_file(project.root, found.started.notebook or "", name)
    return _kept(project, found, name, ref), Path(file)


def baseline_file(root: Path, notebook: str, name: str) -> Path:
    """Return the file of a dataset's baseline: the one that exists, else the most exact place for it."""
    from nbops.rules.learning import SUFFIX

    files = [folder / f"{name}{SUFFIX}" for folder in rule_folders(root, notebook)]
    return next((file for file in files if file.is_file()), files[0])


def _kept(project: Project, state: RunState, name: str, ref: str) -> Any:
    """Return the newest value of a dataset that a run kept."""
    from nbops.store.artifacts import Artifacts
    from nbops.views.words import short_id

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
