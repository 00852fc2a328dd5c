"""Who sent the cell that runs: a front end names the cell that it sends, papermill and nbconvert do not."""

from __future__ import annotations

from typing import Any

__all__ = ["front_end_listens", "has_kernel", "sending_cell"]


def front_end_listens() -> bool:
    """Return whether this cell was sent by a front end, which can show widgets and open comms."""
    return bool(sending_cell())


def sending_cell() -> str:
    """Return the front end's id of the cell that runs; empty when no front end sent it."""
    parent = _shell().get_parent() if has_kernel() else {}
    cell: str = ((parent or {}).get("metadata") or {}).get("cellId") or ""
    return cell


def has_kernel() -> bool:
    """Return whether this shell is that of a kernel; a terminal's is not."""
    return hasattr(_shell(), "kernel")


def _shell() -> Any:
    from IPython import get_ipython

    return get_ipython()  # type: ignore[no-untyped-call]
