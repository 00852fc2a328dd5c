"""Judging the value of one condition: passed, failed, or not to be judged, and what was seen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from types import BuiltinFunctionType, FunctionType, GeneratorType, MethodType, ModuleType
from typing import Any, Literal

from nbops.errors import NbopsError
from nbops.frames.masking import COVERED, tells_masked
from nbops.frames.masks import Mask, as_mask, examples, values_at
from nbops.frames.tables import is_columnar, kind_of, library, short, shortened, told
from nbops.records import Examples, Status

__all__ = ["Verdict", "explain", "judge_value", "named", "not_judged"]

Form = Literal["value", "all", "none"]
Captured = Sequence[tuple[str, object]]
_NO_EXAMPLES = Examples()

_AMBIGUOUS = ("truth value", "ambiguous")
_NOISE: tuple[type, ...] = (ModuleType, FunctionType, BuiltinFunctionType, MethodType, type)
_MOST_VALUES = 4
_LONGEST_LIST = 120
_LONGEST_MESSAGE = 1_000


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found about a condition; the fields mean what they mean in a ``CheckResult``."""

    status: Status
    why: str = ""
    observed: str = ""
    rows: int | None = None
    failing: int | None = None
    nulls: int | None = None
    examples: Examples = _NO_EXAMPLES
    allowed: str = ""
    unit: str = ""
    share: float | None = None


def judge_value(
    value: object,
    captured: Captured = (),
    *,
    form: Form = "value",
    subjects: Iterable[object] = (),
    operands: Captured = (),
    limit: int = 5,
) -> Verdict:
    """Return the verdict on *value*: a boolean, a scalar, or a mask whose every row must be true.

    Args:
        value: What the condition came to.
        captured: The values inside it, with their source, in the order in which they were computed.
        form: ``all`` when *value* is ``mask.all()``, ``none`` when it is ``not mask.any()``.
        subjects: What may be that mask, the likeliest first.
        operands: Those of *captured* that explain a failure best.
        limit: How many failing rows to keep.

    Example:
        >>> judge_value(False, operands=[("len(rows)", 0)]).why
        'len(rows) is 0'
    """
    if form != "value":
        for subject in subjects:
            mask = as_mask(subject, inverted=form == "none")
            if mask is not None:
                return _judge_reduced(value, mask, captured, operands, limit)
    mask = as_mask(value)
    if mask is not None:
        if mask.rows == 0:
            return Verdict(Status.ERROR, "no rows to judge: write .all() if none is fine", "0 rows", 0, 0, 0)
        return _judge_rows(mask, captured, operands, limit)
    return _judge_scalar(value, captured, operands)


def _judge_reduced(value: Any, mask: Mask, captured: Captured, operands: Captured, limit: int) -> Verdict:
    if mask.failing:
        return _judge_rows(mask, captured, operands, limit)
    scalar = _judge_scalar(value, captured, operands)
    return Verdict(scalar.status, scalar.why, scalar.observed, mask.rows, mask.failing, mask.nulls)


def _judge_rows(mask: Mask, captured: Captured, operands: Captured, limit: int) -> Verdict:
    if not mask.failing:
        return Verdict(Status.PASSED, rows=mask.rows, failing=0, nulls=mask.nulls)
    positions = mask.first(limit)
    why = f"{mask.failing:,} of {mask.rows:,} rows fail ({mask.nulls:,} NA)"
    if positions:
        more = ", …" if mask.failing > len(positions) else ""
        labels = shortened(", ".join(mask.labels(positions)), _LONGEST_LIST)
        why += f", at {labels}{more}{_there(mask, [*operands, *captured], positions)}"
    shown = examples(mask, captured, limit)
    return Verdict(
        Status.FAILED, why, f"{mask.failing:,} of {mask.rows:,} rows", mask.rows, mask.failing, mask.nulls, shown
    )


def _there(mask: Mask, captured: Captured, positions: Sequence[int]) -> str:
    """Return what the judged column holds in the failing rows."""
    for text, value in captured:
        cells = values_at(mask, value, positions)
        if cells is not None:
            return f" | {text} there: {shortened(', '.join(cell or 'null' for cell in cells), _LONGEST_LIST)}"
    return ""


def _judge_scalar(value: Any, captured: Captured, operands: Captured) -> Verdict:
    if value is True:
        return Verdict(Status.PASSED)
    if library(value) == "pyarrow" and hasattr(value, "as_py"):  # an arrow scalar is true whatever it holds
        value = value.as_py()
    problem = _no_condition(value)
    if problem:
        return Verdict(Status.ERROR, problem)
    try:
        is_true = bool(value)
    except Exception as error:  # noqa: BLE001 - whatever a foreign __bool__ raises, the test could not be judged
        return not_judged(error)
    if is_true:
        return Verdict(Status.PASSED)
    return Verdict(Status.FAILED, explain(value, captured, operands), _observed(value, operands))


def _no_condition(value: Any) -> str:
    """Return why *value* cannot be judged; empty when it can."""
    if value is None:
        return ""
    if type(value).__name__ == "NAType":
        return "the condition is NA: there is nothing to judge"
    if is_columnar(value):
        return f"a test needs a boolean, got {kind_of(value)}: compare it, or use .equals(…)"
    if isinstance(value, GeneratorType):
        return "a generator is always true: write all(…)"
    if isinstance(value, (FunctionType, BuiltinFunctionType, MethodType)):
        return f"a function is always true: call it, {value.__name__}()"
    return ""


def not_judged(error: BaseException) -> Verdict:
    """Return the verdict on a condition that raised *error*: failed for an assertion, else an error."""
    if isinstance(error, AssertionError):
        return Verdict(Status.FAILED, shortened(_text(error), _LONGEST_MESSAGE) or "an assertion failed")
    text = named(error)
    if isinstance(error, (ValueError, TypeError)) and all(word in text for word in _AMBIGUOUS):
        return Verdict(Status.ERROR, f"{text} Between columns use & | ~, not and, or, not.")
    return Verdict(Status.ERROR, text)


def named(error: BaseException) -> str:
    """Return *error* in a line, ``TYPE: MESSAGE``; its message may be unable to tell itself."""
    return f"{type(error).__name__}: {shortened(_text(error), _LONGEST_MESSAGE)}".removesuffix(": ")


def _text(error: BaseException) -> str:
    if isinstance(error, NbopsError):  # a verdict is told in one line
        return " · ".join(filter(None, (error.what, error.where, error.fix)))
    try:
        return str(error).strip()
    except Exception:  # noqa: BLE001 - an exception whose text fails is still named by its type
        return ""


def explain(value: object, captured: Captured, operands: Captured = ()) -> str:
    """Return the values that made a condition false, as ``len(a) is 3, len(b) is 4``.

    Args:
        value: What the condition came to.
        captured: The values inside it, with their source, in the order in which they were computed.
        operands: Those of *captured* that explain it best; when one of them tells something, only they are told.
    """
    shown: dict[str, str] = {}
    for text, seen in (*operands, *reversed(captured)):
        if len(shown) < _MOST_VALUES and text not in shown and _is_telling(text, seen):
            shown[text] = COVERED if tells_masked(text) else short(seen)
    shown = {text: seen for text, seen in shown.items() if " at 0x" not in seen}  # an address tells nothing
    if operands and any(text in shown for text, _ in operands):
        shown = {text: shown[text] for text, _ in operands if text in shown}
    if shown:
        return ", ".join(f"{text} is {seen}" for text, seen in shown.items())
    return "" if value is False else f"it is {short(value)}"


def _is_telling(text: str, seen: object) -> bool:
    return not isinstance(seen, (_NOISE, bool)) and text != told(seen)


def _observed(value: object, operands: Captured) -> str:
    for text, seen in operands[:1]:
        if not isinstance(seen, (_NOISE, bool)):
            return COVERED if tells_masked(text) else short(seen)
    return "" if isinstance(value, bool) else short(value)
