"""What runs write about datasets into the project itself: data dictionaries, and the change log that git keeps.

A dictionary stands beside the rules of its dataset and is kept up to date when it is there; the setting ``dictionary``
makes one for every dataset, or leaves all alone. The setting ``changelog`` names the file that every change of
structure is added to.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path, PurePath
from typing import Any

from nbops.errors import NbopsError, UsageError
from nbops.pipeline.structure.change import null_policy
from nbops.pipeline.structure.changelog import Changelog, Reader
from nbops.rules import FOLDER
from nbops.rules.dictionary import (
    SUFFIX,
    Dictionary,
    dictionary_text,
    dictionary_updated,
    read_dictionary,
)
from nbops.rules.reading import read_rule_file
from nbops.settings import Settings
from nbops.store.database import Database
from nbops.store.datasets import DatasetRef, changelog_of, datasets_of_notebook, find_dataset
from nbops.store.disk import write_whole
from nbops.store.project import Project
from nbops.views.structure_markdown import entry_markdown, with_entries

__all__ = ["described", "dictionary_file", "keep_up", "known_changelog", "known_dictionary", "known_readers",
           "with_declared"]  # fmt: skip

_LOOKS = 50
_MOST_VALUES = 12


def keep_up(
    hub: Database, project: Project, settings: Settings, *, notebook: str = "", owner: str = ""
) -> tuple[str, ...]:
    """Bring the dictionaries and the change log of a project up to date; return what went wrong, in sentences.

    Args:
        hub: The hub, with what was recorded taken in.
        project: Whose files they are.
        settings: Which of them are kept.
        notebook: Only for what this notebook makes; empty: for all.
        owner: Who answers for it, where a dictionary is new; that of the settings by default.
    """
    has_dictionaries = settings.dictionary != "off" and (project.root / FOLDER).is_dir()
    if not settings.changelog and not has_dictionaries and settings.dictionary != "all":
        return ()
    problems: list[str] = []
    entries: list[tuple[float, str]] = []
    for ref in datasets_of_notebook(hub, notebook, env=settings.env):
        file = dictionary_file(project.root, ref)
        keeps = settings.dictionary == "all" or (settings.dictionary == "kept" and file.is_file())
        if not keeps and not settings.changelog:
            continue
        log = changelog_of(hub, ref, most=_LOOKS)
        try:
            log = with_declared(project.root, ref, log)
            if keeps and log.looks:
                _write(file, described(project.root, ref, log, owner=owner or settings.owner))
        except (NbopsError, OSError) as error:
            problems.append(f"the data dictionary of {ref.full} was left as it is: {_told(error)}")
        entries += [(entry.at, entry_markdown(log, entry)) for entry in log.entries]
    try:
        if settings.changelog and entries:
            _add_entries(project.root / settings.changelog, [text for _, text in sorted(entries)])
    except (NbopsError, OSError, UnicodeDecodeError) as error:
        problems.append(f"{settings.changelog} was left as it is: {_told(error)}")
    return tuple(problems)


def dictionary_file(root: Path, ref: DatasetRef) -> Path:
    """Return where the dictionary of a dataset is, or belongs: beside its rules.

    One that stands under the bare name of the notebook is meant too, unless a notebook at the root has that name: then
    it is that one's.
    """
    path = PurePath(ref.notebook).with_suffix("")
    path = PurePath(path.name) if path.is_absolute() else path
    exact, bare = (root / FOLDER / folder / f"{ref.name}{SUFFIX}" for folder in (path, path.name))
    is_another = exact != bare and (root / PurePath(ref.notebook).name).is_file()
    return bare if bare.is_file() and not exact.is_file() and not is_another else exact


def known_dictionary(root: Path, ref: DatasetRef) -> Dictionary:
    """Return what people wrote of a dataset; nothing where its dictionary cannot be read."""
    return _dictionary(root, ref)[0]


def _dictionary(root: Path, ref: DatasetRef) -> tuple[Dictionary, str]:
    """Return what people wrote of a dataset, and why it cannot be read."""
    try:
        return read_dictionary(dictionary_file(root, ref)), ""
    except UsageError as error:
        file = dictionary_file(root, ref)
        where = error.where or str(file)
        return Dictionary(), f"{error.what} ({where.replace(f'{root}/', '')})"


def with_declared(root: Path, ref: DatasetRef, log: Changelog) -> Changelog:
    """Return *log* with the readers that the dataset's dictionary declares, or why it cannot be read."""
    said, unread = _dictionary(root, ref)
    inferred = {reader.name for reader in log.readers}
    declared = [Reader(name, "declared") for name in said.readers if name and name not in inferred]
    return replace(log, readers=(*log.readers, *declared), unread=unread)


def known_changelog(hub: Database, dataset: str, *, env: str = "") -> Changelog:
    """Return the change log of *dataset*, as it is typed, with the readers that its dictionary declares.

    Raises:
        ReferenceNotFound: There is no such dataset, or more than one.
    """
    ref, others = find_dataset(hub, dataset, env=env)
    return replace(with_declared(hub.project.root, ref, changelog_of(hub, ref)), also_at=others)


def known_readers(hub: Database, ref: DatasetRef) -> tuple[str, ...]:
    """Return who reads a dataset, as far as its newest run tells and its dictionary declares.

    Args:
        hub: The hub to look in.
        ref: The dataset.
    """
    log = with_declared(hub.project.root, ref, changelog_of(hub, ref, most=1))
    return tuple(reader.name + (" (declared)" if reader.how == "declared" else "") for reader in log.readers)


def described(root: Path, ref: DatasetRef, log: Changelog, *, owner: str = "", today: str = "") -> str:
    """Return the text of a dataset's dictionary as it should stand, with every word of people in it.

    Raises:
        UsageError: The one that stands there cannot be changed.
    """
    file = dictionary_file(root, ref)
    columns = dict(_facts(log, _rules_by_column(file)))
    whole = _whole(log)
    if not file.is_file():
        return dictionary_text(ref.full, columns, owner=owner, seen=whole)
    text = file.read_bytes().decode("utf-8")
    day = today or _day(log.until)
    return dictionary_updated(text, columns, renamed=_renamed(log), seen=whole, today=day, name=str(file))


# ── inside ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _facts(log: Changelog, rules: Mapping[str, list[str]]) -> Iterator[tuple[str, dict[str, Any]]]:
    meant = {column.name: column.meaning for column in log.columns}
    for column in log.structure.columns:
        values = [*column.values[:_MOST_VALUES], *(["…"] if len(column.values) > _MOST_VALUES else [])]
        facts = {
            "type": column.type, "means": meant.get(column.name, ""), "nulls": null_policy(column.may_be_null),
            "unit": column.unit, "by": column.grain, "values": values, "rules": rules.get(column.name, []),
        }  # fmt: skip
        yield column.name, {key: value for key, value in facts.items() if value}


def _whole(log: Changelog) -> dict[str, Any]:
    facts = {"row": " + ".join(log.structure.key), "step": log.step, "readers": [one.name for one in log.readers
             if one.how == "inferred"]}  # fmt: skip
    return {key: value for key, value in facts.items() if value}


def _rules_by_column(file: Path) -> dict[str, list[str]]:
    """Return the kinds of rules that are kept for each column, as they stand beside the dictionary."""
    place = file.with_name(f"{file.name.removesuffix(SUFFIX)}.yml")
    found: dict[str, list[str]] = {}
    if not place.is_file():
        return found
    try:
        rules = read_rule_file(place)
    except NbopsError:  # the run that is judged by them says so
        return found
    for rule in rules:
        for column in rule.check.looks_at:
            kinds = found.setdefault(str(column), [])
            if rule.check.kind not in kinds:
                kinds.append(rule.check.kind)
    return found


def _renamed(log: Changelog) -> dict[str, str]:
    """Return what columns that are gone are called now, renamed once or several times."""
    names: dict[str, str] = {}
    for entry in reversed(log.entries):
        for change in entry.changes:
            if change.kind == "renamed":
                names = {old: change.column if new == change.before else new for old, new in names.items()}
                names[change.before] = change.column
    here = set(log.structure.names)
    return {old: new for old, new in names.items() if old not in here and new in here}


def _day(at: float) -> str:
    import time

    return time.strftime("%Y-%m-%d", time.localtime(at))


def _write(file: Path, text: str) -> None:
    data = text.encode("utf-8")
    if not file.is_file() or file.read_bytes() != data:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_whole(file, [data], sync=False)


def _add_entries(file: Path, entries: list[str]) -> None:
    before = file.read_bytes().decode("utf-8") if file.is_file() else ""
    after = with_entries(before, entries)
    if after != before:
        _write(file, after)


def _told(error: Exception) -> str:
    if not isinstance(error, NbopsError):
        return str(error)
    return f"{error.what} ({error.where})" if error.where else error.what
