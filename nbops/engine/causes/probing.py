"""Judging one failed test of a run again, on another version of the variable that it is about.

This runs code of the notebook and reads what it kept, so it belongs into a process of its own.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbops.engine.causes.lineage import Lineage, Statement, Version
from nbops.engine.causes.slicing import fill, slice_for
from nbops.engine.cell.judging import Judge
from nbops.engine.reuse.ruling import rule_folders
from nbops.frames.tables import is_columnar, is_frame
from nbops.notebook.judge import instrument
from nbops.records import CheckResult, Status, StepFinished, collecting

__all__ = ["FAILS", "PASSES", "UNKNOWN", "Probe", "Said", "is_alike"]

FAILS, PASSES, UNKNOWN = "fails", "passes", "unknown"
_RUNTIME = "__nbops_again__"


@dataclass(frozen=True, slots=True)
class Said:
    """What the test said: ``fails``, ``passes`` or ``unknown``, and of how many rows, or why."""

    outcome: str
    detail: str = ""


class Probe:
    """One failed test, ready to be judged again.

    Args:
        lineage: The run that it failed in.
        record: The record of the cell that it failed in.
        result: Its verdict there.
        given: The parameters that the run was given, as text.
        root: The project's root, for the rules that wait in files.
        notebook: The notebook's path relative to it.
    """

    def __init__(
        self,
        lineage: Lineage,
        record: StepFinished,
        result: CheckResult,
        given: Mapping[str, str],
        *,
        root: Path,
        notebook: str,
    ) -> None:
        self.lineage = lineage
        self.result = result
        self.record = record
        self._given = given
        self._rules = _rules_of(result, record, root, notebook) if result.kind == "rule" else None
        statements = lineage.cell_statements(record.cell if record.cell is not None else -1)
        if self._rules:
            self.statement: Statement | None = None
            self.before = statements[-1].index + 1 if statements else 0
            self.reads: tuple[str, ...] = (self._rules[0],)
            return
        line = result.line or 0
        holding = (s for s in statements if s.node.lineno <= line <= (s.node.end_lineno or line))
        self.statement = next(holding, None)
        self.before = self.statement.index if self.statement else 0
        self.reads = tuple(_needs(self.statement)) if self.statement else ()

    @property
    def is_there(self) -> bool:
        """Whether the test was found in the code."""
        return self._rules is not None or self.statement is not None

    def subjects(self) -> list[Version]:
        """Return the versions of variables that it is about, the one made last first."""
        found = [self.lineage.version(name, self.before) for name in self.reads]
        return sorted(filter(None, found), key=lambda v: self.lineage.last_change(v).index, reverse=True)

    def on(self, subject: str, value: Any, base: Mapping[str, Any]) -> Said:
        """Judge it with *value* under the name *subject*, everything else as in *base*."""
        return self._judged({**base, subject: value})

    def base(self, without: str = "") -> tuple[dict[str, Any], dict[str, str]]:
        """Return what the test reads, except the variable *without*; and why some of it is not there."""
        names = [name for name in self.reads if name != without]
        namespace: dict[str, Any] = {"__name__": "__main__"}
        cells = {self.record.cell} if self.record.cell is not None else set()
        actions = slice_for(self.lineage, names, self.before, given=self._given, again=cells)
        return namespace, fill(actions, namespace, self.lineage)

    def value(self, version: Version) -> tuple[Any, str]:
        """Return what that version was, and why it is not known; empty when it is."""
        before = self.lineage.last_change(version).index + 1
        namespace: dict[str, Any] = {"__name__": "__main__"}
        actions = slice_for(self.lineage, [version.name], before, given=self._given)
        missing = fill(actions, namespace, self.lineage)
        if version.name in missing or version.name not in namespace:
            return None, missing.get(version.name, "it is not there")
        return namespace[version.name], ""

    def with_instead(self, instead: Mapping[Version, Any], again: Collection[int]) -> Said:
        """Judge it with other values of some versions, the cells *again* run anew on them."""
        namespace: dict[str, Any] = {"__name__": "__main__"}
        cells = {*again, *([self.record.cell] if self.record.cell is not None else [])}
        actions = slice_for(self.lineage, self.reads, self.before, given=self._given, again=cells, instead=instead)
        missing = {n: why for n, why in fill(actions, namespace, self.lineage).items() if n in self.reads}
        if missing:
            return Said(UNKNOWN, next(iter(missing.values())))
        return self._judged(namespace)

    # ── inside ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _judged(self, namespace: dict[str, Any]) -> Said:
        act = self.lineage.outside_act(self.statement) if self.statement else ""
        if act:
            return Said(UNKNOWN, f"the test {act}")
        try:
            results = self._by_rules(namespace) if self._rules else self._by_code(namespace)
        except Exception as error:  # noqa: BLE001 - the test cannot be judged on that value: that is the answer
            return Said(UNKNOWN, f"{type(error).__name__}: {str(error).partition(chr(10))[0][:160]}")
        same = [r for r in results if r.name == self.result.name]
        near = same or [r for r in results if r.line == self.result.line and self.result.kind != "rule"]
        if not near:
            return Said(PASSES if self.result.kind == "called" else UNKNOWN, "")
        return _said(next((r for r in near if r.status in (Status.FAILED, Status.WARNED)), near[0]))

    def _by_rules(self, namespace: Mapping[str, Any]) -> tuple[CheckResult, ...]:
        from nbops.checks.suite import judge_table
        from nbops.engine.reuse.known_tables import known_tables
        from nbops.rules.reading import read_rules

        assert self._rules is not None
        name, file = self._rules
        return judge_table(
            namespace[name], read_rules(file, known_tables(namespace)), dataset=name, kind="rule", limit=0
        )

    def _by_code(self, namespace: dict[str, Any]) -> tuple[CheckResult, ...]:
        assert self.statement is not None
        module = ast.Module(body=[copy.deepcopy(self.statement.node)], type_ignores=[])
        is_test = self.statement.kind == "test"
        module, table = instrument(module, self.statement.source, _RUNTIME, collect=is_test)
        judge = Judge(table, examples=0)
        namespace[_RUNTIME] = judge
        token = collecting(judge)
        try:
            exec(compile(ast.fix_missing_locations(module), "<test>", "exec"), namespace)
            judge.finish()
        except AssertionError as error:
            judge.raised(error)
        finally:
            token.var.reset(token)
            namespace.pop(_RUNTIME, None)
        return judge.results()


def _needs(statement: Statement) -> list[str]:
    """Return what a test reads: also what the functions that it defines read, and their arguments."""
    flow = statement.flow
    found = [*flow.reads, *(read for reads in flow.defers.values() for read in reads)]
    if statement.kind == "test" and isinstance(statement.node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        found += [argument.arg for argument in statement.node.args.args]
    return list(dict.fromkeys(found))


def _said(result: CheckResult) -> Said:
    if result.status in (Status.FAILED, Status.WARNED):
        rows = f"{result.failing:,} of {result.rows:,} rows" if result.failing and result.rows else ""
        return Said(FAILS, rows or result.observed)
    if result.status is Status.PASSED:
        return Said(PASSES)
    return Said(UNKNOWN, result.why)


def _rules_of(result: CheckResult, record: StepFinished, root: Path, notebook: str) -> tuple[str, Path] | None:
    """Return the table that a rule is about, and the file that it stands in."""
    names = sorted(record.writes, key=lambda name: not result.name.startswith(f"{name}."))
    for name in names:
        for folder in rule_folders(root, notebook):
            if (folder / f"{name}.yml").is_file():
                return name, folder / f"{name}.yml"
    return None


def is_alike(value: Any, other: Any) -> bool:
    """Whether a test that is about *value* may be asked of *other*: tables of tables, columns of columns.

    Example:
        >>> is_alike([1], [2, 3]), is_alike(1, "a"), is_alike(None, 1)
        (True, False, True)
    """
    if value is None or other is None:
        return True
    if is_columnar(value) or is_columnar(other):
        dimensions = getattr(value, "ndim", None) == getattr(other, "ndim", None)
        return is_columnar(value) and is_columnar(other) and is_frame(value) == is_frame(other) and dimensions
    return isinstance(other, type(value)) or isinstance(value, type(other))
