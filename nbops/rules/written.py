"""Rules about how texts are written: their form, their length, that none is blank or has white space around it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from nbops.checks.known_formats import Email, Url, Uuid
from nbops.checks.text import Length, Matches, NotBlank, Trimmed
from nbops.frames.profile.table import ColumnProfile
from nbops.frames.semantic import SemanticType
from nbops.rules.candidate import Candidate
from nbops.rules.evidence import Baseline, usual_rate

__all__ = ["written"]

_FORMATS: dict[SemanticType, tuple[str, Any]] = {
    SemanticType.EMAIL: ("email", Email), SemanticType.URL: ("url", Url), SemanticType.ID: ("uuid", Uuid)
}  # fmt: skip


def written(base: Baseline, column: ColumnProfile, meaning: SemanticType) -> Iterator[Candidate]:
    """Yield the rules of how the texts of a column are written."""
    name, text = column.name, column.text
    if text is None or (meaning.is_grouping and column.values.counts is not None):
        return  # the set of its values says all that follows
    form = list(_form(column, meaning))
    if text.shortest is not None and text.longest and meaning not in (SemanticType.FREE_TEXT, SemanticType.TEXT):
        yield from _lengths(base, column)
    for what, found, make, words in (
        ("blank texts", text.blank, NotBlank, "is never blank"),
        ("texts with white space around", text.untrimmed, Trimmed, "has no white space around it"),
    ):
        if found == 0 and not form:  # what is written one way is neither
            yield Candidate(
                lambda risk, make=make: make(name, usual=str(usual_rate([(0, text.count)], risk))),  # type: ignore[misc]
                "statistical", what, f"0 of {text.count:,}", f"{name} {words}.",
            )  # fmt: skip
    yield from form


def _lengths(base: Baseline, column: ColumnProfile) -> Iterator[Candidate]:
    name, text = column.name, column.text
    if text is None:
        return
    counts = [(0, one.text.count) for one in base.column(name) if one.text]
    short, long = text.shortest, text.longest
    whole = [(one.text.shortest, one.text.longest) for one in base.column(name) if one.text]
    if len(set(whole)) > 1:
        return  # batches differ: how much the next will differ is not told by their extremes
    yield Candidate(
        lambda risk: Length(name, short, long, usual=str(usual_rate([(1.5, sum(n for _, n in counts))], risk))),
        "statistical", "rows outside", f"all {text.count:,} within",
        f"{name} has {short if short == long else f'{short} to {long}'} characters.",
    )  # fmt: skip


def _form(column: ColumnProfile, meaning: SemanticType) -> Iterator[Candidate]:
    name, text = column.name, column.text
    if text is None or not text.sampled:
        return
    look, made = _FORMATS.get(meaning, ("", None))
    fitting = text.looks.get(look, 0)
    if made is not None and fitting >= 0.9 * text.sampled:
        counts = [(text.sampled - fitting, text.sampled)]
        yield Candidate(
            lambda risk: made(name, usual=str(usual_rate(counts, risk))), "statistical", f"rows that are no {look}",
            f"{text.sampled - fitting:,} of {text.sampled:,} sampled", f"{name} is written as {look}.",
        )  # fmt: skip
        return
    (shape, rows), *_ = sorted(text.shapes.items(), key=lambda pair: -pair[1])
    if meaning is SemanticType.FREE_TEXT or text.having("other") or not text.having("digit") or len(shape) > 30:
        return
    if rows == text.sampled and text.sampled >= 200 and any(sign in shape for sign in "9Aa"):
        yield Candidate(
            lambda risk: Matches(name, _pattern(shape), usual=str(usual_rate([(0, rows)], risk))), "statistical",
            "rows of another form", f"0 of {rows:,} sampled", f"{name} is written as {shape} ({_legend(shape)}).",
        )  # fmt: skip


def _pattern(shape: str) -> str:
    r"""Return the regular expression of a shape.

    Example:
        >>> _pattern("A-9")
        '^[A-Z]+\\-[0-9]+$'
    """
    marks = {"9": "[0-9]+", "A": "[A-Z]+", "a": "[A-Za-z]+", " ": " "}
    found, at = "", 0
    while at < len(shape):
        if shape.startswith("Aa", at):
            found, at = found + "[A-Z][a-z]+", at + 2
            continue
        sign = shape[at]
        found, at = found + marks.get(sign, sign if sign.isalnum() or sign == "_" else "\\" + sign), at + 1
    return f"^{found}$"


def _legend(shape: str) -> str:
    """Return what the signs of a shape stand for.

    Example:
        >>> _legend("A-9")
        'A: capitals, 9: digits'
    """
    words = {"A": "capitals", "a": "letters", "9": "digits"}
    return ", ".join(f"{sign}: {word}" for sign, word in words.items() if sign in shape)
