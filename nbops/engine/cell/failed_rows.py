"""The rows that failed, as a table: whole from what the run kept, else as far as its record tells them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from nbops.errors import NbopsError, NothingSelected
from nbops.frames.masking import COVERED, is_masked
from nbops.frames.masks import row_cells
from nbops.frames.tables import library
from nbops.pipeline.run import RunState, StepState
from nbops.records import CheckResult, Status
from nbops.store.artifacts import Artifacts
from nbops.views.words import short_id

__all__ = ["as_pandas", "covered", "failed_rows", "with_failing_rows"]

_NUMBERS = ("int", "uint", "float", "double", "decimal")


def with_failing_rows(state: RunState, step: str = "", test: str = "") -> list[tuple[StepState, CheckResult]]:
    """Return the tests of a run that failed or warned and of which rows are recorded.

    Args:
        state: The run.
        step: Only those of this step, unless empty.
        test: Only that one, unless empty.
    """
    steps = [one for one in state.steps if step in ("", one.name)]
    found = [(one, each) for one in steps for each in one.tests if test in ("", each.name)]
    wrong = (Status.FAILED, Status.WARNED)
    return [(one, each) for one, each in found if each.status in wrong and each.examples.rows]


def failed_rows(state: RunState, artifacts: Artifacts, step: str = "", test: str = "") -> Any:
    """Return the rows that failed as a pandas frame.

    Of one test: the rows as they stood in the table, all of them, when the run kept the table; else the first ones,
    as the record tells them. ``frame.attrs`` says which: ``source`` is ``table`` or ``record``, beside ``run``,
    ``step``, ``test``, ``failing`` and ``rows``. Of several tests: one below the other, under the names of step and
    test.

    Args:
        state: The run.
        artifacts: The kept values of its project.
        step: Only of this step, unless empty.
        test: Only of this test, unless empty.

    Raises:
        NothingSelected: No failing rows are recorded there.
    """
    import pandas

    chosen = with_failing_rows(state, step, test)
    if not chosen:
        raise _nothing(state, step, test)
    frames = [_rows_of(state, one, each, artifacts) for one, each in chosen]
    if len(frames) == 1:
        return frames[0]
    keys = [(one.name, each.name) for one, each in chosen]
    joined = pandas.concat(
        [frame.set_axis(frame.index.map(str)) for frame in frames], keys=keys, names=["step", "test", "row"]
    )
    joined.attrs.clear()  # those of the first part would speak for all
    joined.attrs |= {"run": state.run}
    return joined


def _nothing(state: RunState, step: str, test: str) -> NothingSelected:
    where = "::".join(filter(None, (f"{state.name}@{short_id(state.run)}", step, test)))
    others = with_failing_rows(state)
    known = [f"{state.name}@{short_id(state.run)}::{one.name}::{each.name}" for one, each in others]
    fix = f"these have some: {', '.join(known[:3])}" if known else f"nbops show {short_id(state.run)}"
    return NothingSelected("no failing rows are recorded", where=where, fix=fix)


def _rows_of(state: RunState, step: StepState, test: CheckResult, artifacts: Artifacts) -> Any:
    facts = {"run": state.run, "step": step.name, "test": test.name, "failing": test.failing, "rows": test.rows}
    for table in _kept_tables(state, step, test, artifacts):
        frame = _from_table(table, test)
        if frame is not None:
            frame.attrs = {**facts, "source": "table"}
            return frame
    frame = _from_record(step, test)
    frame.attrs = {**facts, "source": "record"}
    return frame


# ── the table itself ─────────────────────────────────────────────────────────────────────────────────────────────────


def _kept_tables(state: RunState, step: StepState, test: CheckResult, artifacts: Artifacts) -> Iterator[Any]:
    """Yield the tables that the test may have been about, as far as the run kept them, the likeliest first."""
    record = step.record
    if record is None:
        return
    named = test.name.removeprefix("input ").partition(".")[0]
    shapes = {table.name: table for table in (*record.tables_in, *record.tables_out)}
    wanted = set(test.examples.columns)
    fitting = [name for name, table in shapes.items() if wanted <= set(table.column_names)]
    for name in dict.fromkeys([*([named] if named in shapes else []), *fitting]):
        for made in reversed(_makers(state, step, name)):
            table = _kept(made, name, artifacts)
            if table is not None:
                yield table
                break


def _makers(state: RunState, step: StepState, name: str) -> list[StepState]:
    """Return the steps up to *step* that left a table of that name."""
    upto = state.steps[: [one.name for one in state.steps].index(step.name) + 1]
    return [one for one in upto if one.record and name in one.record.artifacts]


def _kept(step: StepState, name: str, artifacts: Artifacts) -> Any:
    """Return the value that *step* left as *name*, as a pandas frame; None when it is not there any more."""
    record = step.record
    kept = artifacts.find(record.key, record.run) if record and record.key else None
    for one in kept.values if kept else ():
        if name in one.names and not one.same_as:
            try:
                return as_pandas(artifacts.get(one))
            except NbopsError:  # swept, or damaged: what the record tells is still there
                return None
    return None


def as_pandas(table: Any) -> Any:
    """Return a table of any library as a pandas frame."""
    if library(table) == "pandas":
        return table
    import narwhals.stable.v2 as nw

    return nw.from_native(table).lazy().collect("pandas").to_native()


def _from_table(frame: Any, test: CheckResult) -> Any:
    """Return the failing rows of *frame*; None when it is not the table that was judged."""
    examples = test.examples
    places = {str(label): place for place, label in reversed(list(enumerate(_labels(frame))))}
    if not all(label in places for label in examples.labels):
        return None
    shown = frame.iloc[[places[label] for label in examples.labels]]
    columns = [name for name in frame.columns if str(name) in examples.columns]
    cells = [row_cells(columns, row) for row in zip(*(shown[c] for c in columns), strict=True)]
    order = [list(map(str, columns)).index(name) for name in examples.columns if name in map(str, columns)]
    if len(order) != len(examples.columns) or [tuple(row[at] for at in order) for row in cells] != list(examples.rows):
        return None
    every = _judged_again(frame, test) if (test.failing or 0) > len(examples.rows) else None
    return covered(every if every is not None else shown)


def covered(frame: Any) -> Any:
    """Return a copy of *frame* without the values of masked columns."""
    return frame.assign(**{name: COVERED for name in frame.columns if is_masked(name)})


def _labels(frame: Any) -> Sequence[Any]:
    return [f"({', '.join(map(str, label))})" if isinstance(label, tuple) else label for label in frame.index]


def _judged_again(frame: Any, test: CheckResult) -> Any:
    """Return all rows that fail the rule that a result tells; None when it is no rule, or says another thing now."""
    if test.kind != "rule" or not test.source:
        return None
    from nbops.frames.scan import Scan
    from nbops.rules.reading import rules_of

    try:
        condition = rules_of(f"rules:\n  - {test.source}\n")[0].failing()
    except NbopsError:  # it is about another table, or a check of the user's that is not known here
        return None
    labels = Scan(frame).examples(condition, len(frame)).labels if condition else ()
    places = {str(label): place for place, label in enumerate(_labels(frame))}
    return frame.iloc[[places[label] for label in labels]].copy() if len(labels) == test.failing else None


# ── what the record tells ────────────────────────────────────────────────────────────────────────────────────────────


def _from_record(step: StepState, test: CheckResult) -> Any:
    """Return the rows that the record holds: cells as shortened text, numbers where the column was of numbers."""
    import pandas

    examples = test.examples
    record = step.record
    tables = (*record.tables_in, *record.tables_out) if record else ()
    types = {name: kind for table in tables for name, kind in zip(table.column_names, table.column_types, strict=False)}
    frame = pandas.DataFrame(list(examples.rows), columns=list(examples.columns), index=_index(examples.labels))
    for at, name in enumerate(examples.columns):
        if types.get(name, "").lower().startswith(_NUMBERS):
            found = pandas.to_numeric(frame.iloc[:, at], errors="coerce")
            if found.isna().sum() == frame.iloc[:, at].isna().sum():
                frame[name] = found
    return frame


def _index(labels: Sequence[str]) -> list[Any]:
    return [int(label) for label in labels] if all(label.isdecimal() for label in labels) else list(labels)
