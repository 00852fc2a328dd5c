"""What the hub knows of datasets, whatever the order in which journals come, and after pruning."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest

from nbops.errors import ReferenceNotFound, UsageError
from nbops.records import ColumnSeen, DatasetSeen, Record, RunStarted, StepFinished, Table
from nbops.store import schema
from nbops.store.datasets import changelog_of, dataset_ref, datasets, datasets_of_run, find_dataset
from nbops.store.describing import known_readers
from nbops.store.ingest import ingest
from nbops.store.project import Project
from nbops.store.rebuild import rebuild
from nbops.testing import records
from tests.store.conftest import Hubs
from tests.store.contents import dump, write

DAY = 86_400.0
ID, KM = (
    ColumnSeen("id", "int64", "number", nulls=0, distinct=9),
    ColumnSeen("km", "float64", "number", nulls=0, distinct=9),
)


def look(run: str, at: float, *columns: ColumnSeen, name: str = "orders", step: str = "clean") -> DatasetSeen:
    """Return what a run saw of a table of nine rows."""
    return DatasetSeen(at, run, step, name, rows=9, looked=9, columns=columns or (ID, KM))


def run_of(run: str, at: float, *columns: ColumnSeen, notebook: str = "sales.ipynb", env: str = "dev") -> list[Record]:
    """Return the records of a run that left one table."""
    some = records(notebook, run=run, at=at, env=env)
    return [*some[:-1], look(run, some[-1].at, *columns), some[-1]]


def test_a_rebuilt_hub_knows_the_same_datasets(hubs: Hubs, tmp_path: Path) -> None:
    """Every row is the same after the hub was made anew, in whatever order the journals are read."""
    project, now = Project(tmp_path), time.time()
    write(project, look("a", now - 5 * DAY))  # the kernel's journal; that of the engine comes later
    write(project, *run_of("b", now - 4 * DAY, ID))
    write(project, *records("sales.ipynb", run="a", at=now - 5 * DAY))
    with hubs.open(project) as hub:
        ingest(hub, project)
        before, (summary,) = dump(hub), datasets(hub)
        rebuild(hub, project)

        assert dump(hub) == before
        assert hub.datasets() == [summary]
        assert (summary.dataset, summary.runs, summary.columns, summary.last) == ("sales/orders", 2, 1, "b")


def test_pruned_runs_are_no_part_of_a_change_log(hubs: Hubs, tmp_path: Path) -> None:
    """The log begins with the oldest run that is left, also in a hub made anew."""
    project, now = Project(tmp_path), time.time()
    for number, columns in enumerate([(ID,), (ID, KM), (ID, replace(KM, type="str"))]):
        write(project, *run_of(f"r{number}", now - (9 - number) * DAY, *columns))
    with hubs.open(project) as hub:
        ingest(hub, project)
        hub.prune(8.5 * DAY, keep=0, dry=False, who="ada")
        ref, _ = find_dataset(hub, "orders")
        log = changelog_of(hub, ref)
        rebuild(hub, project)

        assert (log.looks, [[c.kind for c in e.changes] for e in log.entries]) == (2, [["type"]])
        assert changelog_of(hub, ref) == log


def test_the_last_look_of_a_run_counts(hubs: Hubs) -> None:
    """A step in two parts, or tried twice, leaves what its last part left."""
    now = time.time()
    first = look("a", now, ID)
    run = [*records("sales.ipynb", run="a", at=now), first, replace(first, at=now + 1, part=1, columns=(ID, KM))]
    with hubs.holding(run) as hub:
        ref, _ = find_dataset(hub, "sales/orders")

        assert changelog_of(hub, ref).structure.names == ("id", "km")


def test_tables_of_one_name_that_several_steps_leave_are_several_datasets(hubs: Hubs) -> None:
    """The one that was left last is meant by the name alone; the others by their step."""
    now = time.time()
    run = [*run_of("a", now), look("a", now - 1, ID, step="load")]
    with hubs.holding(run) as hub:
        last, others = find_dataset(hub, "orders")
        first, _ = find_dataset(hub, "orders::load")

        assert (last.step, others, first.step) == ("clean", ("load",), "load")


def test_environments_do_not_mix(hubs: Hubs) -> None:
    """What the test environment saw is no change of what production sees."""
    now = time.time()
    with hubs.holding(run_of("a", now - 3, ID, env="test"), run_of("b", now - 2, env="prod")) as hub:
        newest, _ = find_dataset(hub, "orders")
        asked, _ = find_dataset(hub, "orders", env="test")

        assert (newest.env, changelog_of(hub, newest).entries, asked.env) == ("prod", (), "test")


def test_the_steps_behind_that_read_it_are_its_readers(hubs: Hubs) -> None:
    """A step that reads the table before it is left is no reader of what is left."""
    now = time.time()
    some = records("sales.ipynb", run="a", at=now, steps=("before", "clean", "board", "other"))
    wanted = ("before", "board")
    reading = [replace(r, reads=("orders",)) if isinstance(r, StepFinished) and r.step in wanted else r for r in some]
    with hubs.holding([*reading, look("a", now + 1)]) as hub:
        ref, _ = find_dataset(hub, "orders")

        assert [reader.name for reader in changelog_of(hub, ref).readers] == ["sales::board"]


def test_a_run_that_broke_off_forgets_no_reader(hubs: Hubs) -> None:
    """Just when a dataset is restated and its step fails, one wants to know whom it concerns."""
    now = time.time()
    some = records("sales.ipynb", run="a", at=now - 9, steps=("clean", "board"))
    reading = [replace(r, reads=("orders",)) if isinstance(r, StepFinished) and r.step == "board" else r for r in some]
    failed = records("sales.ipynb", run="b", at=now, steps=("clean",), failing="clean")
    with hubs.holding([*reading, look("a", now - 8)], [*failed, look("b", now + 1)]) as hub:
        ref, _ = find_dataset(hub, "orders")
        log = changelog_of(hub, ref)

        assert (log.looks, [reader.name for reader in log.readers]) == (2, ["sales::board"])
        assert known_readers(hub, ref) == ("sales::board",)


def test_steps_of_other_notebooks_that_read_its_file_are_readers(hubs: Hubs) -> None:
    """The file of a dataset is one of its name, or the only one of a step without another table; others are not."""
    now = time.time()
    orders, other = Table("orders", "pandas.DataFrame"), Table("other", "pandas.DataFrame")

    def changed(name: str, at: float, **steps: dict[str, object]) -> list[Record]:
        some = records(f"{name}.ipynb", run=name, at=at, steps=tuple(steps))
        return [replace(r, **steps[r.step]) if isinstance(r, StepFinished) else r for r in some]  # type: ignore[arg-type]

    left = {"tables_in": (), "tables_out": (orders,), "files_out": ("data/first.csv",)}
    sent = {"tables_in": (orders, other), "tables_out": (), "files_out": ("data/Orders.parquet", "data/other.csv")}
    sales = changed("sales", now - 9, clean=left, send=sent)
    finance = changed("finance", now - 5, book={"key_parts": {"file data/Orders.parquet": "a1"}})
    board = changed("board", now - 4, show={"key_parts": {"file data/first.csv": "a2"}}, other={})
    stock = changed("stock", now - 3, take={"key_parts": {"file data/other.csv": "a3"}})
    with hubs.holding([*sales, look("sales", now - 8)], finance, board, stock) as hub:
        ref, _ = find_dataset(hub, "orders")

        assert [reader.name for reader in changelog_of(hub, ref).readers] == ["board::show", "finance::book"]


def test_a_log_may_end_at_an_earlier_run(hubs: Hubs) -> None:
    """What was known when a run ended is what the runs up to it tell."""
    now = time.time()
    runs = [run_of("a", now - 3, ID), run_of("b", now - 2), run_of("c", now - 1, ID)]
    with hubs.holding(*runs) as hub:
        ref, _ = find_dataset(hub, "orders")

        assert [e.run for e in changelog_of(hub, ref, until="b").entries] == ["b"]
        assert [e.run for e in changelog_of(hub, ref, most=2).entries] == ["c"]
        assert datasets_of_run(hub, "b") == [ref]


def test_sessions_leave_no_datasets(hubs: Hubs) -> None:
    """Cells run by hand are work in progress."""
    session = RunStarted(1.0, "s", kind="session", notebook="sales.ipynb")
    with hubs.holding([session, look("s", 2.0)]) as hub:
        assert datasets(hub) == []


def test_unknown_and_ambiguous_names_say_what_there_is(hubs: Hubs) -> None:
    """The error names what is near, or both that fit."""
    now = time.time()
    with hubs.holding(run_of("a", now), run_of("b", now, notebook="old/sales.ipynb")) as hub:
        with pytest.raises(ReferenceNotFound, match="more than one dataset: old/sales/orders, sales/orders"):
            find_dataset(hub, "orders")
        with pytest.raises(ReferenceNotFound) as unknown:
            find_dataset(hub, "ordres")
        exact, _ = find_dataset(hub, "sales/orders")

        assert (exact.notebook, unknown.value.fix[:22]) == ("sales.ipynb", "did you mean 'orders'?")
    with hubs.holding() as empty, pytest.raises(ReferenceNotFound, match="no run left any"):
        find_dataset(empty, "orders")


@pytest.mark.parametrize("text", ["", "sales/", "/orders", "orders::", "sales/orders@7f3a"])
def test_what_is_no_dataset_is_refused(text: str) -> None:
    """A part that was begun must be there, and a run is no part of it."""
    with pytest.raises(UsageError):
        dataset_ref(text)


def test_a_look_that_is_no_record_is_a_problem_and_not_a_crash(hubs: Hubs, tmp_path: Path) -> None:
    """A journal that somebody wrote otherwise is told, and the rest is taken in."""
    project = Project(tmp_path)
    write(project, replace(look("a", 1.0), step=3), *run_of("b", 2.0))  # type: ignore[arg-type]
    with hubs.open(project) as hub:
        found = ingest(hub, project)

        assert (len(found.problems), [one.last for one in datasets(hub)]) == (1, ["b"])
        assert "dataset" in schema.metadata.tables
