"""``nbops resume``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from nbops.doors.cli.invocation import Invocation, verb
from nbops.doors.cli.parameters import WithParameters, read_parameters
from nbops.doors.cli.running import finish, tell_plan

__all__ = ["resume"]


@verb("resume", cls=WithParameters)
@click.argument("run", required=False, default="")
@click.option("-p", "--parameter", "pairs", multiple=True, metavar="NAME VALUE",
              help="A secret, which no record holds, or a parameter that is to be another one now.")  # fmt: skip
@click.option("--with", "with_", metavar="NB", help="Go on with this notebook instead of the run's own.")
@click.option("--waive", "waive", multiple=True, metavar="[STEP::]TEST",
              help="Let this test only warn, in this run. May be repeated; demands --reason.")  # fmt: skip
@click.option("--reason", metavar="TEXT", default="", help="Why it is waived; it stands in the record.")
@click.option("--here", is_flag=True, help="Go on here, though the results are on another machine: steps run again.")
@click.option("--junit", "--junitxml", "junit", metavar="FILE", help="Write the tests as JUnit XML.")
@click.option(
    "-n", "--dry-run", "is_dry", is_flag=True, help="Say what would run or be restored, and why; run nothing."
)
def resume(
    invocation: Invocation,
    *,
    run: str,
    pairs: tuple[str, ...],
    with_: str | None,
    waive: tuple[str, ...],
    reason: str,
    here: bool,
    junit: str | None,
    is_dry: bool,
) -> int:
    """Go on with RUN, the last one that ended badly: restore the steps that passed, run the failed one and the rest.

    Notebook, parameters and environment are those of the run; a notebook that was mended since is taken as it is now.
    """
    from nbops.engine.production.resume import plan_to_resume, reasons_of, ref_of, resume_state, run_to_resume

    params = read_parameters(pairs, None)
    with invocation.find(ref_of(run)) as (hub, _):
        state = run_to_resume(hub, run, str(invocation.given.get("env", "")))
        records, project = hub.records(state.run), hub.project
    choice: dict[str, Any] = {"params": params, "with_": with_, "waive": waive, "reason": reason, "here": here}
    choice["hub"] = invocation.given.get("hub")
    if is_dry:
        plan, path = plan_to_resume(state, records, project, **choice)
        return tell_plan(invocation, path, plan, reasons_of(plan, state))
    path = Path(with_) if with_ else project.root / (state.started.notebook or "")
    return finish(
        invocation,
        path,
        junit,
        lambda told: resume_state(
            state,
            records,
            project,
            **choice,
            on_record=told.record,
            on_note=told.note,
            on_history=told.learn,
        ),
    )
