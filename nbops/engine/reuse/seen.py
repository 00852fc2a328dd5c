"""What a step really read from outside while it ran, where its code alone does not say it.

Python tells when a file is opened, a folder is listed, a program started, a connection made (`audit events
<https://docs.python.org/3/library/audit_events.html>`_), and whether random numbers were drawn shows in their state.
What was seen is part of what the result depends on, from then on.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import pickle
import sys
import sysconfig
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

from nbops.engine.reuse.keeping import random_states

__all__ = ["Seen", "Watch", "is_same_state", "written_since"]

_MOST_FILES = 1_000
_OURS = str(Path(__file__).parents[2])
_CODE = (".py", ".pyc", ".so", ".pyd", ".ipynb")
_MEMORY = "/dev/shm/"  # a disk in memory, where people put files, too
_UNDRAWN = (623, 624)  # where both Mersenne twisters stand when they were seeded
_MOST_FRAMES = 40
_READ_CODE = ("linecache.py", "tokenize.py", "inspect.py")
_LONGEST_PATH = 1_000
_CLOCK = 0.01  # seconds; file systems keep coarser times than the clock tells
_MACHINE = tuple(
    sorted(
        {os.path.realpath(path) + os.sep for path in (sys.prefix, sys.base_prefix, sysconfig.get_path("stdlib"))}
        | {"/proc/", "/sys/", "/dev/", "/etc/", "/usr/share/", "/usr/lib/", "/lib/"}
        | {f"{Path.home() / name}{os.sep}" for name in (".cache", ".config", ".ipython", ".local", ".jupyter")}
    )
)


@dataclass(slots=True)
class Seen:
    """What a step read and wrote.

    Args:
        files: The files that it opened for reading, absolute.
        folders: The folders that it listed.
        wrote: The files that it wrote, and that are still there.
        changing: What it did whose result may be another one every time.
        drew: The states of random numbers before it, of those that it drew from; None when it loaded them itself.
    """

    files: dict[str, None] = field(default_factory=dict)
    folders: dict[str, None] = field(default_factory=dict)
    wrote: dict[str, None] = field(default_factory=dict)
    changing: dict[str, None] = field(default_factory=dict)
    drew: dict[str, Any] = field(default_factory=dict)


class Watch:
    """Watches what happens until it is ended. There is one at a time.

    Args:
        own: The folder that is nbops' own.
        may_reseed: Whether the code may set the states of random numbers: then that they are the same afterwards does
            not show that none was drawn.
    """

    def __init__(self, own: Path, *, may_reseed: bool = False) -> None:
        self._own = str(own) + os.sep
        self._may_reseed = may_reseed
        self._seen = Seen()
        if "numpy" in sys.modules:
            importlib.import_module("numpy.random")  # it is loaded when it is first used: too late to see a draw
        self._before = random_states()
        self._opened: set[str] = set()

    def begin(self) -> None:
        """Begin to watch."""
        if not _hooked:
            sys.addaudithook(_hook)
            _hooked.append(True)
        _watching[:] = [self]

    def end(self) -> Seen:
        """Stop, and return what was seen."""
        _watching.clear()
        seen, after = self._seen, random_states()
        seen.drew |= {
            name: before
            for name, before in self._before.items()
            if self._may_reseed or not is_same_state(after[name], before)
        }
        seen.drew |= {name: None for name in after.keys() - self._before.keys() if not _is_fresh(after[name])}
        seen.wrote = dict.fromkeys(path for path in seen.wrote if Path(path).exists())
        for path in seen.wrote:
            seen.files.pop(path, None)
        if len(seen.files) >= _MOST_FILES:
            seen.changing["more than a thousand files"] = None
        return seen

    # ── events ───────────────────────────────────────────────────────────────────────────────────────────────────

    def opened(self, path: Any, mode: Any, flags: Any) -> None:
        """A file was opened."""
        text = self._path(path)
        if not text or text.endswith(_CODE) or len(self._seen.files) >= _MOST_FILES:
            return
        if isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR):
            self._seen.wrote[text] = None
        elif text not in self._seen.wrote:
            self._seen.files[text] = None

    def listed(self, path: Any = ".", *_: Any) -> None:
        """A folder was listed."""
        text = self._path("." if path is None else path)
        if text and len(self._seen.folders) < _MOST_FILES:
            self._seen.folders[text] = None

    def connected(self, *arguments: Any) -> None:
        """A connection to another machine was made, or to another process."""
        address = arguments[1] if len(arguments) > 1 else arguments[0]
        self._seen.changing[f"network ({address[0] if isinstance(address, tuple) else address})"] = None

    def started(self, program: Any = "", *_: Any) -> None:
        """A program was started."""
        name = Path(os.fsdecode(program)).name if isinstance(program, (str, bytes, os.PathLike)) else program
        self._seen.changing[f"program {name}"] = None

    def asked(self, database: Any = "", *_: Any) -> None:
        """A database was opened."""
        if database not in (":memory:", b":memory:", ""):
            self._seen.changing[f"database {Path(os.fsdecode(database)).name}"] = None

    def _path(self, path: Any) -> str:
        """Return a path that is the user's, absolute; empty for what belongs to Python, the machine or nbops."""
        if not isinstance(path, (str, bytes, os.PathLike)):
            return ""
        text = os.path.abspath(os.fsdecode(path))
        is_machine = text.startswith(_MACHINE) and not text.startswith(_MEMORY)
        return "" if is_machine or text.startswith(self._own) or "/site-packages/" in text else text


_watching: list[Watch] = []
_hooked: list[bool] = []
_EVENTS: Mapping[str, Callable[..., None]] = {
    "open": Watch.opened,
    "os.listdir": Watch.listed,
    "os.scandir": Watch.listed,
    "socket.connect": Watch.connected,
    "subprocess.Popen": Watch.started,
    "os.system": Watch.started,
    "os.exec": Watch.started,
    "os.posix_spawn": Watch.started,
    "sqlite3.connect": Watch.asked,
}


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    """Tell the watch of an event; Python calls this at every one, and it cannot be taken away again."""
    if not _watching or event not in _EVENTS or _is_of_machinery():
        return
    with contextlib.suppress(Exception):  # what is raised here would be raised in the user's code
        _EVENTS[event](_watching[0], *arguments)


def _is_of_machinery() -> bool:
    """Whether nbops, an import or the shell does it, and not the step: the nearest frame that is no library's tells."""
    thread = threading.current_thread()
    if thread.name.startswith(("nbops-", "IPythonHistory", "Control", "Heartbeat", "IOPub")):
        return True
    frame: FrameType | None = sys._getframe(2)
    for _ in range(_MOST_FRAMES):
        if frame is None:
            break
        name = frame.f_code.co_filename
        if name.startswith(("<frozen importlib", _OURS)) or name.endswith(_READ_CODE):
            return True
        if not name.startswith((*_MACHINE, "<frozen ")) and "/site-packages/" not in name:
            return False
        frame = frame.f_back
    return thread is threading.main_thread()  # a thread of a pool may run nothing but a function of a library


def _is_fresh(state: Any) -> bool:
    """Whether nothing was drawn since these random states were made, as far as their place in a block tells."""
    place = state[1][-1] if isinstance(state, tuple) else state["state"]["pos"]
    return place in _UNDRAWN and not (isinstance(state, dict) and state["has_gauss"])


def written_since(began: float, named: Iterable[str]) -> tuple[str, ...]:
    """Return which of the files that are *named* were written since *began*, absolute.

    Libraries that write without Python's ``open``, as Arrow does, are seen by no audit event.
    """
    found = []
    for text in dict.fromkeys(named):
        if not text.strip() or len(text) > _LONGEST_PATH or "\n" in text or "\0" in text:
            continue
        with contextlib.suppress(OSError):  # it is no path, or of what is not there
            if Path(text).is_file() and Path(text).stat().st_mtime >= began - _CLOCK:
                found.append(os.path.abspath(text))
    return tuple(found)


def is_same_state(state: Any, other: Any) -> bool:
    """Whether two states of random numbers are the same; they hold arrays, which do not compare."""
    return pickle.dumps(state) == pickle.dumps(other)
