"""What a run is to do: decided, and checked, before any process starts."""

from __future__ import annotations

import hashlib
import importlib.metadata
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from nbops._version import __version__
from nbops.engine.plans.saving import check_writable
from nbops.errors import NotebookError
from nbops.notebook.cells import Cell, Notebook
from nbops.notebook.declarations import written_secrets
from nbops.notebook.marks import find_mark
from nbops.notebook.parameters import check_parameters, coerce, secret_values
from nbops.pipeline.graph import select, upstream
from nbops.pipeline.step import Pipeline
from nbops.records import RunStarted, SourceGate, StepFinished
from nbops.settings import Settings, duration
from nbops.store.process import this_process
from nbops.store.project import Project

__all__ = ["RunPlan", "find_owner", "make_plan", "started_record"]

_PACKAGES = ("papermill", "ipykernel", "ipython", "pandas", "numpy", "polars", "pyarrow", "duckdb", "sqlalchemy")
_GIT_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class RunPlan:
    """One run, before it starts.

    Args:
        run: Its id.
        project: Where it is recorded.
        settings: The project's settings.
        source: The notebook as it stands in its file; None when it came from no file.
        pipeline: Its steps.
        steps: Those that are to run, in order.
        parameters: What was given, as given.
        parameter_texts: All parameters as text, secrets hidden.
        output: The executed notebook, absolute; None when it is not written.
        launcher: ``nbops run`` or ``papermill``.
        timeout_seconds: The longest that it may take; None for no limit.
        notes: What the user should know of the plan, one sentence each.
        resumes: The run that this one goes on with; empty when it begins anew.
        restore: Records of an earlier run whose cells are to be restored instead of run.
        is_cached: Whether any step may be restored from any run in which its key was the same.
        waived: By the name of a test, why its failure is only to be a warning this time.
        waived_sources: By the name of a source, why the run goes on without it.
        gates: The sources that had to be there, and how each was found; none before anybody looked.
    """

    run: str
    project: Project
    settings: Settings
    source: Notebook | None
    pipeline: Pipeline
    steps: tuple[str, ...] = ()
    parameters: Mapping[str, object] = field(default_factory=dict)
    parameter_texts: Mapping[str, str] = field(default_factory=dict)
    output: Path | None = None
    launcher: str = "nbops run"
    timeout_seconds: float | None = None
    notes: tuple[str, ...] = ()
    resumes: str = ""
    restore: tuple[StepFinished, ...] = ()
    is_cached: bool = False
    waived: Mapping[str, str] = field(default_factory=dict)
    waived_sources: Mapping[str, str] = field(default_factory=dict)
    gates: tuple[SourceGate, ...] = ()

    @property
    def folder(self) -> Path:
        """The folder of this run in the project, for its executed notebook and its report."""
        return self.project.runs / self.run[:12]

    @property
    def path(self) -> Path | None:
        """The notebook, absolute; None when it came from no file."""
        return Path(self.source.path).absolute() if self.source and self.source.path else None

    @property
    def secret_names(self) -> frozenset[str]:
        """The names of its secret parameters, given or not."""
        return frozenset(parameter.name for parameter in self.pipeline.parameters if parameter.is_secret)

    @property
    def secret_values(self) -> tuple[str, ...]:
        """The secret values that are known before the run: those given, and defaults that stand in the code."""
        return secret_values(self.pipeline.parameters, {**self._written_secrets, **self.parameters})

    @property
    def _written_secrets(self) -> dict[str, str]:
        cells = self.source.code_cells if self.source and self.secret_names else ()
        declaring = [cell.source for cell in cells if "Secret" in cell.source and _declares_parameters(cell)]
        return {name: text for source in declaring for name, text in written_secrets(source).items()}

    @property
    def typed_parameters(self) -> dict[str, object]:
        """What was given, converted to the declared types."""
        return {
            parameter.name: coerce(parameter.name, self.parameters[parameter.name], parameter.annotation)
            for parameter in self.pipeline.parameters
            if parameter.name in self.parameters
        }

    @property
    def left_out(self) -> frozenset[int]:
        """The cells of the steps that are not to run, and plain cells that read what those would have made."""
        kept = set(self.steps)
        steps = [step for step in self.pipeline.steps if step.name not in kept]
        plain = [cell for cell, needed in self.pipeline.plain_needs.items() if not kept.issuperset(needed)]
        return frozenset([*(cell for step in steps for cell in (*step.cells, *step.test_cells)), *plain])


def _declares_parameters(cell: Cell) -> bool:
    mark = find_mark(cell.source)
    return mark.kind == "params" if mark else "parameters" in cell.tags


def make_plan(
    source: Notebook,
    pipeline: Pipeline,
    project: Project,
    settings: Settings,
    *,
    parameters: Mapping[str, object] | None = None,
    output: Path | None = None,
    only: Sequence[str] = (),
    from_: str = "",
    until: str = "",
    launcher: str = "nbops run",
) -> RunPlan:
    """Return what a run of *source* is to do; its executed notebook is tried for whether it can be written.

    Raises:
        ParameterError: A parameter is unknown, missing, or of the wrong type.
        PipelineError: A chosen step is unknown.
        NothingSelected: The choice holds no step.
        OutputError: The executed notebook cannot be written.
        NotebookError: It would be written over the notebook itself.
    """
    given = dict(parameters or {})
    texts = check_parameters(pipeline.parameters, given)
    steps, notes = _choose(pipeline, only, from_, until)
    run = uuid.uuid4().hex
    plan = RunPlan(
        run=run,
        project=project,
        settings=settings,
        source=source,
        pipeline=pipeline,
        steps=steps,
        parameters=given,
        parameter_texts=texts,
        output=output,
        launcher=launcher,
        timeout_seconds=duration(settings.timeout) if settings.timeout else None,
        notes=notes,
    )
    if output is not None:
        _check_output(output, source)
    return plan


def started_record(plan: RunPlan) -> RunStarted:
    """Return the record of the beginning of a run: what it was given, who answers for it, what it runs on."""
    process = this_process()
    return RunStarted(
        at=time.time(),
        run=plan.run,
        kind="batch",
        notebook=plan.project.relative(plan.path) if plan.path else None,
        identified_by="engine" if plan.path else "unknown",
        env=plan.settings.env,
        steps=plan.steps,
        parameters=plan.parameter_texts,
        given=tuple(name for name in plan.parameter_texts if name in plan.parameters),
        source_hash=source_hash(plan.source) if plan.source else "",
        output=plan.project.relative(plan.output) if plan.output else "",
        launcher=plan.launcher,
        owner=find_owner(plan.settings, plan.path, plan.project.root),
        host=process.host,
        pid=process.pid,
        boot=process.boot,
        python=sys.version.split()[0],
        nbops=__version__,
        packages=dict(_versions(_PACKAGES)),
        resumes=plan.resumes,
        gates=plan.gates,
    )


def source_hash(source: Notebook) -> str:
    """Return the hash of a notebook's code: texts, outputs and layout of the file do not count."""
    code = "\0".join(cell.source for cell in source.code_cells)
    return hashlib.blake2b(code.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def find_owner(settings: Settings, path: Path | None, root: Path) -> str:
    """Return who answers for a notebook: the setting, else its last committer, else git's user; empty when unknown."""
    if settings.owner:
        return settings.owner
    if path is not None:
        committer = _git(root, "log", "-1", "--format=%ae", "--", str(path))
        if committer:
            return committer
    return _git(root, "config", "user.email")


def _choose(pipeline: Pipeline, only: Sequence[str], from_: str, until: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    every = tuple(step.name for step in pipeline.steps)
    if not (only or from_ or until):
        return every, ()
    chosen = select(pipeline, only=tuple(only), from_=from_, until=until)
    needed = set(upstream(pipeline, chosen)) - set(chosen)
    steps = tuple(name for name in every if name in needed or name in chosen)
    before = ", ".join(name for name in every if name in needed)
    return steps, (f"also runs what comes before: {before}",) if before else ()


def _check_output(output: Path, source: Notebook) -> None:
    if source.path and output.exists() and output.samefile(source.path):
        raise NotebookError(
            "the executed notebook would replace the notebook itself",
            where=str(output),
            fix=f"nbops run {source.path} {output.with_name(f'{output.stem}-executed.ipynb').name}",
        )
    check_writable(output)


def _git(root: Path, *arguments: str) -> str:
    try:
        done = subprocess.run(
            ["git", "-C", str(root), *arguments], capture_output=True, text=True, timeout=_GIT_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):  # no git, or a repository that hangs: then nobody is named
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def _versions(
    names: Sequence[str], version: Callable[[str], str] = importlib.metadata.version
) -> list[tuple[str, str]]:
    found = []
    for name in names:
        try:
            found.append((name, version(name)))
        except importlib.metadata.PackageNotFoundError:
            continue
    return found
