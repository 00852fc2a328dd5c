"""Baselines in files beside the rules: judging a dataset by its baseline, and changing the baseline by an act.

The baseline of the dataset ``orders`` stands in ``orders.baseline.json`` where its rules ``orders.yml`` stand.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbops.errors import NbopsError, UsageError
from nbops.records import CheckResult, Status
from nbops.rules.origin import Origin, is_taken_again

if TYPE_CHECKING:
    from nbops.rules.verdict.baseline import Baseline, TableVerdict

__all__ = [
    "SUFFIX",
    "accept_into",
    "judge_by_baseline",
    "load_baseline",
    "new_baseline",
    "rule_file_of",
    "save_baseline",
    "widen_for",
]

SUFFIX = ".baseline.json"


def rule_file_of(baseline: Path) -> Path:
    """Return the rule file beside a baseline.

    Example:
        >>> rule_file_of(Path("rules/sales/orders.baseline.json")).as_posix()
        'rules/sales/orders.yml'
    """
    return baseline.with_name(f"{baseline.name.removesuffix(SUFFIX).removesuffix('.json')}.yml")


def load_baseline(file: Path) -> Baseline:
    """Return the baseline in a file.

    Raises:
        UsageError: There is none, or it cannot be read.
    """
    from nbops.rules.verdict.state import load

    return load(file)


def save_baseline(baseline: Baseline, file: Path) -> None:
    """Write a baseline, whole or not at all; one line for each thing, so that a diff can be read."""
    from nbops.rules.verdict.state import to_json

    file.parent.mkdir(parents=True, exist_ok=True)
    beside = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        beside.write_text(json.dumps(to_json(baseline), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        os.replace(beside, file)
    finally:
        beside.unlink(missing_ok=True)


def new_baseline(tables: Iterable[Any], file: Path, *, reason: str) -> Baseline:
    """Learn a baseline from deliveries, oldest first, and write it.

    Raises:
        UsageError: There is a baseline already: it is changed by accepting deliveries, never replaced in silence.
    """
    from nbops.rules.verdict.baseline import Act, Baseline

    _needs_reason(reason)
    if file.exists():
        raise UsageError("there is a baseline already", where=str(file), fix=f"git mv {file} {file}.old")
    made = Baseline.fit(tables)
    when = datetime.now(UTC).isoformat(timespec="seconds")
    made.log.append(Act(f"learnt from {made.memory.batches} deliveries", when, reason, rows=made.memory.rows))
    save_baseline(made, file)
    return made


def accept_into(file: Path, table: Any, *, reason: str, origin: Origin | None = None) -> TableVerdict:
    """Take a delivery into a baseline, by an act with a reason, and return what the verdict on it was.

    Raises:
        UsageError: There is no reason, or no baseline, or the delivery is in it already.
    """
    _needs_reason(reason)
    baseline, origin = load_baseline(file), origin or Origin()
    last = next((act for act in reversed(baseline.log) if act.act == "accepted"), None)
    is_known = last is not None and ((origin.run and origin.run == last.run) or (origin.ref and origin.ref == last.ref))
    if is_known and baseline.repeats(table):
        raise UsageError("this delivery was accepted already", where=origin.ref, fix=f"git log -p -- {file}")
    verdict = baseline.judge(table)
    baseline.accept(table, reason=reason, ref=origin.ref, run=origin.run, parameters=origin.parameters)
    save_baseline(baseline, file)
    return verdict


def widen_for(file: Path, table: Any, *, reason: str, origin: Origin | None = None) -> tuple[str, ...]:
    """Widen exactly what raised a false alarm on a delivery, and return what that was.

    Raises:
        UsageError: There is no reason, no baseline, or no alarm.
    """
    _needs_reason(reason)
    baseline = load_baseline(file)
    if not baseline.judge(table).is_bad:
        raise UsageError("the baseline raises no alarm on this delivery", where=str(file), fix="nbops check TABLE")
    changed = baseline.widen(table, reason=reason, ref=origin.ref if origin else "")
    save_baseline(baseline, file)
    return changed


def judge_by_baseline(
    file: Path,
    name: str,
    table: Any,
    *,
    accepts: bool = False,
    is_good: bool = True,
    origin: Origin | None = None,
) -> CheckResult:
    """Return the verdict on a dataset as the test of a step.

    The delivery that was accepted last passes when it is made again, and is not taken in twice.

    Args:
        file: The baseline's file.
        name: The dataset.
        table: The dataset's table.
        accepts: Whether a delivery that passed is taken into the baseline, as the policy may say.
        is_good: Whether the other rules of the dataset passed, without which nothing is taken in.
        origin: Where the table comes from.
    """
    test, origin = f"{name}: like its past deliveries", origin or Origin()
    try:
        baseline = load_baseline(file)
        if is_taken_again(origin, baseline.log) and baseline.repeats(table):
            again = "the delivery that was accepted last, once more"
            return CheckResult(test, Status.PASSED, kind="rule", message=again, rows=baseline.memory.previous.count)
        verdict = baseline.judge(table)
        if accepts and is_good and not verdict.is_bad:
            reason = "passed, and the policy is to accept what passed"
            baseline.accept(table, reason=reason, ref=origin.ref, run=origin.run, parameters=origin.parameters)
            save_baseline(baseline, file)
    except (NbopsError, OSError) as error:
        return CheckResult(test, Status.ERROR, kind="rule", why=str(error), source=str(file))
    observed, allowed = f"score {verdict.score:.1f}", f"at most {verdict.threshold:.1f}"
    label = f"learning from {baseline.memory.batches} deliveries" if verdict.is_learning else ""
    if not verdict.is_bad:
        return CheckResult(
            test, Status.PASSED, kind="rule", message=label, observed=observed, allowed=allowed, rows=verdict.rows
        )
    scored = [] if verdict.facts else [f"{observed}, allowed is {allowed}"]  # a fact needs no score
    why = "; ".join([*verdict.sentences, *scored, *([label] if label else [])])
    return CheckResult(test, Status.FAILED, kind="rule", why=why, rows=verdict.rows)


def _needs_reason(reason: str) -> None:
    if not reason.strip():
        raise UsageError("a baseline is changed only with a reason", fix='--reason "why"')
