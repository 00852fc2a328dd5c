"""Rules that wait in files: those of a dataset are judged whenever a step makes it, and when one reads it.

The rules of the dataset that the notebook ``reports/sales.ipynb`` makes under the name ``orders`` stand in
``rules/reports/sales/orders.yml``, or in ``rules/sales/orders.yml``.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path, PurePath
from typing import Any

from nbops.errors import NbopsError
from nbops.frames.fingerprint import fingerprint
from nbops.frames.tables import is_frame
from nbops.records import CheckResult, Status
from nbops.rules import FOLDER
from nbops.rules.origin import Origin

__all__ = ["judge_inputs", "judge_outputs", "keeps_rules", "rule_folders"]


_judged: dict[tuple[str, str], tuple[object, ...]] = {}  # the version of each table that its rules let through


def keeps_rules(root: Path) -> bool:
    """Whether anything is kept beside rules in the project at *root*; asked after every step: one look at the disk."""
    return (root / FOLDER).is_dir()


def judge_outputs(
    root: Path,
    notebook: str | None,
    names: Iterable[str],
    namespace: Mapping[str, Any],
    limit: int,
    *,
    origin: Origin | None = None,
    secrets: Iterable[str] = (),
) -> Iterator[CheckResult]:
    """Yield the verdicts of the rules that are kept for the tables among *names*, which a step just made.

    Rules that cannot be read are an error: a broken file must not pass for no file.

    Args:
        root: The project's root.
        notebook: Whose step made the tables; None when unknown, which is an error where there are rules.
        names: The names that the step wrote.
        namespace: Where their values are.
        limit: How many failing rows of a rule to keep.
        origin: The run that made them, and its parameters.
        secrets: Texts that must never be written.
    """
    tables = [name for name in names if is_frame(namespace.get(name))]
    if tables and not notebook:
        if not _has_rules(root):
            return
        why = "rules are kept here, but nobody knows which notebook this is: say `%nbops name NOTEBOOK`"
        yield CheckResult("rules", Status.ERROR, kind="rule", why=why)
        return
    for name in tables:
        file = _rule_file(root, notebook or "", name)
        found = [] if file is None else list(_judged_by(file, name, namespace, name, limit))
        yield from found
        is_good = not any(result.status.is_bad for result in found)
        about = origin or Origin()
        yield from _by_baseline(
            root, notebook or "", name, namespace[name], is_good=is_good, origin=about, secrets=secrets
        )


def judge_inputs(
    root: Path, notebook: str | None, names: Iterable[str], namespace: Mapping[str, Any], limit: int
) -> Iterator[CheckResult]:
    """Yield the verdicts of the rules that are kept for the tables among *names*, which a step is about to read.

    A table that came through its rules and has not changed since is not judged again. One that failed is: whoever
    goes on with it by hand must not get a green step.

    Args:
        root: The project's root.
        notebook: Whose step reads them; None when unknown: then the step that makes tables says so.
        names: The names that the step reads.
        namespace: Where their values are.
        limit: How many failing rows of a rule to keep.
    """
    if not notebook:
        return
    for name in dict.fromkeys(names):
        file = _rule_file(root, notebook, name) if is_frame(namespace.get(name)) else None
        if file is not None and _judged.get((str(file), name), ()) != _version(file, namespace[name]):
            yield from _judged_by(file, name, namespace, f"input {name}", limit)


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


def _by_baseline(
    root: Path,
    notebook: str,
    name: str,
    table: Any,
    *,
    is_good: bool,
    origin: Origin,
    secrets: Iterable[str],
) -> Iterator[CheckResult]:
    """Yield the verdict of the dataset's baseline, which stands beside its rules, if there is one.

    What it refuses is kept, so that it can be accepted after all.
    """
    from nbops.engine.reuse.refused import keep_refused
    from nbops.rules.learning import SUFFIX, judge_by_baseline
    from nbops.settings import load_settings

    for file in (folder / f"{name}{SUFFIX}" for folder in rule_folders(root, notebook)):
        if file.is_file():
            accepts = load_settings(root).accept == "passed"
            if origin.run:
                origin = replace(origin, ref=f"{Path(notebook).stem}/{name}@{origin.run}")
            result = judge_by_baseline(file, name, table, accepts=accepts, is_good=is_good, origin=origin)
            if result.status is Status.FAILED and origin.run:
                problem = keep_refused(root, origin.run, name, table, secrets)
                result = replace(result, why=f"{result.why}; it could not be kept: {problem}") if problem else result
            yield result
            break


def _has_rules(root: Path) -> bool:
    """Whether any dataset has rules or a baseline; a data dictionary judges nothing."""
    from nbops.rules.dictionary import SUFFIX as WORDS
    from nbops.rules.learning import SUFFIX as BASELINE

    return any(
        name.endswith(BASELINE) or (name.endswith(".yml") and not name.endswith(WORDS))
        for _, _, names in os.walk(root / FOLDER)
        for name in names
    )


def _rule_file(root: Path, notebook: str, name: str) -> Path | None:
    files = (folder / f"{name}.yml" for folder in rule_folders(root, notebook))
    return next((file for file in files if file.is_file()), None)


def _version(file: Path, table: Any) -> tuple[object, ...]:
    """Return what tells this table, and these rules, from later ones; never equal when that cannot be told."""
    said = file.stat()
    seen = fingerprint(table)
    return (said.st_mtime_ns, said.st_size, id(table), object() if seen is None else seen)


def _judged_by(file: Path, name: str, namespace: Mapping[str, Any], told: str, limit: int) -> Iterator[CheckResult]:
    """Yield the verdicts on the table *name*, which the names of the results call *told*."""
    from nbops.checks.suite import judge_table
    from nbops.engine.reuse.known_tables import known_tables
    from nbops.rules.muting import Muting
    from nbops.rules.reading import read_rule_file

    _judged.pop((str(file), name), None)
    table = namespace[name]
    try:
        version = _version(file, table)
        rules = read_rule_file(file, known_tables({n: v for n, v in namespace.items() if n != name}))
        muting = Muting.of(file)
        checks = muting.soften(rule.check for rule in rules)
        found = muting.tell(checks, judge_table(table, list(checks), dataset=told, kind="rule", limit=limit))
    except NbopsError as error:
        yield CheckResult(f"{told}: its rules", Status.ERROR, kind="rule", why=str(error), source=str(file))
        return
    results = [replace(result, source=rule.text) for rule, result in zip(rules, found, strict=True)]
    if not any(result.status.is_bad for result in results):
        _judged[str(file), name] = version
    yield from results
