"""The rule files of a project: which datasets have rules, and how many."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from nbops.checks.suite import result_name
from nbops.errors import NbopsError, UsageError, did_you_mean
from nbops.rules import FOLDER
from nbops.rules.dictionary import SUFFIX
from nbops.rules.muting import Muted, Muting
from nbops.rules.reading import read_rule_file
from nbops.rules.rule import Rule

__all__ = ["RuleFile", "find_rule", "find_rules", "list_rules"]


@dataclass(frozen=True, slots=True)
class RuleFile:
    """The rules of one dataset.

    Args:
        dataset: Its name, ``NOTEBOOK/DATASET``.
        path: The file.
        rules: The rules; none when the file cannot be read.
        problem: Why it cannot be read; empty when it can.
        muted: Which of its rules refuse nothing today.
    """

    dataset: str
    path: Path
    rules: tuple[Rule, ...] = ()
    problem: str = ""
    muted: tuple[Muted, ...] = ()


def list_rules(root: Path) -> tuple[RuleFile, ...]:
    """Return the rule files of the project at *root*, in the order of their names; a broken one says what is wrong."""
    folder = root / FOLDER
    files = sorted(path for path in _rule_files(folder) if path.is_file())
    return tuple(_read(path, path.relative_to(folder).with_suffix("").as_posix()) for path in files)


def find_rules(root: Path, name: str, notebook: str = "", proposing: str = "") -> Path:
    """Return the rule file of the table *name* in the project at *root*.

    Args:
        root: The project's root.
        name: The table's plain name.
        notebook: The notebook whose rules are meant when several have rules for such a table.
        proposing: The command that proposes rules for it, told where there are none.

    Raises:
        UsageError: There is none, or more than one.
    """
    folder = root / FOLDER
    found = sorted(path for path in _rule_files(folder) if path.stem == name) if name else []
    own = [path for path in found if notebook and path.parent.name == Path(notebook).stem]
    found = own if len(own) == 1 else found
    if not found:
        known = sorted({path.stem for path in _rule_files(folder)})
        near = did_you_mean(name, known) if known else ""
        near = f"{near}; " if near.startswith("did you mean") else ""
        proposed = f", or propose some: {proposing}" if proposing else ""
        fix = f"{near}--rules FILE, or write {folder / (name or 'table')}.yml{proposed}"
        raise UsageError(f"no rules are kept for {name!r}", where=str(folder), fix=fix)
    if len(found) > 1:
        first, *rest = [str(path.relative_to(root)) for path in found]
        told = ", ".join([first, *rest])
        raise UsageError(f"several files hold rules for {name!r}", where=told, fix=f"--rules {first}")
    return found[0]


def find_rule(root: Path, rule: str, file: str = "") -> tuple[Path, str]:
    """Return the rule file that holds *rule*, and the rule's name there, without the dataset.

    Args:
        root: The project's root.
        rule: Its name, as results have it: ``orders.state.in_set``, or without the dataset.
        file: The rule file; empty to look for it among those of the project.

    Raises:
        UsageError: There is none of that name, or more than one.
    """
    files = [Path(file)] if file else [one.path for one in list_rules(root) if not one.problem]
    found: dict[Path, str] = {}
    known: set[str] = set()
    for path in files:
        for name in (result_name(one.check) for one in read_rule_file(path)):
            known.add(f"{path.stem}.{name}")
            if rule in (name, f"{path.stem}.{name}"):
                found[path] = name
    if not found:
        where = file or str(root / FOLDER)
        raise UsageError(f"there is no rule {rule!r}", where=where, fix=did_you_mean(rule, sorted(known)))
    if len(found) > 1:
        told = ", ".join(str(path) for path in found)
        raise UsageError(f"several files have a rule {rule!r}", where=told, fix=f"--rules {next(iter(found))}")
    return next(iter(found.items()))


def _rule_files(folder: Path) -> Iterator[Path]:
    """Yield the rule files below *folder*; the data dictionaries beside them are none."""
    return (path for path in folder.rglob("*.yml") if not path.name.endswith(SUFFIX))


def _read(path: Path, dataset: str) -> RuleFile:
    try:
        return RuleFile(dataset, path, read_rule_file(path), muted=tuple(Muting.of(path).now.values()))
    except NbopsError as error:
        return RuleFile(dataset, path, problem=f"{error.what} ({error.where})")
