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
from nbops.rules import FOLDER

__all__ = ["judge_outputs", "rule_folders"]


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
    if not (root / FOLDER).is_dir():
        return
    tables = [name for name in names if is_frame(namespace.get(name))]
    if tables and not notebook:
        why = "rules are kept here, but nobody knows which notebook this is: say `%nbops name NOTEBOOK`"
        yield CheckResult("rules", Status.ERROR, kind="rule", why=why)
        return
    for name in tables:
        for file in (folder / f"{name}.yml" for folder in rule_folders(root, notebook or "")):
            if file.is_file():
                yield from _judged(file, name, namespace[name], limit)
                break


def rule_folders(root: Path, notebook: str) -> list[Path]:
    """Return where the rules of *notebook* may stand, the most exact place first.

    Example:
        >>> [folder.as_posix() for folder in rule_folders(Path("/p"), "/p/reports/sales.ipynb")]
        ['/p/rules/reports/sales', '/p/rules/sales']
    """
    path = PurePath(notebook).with_suffix("")
    if path.is_absolute():
        path = path.relative_to(root) if path.is_relative_to(root) else PurePath(path.name)
    return list(dict.fromkeys([root / FOLDER / path, root / FOLDER / path.name]))


def _judged(file: Path, name: str, table: Any, limit: int) -> Iterator[CheckResult]:
    from nbops.checks.suite import judge_table
    from nbops.rules.reading import read_rules

    try:
        rules = read_rules(file)
        yield from judge_table(table, rules, dataset=name, kind="rule", limit=limit)
    except NbopsError as error:
        yield CheckResult(f"{name}: its rules", Status.ERROR, kind="rule", why=str(error), source=str(file))
