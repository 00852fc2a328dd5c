"""Where rows went, as it is said: ``930 − 472 cancelled − 0 duplicate = 458, reconciles``; the same in every door."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from nbops.pipeline.row_flows import RowFlow, Stage, flows
from nbops.records import RowEntry, StepFinished
from nbops.views.words import count, line, number, short_id

__all__ = [
    "Piece",
    "Range",
    "Usual",
    "excluded_line",
    "excluded_lines",
    "flow_pieces",
    "flow_text",
    "label_of",
    "losses",
    "notes_of",
    "rows_lines",
    "run_lines",
    "usual_words",
    "verdict_of",
]

Piece = tuple[str, str]
"""A piece of what is said, and how: ``""`` plain, ``strong``, ``muted``, ``good`` or ``warned``."""

Range = tuple[int, int]
"""The fewest and the most rows that are usual."""

Usual = Mapping[tuple[str, str], Range]
"""By step and reason, how many rows are usually dropped."""

_UNKNOWN: Usual = {}
_MOST_ENTRIES = 8
_MOST_LOSSES = 3


def verdict_of(flow: RowFlow) -> Piece:
    """Return whether a flow adds up, in words."""
    gap = flow.unexplained
    if gap is None:
        return "not all rows are counted", "muted"
    return ("reconciles", "good") if gap == 0 else (f"{count(abs(gap), 'row')} unexplained", "warned")


def usual_words(usual: Range | None) -> str:
    """Return how many rows are usual, as ``1–98``; empty when nobody knows.

    Example:
        >>> usual_words((1, 98)), usual_words((40, 40)), usual_words(None)
        ('1–98', '40', '')
    """
    return "" if usual is None else "–".join(dict.fromkeys(map(number, usual)))


def flow_pieces(flow: RowFlow, *, minus: str = "−", usual: Usual = _UNKNOWN) -> list[Piece]:
    """Return a flow as an equation, and whether it adds up.

    Args:
        flow: The way of the rows.
        minus: How a minus is written.
        usual: By step and reason, how many rows are usual; it is told where there are fewer or more.
    """
    pieces: list[Piece] = [(" + ".join(_number(table.rows) for table in flow.stages[0].account.tables_in), "")]
    for at, stage in enumerate(flow.stages):
        pieces += _stage(stage, minus, usual, is_first=at == 0)
    pieces += _gap(flow.last_gap, minus)
    said, how = verdict_of(flow)
    return [*pieces, (f" = {_number(flow.end.rows)} ", ""), (said if how == "good" else f"· {said}", how)]


def _stage(stage: Stage, minus: str, usual: Usual, *, is_first: bool) -> Iterator[Piece]:
    yield from _gap(stage.gap, minus)
    if not is_first:
        for table in stage.account.tables_in[1:]:
            yield f" + {_number(table.rows)}" + (f" {line(table.name, 40)}" if table.name else ""), ""
    entries = [entry for entry in stage.account.entries if entry.kind != "aside"]
    for entry in entries[:_MOST_ENTRIES]:
        yield f" {'+' if entry.kind == 'added' else minus} ", ""
        yield _number(entry.rows), "strong" if entry.rows else ""
        yield f" {line(entry.reason, 60)}", ""
        known = usual.get((stage.step, entry.reason)) if entry.kind == "dropped" else None
        if known and entry.rows is not None and not known[0] <= entry.rows <= known[1]:
            yield f" (usual {usual_words(known)})", "warned"
    if len(entries) > _MOST_ENTRIES:
        yield f" and {len(entries) - _MOST_ENTRIES} more reasons", "muted"
    yield from _gap(stage.account.unexplained, minus)


def _gap(gap: int | None, minus: str) -> Iterator[Piece]:
    if gap:
        yield f" {'+' if gap > 0 else minus} {_number(abs(gap))} unexplained", "warned"


def _number(rows: int | None) -> str:
    return "?" if rows is None else number(rows)


def flow_text(flow: RowFlow, *, minus: str = "−", usual: Usual = _UNKNOWN) -> str:
    """Return a flow on one line.

    Example:
        >>> from nbops.records import RowAccount, Status, Table
        >>> raw, clean = Table("raw", "pandas.DataFrame", 930), Table("clean", "pandas.DataFrame", 458)
        >>> keep = RowAccount("keep", (raw,), clean, (RowEntry("cancelled", 472),))
        >>> flow_text(flows([StepFinished(1.0, "r", "clean", Status.PASSED, accounts=(keep,))])[0])
        '930 − 472 cancelled = 458 reconciles'
    """
    return "".join(text for text, _ in flow_pieces(flow, minus=minus, usual=usual))


def notes_of(flow: RowFlow) -> list[str]:
    """Return what there is to say beside the equation, one sentence each."""
    said = []
    for stage in flow.stages:
        for entry in stage.account.entries:
            if entry.kind == "aside" and (entry.rows or entry.note):
                said.append(f"{_number(entry.rows)} {line(entry.reason, 80)}" + _more(entry))
            elif entry.note and entry.rows:
                said.append(f"{line(entry.reason, 60)}: {line(entry.note)}")
        if stage.account.note:
            said.append(line(stage.account.note))
    return list(dict.fromkeys(said))


def _more(entry: RowEntry) -> str:
    return f" ({line(entry.note)})" if entry.note else ""


def rows_lines(records: Iterable[StepFinished], *, minus: str = "-") -> list[str]:
    """Return the flows of *records* as lines of text; several flows are told apart by the table at their end."""
    found = flows(records)
    lines = []
    for flow in found:
        lines.append(f"{label_of(flow, found)} {flow_text(flow, minus=minus)}")
        lines += [f"  {note}" for note in notes_of(flow)]
    return lines


def excluded_line(record: StepFinished) -> list[str]:
    """Return how the rows that a step left out are had as a table; nothing when none are kept."""
    kept = sum(entry.kept for account in record.accounts for entry in account.entries)
    typed = f'nbops.excluded("{short_id(record.run)}::{line(record.step)}")'
    return [f"{count(kept, 'excluded row')}: {typed}"] if kept else []


def excluded_lines(record: StepFinished) -> list[str]:
    """Return a line for each reason for which a step left out rows that are kept, and what shows them."""
    rows: dict[str, int] = {}
    for entry in (entry for account in record.accounts for entry in account.entries if entry.kept):
        rows[entry.reason] = rows.get(entry.reason, 0) + entry.kept
    said = {line(reason, 60): f"{short_id(record.run)}::{record.step}::{reason}" for reason in rows}
    wide = max(map(len, said), default=0)
    digits = max((len(number(kept)) for kept in rows.values()), default=0)
    return [
        f"{number(kept):>{digits}} {reason:<{wide}}  nbops show {shlex.quote(line(ref))}"
        for kept, (reason, ref) in zip(rows.values(), said.items(), strict=False)
    ]


def losses(record: StepFinished) -> str:
    """Return in few words which rows a step dropped, as ``−12 duplicate, −3 cancelled``; empty when it dropped none."""
    entries = [e for account in record.accounts for e in account.entries if e.kind == "dropped" and e.rows]
    said = [f"−{_number(entry.rows)} {line(entry.reason, 40)}" for entry in entries[:_MOST_LOSSES]]
    return ", ".join([*said, *(["…"] if len(entries) > len(said) else [])])


def run_lines(records: Iterable[StepFinished], *, minus: str = "−", usual: Usual = _UNKNOWN) -> list[str]:
    """Return the flows of a run as lines of text, each step's own, and what went between steps without an account."""
    every = list(records)
    lines = []
    for record in every:
        found = flows([record])
        names = [line(record.step, 60) + (f" ({_end_of(flow)})" if len(found) > 1 else "") for flow in found]
        said = [flow_text(flow, minus=minus, usual=usual) for flow in found]
        lines += [f"{name}: {text}" for name, text in zip(names, said, strict=True)]
    for flow in flows(every):
        steps = [stage.step for stage in flow.stages]
        for before, stage in zip(steps, flow.stages[1:], strict=False):
            if stage.gap and stage.step != before:
                table = line(stage.account.tables_in[0].name, 60)
                gap = count(abs(stage.gap), "row")
                lines.append(f"{table}: {gap} unexplained between {line(before, 60)} and {line(stage.step, 60)}")
    return [said + (f" · {times} times" if times > 1 else "") for said, times in Counter(lines).items()]


def _end_of(flow: RowFlow) -> str:
    """Return what the table at the end of a flow is called, or else which call made it."""
    last = flow.stages[-1].account
    return line(flow.end.name, 60) or last.verb + (f" in line {last.line}" if last.line else "")


def label_of(flow: RowFlow, every: Sequence[RowFlow]) -> str:
    """Return what a line about a flow begins with: ``rows``, or ``rows of flights_clean`` among several."""
    return "rows" if len(every) == 1 or not flow.end.name else f"rows of {line(flow.end.name, 60)}"
