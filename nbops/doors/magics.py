"""The door in the notebook: ``%load_ext nbops`` hangs the hooks into the shell and registers the magics.

The marks ``%%step``, ``%%test`` and ``%%params`` are read by the hooks, before IPython looks for a magic. The magics of
the same names are there for ``%%step?``, for the TAB key, and for programs that call them.
"""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from IPython.core.magic import no_var_expand

from nbops._version import __version__
from nbops.doors.completing import offer_checks, withdraw_checks
from nbops.doors.displaying import offer_html
from nbops.engine.cell.shell import ShellHooks
from nbops.engine.kernel.failing import told_shortly
from nbops.engine.kernel.frontend import FrontEnd
from nbops.engine.kernel.identity import Identity, identify, parent_process
from nbops.engine.kernel.session import Session
from nbops.engine.kernel.settled import leave_out
from nbops.errors import NbopsError, UsageError
from nbops.settings import load_settings
from nbops.store.masking import masked
from nbops.store.project import Project, find_project

if TYPE_CHECKING:
    from nbops.engine.causes.stale import KernelCells

__all__ = ["bootstrap", "load_ipython_extension", "unload_ipython_extension"]

_installed: list[ShellHooks] = []
_front_ends: dict[int, FrontEnd] = {}  # by the hooks of their shell
_MAGICS = (("cell", "step"), ("cell", "test"), ("cell", "params"), ("line", "nbops"))


def load_ipython_extension(shell: Any) -> None:
    """Hang nbops into *shell*, and say so in one line."""
    hooks = _install(shell)
    session = hooks.session
    if session.is_batch:
        session.start()
    print(_greeting(session))
    if not session.is_batch and hasattr(shell, "kernel"):
        from nbops.doors.lab import listen

        listen(shell, lambda: hooks.session)


def unload_ipython_extension(shell: Any) -> None:
    """Take the hooks and the magics out of *shell* again; what was recorded stays."""
    for hooks in _installed:
        if hooks.shell is shell:
            hooks.remove()
            withdraw_checks(shell)
            for kind, name in _MAGICS:  # without the hooks a %%step would be read as the magic, which runs it as %%step
                shell.magics_manager.magics[kind].pop(name, None)
    _installed[:] = [hooks for hooks in _installed if hooks.shell is not shell]


def bootstrap(text: str) -> None:
    """Make this kernel part of a run: the engine calls it before the first cell.

    Args:
        text: A JSON object: ``run``, ``project`` (its root), ``notebook`` (absolute), ``env``, ``parameters`` by name,
            ``secrets`` (the names of those that must not be written), ``cells`` (index and id of each), ``steps``.
    """
    from IPython import get_ipython

    from nbops.engine.kernel.foreseeing import instructed

    instructions = json.loads(text)
    project = Project(Path(instructions["project"]))
    identity = Identity(instructions.get("notebook") or None, "engine", "nbops", "batch")
    settings = load_settings(project.root, env=instructions.get("env"))
    hooks = _install(get_ipython())
    hooks.session = Session(project, settings, identity, instructions["run"], instructed(instructions))
    leave_out()  # nothing in here is the user's yet


# ── inside ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _install(shell: Any) -> ShellHooks:
    hooks = _hooks_of(shell)
    hooks.install()
    if id(hooks) not in _front_ends:
        _front_ends[id(hooks)] = FrontEnd(shell)
    magics = shell.magics_manager
    for name, about in (("step", _STEP_HELP), ("test", _TEST_HELP), ("params", _PARAMS_HELP)):
        magics.register_function(_cell_magic(hooks, name, about), magic_kind="cell", magic_name=name)
    magics.register_function(_line_magic(hooks), magic_kind="line", magic_name="nbops")
    offer_checks(shell)
    offer_html(shell)
    return hooks


def _hooks_of(shell: Any) -> ShellHooks:
    for hooks in _installed:
        if hooks.shell is shell:
            return hooks
    hooks = ShellHooks(shell, lambda: _session(_identity(shell)))
    _installed.append(hooks)
    return hooks


def _identity(shell: Any) -> Identity:
    return identify(shell.user_ns, os.environ, parent_process(), has_kernel=hasattr(shell, "kernel"))


def _session(identity: Identity) -> Session:
    project = find_project(identity.folder)
    settings = load_settings(project.root)
    if identity.kind == "session":
        return Session(project, settings, identity)
    from nbops.engine.kernel.foreseeing import foresee

    return Session(project, settings, identity, foreseen=foresee(identity))


def _greeting(session: Session) -> str:
    hub = masked(session.settings.hub) or session.project.relative(session.project.hub_file)
    name = Path(session.identity.notebook).name if session.identity.notebook else ""
    return f"nbops {__version__} · hub {hub}{f' · {name}' if name else ''} · panel: %nbops show"


# ── the magics ───────────────────────────────────────────────────────────────────────────────────────────────────────

_STEP_HELP = """Make this cell a step: it is timed, its tests are judged, and what became of it is recorded.

    %%step NAME [options]

The same name in a later cell continues the step. `%step NAME` on the first line, and `#| step NAME`, mean the same.
Plain asserts are tests; a column of booleans is a test of every row; a run of tests is judged whole, then the step
stops once if one of them failed.

    -i, --in A,B         what it reads, where the code does not say it
    -o, --out A,B        what it makes
    --after STEP         a step that must come before it
    --retries N          how many more attempts after an exception; failed tests are not tried again
    --retry-delay 10s    how long to wait before the first of them (1s); each further wait is twice as long
    --timeout 10m        the longest that an attempt may take
    --when EXPR          skip the step when EXPR is false
    --on-fail stop|warn  what a failed test does: stop the step (default), or be recorded as a warning
    --cache 1h           how long a stored result may be used again
    --needs SOURCE       a source that must have arrived
    --owner NAME         who answers for it
    --doc TEXT           what it is for
"""

_TEST_HELP = """Test a step in a cell of its own: what stands in the cell is judged as the step's tests.

    %%test STEP [--timeout 10m] [--when EXPR] [--on-fail stop|warn] [--owner NAME] [--doc TEXT]

Plain asserts are tests, and so are functions named test_…: their arguments are the notebook's variables of these names.
"""

_PARAMS_HELP = """Declare the notebook's parameters: NAME: TYPE = DEFAULT, with a comment that says what it is for.

    %%params
    day: date = date(2013, 1, 1)     # business day to load
    limit: int | None = None

A value that a run gives wins over the default and is converted to the type. date, datetime, timedelta, Path, Decimal,
Literal and Secret are known without an import. A parameter without a default must be given.
"""


def _cell_magic(hooks: ShellHooks, name: str, about: str) -> Callable[[str, str], Any]:
    def magic(line: str, cell: str) -> Any:
        return hooks.run(f"%%{name} {line}\n{cell}")

    magic.__name__ = magic.__qualname__ = name
    magic.__doc__ = about
    return no_var_expand(magic)  # type: ignore[no-any-return]


def _line_magic(hooks: ShellHooks) -> Callable[[str], Any]:
    def nbops(line: str) -> Any:
        """Do what `nbops VERB …` does on the command line, in this kernel.

        %nbops show            the panel of this notebook's steps, live
        %nbops show NB/TABLE   the control charts of a table, a step or a metric over the runs
        %nbops run --from A    run step A and all that depends on it here; --only A,B, --until A, or every step
        %nbops restore RUN     the variables that a step had when it failed: RUN or RUN::STEP
        %nbops why STEP        why that step ran here, and what it needs
        %nbops name PATH       say which notebook this is, where nbops cannot find out
        %nbops testdata TABLE  a frame like a variable or a file, without its rows: --rows N, --damage KIND
        %nbops changelog DATASET  how the structure of a dataset changed: NB/DATASET, or a variable's name
        %nbops pin TABLE       pin the totals of a variable's closed periods: they are tests for ever
        %nbops check TABLE     judge a variable by the rules that are kept for it, or by --rules FILE
        %nbops diff A B        what changed between two variables, files or runs, and why; --key COL
        %nbops status, runs …  as on the command line: `%nbops --help` lists them
        """
        try:
            return _act(hooks, _words(line))
        except NbopsError as error:
            raise told_shortly(error) from None

    return no_var_expand(nbops)  # type: ignore[no-any-return]


def _words(line: str) -> list[str]:
    try:
        return shlex.split(line)
    except ValueError as error:
        raise UsageError(f"a quote is not closed: {error}", where=f"%nbops {line}", fix="close it") from None


def _act(hooks: ShellHooks, words: list[str]) -> Any:
    verb, rest = (words[0] if words else ""), words[1:]
    own = _OWN_ACTS.get(verb)
    if own is not None and (done := own(hooks, rest)) is not _NOT_HERE:
        return done
    return _command_line(hooks, _why(hooks, words) if verb == "why" else words)


def _restore(hooks: ShellHooks, rest: list[str]) -> Any:
    if len(rest) > 1 or any(word.startswith("-") for word in rest):
        return _NOT_HERE
    from nbops.doors.steering import restore_here

    return restore_here(hooks.shell, rest[0] if rest else "last-failed")


def _of_variable(verb: str) -> Callable[[ShellHooks, list[str]], Any]:
    def act(hooks: ShellHooks, rest: list[str]) -> Any:
        from nbops.doors.tables import act_on_variable, names_variable

        words, namespace, session = [verb, *rest], hooks.shell.user_ns, hooks.session
        if not names_variable(words, namespace):
            return _NOT_HERE
        return act_on_variable(words, namespace, session.project.root, session.identity.notebook or "")

    return act


def _testdata(hooks: ShellHooks, rest: list[str]) -> Any:
    """Return the frame that is made; one that is written, or told as JSON, is for the command line."""
    from nbops.doors.cli.testdata import made_here

    if not rest or {"-h", "--help"} & set(rest):
        return _NOT_HERE
    made = made_here(rest, {"variables": hooks.shell.user_ns, "notebook": hooks.session.identity.notebook or ""})
    return _NOT_HERE if made is None else made


def _changelog(hooks: ShellHooks, rest: list[str]) -> Any:
    """Show the change log of a dataset below the cell; what asks for more than that is for the command line."""
    if len(rest) != 1 or rest[0].startswith("-"):
        return _NOT_HERE
    from nbops.doors.datasets import show_changelog

    session = hooks.session
    return show_changelog(rest[0], session.project, session.settings, session.identity.notebook or "")


def _why(hooks: ShellHooks, words: list[str]) -> list[str]:
    """Return the command for ``%nbops why [STEP]``: without a REF it means what ran in this kernel."""
    recorder = hooks.session.recorder
    names = {step for step, _ in recorder.latest}
    at = next((index for index, word in enumerate(words[1:], 1) if not word.startswith("-")), 0)
    if at and words[at] not in names:
        return words
    if not recorder.started:
        raise UsageError("no step ran here yet", where="%nbops why", fix="run a step, or name a run: %nbops why REF")
    ref = f"{recorder.run}::{words[at]}" if at else recorder.run
    return [*words[:at], ref, *words[at + 1 :]] if at else ["why", ref, *words[1:]]


def _name(hooks: ShellHooks, words: list[str]) -> None:
    if len(words) != 1:
        raise UsageError("name takes one path", where=f"%nbops name {' '.join(words)}", fix="%nbops name sales.ipynb")
    path = Path(os.path.abspath(words[0]))
    if not path.is_file():
        raise UsageError(f"there is no notebook {words[0]!r}", where=str(path), fix="%nbops name PATH")
    session = hooks.session
    if session.recorder.started or not session.is_own:
        raise UsageError(
            "this run has begun under another name",
            where=session.identity.notebook or "an unknown notebook",
            fix="restart the kernel and name the notebook before its first step",
        )
    hooks.session = _session(replace(session.identity, notebook=str(path), identified_by="name"))
    print(_greeting(hooks.session))


def _run_here(hooks: ShellHooks, words: list[str]) -> Any:
    """Run steps in this kernel; words that name a notebook are for a run in a kernel of its own."""
    from nbops.doors.steering import run_here, run_options

    options = run_options(words)
    if options is None:
        return _NOT_HERE
    return run_here(hooks.shell, hooks.session, _cells_of(hooks), _front_ends[id(hooks)], options)


def _show(hooks: ShellHooks, rest: list[str]) -> Any:
    """Show the panel of this notebook: its pipeline as far as its file can be read, and what ran so far."""
    if rest:
        return _charts(rest) or _NOT_HERE
    from nbops.doors.panel import show_panel
    from nbops.notebook.pipeline import read

    session = hooks.session
    pipeline = None
    if session.identity.notebook is not None and Path(session.identity.notebook).is_file():
        try:
            pipeline = read(session.identity.notebook, root=session.project.root)
        except UsageError as error:  # a slip in one cell: what ran can be shown all the same
            print(f"the steps that have not run are not known: {_in_one_line(error)}")
    find_stale = None if session.is_batch else _stale_finder(hooks)
    listener = None
    if not session.is_batch:
        from nbops.doors.steering import PanelReader

        listener = PanelReader(hooks.shell, lambda: hooks.session, lambda: _cells_of(hooks), _front_ends[id(hooks)])
    return show_panel(session.recorder, pipeline, find_stale=find_stale, listener=listener, live=not session.is_batch)


def _charts(rest: list[str]) -> Any:
    """Return the control charts that the words name, for this cell to show; None when they name none."""
    if len(rest) > 1 or rest[0].startswith("-") or "/" not in rest[0]:
        return None
    from nbops.doors.verbs import charts_in, hub

    with hub() as found:
        return charts_in(found, rest[0])


def _stale_finder(hooks: ShellHooks) -> Callable[[], Mapping[str, str]]:
    from nbops.engine.causes.stale import stale_here

    cells = _cells_of(hooks)
    return lambda: stale_here(cells, hooks.session.recorder.latest)


def _cells_of(hooks: ShellHooks) -> KernelCells:
    from nbops.engine.causes.stale import KernelCells

    session = hooks.session
    path = Path(session.identity.notebook) if session.identity.notebook else None
    return KernelCells(hooks.executed, path, session.project)


def _in_one_line(error: NbopsError) -> str:
    return " · ".join(filter(None, [error.what, error.where, error.fix]))


def _command_line(hooks: ShellHooks, words: list[str]) -> None:
    """Run the command line in this process, where it may name variables; a bad verdict is no error of the cell."""
    import click

    from nbops.doors.cli import main

    folder = Path.cwd()
    try:
        given = {"variables": hooks.shell.user_ns, "notebook": hooks.session.identity.notebook or ""}
        main.main(words, standalone_mode=False, obj=given)
    except click.Abort:
        raise KeyboardInterrupt from None
    except click.ClickException as error:
        raise UsageError(error.format_message(), where=f"%nbops {shlex.join(words)}", fix="%nbops --help") from None
    finally:
        os.chdir(folder)  # -C is for the command, not for the cells after it


_NOT_HERE = object()
"""Says that the words are for the command line."""
_OWN_ACTS: dict[str, Callable[[ShellHooks, list[str]], Any]] = {
    "name": _name,
    "show": _show,
    "run": _run_here,
    "restore": _restore,
    "profile": _of_variable("profile"),
    "suggest": _of_variable("suggest"),
    "testdata": _testdata,
    "changelog": _changelog,
}
"""What this kernel does itself: the command line would do it to a file, or could not do it."""
