"""``nbops diff``: what changed between two versions of a table, and why."""

from __future__ import annotations

import os
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nbops.doors.cli.invocation import Invocation, plain, verb

if TYPE_CHECKING:
    from nbops.views.difference_shown import Comparison, Comparisons

__all__ = ["diff"]

_DIFFERENT, _UNKNOWN = 1, 2


@verb("diff")
@click.argument("before", metavar="A")
@click.argument("after", metavar="B")
@click.option("--key", multiple=True, metavar="COL", help="A column of the key; repeatable, or A,B.")
@click.option("--ignore", multiple=True, metavar="COL", help="A column that is not compared; repeatable, or A,B.")
@click.option("--absolute", type=float, default=0.0, metavar="X", help="Numbers no further apart than X are equal.")
@click.option("--relative", type=float, default=0.0, metavar="X", help="The same as a share of the number before.")
@click.option("--nulls-differ", is_flag=True, help="A null does not equal a null.")
@click.option("-o", "--out", "out", metavar="FILE", help="Write it as an HTML page that loads nothing.")
@click.option("--open", "opens", is_flag=True, help="Open that page; diff.html when -o names none.")
@click.option("--exit-code", is_flag=True, help="Exit with 1 when they differ, 2 when something was not compared.")
def diff(
    invocation: Invocation, before: str, after: str, *, key: tuple[str, ...], ignore: tuple[str, ...], absolute: float,
    relative: float, nulls_differ: bool, out: str | None, opens: bool, exit_code: bool,
) -> int:  # fmt: skip
    """Say what changed from A to B, and why: schema, columns, rows by key, the cause by its name.

    A and B are CSV or Parquet files, URL::TABLE in a database, DATASET@RUN or NB/DATASET@RUN of what a run kept, or
    NB@RUN for all of its tables; in a notebook variables too. Without --key the key is looked for.
    """
    from nbops.engine.reuse.versions import compare_versions, find_version

    variables = invocation.given.get("variables")
    versions = [find_version(said, variables, invocation.settings.hub) for said in (before, after)]
    options = {"key": _names(key) or None, "ignore": _names(ignore), "absolute": absolute, "relative": relative,
               "nulls_equal": not nulls_differ}  # fmt: skip
    found = compare_versions(versions[0], versions[1], options)
    if out or opens:
        _write(found, Path(out or "diff.html"), opens=opens, invocation=invocation)
    _tell(found, invocation)
    if not exit_code or found.is_equal:
        return 0
    return _DIFFERENT if found.differs else _UNKNOWN


def _names(given: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name.strip() for one in given for name in one.split(",") if name.strip())


def _tell(found: Comparison | Comparisons, invocation: Invocation) -> None:
    if invocation.as_json:
        fields = plain(found)
        invocation.print_json({"is_equal": found.is_equal, **fields})
    elif "variables" in invocation.given:
        from IPython.display import display

        display({"text/html": found._repr_html_(), "text/plain": str(found)}, raw=True)
    else:
        from nbops.views.difference_shown import Comparison
        from nbops.views.difference_text import difference_view

        screen = invocation.screen()
        for one in (found,) if isinstance(found, Comparison) else found.tables:
            screen.print(difference_view(one, is_verbose=invocation.is_verbose))
        if not isinstance(found, Comparison) and found.told:
            screen.print(found.told)


def _write(found: Comparison | Comparisons, path: Path, *, opens: bool, invocation: Invocation) -> None:
    from nbops.engine.plans.saving import atomic_write
    from nbops.views.difference_page import difference_page
    from nbops.views.difference_shown import Comparison

    shown = (found,) if isinstance(found, Comparison) else found.tables
    path.parent.mkdir(parents=True, exist_ok=True)
    atomic_write(Path(os.path.realpath(path)), difference_page(*shown).encode("utf-8", "backslashreplace"))
    invocation.say(f"written to {path}")
    if opens:
        webbrowser.open(path.resolve().as_uri())
