"""How things are said: numbers, durations, sizes, moments, rows, counts of tests; the same words in every door.

All text that comes from outside (names, values, messages) passes through :func:`plain` or :func:`line` first: colours
of terminals, control characters and marks that turn the direction of text are taken out, so that no value can paint
over a terminal or pose as something else.
"""

from __future__ import annotations

import math
import re
import shlex
import time
from collections.abc import Iterable, Sequence

from nbops.frames.tables import shortened
from nbops.records import CheckResult, Status, StepFinished, Table

__all__ = [
    "cell_number",
    "command",
    "count",
    "duration",
    "flow_phrase",
    "is_slow",
    "line",
    "moment",
    "number",
    "observed",
    "phrase_of_tests",
    "plain",
    "quoted",
    "rounded",
    "row_flow",
    "rows_judged",
    "short_id",
    "size",
    "statuses_phrase",
    "waiver",
]

_ESCAPES = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_].*?(?:\x07|\x1b\\|$)|[ -/]*[0-~])|\x9b[0-?]*[ -/]*[@-~]", re.S
)
_KEPT = frozenset("\n\t\u200c\u200d")  # line breaks, and what joins letters and emoji
_SPACES = re.compile(r"\s+")


def plain(text: str) -> str:
    r"""Return *text* without terminal escapes and without characters that cannot be seen.

    Example:
        >>> plain("\x1b[31mred\x1b[0m\x00 \u202egnp")
        'red gnp'
    """
    if text.isprintable():
        return text
    text = _ESCAPES.sub("", text)
    return "".join(c for c in text if c.isprintable() or c in _KEPT)


def line(text: str, limit: int = 300) -> str:
    r"""Return *text* plain, on one line, shortened to *limit* characters.

    Example:
        >>> line("a\n  b")
        'a b'
    """
    if len(text) > 4 * limit:  # a long value is cut before it is cleaned
        text = text[: 4 * limit]
    return shortened(_SPACES.sub(" ", plain(text)).strip(), limit)


def number(value: float) -> str:
    """Return *value* with thousands separators.

    Example:
        >>> number(336776)
        '336,776'
    """
    return f"{value:,}"


def duration(seconds: float) -> str:
    """Return *seconds* in the unit that reads best.

    Example:
        >>> [duration(s) for s in (0.0004, 0.04, 1.84, 59.97, 850, 7500)]
        ['< 1 ms', '40 ms', '1.8 s', '1 m 00 s', '14 m 10 s', '2 h 05 m']
    """
    if seconds < 0.001:
        return "< 1 ms"
    if seconds < 0.0995:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60} m {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} m"


def is_slow(seconds: float, usual: float | None) -> bool:
    """Return whether *seconds* is so far above *usual* that one should know."""
    return usual is not None and seconds > 1.5 * usual and seconds - usual > 0.1


def size(count_bytes: int) -> str:
    """Return a number of bytes in the unit that reads best.

    Example:
        >>> size(12_400_000), size(900)
        ('12 MB', '900 B')
    """
    value = float(count_bytes)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 999.5 or unit == "GB":
            break
        value /= 1000
    return f"{value:.1f} {unit}" if unit == "GB" else f"{value:.0f} {unit}"


def moment(at: float, *, with_seconds: bool = False, with_year: bool = False) -> str:
    """Return the local day and time of a moment: ``Sat 9 Feb 05:31``.

    Args:
        at: The moment, in seconds since 1970.
        with_seconds: Give the time to the second.
        with_year: Name the year too.
    """
    local = time.localtime(at)
    year = time.strftime(" %Y", local) if with_year else ""
    clock = time.strftime("%H:%M:%S" if with_seconds else "%H:%M", local)
    return f"{time.strftime('%a', local)} {local.tm_mday} {time.strftime('%b', local)}{year} {clock}"


def count(n: int, one: str, many: str = "") -> str:
    """Return ``1 step``, ``2 steps``.

    Example:
        >>> count(1, "step"), count(1200, "step"), count(2, "entry", "entries")
        ('1 step', '1,200 steps', '2 entries')
    """
    return f"{n:,} {one if n == 1 else many or one + 's'}"


def short_id(run: str) -> str:
    """Return as much of a run's id as people type: enough to be unique among some ten thousand runs.

    Example:
        >>> short_id("b21c77aa00112233445566778899aabb")
        'b21c77'
    """
    return run[:6]


def cell_number(index: int) -> str:
    """Return what people call the cell at *index*, which is counted from 0.

    Example:
        >>> cell_number(6)
        'cell 7'
    """
    return f"cell {index + 1}"


def statuses_phrase(statuses: Iterable[Status]) -> str:
    """Return ``2 passed, 1 failed``, in the order good to bad.

    Example:
        >>> statuses_phrase([Status.FAILED, Status.PASSED, Status.PASSED])
        '2 passed, 1 failed'
    """
    seen: dict[Status, int] = {}
    for status in statuses:
        seen[status] = seen.get(status, 0) + 1
    return ", ".join(f"{seen[status]:,} {status}" for status in _GOOD_TO_BAD if status in seen)


_GOOD_TO_BAD = (
    Status.PASSED,
    Status.WARNED,
    Status.FAILED,
    Status.ERROR,
    Status.INTERRUPTED,
    Status.REFUSED,
    Status.RUNNING,
    Status.PENDING,
    Status.SKIPPED,
)


_LONGEST_WORD = 4_000  # a value that is cut would be another value


def quoted(text: str) -> str:
    """Return *text* as one word of a shell."""
    return shlex.quote(line(text, _LONGEST_WORD))


def command(*words: str) -> str:
    """Return a command to type: ``nbops`` and *words*, each quoted where it must be.

    Example:
        >>> command("report", "b21c")
        'nbops report b21c'
    """
    return " ".join(["nbops", *(quoted(word) for word in words)])


def phrase_of_tests(tests: Sequence[CheckResult]) -> str:
    """Return ``10 tests, 2 failed``; only what is not passed is counted apart."""
    if not tests:
        return "no tests"
    text = count(len(tests), "test")
    seen: dict[Status, int] = {}
    for test in tests:
        seen[test.status] = seen.get(test.status, 0) + 1
    for status, word in _NOT_PASSED:
        if status in seen:
            text += f", {seen[status]} {word}"
    return text


_NOT_PASSED = (
    (Status.FAILED, "failed"),
    (Status.ERROR, "could not be judged"),
    (Status.WARNED, "warned"),
    (Status.SKIPPED, "not judged"),
)


def rows_judged(test: CheckResult) -> str:
    """Return ``472 of 930``, the failing rows of a test; empty for a test of one value."""
    if test.rows is None or test.failing is None:
        return ""
    return f"{test.failing:,} of {test.rows:,}"


def waiver(test: CheckResult) -> str:
    """Return that a test was waived in this run, and why; empty when it was not.

    Example:
        >>> waiver(CheckResult("known", Status.WARNED, why="2 of 9 rows fail (waived: a new airport)"))
        'waived: a new airport'
    """
    match = _WAIVED.search(test.why) if test.status is Status.WARNED else None
    return line(match[1], 120) if match else ""


def observed(test: CheckResult) -> str:
    """Return what a test saw on one line; empty when that is only the count of its failing rows.

    The record keeps every digit; here a share of 0.507527 reads as 0.5075.
    """
    text = line(test.observed, 80)
    is_count = rows_judged(test) and text in (rows_judged(test), f"{rows_judged(test)} rows")
    return "" if is_count else rounded(text, test.allowed)


def rounded(text: str, allowed: str = "") -> str:
    """Return *text* with its number rounded to four significant digits, when it is one number with or without a unit.

    Digits before the point stay, and so do as many behind it as it takes to tell the number from those in *allowed*.

    Example:
        >>> rounded("0.507527", "< 0.1"), rounded("12345.678 rows"), rounded("0.100004", "< 0.1"), rounded("'1.23456'")
        ('0.5075', '12346 rows', '0.100004', "'1.23456'")
    """
    match = _DECIMAL.fullmatch(text)
    if not match or sum(map(str.isdigit, match[1].split("e")[0].lstrip("-0."))) <= _DIGITS:
        return text
    value = float(match[1])
    distance = min((abs(value - float(n.replace(",", ""))) for n in _NUMBER.findall(allowed)), default=math.inf)
    whole = len(match[1].lstrip("-").split(".")[0])
    for digits in range(max(_DIGITS, whole), _MOST_DIGITS):
        short = f"{value:.{digits}g}"
        if abs(float(short) - value) <= distance / 20:
            return short + match[2]
    return text


_DIGITS, _MOST_DIGITS = 4, 15
_WAIVED = re.compile(r"\((waived: .*)\)$", re.DOTALL)
_DECIMAL = re.compile(r"(-?\d+\.\d+(?:e[+-]?\d+)?)((?:[ %].*)?)")
_NUMBER = re.compile(r"(?<![\w.])-?\d[\d,]*(?:\.\d+)?(?:e[+-]?\d+)?")


def row_flow(record: StepFinished, *, with_columns: bool = False) -> str:
    """Return ``930 → 458``, the rows that went into a step and came out; empty when no table did either.

    Args:
        record: The step's record.
        with_columns: Add ``× 19`` when one table came out and none went in.
    """
    between = _between(record)
    before = _main_tables(record.tables_in)
    after = _main_tables(table for table in record.tables_out if table.name not in between)
    if not before and not after:
        return ""
    text = f"{_sum_of_rows(before)} → {_sum_of_rows(after)}".strip()
    if with_columns and not before and len(after) == 1 and after[0].columns is not None:
        text += f" rows × {after[0].columns:,}"
    return text


def flow_phrase(record: StepFinished, *, with_columns: bool = False) -> str:
    """Return :func:`row_flow` as it is said in a sentence: ``930 → 458 rows``, ``458 + 72 rows in``."""
    flow = row_flow(record, with_columns=with_columns)
    if flow.endswith("→"):
        return f"{flow[:-1].strip()} rows in"
    return f"{flow} rows" if flow and "×" not in flow else flow


def _between(record: StepFinished) -> set[str]:
    """Return the tables that row functions made on the way to others."""
    accounts = record.accounts
    used = {at for account in accounts if account.verb != "view" for at in account.sources}
    ends = {account.table_out.name for at, account in enumerate(accounts) if at not in used}
    return {accounts[at].table_out.name for at in used if 0 <= at < len(accounts)} - ends


def _main_tables(tables: Iterable[Table]) -> list[Table]:
    """Leave out single columns where there are whole tables."""
    every = list(tables)
    return [t for t in every if t.columns is not None] or every


def _sum_of_rows(tables: Sequence[Table]) -> str:
    if len(tables) > 3:
        return f"{len(tables)} tables"
    return " + ".join("?" if t.rows is None else f"{t.rows:,}" for t in tables)
