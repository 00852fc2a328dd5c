"""Chains of checks that wait for the end of their run of tests, and the one scan that judges them."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace

from nbops.checks.chain import Chain
from nbops.notebook.judge import TestSite
from nbops.records import CheckResult, Status

__all__ = ["Held", "is_cell", "judge_held", "stands_in_cell"]

_FIRST = re.compile(r"(?:\w+\.)?expect\(\s*([A-Za-z_]\w*)\s*[,)]")


@dataclass(frozen=True, slots=True)
class Held:
    """A chain, and the test of the cell that it stands in."""

    chain: Chain
    site: TestSite

    @property
    def dataset(self) -> str:
        """The name of the table: the one that was given, or that of the variable."""
        found = _FIRST.match(self.site.source)
        return self.chain.dataset or (found[1] if found else "")


def judge_held(held: Sequence[Held], limit: int) -> list[CheckResult]:
    """Return the verdicts of all checks of *held*, by the lines that they stand on.

    Args:
        held: The chains, in the order in which they were called.
        limit: How many failing rows of a check to keep.
    """
    from nbops.checks.suite import judge_table

    groups: dict[tuple[int, str], list[Held]] = {}
    for one in held:
        groups.setdefault((id(one.chain.table), one.dataset), []).append(one)
    results: list[CheckResult] = []
    for group in groups.values():
        checks = [check for one in group for check in one.chain.checks()]
        sites = [one.site for one in group for _ in one.chain.checks()]
        found = judge_table(group[0].chain.table, checks, dataset=group[0].dataset, limit=limit)
        results += [
            replace(result, line=site.line, source=site.source) for result, site in zip(found, sites, strict=True)
        ]
        results += [_without_checks(one) for one in group if not one.chain.checks()]
    return sorted(results, key=lambda result: result.line or 0)


def _without_checks(one: Held) -> CheckResult:
    """Return the verdict on ``expect(table)`` alone, which expects nothing."""
    site, why = one.site, "nothing is expected of the table: add a check, as .not_null('id')"
    return CheckResult(site.name, Status.ERROR, kind="expect", line=site.line, source=site.source, why=why)


def stands_in_cell() -> bool:
    """Whether what called nbops is a statement of the cell, or of a test function whose tests are rewritten."""
    frame = sys._getframe(1)
    while str(frame.f_globals.get("__name__", "")).partition(".")[0] == "nbops" and frame.f_back is not None:
        frame = frame.f_back
    name = frame.f_code.co_name
    return is_cell(name) or name.startswith("__nbops_")


def is_cell(name: str) -> bool:
    """Whether a function of this name is the code of a cell."""
    return name == "<module>" or name.startswith("<cell")
