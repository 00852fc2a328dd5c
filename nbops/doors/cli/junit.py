"""A run as other tools read it: JUnit XML for build servers, annotations for GitHub Actions."""

from __future__ import annotations

import datetime
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence
from pathlib import Path

from nbops.engine.plans.saving import atomic_write, check_writable
from nbops.pipeline.run import RunState, StepState
from nbops.records import CheckResult, Failure, Status
from nbops.views.words import line, plain

__all__ = ["github_lines", "junit_xml", "results_xml", "write_junit"]

_MOST_ROWS = 5


def write_junit(state: RunState, path: Path) -> None:
    """Write *state* as JUnit XML to *path*, whole or not at all.

    Raises:
        OutputError: It cannot be written.
    """
    check_writable(path)
    atomic_write(path, junit_xml(state))


def junit_xml(state: RunState) -> bytes:
    """Return *state* as JUnit XML: a suite for each step, a case for each test, named as in ``NB::STEP::TEST``.

    A step without tests is one case; so is a notebook without steps. Warned tests pass and say so in their output.
    """
    root = ET.Element("testsuites", name=_xml(state.name))
    for step in state.steps:
        _suite(root, state, step.name, list(_cases(state, step)), step.seconds or 0.0)
    if not state.steps:
        _suite(root, state, state.name, [_case(state.name, state.name, state.seconds, state.status, state)], 0.0)
    return _finished(root, state.seconds)


def _finished(root: ET.Element, seconds: float) -> bytes:
    for total in ("tests", "failures", "errors", "skipped"):
        root.set(total, str(sum(int(suite.get(total, "0")) for suite in root)))
    root.set("time", f"{seconds:.3f}")
    ET.indent(root)
    return str(ET.tostring(root, encoding="unicode", xml_declaration=True)).encode() + b"\n"


def results_xml(name: str, results: Sequence[CheckResult], seconds: float, at: float) -> bytes:
    """Return the verdicts on one table as JUnit XML: one suite, a case for each rule."""
    root = ET.Element("testsuites", name=_xml(name))
    cases = [_case(name, result.name, result.seconds, result.status, result) for result in results]
    _add_suite(root, name, cases, seconds, began=at)
    return _finished(root, seconds)


def _suite(root: ET.Element, state: RunState, name: str, cases: list[ET.Element], seconds: float) -> None:
    _add_suite(root, name, cases, seconds, began=state.started.at, host=state.started.host)


def _add_suite(
    root: ET.Element, name: str, cases: list[ET.Element], seconds: float, *, began: float, host: str = ""
) -> None:
    at = datetime.datetime.fromtimestamp(began, datetime.UTC)
    counts: dict[str, int] = {
        "tests": len(cases),
        "failures": sum(case.find("failure") is not None for case in cases),
        "errors": sum(case.find("error") is not None for case in cases),
        "skipped": sum(case.find("skipped") is not None for case in cases),
    }
    suite = ET.SubElement(root, "testsuite", name=_xml(name), hostname=_xml(host))
    for key, value in counts.items():
        suite.set(key, str(value))
    suite.set("time", f"{seconds:.3f}")
    suite.set("timestamp", at.replace(tzinfo=None).isoformat(timespec="seconds"))
    suite.extend(cases)


def _cases(state: RunState, step: StepState) -> Iterator[ET.Element]:
    classname = f"{state.name}::{step.name}"
    for test in step.tests:
        yield _case(classname, test.name, test.seconds, test.status, test)
    failure = step.record.failure if step.record else None
    judged_bad = any(test.status.is_bad for test in step.tests)
    if not step.tests or (step.status.is_bad and not judged_bad):
        yield _case(classname, step.name, step.seconds or 0.0, step.status, failure)


def _case(
    classname: str,
    name: str,
    seconds: float,
    status: Status,
    told: CheckResult | Failure | RunState | None,
) -> ET.Element:
    case = ET.Element("testcase", classname=_xml(classname), name=_xml(name), time=f"{seconds:.3f}")
    message, detail = _told(told, status)
    if status is Status.FAILED:
        ET.SubElement(case, "failure", message=message, type="failed").text = detail
    elif status.is_bad:
        ET.SubElement(case, "error", message=message, type=str(status)).text = detail
    elif status in (Status.SKIPPED, Status.PENDING):
        ET.SubElement(case, "skipped", message=message)
    elif status is Status.WARNED:
        ET.SubElement(case, "system-out").text = f"warned: {message}\n{detail}"
    return case


def _told(told: CheckResult | Failure | RunState | None, status: Status) -> tuple[str, str]:
    match told:
        case CheckResult():
            said = " · ".join(part for part in (told.message, told.why) if part) or told.source
            return _xml(line(said or str(status))), _xml(plain(_rows(told)))
        case Failure():
            return _xml(line(f"{told.type}: {told.message}")), _xml(plain("\n".join(told.traceback)))
        case RunState():
            trace = told.failure.traceback if told.failure else ()
            return _xml(line(told.reason or str(status))), _xml(plain("\n".join(trace)))
    return str(status), ""


def _rows(test: CheckResult) -> str:
    found = [f"{test.source}"] if test.source else []
    if test.failing is not None:
        found.append(f"{test.failing:,} of {test.rows or 0:,} rows fail")
    columns = test.examples.columns
    for label, row in list(zip(test.examples.labels, test.examples.rows, strict=False))[:_MOST_ROWS]:
        cells = ", ".join(f"{c}={'null' if v is None else v}" for c, v in zip(columns, row, strict=False))
        found.append(f"row {label}: {cells}")
    return "\n".join(found)


def _xml(text: str) -> str:
    """Return *text* without the characters that XML cannot hold."""
    return "".join(
        c for c in text if c in "\t\n\r" or (c >= " " and c not in "\ufffe\uffff" and not "\ud800" <= c <= "\udfff")
    )


def github_lines(state: RunState) -> Iterator[str]:
    """Yield the lines that make GitHub Actions mark what failed or warned on the notebook's file."""
    file = state.started.notebook or ""
    for step in state.steps:
        tests = [t for t in step.tests if t.status.is_bad or t.status is Status.WARNED]
        for test in tests:
            level = "warning" if test.status is Status.WARNED else "error"
            message = " · ".join(part for part in (test.name, test.why) if part)
            yield _annotation(level, file, f"{state.name}::{step.name}", message)
        failure = step.record.failure if step.record else None
        if step.status.is_bad and not tests:
            said = f"{failure.type}: {failure.message}" if failure else str(step.status)
            yield _annotation("error", file, f"{state.name}::{step.name}", said)
    if state.status.is_bad and not any(step.status.is_bad for step in state.steps):
        yield _annotation("error", file, state.name, state.reason or str(state.status))


def _annotation(level: str, file: str, title: str, message: str) -> str:
    return f"::{level} file={_escaped(file)},title={_escaped(title)}::{_escaped(line(message), is_value=False)}"


def _escaped(text: str, *, is_value: bool = True) -> str:
    for sign, code in (("%", "%25"), ("\r", "%0D"), ("\n", "%0A"), *(((":", "%3A"), (",", "%2C")) if is_value else ())):
        text = text.replace(sign, code)
    return text
