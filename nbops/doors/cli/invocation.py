"""What every verb shares: the global options, the places they lead to, and where text and JSON go."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import inspect
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nbops.doors.cli.streams import is_utf8
from nbops.errors import UsageError
from nbops.frames.masking import mask_columns
from nbops.records import encodable
from nbops.settings import Settings, load_settings
from nbops.store.project import Project, find_project

if TYPE_CHECKING:
    from nbops.doors.cli.screen import Screen
    from nbops.store.hub import Hub
    from nbops.store.lookup import Found

__all__ = ["Invocation", "global_options", "invocation", "plain", "verb"]


@dataclass(frozen=True, slots=True)
class Invocation:
    """One command as it was typed: its project, its settings and its screens.

    Args:
        project: The project of the working directory.
        settings: The project's settings, with ``--env`` and ``--hub`` over them.
        as_json: Whether standard output belongs to one JSON document.
        is_quiet: Whether only errors and results are wanted.
        is_verbose: Whether more is wanted.
        has_color: Whether colours are allowed; None leaves it to the terminal.
        given: The global options as typed, for what reads the settings of another project.
    """

    project: Project
    settings: Settings
    as_json: bool = False
    is_quiet: bool = False
    is_verbose: bool = False
    has_color: bool | None = None
    given: Mapping[str, Any] = field(default_factory=dict)

    def screen(self, *, progress: bool = False) -> Screen:
        """Return the console for text: standard error for *progress* under ``--json``, else standard output."""
        from nbops.doors.cli.screen import Screen

        file = sys.stderr if self.as_json else sys.stdout
        return Screen(file, has_color=self.has_color, is_quiet=progress and self.is_quiet)

    def print_json(self, value: object) -> None:
        """Write *value* to standard output as one JSON document."""
        click.echo(encodable(json.dumps(plain(value), indent=2, ensure_ascii=not is_utf8(sys.stdout))))

    def say(self, text: str) -> None:
        """Print one line beside the result: to standard error under ``--json``, not at all under ``-q``."""
        if not self.is_quiet:
            click.echo(text, err=self.as_json)

    @property
    def hub_address(self) -> str:
        """Where the hub that is read is, whether it exists or not; a password in the address is hidden."""
        from nbops.store.masking import masked

        return masked(self.settings.hub) or str(self.project.hub_file)

    @property
    def hub_shown(self) -> str:
        """How a person here names that hub: relative to the working directory when it lies in it."""
        path, here = Path(self.hub_address), Path.cwd()
        return str(path.relative_to(here)) if path.is_relative_to(here) else self.hub_address

    def hub_of(self, project: Project) -> str:
        """Return where the hub of *project* is, which need not be the project of the working directory."""
        return load_settings(project.root, hub=self.given.get("hub")).hub

    @contextlib.contextmanager
    def hub(self) -> Iterator[Hub]:
        """Open the hub, with every journal of the project taken in, and close it afterwards."""
        from nbops.doors.verbs import open_and_ingest

        hub, ingested = open_and_ingest(self.project, self.settings.hub)
        with hub:
            for problem in ingested.problems:
                click.echo(f"note: {problem}", err=True)
            yield hub

    @contextlib.contextmanager
    def find(self, ref: str) -> Iterator[tuple[Hub, Found]]:
        """Open the hub that knows what *ref* means: this project's, or for the id of a run any known project's.

        Raises:
            ReferenceNotFound: It means nothing, or more than one thing.
        """
        from nbops.doors.verbs import hub_that_knows
        from nbops.store.lookup import resolve

        with self.hub() as own, contextlib.ExitStack() as others:
            known = own if self.names_hub else hub_that_knows(own, ref, self._note)
            if known is not own:
                others.enter_context(known)
                self._note(f"read from the project {known.project.root}")
            yield known, resolve(known, ref, env=str(self.given.get("env", "")))

    @property
    def names_hub(self) -> bool:
        """Whether one hub was named, by ``--hub`` or ``NBOPS_HUB``: then it alone is meant."""
        return bool(self.given.get("hub") or os.environ.get("NBOPS_HUB"))

    def _note(self, text: str) -> None:
        if not self.is_quiet:
            click.echo(f"note: {text}", err=True)


def plain(value: Any) -> Any:
    """Return *value* as JSON knows it: records as objects with all their fields, paths and statuses as text.

    Example:
        >>> plain({"where": Path("a/b"), "names": ("x", "y")})
        {'where': 'a/b', 'names': ['x', 'y']}
    """
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(item) for item in value]
    if isinstance(value, (bool, int, float, type(None))):
        return value
    return str(value)


# ── the global options: accepted before the verb and after it ────────────────────────────────────────────────────────


def _given(context: click.Context) -> dict[str, Any]:
    root = context.find_root()
    if root.obj is None:
        root.obj = {}
    given: dict[str, Any] = root.obj
    return given


def _keep(context: click.Context, option: click.Parameter, value: Any) -> None:
    if value is not None and value is not False:
        _given(context)[str(option.name)] = value


def _change_folder(context: click.Context, option: click.Parameter, value: str | None) -> None:
    if value is None or context.resilient_parsing:
        return
    if not Path(value).is_dir():
        raise UsageError(f"no folder {value!r}", where="-C", fix="name a folder that exists")
    context.find_root().with_resource(contextlib.chdir(value))


def global_options() -> list[click.Option]:
    """Return fresh option objects for ``--env --hub -C --json -q -v --no-color``."""
    flag: Any = functools.partial(click.Option, is_flag=True, expose_value=False, callback=_keep)
    text: Any = functools.partial(click.Option, expose_value=False, callback=_keep)
    return [
        text(["--env"], metavar="NAME", help="Environment: dev, test or prod (NBOPS_ENV)."),
        text(["--hub"], metavar="URL", help="The hub: a URL or a SQLite file (NBOPS_HUB)."),
        click.Option(
            ["-C", "folder"],
            metavar="DIR",
            expose_value=False,
            is_eager=True,
            callback=_change_folder,
            help="Work as if started in DIR.",
        ),
        flag(["--json", "as_json"], help="One JSON document on stdout; progress goes to stderr."),
        flag(["-q", "--quiet", "is_quiet"], help="Print results and errors only; of a run its last lines."),
        flag(["-v", "--verbose", "is_verbose"], help="Say more: of a run its plan, its parameters and each test."),
        flag(["--no-color", "no_color"], help="No colours (also NO_COLOR)."),
    ]


def invocation(context: click.Context) -> Invocation:
    """Return what the global options of *context* mean here.

    Raises:
        UsageError: ``--env`` names no environment, or a setting is wrong.
    """
    given = _given(context)
    project = find_project()
    settings = load_settings(project.root, env=given.get("env"), hub=given.get("hub"))
    mask_columns(settings.masked)
    return Invocation(
        project=project,
        settings=settings,
        as_json=bool(given.get("as_json")),
        is_quiet=bool(given.get("is_quiet")),
        is_verbose=bool(given.get("is_verbose")),
        has_color=False if given.get("no_color") or "NO_COLOR" in os.environ else None,
        given=given,
    )


def verb(
    name: str, *, cls: type[click.Command] = click.Command
) -> Callable[[Callable[..., int | None]], click.Command]:
    """Make a function of ``(invocation, options…)`` the command *name*; what it returns is the exit code."""

    def decorate(function: Callable[..., int | None]) -> click.Command:
        @functools.wraps(function)
        def call(**options: Any) -> int:
            return function(invocation(click.get_current_context()), **options) or 0

        command = click.command(name, cls=cls, help=inspect.getdoc(function))(call)
        command.params.extend(global_options())
        return command

    return decorate
