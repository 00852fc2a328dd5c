"""``nbops testdata``: a file of rows like those of a table, none of which is one of it."""

from __future__ import annotations

import shlex
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nbops.doors.cli.invocation import Invocation, invocation, verb
from nbops.errors import ReferenceNotFound, UsageError, did_you_mean
from nbops.frames.tables import is_frame
from nbops.views.words import count

if TYPE_CHECKING:
    from nbops.frames.profile.table import Profile

__all__ = ["made_here", "testdata"]


class _Rows(click.ParamType):  # type: ignore[type-arg]
    """A number of rows, as people write it: ``1000``, ``1e6``, ``10_000``; ``0.1`` is a share."""

    name = "rows"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float | int:
        """Return the number.

        Raises:
            UsageError: It is none.
        """
        try:
            number = float(str(value).replace(",", ""))
        except ValueError:
            raise UsageError(f"{value!r} is no number of rows", where="--rows", fix="--rows 1e6") from None
        return int(number) if number.is_integer() else number


@verb("testdata")
@click.argument("dataset", metavar="DATASET")
@click.option("--rows", type=_Rows(), metavar="N", help="1000, 1e6, or 0.1 for a tenth; as many as there were.")
@click.option("-o", "--out", "output", metavar="FILE", help="The file: .parquet .csv .csv.gz .tsv .arrow .jsonl.")
@click.option("--seed", default=0, show_default=True, help="The same makes the same rows, on every machine.")
@click.option("--rules", metavar="FILE", help="Rules that it must satisfy; those that NB keeps for DATASET otherwise.")
@click.option("--damage", metavar="KIND", default="", help="Damage it, as nulls_10; a wrong KIND lists them.")
@click.option("--locale", metavar="LOCALE", default="", help="Names of people as in a country, as de; the extra pii.")
def testdata(
    invocation: Invocation,
    dataset: str,
    *,
    rows: float | None,
    output: str | None,
    seed: int,
    rules: str | None,
    damage: str,
    locale: str,
) -> int:
    """Make rows like those of DATASET: a table file, a profile of `nbops profile --json`, or NB/DATASET[@RUN].

    No row of it is among them, and no value that fewer than 10 of its rows hold.
    """
    from nbops.doors.testdata import check_suffix, write_table

    if output:
        check_suffix(Path(output))
    frame, facts = _made(invocation, dataset=dataset, rows=rows, seed=seed, rules=rules, damage=damage, locale=locale)
    if output:
        write_table(frame, Path(output))
    facts["file"] = output
    if invocation.as_json:
        invocation.print_json(facts)
        return 0
    if not output:
        click.echo(frame.head(10).to_string(index=False))
    _tell(invocation, facts, shlex.quote(dataset))
    return 0


def made_here(words: Sequence[str], given: dict[str, Any]) -> Any:
    """Return the frame that ``%nbops testdata DATASET …`` makes; None where it is to be written, or told as JSON.

    Args:
        words: What stands behind the verb.
        given: The variables of the notebook, and its path.
    """
    with testdata.make_context("nbops testdata", list(words), obj=given) as context:
        wanted = context.params
        here = invocation(context)
        if wanted["output"] or here.as_json:
            return None
        frame, facts = _made(here, **{name: value for name, value in wanted.items() if name != "output"})
        _tell(here, facts, "")
        return frame


def _made(
    invocation: Invocation, *, dataset: str, rows: float | None, seed: int, rules: str | None, damage: str, locale: str
) -> tuple[Any, dict[str, Any]]:
    """Return the frame, and what is to be said of it."""
    from nbops.doors.testdata import damaged, known_damage, made_like, rules_from

    began = time.time()
    known_damage(damage)
    profile, kept = _profile(invocation, dataset)
    file = rules or kept
    made = made_like({profile.name: profile}, rows, seed=seed, rules={profile.name: rules_from(file)}, locale=locale)
    frame = made.tables[profile.name]
    touched: tuple[str, ...] = ()
    if damage:
        frame, touched = damaged(frame, damage, seed)
    return frame, {
        "dataset": dataset, "file": None, "rows": len(frame), "columns": list(map(str, frame.columns)), "seed": seed,
        "rules": str(file) if file else None, "damage": damage or None, "damaged": list(touched), "notes": made.notes,
        "warned": made.warned, "seconds": time.time() - began,
    }  # fmt: skip


def _tell(invocation: Invocation, facts: dict[str, Any], dataset: str) -> None:
    """Say what was made, what it satisfies, and what could not be kept."""
    told = f"-o FILE writes them: nbops testdata {dataset} -o x.parquet" if dataset else "in this frame"
    shown = f"written to {facts['file']}" if facts["file"] else told
    invocation.say(f"{count(facts['rows'], 'row')}, {count(len(facts['columns']), 'column')}, {shown}")
    if facts["rules"]:
        invocation.say(f"they satisfy {facts['rules']}")
    if facts["damage"]:
        invocation.say(f"damaged: {facts['damage']} in {', '.join(facts['damaged']) or 'the whole table'}")
    for name, note in facts["notes"].items():
        invocation.say(f"note: {name}: {note}")
    for one in facts["warned"]:
        invocation.say(f"note: {one.name}: {one.why}")


def _no_table(error: ReferenceNotFound, dataset: str, variables: Mapping[str, Any]) -> ReferenceNotFound:
    """Return *error* in the words of somebody who typed one word, and may have meant a variable or a file."""
    if "/" in dataset or "@" in dataset:
        return error
    near = [name for name, value in variables.items() if is_frame(value)]
    hint = did_you_mean(dataset, near) if near else f"a table file, a profile, or NB/DATASET[@RUN]; {error.fix}"
    return ReferenceNotFound(f"{dataset!r} names no table: {error.what}", where=error.where, fix=hint)


def _profile(invocation: Invocation, dataset: str) -> tuple[Profile, Path | None]:
    """Return the profile of what was typed, and the rule file that is kept for it."""
    import dataclasses

    from nbops.doors.testdata import dataset_profile, profile_of
    from nbops.rules.proposing import rule_file

    given = invocation.given.get("variables", {}).get(dataset)
    if given is not None or Path(dataset).is_file() or Path(dataset).suffix in (".json", ".csv", ".parquet", ".tsv"):
        found = profile_of(dataset if given is None else given, "" if given is None else dataset)
        return dataclasses.replace(found, name=found.name or Path(dataset).name.split(".")[0]), None
    if Path(dataset).is_dir():
        raise UsageError("a folder is no table", where=dataset, fix="a table file in it, or NB/DATASET[@RUN]")
    with invocation.hub() as hub:
        try:
            found, notebook = dataset_profile(hub, dataset)
        except ReferenceNotFound as error:
            raise _no_table(error, dataset, invocation.given.get("variables", {})) from error
    kept = rule_file(invocation.project.root, found.name, str(invocation.project.root / notebook))
    return found, kept if kept.is_file() else None
