"""What is kept of a step's cell once its record is written: the values that it left, the rows that it left out."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from nbops.records import StepFinished

if TYPE_CHECKING:
    from nbops.engine.cell.accounting import Ledger
    from nbops.engine.kernel.session import Session
    from nbops.engine.reuse.checkpoint import Checkpoint, Checkpoints

__all__ = ["keep_left_out", "keep_values"]


def keep_values(checkpoints: Checkpoints | None, point: Checkpoint | None, record: StepFinished) -> None:
    """Keep the variables that a cell left; trouble with it is told, and changes nothing about the step.

    Args:
        checkpoints: Those of the run; None when nothing is kept.
        point: That of the cell; None when it has none.
        record: The cell's record.
    """
    if checkpoints is None:
        return
    try:
        checkpoints.closed(point, record)
    except Exception as error:  # noqa: BLE001 - keeping results must never stop what makes them
        print(f"nbops: this step is not kept ({type(error).__name__}: {error})", file=sys.stderr)


def keep_left_out(session: Session, point: Checkpoint | None, record: StepFinished, ledger: Ledger) -> None:
    """Keep the rows that the row functions of a cell left out; those of a restored one are those of its run.

    Args:
        session: The run.
        point: The checkpoint of the cell; None when it has none.
        record: The cell's record.
        ledger: Its accounts.
    """
    if record.accounts:
        from nbops.engine.cell.excluding import keep_excluded

        restored = point.restored if point else None
        keep_excluded(session, record, ledger, restored.run if restored else "")
