"""Runs in every state, for the tests of all views."""

from __future__ import annotations

import pytest

from nbops.pipeline.run import RunState, fold
from nbops.pipeline.step import Edge, Parameter, Pipeline, Step, StepOptions
from nbops.records import (
    CheckResult,
    Examples,
    Failure,
    RunFinished,
    RunStarted,
    Status,
    StepFinished,
    Table,
    WarningSeen,
)
from tests.views.flights_run import AT, CLEAN, ERROR, LOAD, NASTY, PLANES, RUN, run_of


@pytest.fixture
def failed() -> RunState:
    """Return a run whose third step failed its test, so that the fourth was not reached."""
    return run_of(LOAD, PLANES, CLEAN, status=Status.FAILED, reason="step clean failed", cells=6)


@pytest.fixture
def passed() -> RunState:
    """Return a run of which one step is known, and all is well."""
    return run_of(LOAD, status=Status.PASSED, cells=6)


@pytest.fixture
def raised() -> RunState:
    """Return a run whose third step raised a KeyError."""
    return run_of(LOAD, PLANES, ERROR, status=Status.ERROR)


@pytest.fixture
def nasty() -> RunState:
    """Return a run in which every text that a notebook can bring in is an attack on what shows it."""
    table = Table(NASTY, NASTY, 1, 1, (NASTY,), (NASTY,))
    test = CheckResult(
        NASTY, Status.FAILED, source=NASTY + "x", message=NASTY + "y", why=NASTY + "z", observed=NASTY, allowed=NASTY,
        rows=2, failing=1, examples=Examples((NASTY,), (NASTY,), ((NASTY,),)),
    )  # fmt: skip
    passing = CheckResult(NASTY, Status.PASSED)
    step = StepFinished(
        AT + 1, RUN, NASTY, Status.FAILED, cell=0, tests=(test, passing), tables_in=(table,), tables_out=(table,),
        mutated=(NASTY,), warnings=(WarningSeen(NASTY, NASTY),), remark=NASTY, doc=NASTY, owner=NASTY,
        failure=Failure(NASTY, NASTY, (NASTY,), line=1, cell=0, fix=NASTY),
    )  # fmt: skip
    started = RunStarted(
        AT, RUN, kind="batch", notebook=f"{NASTY}.ipynb", env=NASTY, parameters={NASTY: NASTY}, given=(NASTY,),
        owner=NASTY, host=NASTY, launcher=NASTY, python=NASTY, packages={NASTY: NASTY}, source_hash=NASTY,
    )  # fmt: skip
    failure = Failure(NASTY, NASTY, (NASTY,), line=1, cell=0)
    finished = RunFinished(AT + 2, RUN, Status.FAILED, reason=NASTY, failure=failure, output=NASTY)
    return fold([started, step, finished])


@pytest.fixture
def nasty_pipeline() -> Pipeline:
    """Return a pipeline whose names are attacks."""
    steps = (
        Step(NASTY, (0,), StepOptions(NASTY, doc=NASTY, owner=NASTY), tests=(NASTY,)),
        Step("b", (1,), StepOptions("b")),
    )
    edges = (Edge(NASTY, "b", (NASTY,), NASTY),)
    return Pipeline(NASTY, NASTY, steps, edges, (Parameter(NASTY, NASTY, NASTY, NASTY),), (), (), (NASTY,))
