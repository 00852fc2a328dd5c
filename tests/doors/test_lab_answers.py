"""What the kernel answers a panel: what is usual, what changed since a step passed, why it ran, and rules."""

from __future__ import annotations

import datetime as dt
import queue
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from nbops.doors.lab import Answers
from nbops.engine.kernel.identity import Identity
from nbops.engine.kernel.session import Session
from nbops.records import CheckResult, Record, RunStarted, Status, StepFinished, Table
from nbops.settings import load_settings
from nbops.store.project import Project
from tests.doors.conftest import Ran

TABLE = Table("orders", "pandas.DataFrame", 3, 1)


@pytest.fixture
def session(project: Path) -> Iterator[Session]:
    """Return the run of a kernel that has the notebook ``sales.ipynb``."""
    identity = Identity(str(project / "sales.ipynb"), "name", "nbops", "session")
    made = Session(Project(project), load_settings(project), identity)
    yield made
    made.recorder.journal.close()


@pytest.fixture
def orders() -> pd.DataFrame:
    """Return a table that rules can be proposed for."""
    return pd.DataFrame({"id": range(200), "state": ["new", "paid"] * 100})


@pytest.fixture
def answers(session: Session, orders: pd.DataFrame) -> Answers:
    """Return what answers for a kernel that holds one table."""
    return Answers(lambda: session, {"orders": orders, "day": "2013-01-01"})


def ask(answers: Answers, what: str, **about: Any) -> dict[str, Any]:
    """Return the answer to a question, whichever thread gives it."""
    heard: queue.Queue[dict[str, Any]] = queue.Queue()
    answers.answer({"ask": what, "number": 7, **about}, heard.put)
    answer = heard.get(timeout=60)
    assert (answer["answer"], answer["number"]) == (what, 7)
    return answer


def write(session: Session, *records: Record) -> None:
    """Write what happened in the kernel's run."""
    for record in records:
        session.recorder.append(record)


def finished(at: float, session: Session, status: Status, test: CheckResult, **about: Any) -> StepFinished:
    """Return the record of the step ``clean``, judged by one test."""
    return StepFinished(at, session.run, "clean", status, tests=(test,), source_hash="h1", **about)


def started(session: Session, at: float) -> RunStarted:
    """Return the beginning of the kernel's run."""
    return RunStarted(at, session.run, kind="session", notebook="sales.ipynb", env="dev")


def test_what_is_usual_comes_from_the_runs_of_the_notebook(answers: Answers, session: Session, ran: Ran) -> None:
    """By hand one sees at once that a step took longer than in last night's run."""
    ran(at=1000.0, seconds=2.0)
    write(session, started(session, 5000.0), finished(5001.0, session, Status.PASSED, CheckResult("t", Status.PASSED)))

    said = ask(answers, "usual")["said"]

    assert said["runs"] == 1
    assert said["seconds"]["clean"] == pytest.approx(2.0)


def test_before_the_first_step_nothing_is_usual_and_nothing_is_told(answers: Answers) -> None:
    """A fresh project has no hub, and none is made by looking."""
    assert ask(answers, "usual")["said"] == {"seconds": {}, "runs": 0}
    assert ask(answers, "step", step="clean")["said"]["changed"] is None


def test_what_changed_since_a_step_passed_in_this_kernel(answers: Answers, session: Session) -> None:
    """The rows, the failing rows of the test, and what is the same."""
    good, bad = (
        CheckResult("known", Status.PASSED, rows=3, failing=0),
        CheckResult("known", Status.FAILED, rows=9, failing=4),
    )
    more = Table("orders", "pandas.DataFrame", 9, 1)
    write(
        session,
        started(session, 1.0),
        finished(2.0, session, Status.PASSED, good, tables_in=(TABLE,)),
        finished(3.0, session, Status.FAILED, bad, tables_in=(more,)),
    )

    changed = ask(answers, "step", step="clean")["said"]["changed"]

    assert changed["run"] == session.run[:6]
    assert ["known", "0 of 3 rows fail", "4 of 9 rows fail", True] in changed["rows"]
    assert ["rows of orders", "3", "9", True] in changed["rows"]
    assert changed["same"] == ["code", "files", "schema", "packages"]
    assert changed["code"] == []


def test_code_that_changed_since_then_is_named(answers: Answers, session: Session) -> None:
    """Where its lines are not known, the step is."""
    write(session, started(session, 1.0), finished(2.0, session, Status.PASSED, CheckResult("t", Status.PASSED)))
    failed = finished(3.0, session, Status.FAILED, CheckResult("t", Status.FAILED))
    write(session, StepFinished(3.0, session.run, "clean", Status.FAILED, tests=failed.tests, source_hash="h2"))

    changed = ask(answers, "step", step="clean")["said"]["changed"]

    assert [one["name"] for one in changed["code"]] == ["clean"]
    assert "code" not in changed["same"]


def test_a_step_that_never_passed_is_compared_with_an_earlier_run(answers: Answers, session: Session, ran: Ran) -> None:
    """Last night's run is older than this kernel, and did pass."""
    run = ran(at=1000.0)
    write(session, started(session, 5000.0), finished(5001.0, session, Status.FAILED, CheckResult("t", Status.FAILED)))

    assert ask(answers, "step", step="clean")["said"]["changed"]["run"] == run[:6]


def test_why_a_step_ran_and_what_it_needs(answers: Answers, session: Session, notebook: Path) -> None:
    """The same as ``nbops why`` says."""
    write(session, started(session, 1.0), finished(2.0, session, Status.PASSED, CheckResult("t", Status.PASSED)))

    said = ask(answers, "why", step="clean")["said"]

    assert said["told"] == "ran: by hand every step runs"
    assert [(need["step"], need["names"]) for need in said["needs"]] == [("load", ["orders"])]


def test_why_of_a_step_that_did_not_run_says_what_to_do(answers: Answers) -> None:
    """It is an answer, with what mends it, and no error of the kernel."""
    assert ask(answers, "why", step="clean")["error"]["fix"] == "run it"


def test_a_question_of_a_newer_page_is_answered_too(answers: Answers) -> None:
    """The page then says that the kernel's nbops is older."""
    assert ask(answers, "dreams")["said"] == {"unknown": True}


# ── rules ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def suggested(answers: Answers) -> list[dict[str, str]]:
    """Return the rules that are proposed for the kernel's table."""
    rules: list[dict[str, str]] = ask(answers, "suggest", dataset="orders")["said"]["rules"]
    return rules


def test_suggested_rules_are_kept_edited_and_dropped(answers: Answers, project: Path) -> None:
    """What is written is what was decided; the rules then stand in the list."""
    rules = suggested(answers)
    decisions = [{"word": "drop", "yaml": rule["yaml"]} for rule in rules]
    decisions[0]["word"] = "keep"
    decisions[1] = {"word": "edit", "yaml": "- in_set: {column: state, values: [new, paid, sent]}"}

    diff = ask(answers, "decide", dataset="orders", act="diff", decisions=decisions)["said"]["text"]
    assert not (project / "rules").exists()
    said = ask(answers, "decide", dataset="orders", act="write", decisions=decisions)["said"]["text"]

    assert "+  - in_set: {column: state, values: [new, paid, sent]}" in diff
    assert said == "2 rules written to rules/sales/orders.yml"
    (known,) = ask(answers, "rules", datasets=["orders"])["said"]["datasets"]
    assert len(known["rules"]) == 2
    assert "sent" in known["rules"][1]["text"]


def test_an_edited_rule_that_cannot_be_meant_writes_nothing(answers: Answers, project: Path) -> None:
    """The reader is told, and the file stays as it is."""
    decisions = [{"word": "edit", "yaml": "- nonsense: 1"} for _ in suggested(answers)]

    error = ask(answers, "decide", dataset="orders", act="write", decisions=decisions)["error"]

    assert "nonsense" in error["what"]
    assert not (project / "rules").exists()


def test_a_rule_is_muted_with_a_reason_and_a_day(answers: Answers, project: Path) -> None:
    """It stands in the list with both, and in the file."""
    file = project / "rules" / "sales" / "orders.yml"
    file.parent.mkdir(parents=True)
    file.write_text("rules:\n  - in_set: {column: state, values: [new, paid]}\n")
    until = (dt.date.today() + dt.timedelta(days=7)).isoformat()

    about = {"dataset": "orders", "rule": "state.in_set"}
    assert "reason" in ask(answers, "mute", **about, until=until, reason=" ")["error"]["what"]
    assert "no day" in ask(answers, "mute", **about, until="soon", reason="x")["error"]["what"]
    assert ask(answers, "mute", **about, until=until, reason="a third state")["said"]["text"].endswith(until)

    (known,) = ask(answers, "rules", datasets=["orders"])["said"]["datasets"]
    assert known["rules"][0]["muted"] == {"until": until, "reason": "a third state"}


def test_a_broken_rule_file_is_told(answers: Answers, project: Path) -> None:
    """It must not pass for no rules."""
    file = project / "rules" / "sales" / "orders.yml"
    file.parent.mkdir(parents=True)
    file.write_text("rules:\n  - nonsense: 1\n")

    (known,) = ask(answers, "rules", datasets=["orders"])["said"]["datasets"]

    assert "nonsense" in known["problem"]


def test_nothing_is_suggested_for_what_is_no_table(answers: Answers) -> None:
    """The kernel was restarted, or the name is another thing."""
    assert ask(answers, "suggest", dataset="day")["error"]["what"] == "the kernel holds no table 'day'"


def test_accepting_needs_a_reason_and_something_that_was_kept(answers: Answers, session: Session) -> None:
    """Each is told with what mends it."""
    write(session, started(session, 1.0), finished(2.0, session, Status.PASSED, CheckResult("t", Status.PASSED)))

    assert "reason" in ask(answers, "accept", dataset="orders", reason="")["error"]["what"]
    assert "was kept" in ask(answers, "accept", dataset="orders", reason="new shop")["error"]["what"]
