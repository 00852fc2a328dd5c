"""The tests that an incident could become."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from nbops.pipeline.incident import Incident
from nbops.rules.separating import Proven

__all__ = ["Proposal", "Proposals"]


@dataclass(frozen=True, slots=True)
class Proposal:
    """A test that an incident could become.

    Args:
        dataset: The table that it judges.
        step: The step that makes this table.
        rule: The rule, and what it was shown on.
        file: The rule file that it belongs into.
        text: What that file would hold.
    """

    dataset: str
    step: str
    rule: Proven
    file: Path
    text: str

    @property
    def name(self) -> str:
        """What the test is called from then on."""
        return f"{self.dataset}: {self.rule.text}"


@dataclass(frozen=True, slots=True)
class Proposals:
    """What an incident could become a test by.

    Args:
        incident: The incident.
        run: The run whose tables are the evidence.
        good: The good runs that the tests were shown on, the newest first.
        tables: The tables of the run that were looked at.
        found: The tests, the most telling first.
        why: Why there is none; empty when there is one.
        fix: What to do instead.
    """

    incident: Incident
    run: str
    good: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    found: tuple[Proposal, ...] = ()
    why: str = ""
    fix: str = ""
