"""The door in the notebook: ``%load_ext nbops`` hangs the hooks into the shell and registers the magics.

The marks ``%%step``, ``%%test`` and ``%%params`` are read by the hooks; the magics of the same names are there for
``%%step?``, for the TAB key and for programs that call them.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from nbops._version import __version__
from nbops.engine.identity import Identity, identify, parent_process
from nbops.engine.session import Session
from nbops.engine.shell import ShellHooks
from nbops.settings import load_settings
from nbops.store.project import find_project

__all__ = ["load_ipython_extension", "unload_ipython_extension"]

_installed: list[ShellHooks] = []


def load_ipython_extension(shell: Any) -> None:
    """Hang nbops into *shell* and say so in one line."""
    hooks = _hooks_of(shell)
    hooks.install()
    session = hooks.session
    if session.is_own and session.is_batch:
        session.start()
    print(_greeting(session))


def unload_ipython_extension(shell: Any) -> None:
    """Take the hooks out of *shell* again; what was recorded stays."""
    for hooks in _installed:
        if hooks.shell is shell:
            hooks.remove()
    _installed[:] = [hooks for hooks in _installed if hooks.shell is not shell]


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
    return Session(project, load_settings(project.root), identity)


def _greeting(session: Session) -> str:
    hub = session.settings.hub or session.project.relative(session.project.hub_file)
    name = Path(session.identity.notebook).name if session.identity.notebook else ""
    return f"nbops {__version__} · hub {hub}{f' · {name}' if name else ''} · panel: %nbops show"
