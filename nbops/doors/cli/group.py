"""The group of all verbs: loads a verb when it is typed, and turns every error into text and an exit code."""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from nbops._version import __version__
from nbops.doors.cli.invocation import global_options
from nbops.doors.cli.streams import print_anything, silent_when_closed
from nbops.errors import NbopsError, UsageError, did_you_mean

__all__ = ["Verbs", "main", "tell"]

INTERRUPTED = 130
USAGE = UsageError.exit_code

# verb → where it is made, and what `nbops --help` says of it. In the order of a day's work.
VERBS = {
    "run": ("nbops.doors.cli.running:run", "Run a notebook, record it and judge it."),
    "resume": ("nbops.doors.cli.resuming:resume", "Go on with a run that ended badly."),
    "restore": ("nbops.doors.cli.restoring:restore", "Open a failure where it happened, as a notebook."),
    "stop": ("nbops.doors.cli.running:stop", "Stop a run, wherever it was started on this machine."),
    "status": ("nbops.doors.cli.looking:status", "Tell what is wrong now."),
    "runs": ("nbops.doors.cli.looking:runs", "List the runs, newest first."),
    "show": ("nbops.doors.cli.looking:show", "Show a notebook's pipeline, or one run."),
    "why": ("nbops.doors.cli.why:why", "Say why a step ran, was kept or skipped, and what changed."),
    "report": ("nbops.doors.cli.looking:report", "Write the HTML report of a run."),
    "incidents": ("nbops.doors.cli.incidents:incidents", "List the errors that are open, and take care of them."),
    "notices": ("nbops.doors.cli.notices:notices", "List who was told of incidents, and try the routes."),
    "check": ("nbops.doors.cli.tables:check", "Judge a table in a file by a file of rules."),
    "rules": (
        "nbops.doors.cli.rules:rules",
        "List rules, carry them to other tools, accept deliveries.",
    ),
    "profile": ("nbops.doors.cli.profiling:profile", "Say what a table in a file is like, and what looks wrong."),
    "diff": ("nbops.doors.cli.diffing:diff", "Say what changed between two versions of a table, and why."),
    "suggest": (
        "nbops.doors.cli.suggesting:suggest",
        "Propose rules from a baseline, with one budget of false alarms.",
    ),
    "testdata": ("nbops.doors.cli.testdata:testdata", "Make test data like a table, without its rows."),
    "datasets": ("nbops.doors.cli.changes_of_data:datasets", "List the datasets that steps left."),
    "pin": ("nbops.doors.cli.pinning:pin", "Pin the totals of closed periods: they are tests for ever."),
    "sources": ("nbops.doors.cli.sources:sources", "List the sources: what should arrive when, and did it."),
    "schedule": ("nbops.doors.cli.scheduling:schedule", "Run a notebook by itself: when, or on which data."),
    "schedules": ("nbops.doors.cli.scheduling:schedules", "List the schedules, and take care of them."),
    "serve": ("nbops.doors.cli.serving:serve", "Look after schedules, sources and notices; show the hub."),
    "export": ("nbops.doors.cli.exporting:export", "Write schedules for crontab, systemd or Kubernetes."),
    "changelog": ("nbops.doors.cli.changes_of_data:changelog", "Tell how the structure of a dataset changed."),
    "adopt": ("nbops.doors.cli.adopting:adopt", "Propose steps for a plain notebook; runs nothing."),
    "metrics": ("nbops.doors.cli.measuring:metrics", "Tell how well all of it is doing."),
    "doctor": ("nbops.doors.cli.checking:doctor", "Say what is missing here, and what to type."),
    "hub": ("nbops.doors.cli.keeping:hub", "Open the hub as a page, or take care of it: ingest, rebuild, prune."),
}


class Verbs(click.Group):
    """A group that imports a verb's module only when the verb is wanted."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the verbs, in the order of a day's work."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the verb of that name, imported now; None when there is none."""
        if cmd_name not in VERBS:
            return None
        module, _, attribute = VERBS[cmd_name][0].partition(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of verbs without importing any of them."""
        with formatter.section("Verbs"):
            formatter.write_dl([(name, summary) for name, (_, summary) in VERBS.items()])

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the options before the verb; when nothing was typed, list the verbs instead."""
        if not args and not ctx.resilient_parsing:
            click.echo(ctx.get_help())
            ctx.exit(USAGE)
        return super().parse_args(ctx, args)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the verb that was typed.

        Raises:
            UsageError: There is none of that name.
        """
        name = args[0]
        if name in VERBS or name.startswith("-") or ctx.resilient_parsing:
            return super().resolve_command(ctx, args)
        if Path(name).suffix in (".ipynb", ".py"):
            raise UsageError(f"{name!r} is no verb", fix=f"nbops run {name}")
        raise UsageError(f"no verb {name!r}", fix=f"{did_you_mean(name, VERBS)}   nbops --help lists them")

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = "nbops",
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> Any:
        """Run the command line. Outside *standalone_mode* errors are raised and the exit code is returned."""
        arguments = list(sys.argv[1:] if args is None else args)
        extra |= {"prog_name": prog_name, "complete_var": complete_var, "windows_expand_args": windows_expand_args}
        if not standalone_mode:
            return super().main(arguments, standalone_mode=False, **extra)
        print_anything()
        atexit.register(gc.freeze)  # all that is left goes with the process: to look through it takes a quarter second
        try:
            code = super().main(arguments, standalone_mode=False, **extra)
        except (click.Abort, KeyboardInterrupt):
            click.echo("interrupted", err=True)
            code = INTERRUPTED
        except (NbopsError, click.ClickException) as error:
            code = tell(error, as_json="--json" in arguments)
        except Exception as error:  # noqa: BLE001 - Python would exit with 1, which says that a test failed
            traceback.print_exc()
            code = tell(_unforeseen(error), as_json="--json" in arguments)
        with silent_when_closed():
            sys.stdout.flush()
        sys.exit(code if isinstance(code, int) else 0)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the verb that was typed. ``nbops runs | head`` ends well: whoever read has seen enough."""
        with silent_when_closed():
            return super().invoke(ctx)
        return 0


def _unforeseen(error: Exception) -> NbopsError:
    """Return what nbops itself got wrong, so that it is told like every error and means that nothing was judged."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return NbopsError(
        f"nbops itself failed: {type(error).__name__}: {error}",
        where=f"{frame.filename}, line {frame.lineno}",
        fix="report it, with the traceback above",
    )


def tell(error: NbopsError | click.ClickException, *, as_json: bool = False) -> int:
    """Write *error* to standard error, under ``--json`` also to standard output, and return its exit code."""
    if isinstance(error, click.UsageError):
        path = error.ctx.command_path if error.ctx else "nbops"
        error = UsageError(error.format_message().rstrip("."), fix=f"{path} --help")
    if isinstance(error, click.ClickException):
        error = NbopsError(error.format_message())
    if as_json:
        fields = {"type": type(error).__name__, "what": error.what, "where": error.where, "fix": error.fix}
        click.echo(json.dumps({"error": fields, "exit_code": error.exit_code}, indent=2, ensure_ascii=False))
    click.secho("error: ", fg="red", bold=True, nl=False, err=True)
    click.echo(str(error), err=True)
    return error.exit_code


@click.group(cls=Verbs, params=global_options(), context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, "-V", "--version", prog_name="nbops")
def main() -> None:
    """Notebooks as processes that can be trusted: `nbops VERB [REF]`.

    Exit codes: 0 good, 1 judged bad, 2 could not be judged, 3 refused, 4 usage, 5 nothing selected, 130 interrupted.
    """
