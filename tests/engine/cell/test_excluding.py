"""Rows that were left out: kept under a key of their own, found by step and reason, and missed in words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pytest

from nbops.engine.cell.accounting import Ledger
from nbops.engine.cell.excluding import excluded_rows, keep_excluded
from nbops.engine.kernel.identity import Identity
from nbops.engine.kernel.session import Session
from nbops.errors import NbopsError, NothingSelected
from nbops.frames.masking import masking
from nbops.pipeline.run import RunState, fold
from nbops.records import AccountedTables, RowAccount, RowEntry, RunStarted, Status, StepFinished, Table
from nbops.settings import Settings
from nbops.store.artifacts import Artifacts
from nbops.store.project import Project

RAW, CLEAN = Table("raw", "pandas.DataFrame", 5), Table("clean", "pandas.DataFrame", 2)
LATE = pd.DataFrame({"id": [7, 8], "mail": ["a@x", "b@x"]}, index=["r7", "r8"])


sessions: list[Session] = []  # that of a kernel lives as long as the kernel


def kept(folder: Path, tables: dict[str, Any], *, settings: Settings | None = None) -> tuple[RunState, Artifacts]:
    """Keep *tables* as what a step left out, each under its reason; return the run and what is kept."""
    session = Session(Project(folder), settings or Settings(), Identity())
    sessions.append(session)
    entries = tuple(RowEntry(reason, len(table), kept=len(table)) for reason, table in tables.items())
    account = RowAccount("keep", (RAW,), CLEAN, entries)
    ledger = Ledger()
    excluded = {at: (lambda table=table: table) for at, table in enumerate(tables.values())}
    ledger.add(account, AccountedTables((RAW,), CLEAN, excluded), 1, lambda _: "clean = keep(raw, x, 'late')")
    record = StepFinished(2.0, session.run, "clean/all", Status.FAILED, accounts=(account,))
    keep_excluded(session, record, ledger)
    assert list(ledger.excluded()) == []
    state = fold([RunStarted(1.0, session.run, notebook="flights.ipynb"), record])
    return state, Artifacts(session.project)


def test_rows_of_one_reason_come_back_as_they_were(tmp_path: Path) -> None:
    """With their index, their types, and what they are."""
    state, artifacts = kept(tmp_path, {"late": LATE, "lost": LATE[:1]})
    found = excluded_rows(state, artifacts, "clean/all", "late")

    pd.testing.assert_frame_equal(found, LATE)
    assert found.attrs == {"run": state.run, "step": "clean/all", "reason": "late", "table": "raw", "verb": "keep"}


def test_rows_of_several_reasons_stand_below_each_other(tmp_path: Path) -> None:
    """Also by the name of the table that was made."""
    state, artifacts = kept(tmp_path, {"late": LATE, "lost": LATE[:1]})
    found = excluded_rows(state, artifacts, reason="clean")

    assert found.index.names == ["step", "reason", "row"]
    assert found.loc[("clean/all", "lost")].id.tolist() == [7]
    assert len(excluded_rows(state, artifacts)) == 3


def test_rows_of_another_library_come_as_a_pandas_frame(tmp_path: Path) -> None:
    """One kind of table to look at."""
    state, artifacts = kept(tmp_path, {"late": pl.DataFrame({"id": [7, 8]})})

    assert excluded_rows(state, artifacts).id.tolist() == [7, 8]


def test_masked_columns_stay_covered(tmp_path: Path) -> None:
    """As in every table that is shown."""
    state, artifacts = kept(tmp_path, {"late": LATE})
    with masking("mail"):
        found = excluded_rows(state, artifacts)

    assert found.id.tolist() == [7, 8]
    assert "a@x" not in found.to_string()


def test_what_was_discarded_is_said_to_be(tmp_path: Path) -> None:
    """The account still tells how many rows there were."""
    state, artifacts = kept(tmp_path, {"late": LATE})
    excluded_rows(state, artifacts)
    for step in list(artifacts.every()):
        artifacts.forget(step)

    with pytest.raises(NothingSelected, match="no excluded rows are kept") as caught:
        excluded_rows(state, artifacts)
    assert "discarded" in caught.value.fix


def test_a_damaged_file_is_an_error(tmp_path: Path) -> None:
    """Never other rows, and never none."""
    state, artifacts = kept(tmp_path, {"late": LATE})
    excluded_rows(state, artifacts)
    (path,) = (tmp_path / ".nbops" / "artifacts" / "objects").rglob("*.arrow")
    path.chmod(0o600)
    path.write_bytes(path.read_bytes()[:-9] + b"xxxxxxxxx")

    with pytest.raises(NbopsError, match="cannot be had"):
        excluded_rows(state, artifacts)


def test_where_nothing_may_be_kept_nothing_is(tmp_path: Path) -> None:
    """The setting ``artifacts`` bounds the room; 0 is none."""
    kept(tmp_path, {"late": LATE}, settings=Settings(artifacts="0"))

    assert not (tmp_path / ".nbops" / "artifacts").exists()
