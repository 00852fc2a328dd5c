"""A run that the tests of the views tell: one step passed, one warned, one failed, and one was never reached."""

from __future__ import annotations

from nbops.pipeline.run import History, RunState, RunSummary, fold
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

AT = 1_360_405_867.0
RUN = "b21c77" + "0" * 26
NASTY = "<script>alert(1)</script>\x1b[31m\"'&\u202e\udcff"


def check(name: str, status: Status = Status.PASSED, **fields: object) -> CheckResult:
    """Return a verdict."""
    return CheckResult(name, status, **fields)  # type: ignore[arg-type]


LOAD = StepFinished(
    AT + 2,
    RUN,
    "load",
    Status.PASSED,
    seconds=2.0,
    cell=1,
    tests=(check("the feed has rows"), check("known origins", rows=930)),
    tables_out=(Table("raw", "pandas.DataFrame", 930, 19),),
)
PLANES = StepFinished(
    AT + 3,
    RUN,
    "planes",
    Status.WARNED,
    seconds=1.0,
    cell=2,
    tests=(check("known planes", Status.WARNED, severity="warn", observed="16.1 %", allowed="≤ 15 %"),),
    warnings=(WarningSeen("FutureWarning", "observed=False is old", 4, 3),),
)
CLEAN = StepFinished(
    AT + 4,
    RUN,
    "clean",
    Status.FAILED,
    seconds=1.0,
    cell=3,
    owner="Mara Quist",
    tests=(
        check("flew at all"),
        check(
            "departure is known",
            Status.FAILED,
            observed="50.8 %",
            allowed="0–11.2 %",
            rows=930,
            failing=472,
            nulls=472,
            line=4,
            examples=Examples(("carrier", "flight"), ("22", "31"), (("EV", "3267"), ("UA", None))),
        ),
    ),
    tables_in=(Table("raw", "pandas.DataFrame", 930, 19),),
    tables_out=(Table("flown", "pandas.DataFrame", 458, 19),),
    failure=Failure("StepFailed", "1 of 2 tests failed", line=4, cell=3),
)
ERROR = StepFinished(
    AT + 4,
    RUN,
    "clean",
    Status.ERROR,
    seconds=0.1,
    cell=3,
    tables_in=(Table("raw", "pandas.DataFrame", 930, 19),),
    failure=Failure("KeyError", "'time_hour'", ("Traceback (most recent call last):", "KeyError"), line=2, cell=3),
)
STARTED = RunStarted(
    AT,
    RUN,
    kind="batch",
    notebook="flights_daily.ipynb",
    env="prod",
    steps=("load", "planes", "clean", "publish"),
    parameters={"day": "2013-02-08", "first": "date(2013, 1, 1)"},
    given=("day",),
    owner="Ann Other",
)
HISTORY = History(
    last_good=RunSummary(
        "a90f11" + "0" * 26,
        "batch",
        "flights_daily.ipynb",
        "prod",
        Status.PASSED,
        "",
        AT - 86_400,
        4.0,
        4,
        9,
        0,
        tests=9,
    ),
    usual_seconds={"load": 1.9, "planes": 0.5, "clean": 1.0, "publish": 0.3},
    usual_run_seconds=4.0,
    good_runs=30,
)
PIPELINE = Pipeline(
    "flights_daily",
    "flights_daily.ipynb",
    steps=(
        Step("load", (1,), StepOptions("load"), outputs=("raw",), tests=("the feed has rows", "known origins")),
        Step("planes", (2,), StepOptions("planes"), outputs=("planes",)),
        Step("clean", (3,), StepOptions("clean", retries=2), inputs=("raw", "planes"), outputs=("flown",)),
        Step("publish", (4,), StepOptions("publish"), inputs=("flown",)),
    ),
    edges=(
        Edge("", "load", ("pd",), "reads pd in line 1"),
        Edge("load", "clean", ("raw",), "reads raw in line 2"),
        Edge("planes", "clean", ("planes",), "reads planes in line 3"),
        Edge("clean", "publish", ("flown",), "reads flown in line 1"),
    ),
    parameters=(
        Parameter("day", "date", "date(2013, 1, 1)", "day to load"),
        Parameter("token", "Secret", "", "", True),
    ),
    plain_cells=(5,),
)


def run_of(*steps: StepFinished, status: Status, **finished: object) -> RunState:
    """Return a run that ended with these steps."""
    end = RunFinished(AT + 5, RUN, status, **finished)  # type: ignore[arg-type]
    return fold([STARTED, *steps, end])
