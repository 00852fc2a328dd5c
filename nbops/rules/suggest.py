"""``nbops.suggest(table)``: rules from a baseline, with one budget of false alarms for the whole table.

Every rule says what it measures, what the baseline showed, where that came from, what it spends of the budget, and in
one sentence what must hold. The budget is the probability that a batch made like the baseline is refused by any of
them; by the union bound it is at most the sum of what the rules spend, so each spends an equal share. Rules that only
warn refuse nothing: they share a budget of their own, of the same size.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from nbops.checks.model import Check, RowCheck
from nbops.errors import UsageError
from nbops.frames.files import open_file
from nbops.frames.profile.coding import profile_from_json
from nbops.frames.profile.table import Profile, profile
from nbops.frames.tables import is_frame, library
from nbops.rules.candidate import Candidate
from nbops.rules.candidates import candidates
from nbops.rules.evidence import Baseline
from nbops.rules.hygiene import Finding, findings
from nbops.rules.references import opened, references
from nbops.rules.suggestion import Suggestion, Suggestions
from nbops.stats.tolerance import read_tolerance

__all__ = ["BUDGET", "suggest", "suggest_from"]

BUDGET = 0.01
_SAYS_NOTHING = 0.5  # a tolerance of half of all rows


def suggest(
    table: Any,
    *,
    baseline: Sequence[Any] = (),
    name: str = "",
    budget: float = BUDGET,
    others: Mapping[str, Any] | None = None,
) -> Suggestions:
    """Return the rules that *table*, or the batches of *baseline*, could carry.

    Args:
        table: What rules are wanted for: a frame, a path, or a profile. It is the baseline when no other is given.
        baseline: Batches of it, the oldest first: frames, paths or profiles. Then *table* itself is only their newest.
        name: The table's name; that of its file when empty.
        budget: How often a batch made like the baseline may be refused: 0.01 is one in a hundred.
        others: Other datasets by name, frames or paths: columns of *table* that stand in their keys become rules.

    Raises:
        UsageError: A table cannot be read, or the baseline has no rows.

    Example:
        >>> import pandas as pd
        >>> found = suggest(pd.DataFrame({"order_id": range(500), "state": ["new", "paid"] * 250}), name="orders")
        >>> [rule.sentence for rule in found if rule.nature == "hard"][2]
        'order_id is never the same in two rows.'
    """
    batches = [_profile(one, name) for one in [*baseline, *([] if table is None else [table])]]
    origin = _origin([*baseline, table] if baseline else [table])
    name = name or next((batch.name for batch in reversed(batches) if batch.name), "")
    more = _references(table, batches, others or {})
    return suggest_from(batches, name=name, origin=origin, budget=budget, more=more)


def _references(table: Any, batches: Sequence[Profile], others: Mapping[str, Any]) -> tuple[Candidate, ...]:
    if not others:
        return ()
    if isinstance(table, (str, os.PathLike)) and Path(table).suffix != ".json":
        table = open_file(Path(table))
    if not is_frame(table):
        raise UsageError("references need the rows of the table", fix="give a frame or a file, no profile")
    return tuple(references(table, batches[-1], opened(others)))


def suggest_from(
    batches: Iterable[Profile],
    *,
    name: str = "",
    origin: str = "",
    budget: float = BUDGET,
    more: Sequence[Candidate] = (),
) -> Suggestions:
    """Return the rules that a table whose batches have these profiles could carry.

    Args:
        batches: The profiles, the oldest first.
        name: The table's name.
        origin: Where they came from.
        budget: How often a batch made like them may be refused.
        more: Rules that profiles alone do not tell, which share the budget.

    Raises:
        UsageError: There is no row to learn from, or *budget* is no probability.
    """
    if not 0 < budget < 1:
        raise UsageError(f"a budget of {budget!r} is none", fix="budget=0.01 is one false alarm in 100 batches")
    base = Baseline(tuple(batch for batch in batches if batch.rows))
    if not base.batches:
        raise UsageError("there is no row to learn from", where=name, fix="give a table with rows")
    found = _affordable([*candidates(base), *more], base, budget)
    rules = tuple(_suggestion(one, each, origin) for one, each in found)
    doubts = tuple(filter(_is_doubt, findings(base.whole)))
    return Suggestions(name, rules, budget, origin, base.whole.rows, len(base.batches), doubts)


def _is_doubt(finding: Finding) -> bool:
    """Return whether a finding spoils the rules; that a text file holds dates as text does not."""
    return finding.certainty != "possible" and not finding.what.startswith(("dates stored", "moments stored"))


def _affordable(found: list[Candidate], base: Baseline, budget: float) -> list[tuple[Candidate, float]]:
    """Return the candidates whose tolerance, at their share of the budget, still says something, with that share."""
    kept = [one for one, risk in _shared(found, budget) if not _says_nothing(one.make(risk), base.usual_rows)]
    return _shared(kept, budget)


def _shared(found: list[Candidate], budget: float) -> list[tuple[Candidate, float]]:
    """Return each candidate with its share: of the budget of those that refuse, or of that of those that warn."""
    severities = [one.make(budget).severity for one in found]
    many = {
        severity: max(1, sum(one.is_priced for one, its in zip(found, severities, strict=True) if its == severity))
        for severity in ("fail", "warn")
    }
    return [(one, budget / many[severity]) for one, severity in zip(found, severities, strict=True)]


def _says_nothing(check: Check, rows: int) -> bool:
    if not isinstance(check, RowCheck) or not check.usual:
        return False
    return read_tolerance(check.usual).allowed(rows) > _SAYS_NOTHING * rows


def _suggestion(one: Candidate, each: float, origin: str) -> Suggestion:
    risk = float(f"{each:.2e}") if one.is_priced else 0.0
    check = one.make(risk if one.is_priced else each)
    return Suggestion(check, one.nature, one.statistic, one.evidence, origin, risk, one.sentence, one.note, one.other)


def _profile(table: Any, name: str) -> Profile:
    if isinstance(table, Profile):
        return table
    if isinstance(table, (str, os.PathLike)) and Path(table).suffix == ".json":
        return profile_from_json(Path(table).read_text(encoding="utf-8"), str(table))
    odd = [one for one in table.columns if not isinstance(one, str)] if library(table) == "pandas" else []
    if odd:
        fix = "df.columns = df.columns.astype(str)"
        raise UsageError(f"the column {odd[0]!r} has no name that a rule could say", where=name, fix=fix)
    return profile(table, name=name)


def _origin(tables: Sequence[Any]) -> str:
    names = [Path(t).name if isinstance(t, (str, os.PathLike)) else getattr(t, "name", "") for t in tables]
    told = [str(name) for name in names if isinstance(name, str) and name]
    return ", ".join(told[:3]) + (f" and {len(told) - 3} more" if len(told) > 3 else "")
