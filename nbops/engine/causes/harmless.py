"""Code of a notebook that is run again only to find something out: what it would change outside is refused.

Statements that are seen to write are left out of a slice already (:mod:`nbops.engine.causes.slicing`).
What a function of a module does is seen only when it is done: Python tells of it by `audit events
<https://docs.python.org/3/library/audit_events.html>`_. What a library does past Python, as a database driver in C that
opens its own connection, is not told.
"""

from __future__ import annotations

import os
import sys
from types import FrameType
from typing import Any

from nbops.errors import NbopsError

__all__ = ["Harmful", "refuse_outside"]

_CELL = ("<cell ", "<test>")  # how the code of cells is called here
_WRITING = os.O_WRONLY | os.O_RDWR
_ALWAYS = frozenset(
    [
        "os.remove",
        "os.rename",
        "os.rmdir",
        "os.truncate",
        "os.link",
        "os.symlink",
        "os.chmod",
        "os.chown",
        "os.kill",
        "os.system",
        "os.exec",
        "os.posix_spawn",
        "os.fork",
        "os.forkpty",
        "os.startfile",
        "subprocess.Popen",
        "socket.connect",
        "socket.sendto",
        "sqlite3.connect",
    ]
)


class Harmful(NbopsError, PermissionError):
    """Code that is run again would have changed something outside, or asked somebody there."""


def refuse_outside() -> None:
    """Let no code of a cell change files, start programs or connect to anything in this process from now on."""
    sys.addaudithook(_hook)


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if event not in _ALWAYS and not (event == "open" and _is_for_writing(arguments)):
        return
    if _is_of_cell(sys._getframe(1)):
        what = os.fsdecode(arguments[0]) if event == "open" else event
        raise Harmful(
            f"it is not run again, because it would change or ask something outside ({what})",
            where="code that is only run to find something out",
            fix='findings = "changes" runs none',
        )


def _is_for_writing(arguments: tuple[Any, ...]) -> bool:
    path, _, flags = (*arguments, None, None, None)[:3]
    is_file = isinstance(path, (str, bytes, os.PathLike)) and os.fspath(path) not in (os.devnull, os.devnull.encode())
    return is_file and isinstance(flags, int) and bool(flags & _WRITING)


def _is_of_cell(frame: FrameType | None) -> bool:
    while frame is not None:
        if frame.f_code.co_filename.startswith(_CELL):
            return True
        frame = frame.f_back
    return False
