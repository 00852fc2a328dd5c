"""Rules that are muted until a date: they are judged and told, and refuse nothing. The day after, they do again.

A rule file says so itself, so that a diff tells who muted what, and why::

    rules:
      - in_set: {column: state, values: [new, paid]}
    muted:
      - {rule: state.in_set, until: 2026-12-01, reason: 'the shop tries a third state'}
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from nbops.checks.model import Check
from nbops.checks.suite import result_name
from nbops.errors import UsageError, did_you_mean
from nbops.records import CheckResult, Status
from nbops.rules.reading import read_rule_file
from nbops.rules.rule import yaml_text

__all__ = ["Muted", "Muting", "mute", "muted_in", "with_muted"]

_FIELDS = {"rule", "until", "reason"}
_EXAMPLE = "- {rule: state.in_set, until: 2026-12-01, reason: 'why'}"


@dataclass(frozen=True, slots=True)
class Muted:
    """A rule that refuses nothing until a date.

    Args:
        rule: Its name, as results have it, without the dataset.
        until: The last day on which it is muted.
        reason: Why.
    """

    rule: str
    until: dt.date
    reason: str

    @property
    def text(self) -> str:
        """It as a line of a rule file."""
        told = (yaml_text(self.rule), self.until.isoformat(), yaml_text(self.reason))
        return "- {{rule: {}, until: {}, reason: {}}}".format(*told)


def muted_in(text: str, *, name: str = "rules") -> tuple[Muted, ...]:
    r"""Return what is muted in the rule file *text*.

    Raises:
        UsageError: It cannot be meant.

    Example:
        >>> muted_in("rules: []\nmuted:\n  - {rule: id.unique, until: 2030-01-31, reason: a test}")[0].until
        datetime.date(2030, 1, 31)
    """
    if "muted" not in text:
        return ()
    listed = (yaml.safe_load(text) or {}).get("muted") or []
    if not isinstance(listed, list):
        raise UsageError("'muted' must be a list", where=name, fix=_EXAMPLE)
    return tuple(_muted(one, name) for one in listed)


def _muted(one: Any, name: str) -> Muted:
    if not isinstance(one, dict) or set(one) != _FIELDS:
        raise UsageError(f"{one!r} does not say rule, until and reason", where=name, fix=_EXAMPLE)
    until = one["until"]
    if isinstance(until, dt.datetime) or not isinstance(until, dt.date):
        raise UsageError(f"{until!r} is no date", where=name, fix="until: 2026-12-01")
    if not str(one["reason"] or "").strip():
        raise UsageError(f"{one['rule']} is muted without a reason", where=name, fix=_EXAMPLE)
    return Muted(str(one["rule"]), until, str(one["reason"]))


@dataclass(frozen=True, slots=True)
class Muting:
    """What is muted on a day.

    Args:
        now: The mutings that are not over, by rule.
    """

    now: dict[str, Muted]

    @classmethod
    def of(cls, file: Path, *, today: dt.date | None = None) -> Muting:
        """Return what is muted today in a rule file.

        Raises:
            UsageError: It cannot be meant.
        """
        day = today or dt.datetime.now().date()
        found = muted_in(file.read_text(encoding="utf-8"), name=str(file))
        return cls({one.rule: one for one in found if one.until >= day})

    def soften(self, checks: Iterable[Check]) -> tuple[Check, ...]:
        """Return the checks, of which those that are muted only warn."""
        return tuple(replace(one, severity="warn") if result_name(one) in self.now else one for one in checks)

    def tell(self, checks: Sequence[Check], results: Iterable[CheckResult]) -> tuple[CheckResult, ...]:
        """Return the results, of which those of muted rules that do not hold say so."""
        pairs = zip(results, (self.now.get(result_name(one)) for one in checks), strict=True)
        return tuple(_told(result, muted) if muted else result for result, muted in pairs)


def _told(result: CheckResult, muted: Muted) -> CheckResult:
    if result.status is Status.PASSED:
        return result
    return replace(result, why=f"{result.why} (muted until {muted.until}: {muted.reason})")


def with_muted(text: str, muted: Sequence[Muted], *, name: str = "rules") -> str:
    """Return the rule file *text* with *muted* as its list of what is muted; what stands there else stays.

    Raises:
        UsageError: The file is written in a way that has no place for it.
    """
    return _written(text, muted, name)


def mute(file: Path, rule: str, until: dt.date, *, reason: str, today: dt.date | None = None) -> Muted:
    """Write into a rule file that a rule is muted; what was said of it before is replaced.

    Raises:
        UsageError: There is no such rule, no reason, or *until* is over already.
    """
    known = {result_name(one.check) for one in read_rule_file(file)}
    if rule not in known:
        raise UsageError(f"there is no rule {rule!r}", where=str(file), fix=did_you_mean(rule, known))
    if not reason.strip():
        raise UsageError("a rule is muted only with a reason", where=rule, fix='--reason "why"')
    if until < (today or dt.datetime.now().date()):
        raise UsageError(f"{until} is over: the rule would not be muted", where=rule, fix="--until a day to come")
    made = Muted(rule, until, reason.strip())
    text = file.read_text(encoding="utf-8")
    kept = [one for one in muted_in(text, name=str(file)) if one.rule != rule]
    file.write_text(_written(text, [*kept, made], str(file)), encoding="utf-8")
    return made


def _written(text: str, muted: Sequence[Muted], name: str) -> str:
    """Return *text* with its list of what is muted written anew, as its last key when there was none."""
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    if root.flow_style:
        raise UsageError("the file is written on one line", where=name, fix="write `rules:` on a line of its own")
    block = ["muted:", *(f"  {one.text}" for one in muted)]
    lines = text.splitlines()
    keys = [key for key, _ in root.value]
    at = next((n for n, key in enumerate(keys) if key.value == "muted"), None)
    if at is None:
        return "\n".join([*lines, *block]) + "\n"
    begin = keys[at].start_mark.line
    end = keys[at + 1].start_mark.line if at + 1 < len(keys) else len(lines)
    return "\n".join([*lines[:begin], *block, *lines[end:]]) + "\n"
