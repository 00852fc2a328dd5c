"""What happens between an attempt of a step that failed and the next one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from nbops.engine.cell.backoff import wait_before
from nbops.pipeline.step import StepOptions
from nbops.records import StepFinished

if TYPE_CHECKING:
    from nbops.engine.reuse.rewinding import Rewind

__all__ = ["Again", "again_after"]


@dataclass(frozen=True, slots=True)
class Again:
    """The next attempt of a step.

    Args:
        record: The record of the attempt that failed, which says what comes next.
        told: The same in one line.
        wait_seconds: How long to wait before it.
    """

    record: StepFinished
    told: str
    wait_seconds: float


def again_after(
    error: BaseException, record: StepFinished, before: Rewind | None, attempt: int, options: StepOptions
) -> Again:
    """Put back what the failed *attempt* changed, and return what comes next."""
    wait = wait_before(attempt + 1, options.retry_delay_seconds)
    said = _put_back(before, record)
    said.append(f"again in {wait:.1f} s" if wait else "again at once")
    remark = f"attempt {attempt} of {options.retries + 1} failed; {'; '.join(said)}"
    told = remark.replace("failed;", f"failed ({type(error).__name__}: {error});", 1)
    return Again(replace(record, remark=remark), told, wait)


def _put_back(before: Rewind | None, record: StepFinished) -> list[str]:
    if before is None:
        return []
    restored, unknown = before.restore(dict.fromkeys((*record.writes, *record.mutated)))
    said = [f"put back: {', '.join(restored)}"] if restored else []
    return said + [f"cannot be put back: {name} ({why})" for name, why in unknown.items()]
