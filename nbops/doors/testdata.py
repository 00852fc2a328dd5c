"""``nbops.testdata(table)``: tables like others, without their rows; and what the command line says it with."""

# ruff: noqa: PT028 - it is no test, though its name begins like one

from __future__ import annotations

import dataclasses
import json
import math
import numbers
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbops.checks.model import Check
from nbops.errors import ReferenceNotFound, UsageError, did_you_mean
from nbops.frames.files import open_file
from nbops.frames.profile.coding import profile_from_json, profile_to_json
from nbops.frames.profile.table import Profile, profile
from nbops.frames.tables import is_frame, library
from nbops.rules.reading import read_rules
from nbops.views.words import short_id

if TYPE_CHECKING:
    import pandas as pd

    from nbops.store.hub import Hub
    from nbops.synthesis.making import Made

__all__ = [
    "check_suffix",
    "damaged",
    "dataset_profile",
    "known_damage",
    "made_like",
    "notes_of",
    "profile_of",
    "row_counts",
    "rules_from",
    "testdata",
    "write_table",
]

Rows = int | float | Mapping[str, int | float] | None
Rules = str | os.PathLike[str] | Sequence[Check] | None
_SUFFIXES = (".parquet", ".csv", ".csv.gz", ".tsv", ".arrow", ".feather", ".jsonl")


def testdata(
    table: Any,
    rows: Rows = None,
    *,
    seed: int = 0,
    rules: Rules | Mapping[str, Rules] = None,
    references: Mapping[str, str] | None = None,
    damage: str = "",
    locale: str = "",
) -> Any:
    """Return a table like *table* in which no row of it stands, and no value that fewer than 10 of its rows hold.

    Args:
        table: A frame, the path of a table or of a profile, or a profile; several of them by name.
        rows: How many rows: a number, or below 1 a share; one for each table by name. As many as there were when None.
        seed: Any whole number: the same makes the same rows, on every machine.
        rules: What it must satisfy: a rule file, or checks; of several tables by name.
        references: Of several tables, which column refers to which key: ``{"orders.customer_id": "customers.id"}``;
            found by names and values when None.
        damage: A kind of damage to do to it, as ``nulls_10``.
        locale: A country, as ``de``, in whose language names of people are; needs the extra ``pii``.

    Returns:
        A frame of the library of *table*, of pandas where that is a profile; several by name. What could not be kept
        stands in ``attrs["notes"]`` of each, by column; of a table of pyarrow in the ``notes`` of its metadata.

    Raises:
        UsageError: What is wanted cannot be meant.
        CheckFailed: No rows were found that satisfy the rules.

    Example:
        >>> import pandas as pd
        >>> orders = pd.DataFrame({"id": range(1, 101), "price": [n % 7 + 0.5 for n in range(100)]})
        >>> made = testdata(orders, rows=3)
        >>> made["id"].tolist(), set(made["price"]) <= set(orders["price"])
        ([101, 102, 103], True)
    """
    known_damage(damage)
    if not isinstance(seed, numbers.Integral):
        raise UsageError(f"{seed!r} is no whole number", where="seed", fix="seed=7")
    several = table if isinstance(table, Mapping) else {_name_of(table): table}
    profiles = {name: profile_of(one, name) for name, one in several.items()}
    by_name = rules if isinstance(rules, Mapping) else dict.fromkeys(list(profiles)[:1], rules)
    if not isinstance(table, Mapping) or isinstance(rules, Mapping) or rules is None:
        _known_names(by_name, profiles, "rules")
    else:
        raise UsageError(
            "rules of several tables need their names", where="rules", fix="rules={'orders': 'rules/orders.yml'}"
        )
    checks = {name: rules_from(one) for name, one in by_name.items()}
    made = made_like(profiles, rows, seed=seed, references=references, rules=checks, locale=locale)
    found = {
        name: _noted(
            _as_library(damaged(frame, damage, seed)[0] if damage else frame, several[name]), notes_of(made, name)
        )
        for name, frame in made.tables.items()
    }
    return found if isinstance(table, Mapping) else next(iter(found.values()))


testdata.__test__ = False  # type: ignore[attr-defined]  # pytest takes every function named test… for one


def notes_of(made: Made, name: str) -> dict[str, str]:
    """Return what could not be kept of a table, by column; what concerns all of it stands under its own name."""
    start = f"{name}."
    notes = {one.removeprefix(start): note for one, note in made.notes.items() if one == name or one.startswith(start)}
    return notes | {one.name: one.why for one in made.warned}


def _noted(frame: Any, notes: Mapping[str, str]) -> Any:
    """Return *frame* with *notes* where its library has a place for them; a frame without notes stays as it is."""
    if not notes:
        return frame
    if library(frame) == "pyarrow":
        said = {b"notes": json.dumps(notes, ensure_ascii=False).encode()}
        return frame.replace_schema_metadata({**(frame.schema.metadata or {}), **said})
    frame.attrs = {"notes": dict(notes)}
    return frame


def made_like(
    profiles: Mapping[str, Profile],
    rows: Rows,
    *,
    seed: int = 0,
    references: Mapping[str, str] | None = None,
    rules: Mapping[str, Sequence[Check]] | None = None,
    locale: str = "",
) -> Made:
    """Return tables like those of *profiles*, with what is to be said of them."""
    from nbops.synthesis.making import make_tables

    counts = row_counts(rows, profiles)
    return make_tables(profiles, counts, seed=seed, references=references, rules=rules, locale=locale)


def row_counts(rows: Rows, profiles: Mapping[str, Profile]) -> dict[str, int]:
    """Return how many rows each table gets.

    Raises:
        UsageError: *rows* is no number of rows, or names a table that there is not.
    """
    by_name = rows if isinstance(rows, Mapping) else dict.fromkeys(profiles, rows)
    _known_names(by_name, profiles, "rows")
    return {name: _count(by_name.get(name), one.rows) for name, one in profiles.items()}


def _count(rows: int | float | None, seen: int) -> int:
    if rows is None:
        return seen
    if isinstance(rows, bool) or not isinstance(rows, numbers.Real) or not 0 <= rows < math.inf:
        raise UsageError(f"{rows!r} is no number of rows", where="rows", fix="1000, or 0.1 for a tenth")
    if 0 < rows < 1:
        return max(1, round(rows * seen))
    if rows != int(rows):
        raise UsageError(f"{rows!r} is no whole number of rows", where="rows", fix=f"{round(rows)}")
    return int(rows)


def _known_names(given: Iterable[str], profiles: Mapping[str, Profile], where: str) -> None:
    for name in given:
        if name not in profiles:
            raise UsageError(f"no table {name!r}", where=where, fix=did_you_mean(name, profiles))


def rules_from(rules: Rules) -> Sequence[Check]:
    """Return the checks that *rules* are: those of a file, or themselves."""
    if rules is None:
        return ()
    return read_rules(Path(rules)) if isinstance(rules, (str, os.PathLike)) else tuple(rules)


# ── where a profile comes from ───────────────────────────────────────────────────────────────────────────────────────


def _name_of(table: Any) -> str:
    if isinstance(table, Profile):
        return table.name or "table"
    return Path(table).name.split(".")[0] if isinstance(table, (str, os.PathLike)) else "table"


def profile_of(table: Any, name: str) -> Profile:
    """Return the profile of a frame, of the path of a table or of a profile, or the profile that it is."""
    found: Profile = table
    if isinstance(table, (str, os.PathLike)):
        found = _profile_of_file(Path(table))
    elif not isinstance(table, Profile):
        found = profile_from_json(profile_to_json(profile(table, name=name)))  # what a file would hold, and no more
    return dataclasses.replace(found, name=name or found.name)


def _profile_of_file(path: Path) -> Profile:
    if path.suffix != ".json":
        return profile_from_json(profile_to_json(profile(open_file(path), name=path.name.split(".")[0])))
    try:
        return profile_from_json(path.read_text(encoding="utf-8"), str(path))
    except FileNotFoundError as error:
        raise UsageError(
            "there is no such profile", where=str(path), fix="nbops profile TABLE --json > FILE"
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"the profile cannot be read: {error}", where=str(path), fix=f"open {path}") from error


def dataset_profile(hub: Hub, text: str) -> tuple[Profile, str]:
    """Return the profile of ``NB/DATASET[@RUN]``, a table that a run kept, and the notebook.

    Raises:
        ReferenceNotFound: There is no such run, or it kept no such table.
    """
    from nbops.engine.datasets.baselines import profiles_of_run
    from nbops.store.lookup import find_notebook, resolve

    full, _, run = text.partition("@")
    notebook, _, name = full.rpartition("/")
    path = find_notebook(hub, notebook) if notebook else None
    if notebook and path is None:
        what = f"no table file {text!r}, and no notebook {notebook!r} that ran"
        fix = "nbops runs, or give it a CSV, a Parquet file or a profile"
        raise ReferenceNotFound(what, where=f"hub {hub.where}", fix=fix)
    ref = f"{notebook}@{run or 'last-good'}" if notebook else run or "last-good"
    state = resolve(hub, ref).state
    found = profiles_of_run(hub, state.run)
    if name not in found:
        told = did_you_mean(name, found) if found else f"nbops run {state.name}"
        raise ReferenceNotFound(
            f"the run kept no table {name!r}", where=f"{state.name}@{short_id(state.run)}", fix=told
        )
    return dataclasses.replace(found[name], name=name), state.started.notebook or ""


# ── what becomes of it ───────────────────────────────────────────────────────────────────────────────────────────────


def damaged(table: pd.DataFrame, kind: str, seed: int) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return *table* with a *kind* of damage done to it, and the columns that it touched.

    Raises:
        UsageError: There is no such kind, or it has nothing to do here.
    """
    from nbops.synthesis.damage import DAMAGE, damage

    known_damage(kind)
    made = damage(table, kind, seed)
    if made is None:
        what = f"{kind} finds nothing in this table that it could damage"
        raise UsageError(what, where="damage", fix=f"another of {len(DAMAGE)} kinds: docs/test_data.md lists them")
    return made


def known_damage(kind: str) -> None:
    """Refuse a kind of damage that there is not.

    Raises:
        UsageError: There is none of that name.
    """
    from nbops.synthesis.damage import DAMAGE

    if kind and kind not in DAMAGE:
        raise UsageError(f"no damage {kind!r}", where="damage", fix=did_you_mean(kind, DAMAGE))


def _as_library(frame: pd.DataFrame, like: Any) -> Any:
    """Return a pandas frame as one of the library of *like*, where that is another's."""
    kind = library(like) if is_frame(like) else ""
    if kind == "polars":
        import polars

        made = polars.from_pandas(frame)
        return made.cast(
            {name: kind for name, kind in like.collect_schema().items() if name in made.columns}, strict=False
        )
    if kind == "pyarrow":
        import pyarrow

        schema = getattr(like, "schema", None)
        is_same = schema is not None and schema.names == list(frame.columns)
        return pyarrow.Table.from_pandas(frame, schema if is_same else None, preserve_index=False, safe=False)
    if kind == "pandas" and list(map(str, like.columns)) == list(frame.columns):
        frame.columns = like.columns
    return frame


def check_suffix(path: Path) -> str:
    """Return the suffix of *path*, which says in which format it is written.

    Raises:
        UsageError: It is that of no format that is written.
    """
    suffix = next((one for one in _SUFFIXES if path.name.lower().endswith(one)), "")
    if not suffix:
        what = f"{path.suffix or 'a file without a suffix'} is no kind of table file that is written"
        raise UsageError(what, where=str(path), fix=did_you_mean(path.suffix, _SUFFIXES))
    return suffix


def write_table(frame: pd.DataFrame, path: Path) -> None:
    """Write a table as the file *path*, in the format of its suffix, whole or not at all.

    Raises:
        UsageError: Its suffix is of no format that is written.
    """
    suffix = check_suffix(path)
    from nbops.engine.plans.saving import check_writable

    path.parent.mkdir(parents=True, exist_ok=True)
    check_writable(path)
    part = path.with_name(f".{path.name}.part{suffix}")
    try:
        _write(frame, part, suffix)
        os.replace(part, os.path.realpath(path))
    except ImportError as error:
        raise UsageError(
            f"writing {suffix} needs pyarrow: {error}", where=str(path), fix="pip install 'nbops[arrow]'"
        ) from error
    finally:
        part.unlink(missing_ok=True)


def _write(frame: pd.DataFrame, path: Path, suffix: str) -> None:
    if suffix == ".parquet":
        frame.to_parquet(path, index=False)
    elif suffix in (".arrow", ".feather"):
        frame.reset_index(drop=True).to_feather(path)
    elif suffix == ".jsonl":
        frame.to_json(path, orient="records", lines=True, date_format="iso", force_ascii=False)
    else:
        frame.to_csv(path, index=False, sep="\t" if suffix == ".tsv" else ",")
