"""A front end that can run the notebook's own cells: it says so by opening a comm, and is asked through it.

The front end opens a comm with the target ``nbops.cells``. The kernel then sends ``{"verb": "run", "steps": [...],
"cells": [{"id": ..., "index": ...}]}``; the front end runs these cells, in this order, and stops at the first that
fails. Where no front end has opened one, the kernel does what it can by itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from nbops.notebook.cells import Cell

__all__ = ["TARGET", "FrontEnd"]

TARGET = "nbops.cells"


class FrontEnd:
    """The front ends of one kernel.

    Args:
        shell: The IPython shell.
    """

    def __init__(self, shell: Any) -> None:
        self._comms: list[Any] = []
        manager = getattr(getattr(shell, "kernel", None), "comm_manager", None)
        if manager is not None:
            manager.register_target(TARGET, self._opened)

    @property
    def listens(self) -> bool:
        """Whether a front end said that it can run cells."""
        return bool(self._comms)

    def ask(self, steps: Iterable[str], cells: Iterable[Cell]) -> bool:
        """Ask the front end that came last to run *cells*; False when there is none.

        It gets to them when the cell that asks has ended.
        """
        if not self._comms:
            return False
        wanted = [{"id": cell.id, "index": cell.index} for cell in cells]
        self._comms[-1].send({"verb": "run", "steps": list(steps), "cells": wanted})
        return True

    def _opened(self, comm: Any, message: Any) -> None:
        del message
        self._comms.append(comm)
        comm.on_close(lambda _: self._comms.remove(comm) if comm in self._comms else None)
