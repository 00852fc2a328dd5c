"""Telling in words what the tests of a step found: the text of the exception that stops it."""

from __future__ import annotations

from collections.abc import Sequence

from nbops.records import CheckResult, Status, encodable

__all__ = ["failure_text", "headline"]

_MOST_TOLD = 20
_MOST_LINES = 12
_GLYPHS = {Status.FAILED: "✗", Status.SKIPPED: "–"}


def failure_text(results: Sequence[CheckResult], step: str = "") -> str:
    """Return what stops a step: how many of its tests did what, and each bad one with what it saw.

    Example:
        >>> bad = CheckResult("has rows", Status.FAILED, line=3, why="len(rows) is 0")
        >>> print(failure_text([bad, CheckResult("has names", Status.PASSED)], "load"))
        step load: 1 of 2 tests failed
          ✗ line 3: has rows
              len(rows) is 0
    """
    bad = [r for r in results if r.status in (Status.FAILED, Status.ERROR) and r.severity == "fail"]
    skipped = [r for r in results if r.status is Status.SKIPPED]
    told = [line for result in [*bad, *skipped][:_MOST_TOLD] for line in _told(result)]
    left = len(bad) + len(skipped) - _MOST_TOLD
    if left > 0:
        told.append(f"  … and {left} more")
    text = "\n".join([f"step {step}: {_counts(results)}" if step else _counts(results), *told])
    return encodable(text)  # or the kernel could not send the exception


def _counts(results: Sequence[CheckResult]) -> str:
    failed = sum(r.status is Status.FAILED and r.severity == "fail" for r in results)
    errors = sum(r.status is Status.ERROR and r.severity == "fail" for r in results)
    warned = sum(r.severity == "warn" and r.status not in (Status.PASSED, Status.SKIPPED) for r in results)
    skipped = sum(r.status is Status.SKIPPED for r in results)
    tests = "test" if len(results) == 1 else "tests"
    counts = [
        f"{failed} of {len(results)} {tests} failed" if failed else "",
        f"{errors} could not be judged" if errors else "",
        f"{warned} warned" if warned else "",
        f"{skipped} not judged" if skipped else "",
    ]
    return ", ".join(count for count in counts if count)


def headline(result: CheckResult) -> str:
    """Return one line that tells of a test: its message and what was seen."""
    title = result.message or result.name
    return f"{title}: {result.why}" if result.why else title


def _told(result: CheckResult) -> list[str]:
    """Return the lines that tell of one test in the message of a failed step."""
    glyph = _GLYPHS.get(result.status, "!")
    line = f"line {result.line}: " if result.line else ""
    title = " ".join((result.message or result.name).split())
    lines = [f"  {glyph} {line}{title}"]
    why = [part for part in result.why.splitlines() if part.strip()]
    if why and result.why != result.message:
        lines += [f"      {part}" for part in why[:_MOST_LINES]]
    return lines
