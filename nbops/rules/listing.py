"""The rule files of a project: which datasets have rules, and how many."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from nbops.errors import NbopsError
from nbops.rules import FOLDER
from nbops.rules.reading import read_rule_file
from nbops.rules.rule import Rule

__all__ = ["RuleFile", "list_rules"]


@dataclass(frozen=True, slots=True)
class RuleFile:
    """The rules of one dataset.

    Args:
        dataset: Its name, ``NOTEBOOK/DATASET``.
        path: The file.
        rules: The rules; none when the file cannot be read.
        problem: Why it cannot be read; empty when it can.
    """

    dataset: str
    path: Path
    rules: tuple[Rule, ...] = ()
    problem: str = ""


def list_rules(root: Path) -> tuple[RuleFile, ...]:
    """Return the rule files of the project at *root*, in the order of their names; a broken one says what is wrong."""
    folder = root / FOLDER
    files = sorted(path for path in folder.rglob("*.yml") if path.is_file())
    return tuple(_read(path, path.relative_to(folder).with_suffix("").as_posix()) for path in files)


def _read(path: Path, dataset: str) -> RuleFile:
    try:
        return RuleFile(dataset, path, read_rule_file(path))
    except NbopsError as error:
        return RuleFile(dataset, path, problem=f"{error.what} ({error.where})")
