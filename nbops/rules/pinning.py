"""Errors that were missed: each becomes a rule, pinned by the rows that it must refuse for ever.

The rule goes into the dataset's rule file. Beside it, ``orders.pinned.json`` tells of each pinned rule why, since when
and which file holds its rows, ``orders.pinned/1.csv``. A rule that was weakened or dropped since is found by judging
those rows again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from nbops.checks.model import Check
from nbops.checks.suite import judge_table
from nbops.errors import UsageError
from nbops.frames.files import open_file
from nbops.records import Status
from nbops.rules.reading import read_rule_file, rules_in
from nbops.rules.rule import Rule
from nbops.rules.writing import rules_added, rules_text

__all__ = ["Pinned", "pin", "pinned_rules", "still_refused"]

_FEW = 20
_MOST = 5_000


@dataclass(frozen=True, slots=True)
class Pinned:
    """A pinned rule.

    Args:
        rule: The rule as it stands in the rule file.
        rows: The file with its rows, beside the rule file.
        reason: Which error it is that was missed.
        when: When it was pinned.
        ref: The delivery in which the error was missed.
    """

    rule: str
    rows: str
    reason: str
    when: str
    ref: str = ""


def pin(file: Path, table: Any, text: str, *, reason: str, ref: str = "") -> Pinned:
    """Add a rule to a rule file, and keep rows of *table* that it refuses.

    Args:
        file: The dataset's rule file, which need not exist.
        table: The delivery in which the error was missed.
        text: The rule as in a rule file, as ``between: {column: amount, low: 0, high: 100}``.
        reason: Which error was missed.
        ref: What the delivery is called.

    Raises:
        UsageError: There is no reason, *text* is no rule, or it does not refuse the delivery.
    """
    if not reason.strip():
        raise UsageError("a rule is pinned only with a reason", fix='--reason "which error was missed"')
    rules = rules_in(f"rules:\n  - {text}\n", name="the rule")
    if len(rules) != 1:
        raise UsageError(f"{text!r} is not one rule", fix="one rule, as --rule 'not_null: id'")
    rows = _fewest(_as_pandas(table), rules[0].check, text)
    known = pinned_rules(file)
    place = f"{file.stem}.pinned/{1 + max((int(Path(one.rows).stem) for one in known), default=0)}.csv"
    made = Pinned(rules[0].text, place, reason, datetime.now(UTC).isoformat(timespec="seconds"), ref)
    path = file.parent / place
    path.parent.mkdir(parents=True, exist_ok=True)
    rows.to_csv(path, index=False)
    if not _refuses(rules[0].check, open_file(path)):
        path.unlink()
        raise UsageError(
            f"{rules[0].text} does not refuse its rows once they are text", fix="write a rule that holds for text, too"
        )
    _write(file, rules[0])
    _listed(file).write_text(json.dumps([asdict(one) for one in (*known, made)], indent=1, ensure_ascii=False) + "\n")
    return made


def pinned_rules(file: Path) -> tuple[Pinned, ...]:
    """Return the pinned rules of a rule file.

    Raises:
        UsageError: The list of them cannot be read.
    """
    path = _listed(file)
    if not path.is_file():
        return ()
    try:
        found: list[Mapping[str, str]] = json.loads(path.read_text(encoding="utf-8"))
        return tuple(Pinned(**one) for one in found)
    except (OSError, ValueError, TypeError) as error:
        raise UsageError(
            f"the pinned rules cannot be read: {error}", where=str(path), fix=f"git log -- {path}"
        ) from error


def still_refused(file: Path) -> dict[Pinned, bool]:
    """Return for each pinned rule whether the rule file, as it is now, refuses its rows."""
    known = pinned_rules(file)
    checks = [rule.check for rule in read_rule_file(file)] if known and file.is_file() else []
    return {one: any(_refuses(check, open_file(file.parent / one.rows)) for check in checks) for one in known}


def _refuses(check: Check, table: Any) -> bool:
    (result,) = judge_table(table, [check], limit=0)
    return result.status in (Status.FAILED, Status.WARNED)


def _fewest(table: Any, check: Check, text: str) -> Any:
    """Return few rows that the check still refuses: halves of the table, as long as one of them does not pass."""
    (result,) = judge_table(table, [check], limit=0)
    if not _refuses(check, table):
        why = result.why or "it holds"
        raise UsageError(f"the rule {text} would miss the error, too: {why}", fix="write a rule that fails on it")
    while len(table) > _FEW:
        half = next((part for part in _halves(table) if _refuses(check, part)), None)
        if half is None:
            break
        table = half
    if len(table) > _MOST:
        fix = "pin a rule about rows: it needs few of them"
        raise UsageError(f"the rule {text} fails only on {len(table):,} rows together, too many to keep", fix=fix)
    return table


def _halves(table: Any) -> tuple[Any, Any]:
    middle = len(table) // 2
    return table.iloc[:middle], table.iloc[middle:]


def _as_pandas(table: Any) -> Any:
    from nbops.rules.verdict.delivery import Delivery

    return Delivery.frame(table)


def _write(file: Path, rule: Rule) -> None:
    if file.is_file():
        text, _ = rules_added(file.read_text(encoding="utf-8"), [rule], name=str(file))
    else:
        text = rules_text([rule], dataset=file.stem)
    file.write_text(text, encoding="utf-8")


def _listed(file: Path) -> Path:
    return file.with_name(f"{file.stem}.pinned.json")
