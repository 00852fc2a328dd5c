"""Names for steps: what they make, where they write to, or the heading above them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from pathlib import PurePath

from nbops.release.pieces import Piece

__all__ = ["slug", "step_name", "unique"]

# Names that say nothing about what they hold.
_VAGUE = frozenset(["df", "data", "d", "x", "y", "t", "tmp", "temp", "result", "results", "res", "out", "output", "_"])
_FILLER_WORDS = "a an and are as at for from in into is it of on or our that the this to we with your"
_FILLERS = frozenset(_FILLER_WORDS.split())
_MOST_WORDS = 3
_TOO_SHORT = 2  # letters: such a name says something to its author only
_SINK_VERBS = {
    "savefig": "plot",
    "write_image": "plot",
    "post": "send",
    "put": "send",
    "patch": "send",
    "delete": "delete",
    "sendmail": "send",
    "remove": "remove",
    "unlink": "remove",
    "rmtree": "remove",
    "copy": "copy",
    "move": "move",
}


def slug(text: str, fillers: frozenset[str] = _FILLERS) -> str:
    """Return *text* as the name of a step: lower case, at most three words; empty when nothing is left.

    Words among *fillers* and the number of a chapter are left out.

    Example:
        >>> slug("## 3. Clean the *orders* of today")
        'clean_orders_today'
        >>> slug("Übersicht & Export 📈")
        'ubersicht_export'
    """
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    words = [w for w in re.findall(r"[a-z0-9]+", plain.lower()) if w not in fillers]
    while words and words[0].isdigit():  # the number of a chapter
        words.pop(0)
    return "_".join(words[:_MOST_WORDS])


def step_name(pieces: Sequence[Piece], heading: str, made_before: frozenset[str], read_later: frozenset[str]) -> str:
    """Return what to call the step of *pieces*: the one table that it makes, else the heading, else what it does.

    Args:
        pieces: What it is made of.
        heading: The heading above it; empty when there is none.
        made_before: The names that earlier steps make; who changes such a table is not named for it.
        read_later: The names that later steps read.
    """
    sink = next((p for p in pieces if p.sink), None)
    if sink:
        return _sink_name(sink) or slug(heading) or "write"
    made = _tables_of(pieces) or [name for p in pieces for name in p.makes if name not in p.imports]
    wanted = [name for name in made if name in read_later] or made
    clear = [n for n in wanted if n.lower() not in _VAGUE and not n.startswith("_") and n not in made_before]
    title = slug(heading)
    is_load = any(p.is_load for p in pieces)
    if title and (len(clear) != 1 or len(clear[0]) <= _TOO_SHORT or (is_load and len(_tables_of(pieces)) > 1)):
        return title
    if clear:
        name = clear[-1].lower()
        return f"load_{name}" if is_load and not name.startswith("load") else name
    if title or pieces[0].language:
        return title or pieces[0].language
    deed = "load" if is_load else _deed(pieces)
    known = [name for name in made if name in made_before and name.lower() not in _VAGUE]
    return f"{deed}_{known[-1].lower()}" if known else deed


def _tables_of(pieces: Sequence[Piece]) -> list[str]:
    return list(dict.fromkeys(name for p in pieces for name in p.tables))


def _sink_name(piece: Piece) -> str:
    sink = piece.sink
    if sink is None:
        return ""
    verb = _SINK_VERBS.get(sink.call, "write")
    # a function of the notebook's own says by its name what it does
    is_own = sink.call not in _SINK_VERBS and not sink.call.startswith(
        ("to_", "write", "open", "sink_", "save", "dump")
    )
    if is_own and "_" in sink.call and not sink.target:
        return slug(sink.call.replace("_", " "), frozenset())
    file = PurePath(sink.target.rstrip("/").replace("\\", "/")).name
    stem = "" if file.startswith(".") else slug(PurePath(file).stem.replace("_", " "), frozenset())
    thing = stem or ("" if sink.subject.lower() in _VAGUE else sink.subject.lower().strip("_"))
    return f"{verb}_{thing}" if thing and not thing.startswith(verb) else thing or verb


_DEEDS = (
    ("clean", r"\.(dropna|fillna|drop_duplicates|drop|astype|rename|replace|query|filter|clip)\("),
    ("join", r"\.(merge|join)\(|pd\.merge\(|concat\("),
    ("summary", r"\.(groupby|group_by|pivot_table|pivot|agg|resample)\("),
    ("columns", r"\[[\"'][^\]]+[\"']\]\s*="),
)


def _deed(pieces: Sequence[Piece]) -> str:
    source = "\n".join(p.source for p in pieces)
    return next((name for name, pattern in _DEEDS if re.search(pattern, source)), "work")


def unique(name: str, taken: set[str]) -> str:
    """Return *name*, with a number behind it when it is taken, and take it.

    Example:
        >>> taken = {"clean"}
        >>> unique("clean", taken), unique("clean", taken)
        ('clean_2', 'clean_3')
    """
    chosen, number = name, 1
    while chosen in taken:
        number += 1
        chosen = f"{name}_{number}"
    taken.add(chosen)
    return chosen
