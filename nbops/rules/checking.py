"""``nbops.check(table, rules=…)``: a table judged by rules, outside a notebook."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

from nbops.checks.model import Check
from nbops.checks.schema import DistinctColumns, Dtype
from nbops.checks.suite import judge_table
from nbops.checks.telling import failure_text
from nbops.errors import CheckFailed, UsageError
from nbops.frames.sql import open_table, table_name
from nbops.frames.tables import has_repeated_names
from nbops.records import CheckResult, Status, worst
from nbops.rules.learning import SUFFIX, judge_by_baseline, load_baseline
from nbops.rules.muting import Muting
from nbops.rules.reading import FindTable, read_rules
from nbops.rules.untyped import is_untyped, with_dates

__all__ = ["Checked", "check"]

Rules = str | os.PathLike[str] | Sequence[Check]


@dataclass(frozen=True, slots=True)
class Checked:
    """A table that was judged.

    Args:
        name: The table's name.
        results: The verdict of each rule, in their order.
        seconds: How long it took.
    """

    name: str
    results: tuple[CheckResult, ...]
    seconds: float = 0.0

    @property
    def status(self) -> Status:
        """The worst verdict; what only warns never fails."""
        return worst(_weight(result) for result in self.results)

    def raise_if_bad(self) -> Checked:
        """Return this when the table is good.

        Raises:
            CheckFailed: A rule that may stop failed, or could not be judged.
        """
        if self.status.is_bad:
            raise CheckFailed(f"{self.name}: {failure_text(self.results)}" if self.name else failure_text(self.results))
        return self

    def __repr__(self) -> str:
        lines = [f"{self.name or 'table'} {self.status}: {len(self.results)} rules in {self.seconds:.3f} s"]
        shown = [result for result in self.results if result.status is not Status.PASSED]
        lines += [f"  {result.status}: {result.name}: {result.why}" for result in shown]
        return "\n".join(lines)


def check(
    table: Any,
    rules: Rules,
    *,
    name: str = "",
    examples: int = 5,
    masked: Sequence[str] = (),
    others: FindTable | None = None,
) -> Checked:
    """Return the verdict of *rules* on *table*.

    Args:
        table: A frame of pandas, polars, pyarrow, DuckDB …, the path of a CSV or Parquet file, or a table of a
            database, as ``sqlite:///shop.db::orders``.
        rules: The path of a rule file or of a baseline, or checks.
        name: The table's name; that of its file, or of the rule file, when empty.
        examples: How many failing rows of a rule to keep.
        masked: Columns whose values are not shown, ``*`` standing for anything, beside those of the setting ``masked``.
        others: What finds the other tables that rules name and that are no files.

    Raises:
        UsageError: *table* is no table, or the rules cannot be meant.

    Example:
        >>> import pandas as pd
        >>> from nbops.checks.completeness import Unique
        >>> check(pd.DataFrame({"id": [1, 2, 2]}), [Unique("id")], name="orders").status
        <Status.FAILED: 'failed'>
    """
    start = perf_counter()
    file: Path | None = None
    muting = Muting({})
    if isinstance(rules, (str, os.PathLike)):
        file = Path(rules)
        if file.name.endswith(SUFFIX):
            return _by_baseline(table, file, name, start)
        rules, muting = read_rules(file, others), Muting.of(file)
    if isinstance(table, (str, os.PathLike)):
        said = os.fspath(table)
        name = name or table_name(said)
        dated = [rule.column for rule in rules if isinstance(rule, Dtype) and rule.type == "time"]
        table = with_dates(open_table(said), dated) if is_untyped(said) else open_table(said)
    name = name or (file.stem if file else "")
    if not rules:
        raise UsageError("there is no rule to judge by", where=name, fix="rules:\n  - not_empty")
    checks = [*_unsaid(table, rules), *muting.soften(rules)]
    results = judge_table(table, checks, dataset=name, kind="rule", limit=examples, masked=masked)
    return Checked(name, muting.tell(checks, results), perf_counter() - start)


def _unsaid(table: Any, rules: Sequence[Check]) -> list[Check]:
    """Return the check that stands in no rule file and that every table must pass, when *table* does not.

    Of two columns of one name nobody knows which a rule means, or would mean.
    """
    said = any(isinstance(rule, DistinctColumns) for rule in rules)
    return [DistinctColumns()] if not said and has_repeated_names(table) else []


def _by_baseline(table: Any, file: Path, name: str, start: float) -> Checked:
    """Return the verdict of the baseline in *file* on *table*; the baseline stays as it is."""
    if not file.is_file():
        raise UsageError("there is no such baseline", where=str(file), fix=f"ls {file.parent}")
    if isinstance(table, (str, os.PathLike)):
        said = os.fspath(table)
        name = name or table_name(said)
        table = open_table(said)
        if is_untyped(said):
            kinds = load_baseline(file).structure.kinds
            table = with_dates(table, [column for column, kind in kinds.items() if kind == "date"])
    name = name or file.name.removesuffix(SUFFIX)
    return Checked(name, (judge_by_baseline(file, name, table),), perf_counter() - start)


def _weight(result: CheckResult) -> Status:
    if result.severity == "warn" and result.status.is_bad:
        return Status.WARNED
    return Status.PASSED if result.status is Status.SKIPPED else result.status
