"""Which process a run belongs to, and whether that process is still alive.

A process id alone proves nothing: it is used again after a restart, and means another process in another container.
So it counts only together with the machine's boot and the namespace of process ids that it was seen in.
"""

from __future__ import annotations

import os
import socket
import time
from dataclasses import dataclass
from pathlib import Path

__all__ = ["SILENCE", "ProcessMark", "is_alive", "this_process"]

SILENCE = 60.0
"""Seconds without a sign of life after which a process that cannot be asked counts as dead."""

_CLOCK_SLACK = 5.0


@dataclass(frozen=True, slots=True)
class ProcessMark:
    """What tells one process from every other: the machine's name, the process id, and the boot it belongs to."""

    host: str
    pid: int
    boot: str


def this_process() -> ProcessMark:
    """Return the mark of the process that asks.

    Example:
        >>> this_process().pid == os.getpid()
        True
    """
    return ProcessMark(socket.gethostname(), os.getpid(), _boot())


def is_alive(mark: ProcessMark, since: float, last_seen: float, now: float | None = None) -> bool:
    """Return whether the process of *mark*, which ran at *since* and was last heard of at *last_seen*, is alive.

    On the machine, boot and namespace of the mark the process itself is asked; elsewhere its last sign of life
    decides, which may be :data:`SILENCE` seconds old.

    Args:
        mark: Which process.
        since: A moment at which it ran, in seconds since 1970; a process that began later is another one.
        last_seen: When it was last heard of, in seconds since 1970.
        now: The present moment; None asks the clock.
    """
    here = this_process()
    if mark.pid and mark.boot and (mark.host, mark.boot) == (here.host, here.boot):
        return _runs_here(mark.pid, since)
    return (time.time() if now is None else now) - last_seen <= SILENCE


def _boot() -> str:
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot}/{Path('/proc/self/ns/pid').readlink()}"
    except OSError:  # no Linux: then heartbeats decide
        return ""


def _runs_here(pid: int, since: float) -> bool:
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        uptime = float(Path("/proc/uptime").read_text(encoding="ascii").split()[0])
    except OSError:
        return False
    fields = text.rpartition(")")[2].split()  # the name in parentheses may itself hold blanks and parentheses
    state, began_ticks = fields[0], int(fields[19])  # fields 3 and 22 of proc(5)
    is_dead = state in "ZX"
    began = time.time() - uptime + began_ticks / os.sysconf("SC_CLK_TCK")
    return not is_dead and began <= since + _CLOCK_SLACK
