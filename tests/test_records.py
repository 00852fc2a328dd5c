"""Records: what crosses a boundary comes back as it was, and a step that ran in several cells is told as one."""

from __future__ import annotations

import json
import typing

import pytest

from nbops.errors import HubVersionError
from nbops.records import (
    Act,
    CheckResult,
    ColumnSeen,
    DatasetSeen,
    Examples,
    Failure,
    Heartbeat,
    Record,
    RowAccount,
    RowEntry,
    RunFinished,
    RunStarted,
    SourceSeen,
    Status,
    StepFinished,
    StepStarted,
    Table,
    WarningSeen,
    collecting,
    current_collector,
    from_json,
    merge_parts,
    to_json,
    worst,
)

FAILURE = Failure("KeyError", "'day'", ("Traceback", "KeyError: 'day'"), line=2, cell=3, fix="name a column")
WHOLE_TEST = CheckResult(
    "no nulls", Status.FAILED, severity="warn", kind="expect", line=4, source="t.x.notna()", message="no nulls",
    why="1 of 2 rows fail", observed="1 of 2 rows", allowed="not null", rows=2, failing=1, nulls=1,
    examples=Examples(("x",), ("0",), ((None,),)), seconds=0.5, count=3,
)  # fmt: skip
RECORDS = [
    RunStarted(
        1.0, "r", kind="batch", notebook="a.ipynb", identified_by="engine", env="prod", steps=("a", "b"),
        parameters={"day": "2013-01-01"}, source_hash="00ff", output="out.ipynb", launcher="papermill", owner="ada",
        host="h", pid=7, boot="b", python="3.12", nbops="0.1", packages={"pandas": "2.2"},
    ),
    StepStarted(2.0, "r", "a", part=1, cell_kind="test", attempt=2, cell=3, cell_id="c", source_hash="00ff"),
    StepFinished(
        3.0, "r", "a", Status.FAILED, part=1, cell_kind="test", attempt=2, cell=3, cell_id="c", source_hash="00ff",
        seconds=1.0, cpu_seconds=0.5, memory_bytes=10, tests=(WHOLE_TEST,),
        tables_in=(Table("t", "pandas.DataFrame", 2, 1, ("x",), ("int64",)),),
        tables_out=(Table("s", "polars.Series"),),
        reads=("t",), writes=("s",), mutated=("t",), warnings=(WarningSeen("FutureWarning", "old", 4, 2),),
        failure=FAILURE, remark="cached", doc="what for", owner="ada",
        accounts=(
            RowAccount(
                "keep", (Table("t", "pandas.DataFrame", 9, 1),), Table("s", "pandas.DataFrame", 7, 1),
                (RowEntry("cancelled", 2, note="all", examples=Examples(("x",), ("0",), ((None,),)), kept=2),),
                beside=(Table("u", "polars.LazyFrame"),), sources=(-1,), line=3, note="so",
            ),
        ),
    ),
    RunFinished(4.0, "r", Status.FAILED, reason="1 test", failure=FAILURE, output="o", report="p", cells=5),
    DatasetSeen(
        3.5, "r", "a", "s", part=1, attempt=2, kind="polars.DataFrame", rows=2, looked=2,
        keys=(("x",),), problem="none",
        columns=(
            ColumnSeen(
                "x", "Int64", "number", "key", nulls=0, distinct=2, values={"1": 1}, unit="km", grain="day",
                quantiles=(1.0, 2.0), shapes=("A",), lengths=(1, 1), sketch=(1, 2), is_masked=True,
            ),
        ),
    ),
    Heartbeat(5.0, "r"),
    SourceSeen(5.5, "feed", "late", "it is not there", due=5.0, parts=1, missing=("b.csv",), confidence=0.9),
    Act(6.0, "prune", target="r", who="ada", reason="old", detail={"keep": "1"}),
]  # fmt: skip


def part(number: int, **fields: typing.Any) -> StepFinished:
    """Return the record of one cell of a step."""
    return StepFinished(
        **{"at": float(number), "run": "r", "step": "s", "status": Status.PASSED, "part": number, **fields}
    )


def test_there_is_an_example_of_every_kind() -> None:
    """The tests below see each record that there is."""
    assert {type(record) for record in RECORDS} == set(typing.get_args(Record))


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: type(record).__name__)
def test_a_record_comes_back_from_json_as_it_was(record: Record) -> None:
    """Every field survives the way through text, nested records and tuples included."""
    assert from_json(json.loads(json.dumps(to_json(record)))) == record


def test_defaults_are_left_out() -> None:
    """A small step is a short line of the journal."""
    assert to_json(part(0)) == {"v": 1, "kind": "StepFinished", "at": 0.0, "run": "r", "step": "s", "status": "passed"}


def test_the_kind_of_a_run_is_not_the_kind_of_its_record() -> None:
    """Both are called kind, so the run's has another name in JSON."""
    data = to_json(RunStarted(1.0, "r", kind="batch"))

    assert (data["kind"], data["run_kind"]) == ("RunStarted", "batch")


def test_what_an_older_reader_does_not_know_is_left_out() -> None:
    """A field of a later nbops of the same format does no harm, nested neither."""
    data = to_json(part(0, failure=FAILURE))
    data["failure"]["colour"] = data["mood"] = "new"

    assert from_json(data) == part(0, failure=FAILURE)


@pytest.mark.parametrize("change", [{"v": 2}, {"kind": "RunDreamed"}, {"kind": "CheckResult"}])
def test_what_a_newer_nbops_wrote_is_an_error(change: dict[str, object]) -> None:
    """A newer format is never guessed at."""
    with pytest.raises(HubVersionError, match="not known to this nbops") as caught:
        from_json({**to_json(Heartbeat(1.0, "r")), **change})

    assert caught.value.fix == "pip install --upgrade nbops"


def test_statuses_say_what_they_stop_and_what_a_command_ends_with() -> None:
    """Unknown is never passed: an interrupted run stops a gate, and its command could not judge."""
    assert [s for s in Status if not s.is_final] == [Status.PENDING, Status.RUNNING]
    assert [s for s in Status if s.is_good] == [Status.PASSED, Status.WARNED]
    assert [s for s in Status if s.is_bad] == [Status.FAILED, Status.ERROR, Status.INTERRUPTED, Status.REFUSED]
    assert {s: s.exit_code for s in Status if s.is_final} == {
        Status.PASSED: 0,
        Status.WARNED: 0,
        Status.SKIPPED: 0,
        Status.FAILED: 1,
        Status.ERROR: 2,
        Status.INTERRUPTED: 2,
        Status.REFUSED: 3,
    }


def test_an_error_is_worse_than_a_failure() -> None:
    """What could not be judged may be worse than what was judged wrong; a skip is better than anything."""
    assert worst([Status.SKIPPED, Status.FAILED, Status.ERROR]) is Status.ERROR
    assert worst([Status.SKIPPED, Status.PASSED]) is Status.PASSED
    assert worst([], default=Status.SKIPPED) is Status.SKIPPED


def test_a_step_of_one_cell_is_its_record() -> None:
    """Nothing is made up where nothing has to be merged."""
    assert merge_parts([RECORDS[2]]) is RECORDS[2]  # type: ignore[list-item]


def test_parts_add_up_to_a_step() -> None:
    """Time adds up, memory does not; tests follow each other; the worst status and the first failure count."""
    merged = merge_parts(
        [
            part(
                1,
                status=Status.FAILED,
                seconds=2.0,
                cpu_seconds=1.0,
                memory_bytes=None,
                tests=(WHOLE_TEST,),
                failure=FAILURE,
            ),
            part(0, seconds=1.0, cpu_seconds=0.5, memory_bytes=7, tests=(CheckResult("first", Status.PASSED),)),
        ]
    )

    assert (merged.part, merged.at, merged.status, merged.failure) == (0, 1.0, Status.FAILED, FAILURE)
    assert (merged.seconds, merged.cpu_seconds, merged.memory_bytes) == (3.0, 1.5, 7)
    assert [test.name for test in merged.tests] == ["first", "no nulls"]


def test_what_an_earlier_part_made_is_no_input_of_the_step() -> None:
    """Inputs are as first seen from outside, outputs as last seen."""
    raw, clean, cleaner = Table("raw", "x", 3), Table("clean", "x", 2), Table("clean", "x", 1)
    merged = merge_parts(
        [
            part(0, tables_in=(raw,), tables_out=(clean,), reads=("raw", "pd"), writes=("clean",)),
            part(1, tables_in=(clean, raw), tables_out=(cleaner,), reads=("clean", "raw", "limit"), writes=("clean",)),
        ]
    )

    assert (merged.tables_in, merged.tables_out) == ((raw,), (cleaner,))
    assert (merged.reads, merged.writes) == (("raw", "pd", "limit"), ("clean",))


def test_the_collector_is_the_one_of_the_step_that_runs() -> None:
    """Inside it is found, outside there is none."""

    class Silent:
        """A collector that takes everything without a word."""

        def report(self, result: CheckResult) -> None:
            """Take a verdict."""

        def skip(self, reason: str) -> None:
            """Take a reason."""

    inner = Silent()
    token = collecting(inner)
    assert current_collector() is inner
    token.var.reset(token)
    assert current_collector() is None
