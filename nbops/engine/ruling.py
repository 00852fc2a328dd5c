"""Rules that wait in files: those of a dataset are judged whenever a step makes it.

The rules of the dataset that the notebook ``reports/sales.ipynb`` makes under the name ``orders`` stand in
``rules/reports/sales/orders.yml``, or in ``rules/sales/orders.yml``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePath
from typing import Any

from nbops.errors import NbopsError
from nbops.frames.tables import is_frame
from nbops.records import CheckResult, Status

__all__ = ["judge_outputs", "rule_folders"]

_FOLDER = "rules"


def judge_outputs(
    root: Path, notebook: str | None, names: Iterable[str], namespace: Mapping[str, Any], limit: int
) -> Iterator[CheckResult]:
    """Yield the verdicts of the rules that are kept for the tables among *names*.

    Rules that cannot be read are an error: a broken file must not pass for no file.

    Args:
        root: The project's root.
        notebook: Whose step made the tables; None when unknown, which is an error where there are rules.
        names: The names that the step wrote.
        namespace: Where their values are.
        limit: How many failing rows of a rule to keep.
    """
    if not (root / _FOLDER).is_dir():
        return
    tables = [name for name in names if is_frame(namespace.get(name))]
    if tables and not notebook:
        why = "rules are kept here, but nobody knows which notebook this is: say `%nbops name NOTEBOOK`"
        yield CheckResult("rules", Status.ERROR, kind="rule", why=why)
        return
    for name in tables:
        found: list[CheckResult] = []
        for file in (folder / f"{name}.yml" for folder in rule_folders(root, notebook or "")):
            if file.is_file():
                found = list(_judged(file, name, namespace[name], limit))
                yield from found
                break
        yield from _by_baseline(root, notebook or "", name, namespace[name], found)


def rule_folders(root: Path, notebook: str) -> list[Path]:
    """Return where the rules of *notebook* may stand, the most exact place first.

    Example:
        >>> [folder.as_posix() for folder in rule_folders(Path("/p"), "/p/reports/sales.ipynb")]
        ['/p/rules/reports/sales', '/p/rules/sales']
    """
    path = PurePath(notebook).with_suffix("")
    if path.is_absolute():
        path = path.relative_to(root) if path.is_relative_to(root) else PurePath(path.name)
    return list(dict.fromkeys([root / _FOLDER / path, root / _FOLDER / path.name]))


def _by_baseline(root: Path, notebook: str, name: str, table: Any, found: list[CheckResult]) -> Iterator[CheckResult]:
    """Yield the verdict of the dataset's baseline, which stands beside its rules, if there is one."""
    from nbops.rules.learning import SUFFIX, judge_by_baseline
    from nbops.settings import load_settings

    for file in (folder / f"{name}{SUFFIX}" for folder in rule_folders(root, notebook)):
        if file.is_file():
            is_good = not any(result.status.is_bad for result in found)
            accepts = load_settings(root).accept == "passed"
            yield judge_by_baseline(file, name, table, accepts=accepts, is_good=is_good)
            break


def _judged(file: Path, name: str, table: Any, limit: int) -> Iterator[CheckResult]:
    from nbops.checks.suite import judge_table
    from nbops.rules.reading import read_rules

    try:
        rules = read_rules(file)
        yield from judge_table(table, rules, dataset=name, kind="rule", limit=limit)
    except NbopsError as error:
        yield CheckResult(f"{name}: its rules", Status.ERROR, kind="rule", why=str(error), source=str(file))
