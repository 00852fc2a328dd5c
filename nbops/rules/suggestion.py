"""Rules that are proposed, and the file that they become: with what each rests on in a comment above it."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import yaml

from nbops.checks.model import Check
from nbops.errors import UsageError
from nbops.rules.candidate import Nature, counted
from nbops.rules.hygiene import Finding
from nbops.rules.rule import rule_of
from nbops.rules.writing import rule_yaml

__all__ = ["Suggestion", "Suggestions", "rules_yaml"]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A rule that is proposed.

    Args:
        check: The rule.
        nature: ``hard`` or ``statistical``.
        statistic: What it measures.
        evidence: What the baseline showed.
        origin: Where the baseline came from.
        risk: How much of the false-alarm budget it spends, as a probability a batch.
        sentence: What must hold.
        note: What is not known yet.
        other: The other table that the rule is about: its file, or its name when it is in none.
    """

    check: Check
    nature: Nature
    statistic: str
    evidence: str
    origin: str
    risk: float
    sentence: str
    note: str = ""
    other: str = ""

    def yaml(self, folder: str = "") -> str:
        """Return it as it stands in a rule file in *folder*; a table in no file is named as a dataset.

        Args:
            folder: Where the rule file is; that of the current process when empty.
        """
        if not self.other:
            return rule_yaml(self.check)
        is_file = Path(self.other).is_absolute()
        shown = Path(os.path.relpath(self.other, folder or os.curdir)).as_posix() if is_file else self.other
        return f"- {rule_of(self.check, other=shown).text}"

    @property
    def name(self) -> str:
        """What it is called: its columns and its kind, unless the rule has a name of its own."""
        return self.check.name or ".".join(
            [*(["+".join(self.check.looks_at)] if self.check.looks_at else []), self.check.kind]
        )


@dataclass(frozen=True, slots=True)
class Suggestions:
    """The rules that are proposed for a table.

    Args:
        name: The table's name.
        rules: The rules: the table's, then column by column, then between columns.
        budget: The probability that a batch made like the baseline is refused by any of them.
        origin: Where the baseline came from.
        rows: How many rows it had.
        batches: In how many batches.
        doubts: What looks wrong in the baseline itself, which the rules take for usual.
    """

    name: str
    rules: tuple[Suggestion, ...]
    budget: float
    origin: str
    rows: int
    batches: int
    doubts: tuple[Finding, ...] = ()

    def __iter__(self) -> Iterator[Suggestion]:
        return iter(self.rules)

    def __len__(self) -> int:
        return len(self.rules)

    @property
    def checks(self) -> tuple[Check, ...]:
        """The rules as checks, for :func:`nbops.check`."""
        return tuple(rule.check for rule in self.rules)

    @property
    def spent(self) -> float:
        """What the rules that may refuse a batch spend together: at most the budget."""
        return sum(rule.risk for rule in self.rules if rule.check.severity == "fail")

    @property
    def warning(self) -> float:
        """What those that only warn spend together of a budget of their own, which is as large."""
        return sum(rule.risk for rule in self.rules if rule.check.severity == "warn")

    def without(self, *names: str) -> Suggestions:
        """Return these without the rules of the given names.

        Raises:
            UsageError: There is none of that name.
        """
        known = {rule.name for rule in self.rules}
        for name in names:
            if name not in known:
                raise UsageError(f"no rule {name!r} is proposed", where=self.name, fix="see the names in .rules")
        return replace(self, rules=tuple(rule for rule in self.rules if rule.name not in names))

    def yaml(self, folder: str = "") -> str:
        """Return them as a rule file, which will be in *folder*: the current one when empty."""
        return rules_yaml(self, folder=folder)

    def __repr__(self) -> str:
        lines = [f"{len(self.rules)} rules for {self.name or 'the table'}, {_odds(self.budget)}"]
        lines += [f"  {rule.sentence:<60} {rule.evidence}" for rule in self.rules]
        return "\n".join(lines)


def rules_yaml(
    found: Suggestions,
    *,
    only: Collection[int] | None = None,
    edited: Mapping[int, str] | None = None,
    folder: str = "",
) -> str:
    """Return *found* as a rule file: what the rules rest on stands in comments, so that a diff tells it.

    Args:
        found: The rules.
        only: The places of those that are written; None for all.
        edited: By place, what a person wrote instead.
        folder: Where the rule file will be: files of other tables are named from there.
    """
    lines = list(_head(found))
    for nature, title in (("hard", "Hard: wrong however much chance there is."), ("statistical", "Statistical.")):
        places = [at for at, rule in enumerate(found.rules) if rule.nature == nature and (only is None or at in only)]
        if places:
            lines += ["", f"  # ── {title}"]
            lines += [line for at in places for line in _rule(found.rules[at], (edited or {}).get(at, ""), folder)]
    if only is not None and not only:
        lines.append("  []")
    return "\n".join(lines) + "\n"


def _head(found: Suggestions) -> Iterator[str]:
    rows, batches = counted(found.rows, "row"), counted(found.batches, "batch", "batches")
    origin = f" ({_line(found.origin)})" if found.origin else ""
    yield f"# Rules of {_line(found.name) or 'a table'}, suggested from {rows} in {batches}{origin}."
    yield f"# Of batches made like these, at most 1 in {1 / found.budget:,.0f} is refused by any rule of this file."
    yield "# A tolerance (usual: …) becomes a number of rows when a batch is judged, from that batch's own size."
    if found.name:
        yield yaml.safe_dump({"dataset": found.name}, allow_unicode=True).rstrip()
    yield "rules:"


def _rule(rule: Suggestion, edited: str, folder: str) -> Iterator[str]:
    if edited and edited.strip() not in (rule.yaml(), rule.yaml(folder)):
        yield f"  # Edited by hand. Proposed was: {_line(rule.sentence)} Seen: {_line(rule.evidence)}."
        yield from (f"  {line}" for line in edited.strip().splitlines())
        return
    spends = f" Spends {rule.risk:.2g}." if rule.risk else ""
    note = f" {rule.note[:1].upper()}{rule.note[1:]}." if rule.note else ""
    yield f"  # {_line(rule.sentence)} Seen: {_line(rule.evidence)} ({rule.statistic}).{spends}{note}"
    yield from (f"  {line}" for line in rule.yaml(folder).splitlines())


def _line(text: str) -> str:
    """Return *text* as it may stand in a comment: on one line, and of signs that YAML allows."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in str(text)).split())


def _odds(budget: float) -> str:
    return f"1 false alarm in {1 / budget:,.0f} batches"
