"""A baseline as JSON: versioned, with hashes where values would tell of persons, and a log of every change."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Callable, Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import numpy as np

from nbops.errors import UsageError
from nbops.rules.verdict.baseline import Act, Baseline
from nbops.rules.verdict.history import History, calibrate
from nbops.rules.verdict.memory import Entities, KnownTexts, Memory, Previous
from nbops.rules.verdict.metric import Measured
from nbops.rules.verdict.relation import Relation
from nbops.rules.verdict.sequences import Chain, Sequences
from nbops.rules.verdict.structure import ColumnShape, Structure
from nbops.rules.verdict.ties import Levels, Tie, Ties

__all__ = ["VERSION", "from_json", "load", "to_json"]

VERSION = 1
_ARRAY = "array"


def to_json(baseline: Baseline) -> dict[str, Any]:
    """Return a baseline as values of JSON; what was said in :attr:`Baseline.log` comes first, to be read."""
    return {
        "version": VERSION,
        "log": [asdict(act) for act in baseline.log],
        "figures": baseline.figures,
        "widened": baseline.widened,
        "structure": {
            "columns": {name: asdict(shape) for name, shape in baseline.structure.columns.items()},
            "keys": list(baseline.structure.keys),
            "entity": list(baseline.structure.entity),
            "relations": [_plain(asdict(relation)) for relation in baseline.structure.relations],
            "ties": _encoded(baseline.structure.ties),
            "sequences": _encoded(baseline.structure.sequences),
        },
        "first_failures": {kind: [list(item) for item in found] for kind, found in baseline.first_failures.items()},
        "memory": _encoded(baseline.memory),
        "history": [
            {json.dumps(key): [round(m.value, 9), round(m.sd, 9)] for key, m in row.items()}
            for row in baseline.history.rows
        ],
    }


def from_json(state: Mapping[str, Any], *, where: str = "") -> Baseline:
    """Return the baseline that was written.

    Raises:
        UsageError: It was written by a newer version, or is none.
    """
    version = state.get("version") if isinstance(state, Mapping) else None
    if version != VERSION:
        raise UsageError(
            f"a baseline of version {version!r} cannot be read, only {VERSION}", where=where, fix="pip install -U nbops"
        )
    try:
        return _decoded(state)
    except (KeyError, TypeError, ValueError, AttributeError, zlib.error) as error:
        raise UsageError(f"the baseline is damaged: {error!r}", where=where, fix="git log -- FILE") from error


def load(path: Path) -> Baseline:
    """Return the baseline in a file.

    Raises:
        UsageError: There is none, or it cannot be read.
    """
    try:
        state = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        fix = f'nbops rules accept NEWEST --new OLDER --reason "first deliveries" --baseline {path}'
        raise UsageError("there is no baseline yet", where=str(path), fix=fix) from error
    except (OSError, ValueError, RecursionError) as error:
        raise UsageError(f"the baseline cannot be read: {error}", where=str(path), fix=f"git log -- {path}") from error
    return from_json(state, where=str(path))


def _decoded(state: Mapping[str, Any]) -> Baseline:
    kept = state["structure"]
    structure = Structure(
        {name: ColumnShape(**shape) for name, shape in kept["columns"].items()},
        tuple(kept["keys"]),
        tuple(kept["entity"]),
        tuple(
            Relation(r["kind"], tuple(r["columns"]), tuple(r["numbers"]), r["word"], r["tolerance"])
            for r in kept["relations"]
        ),
        _ties(kept.get("ties", {})),
        _sequences(kept.get("sequences", {})),
    )
    rows = [{tuple(json.loads(key)): Measured(*m) for key, m in row.items()} for row in state["history"]]
    history = History(rows)
    return Baseline(
        structure,
        _memory(state["memory"]),
        history,
        {kind: [(int(b), float(s)) for b, s in found] for kind, found in state["first_failures"].items()},
        calibrate(history),
        [Act(**act) for act in state["log"]],
        dict(state["figures"]),
        {key: float(factor) for key, factor in state["widened"].items()},
    )


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return {name: [float(v) for v in value] if name == "numbers" else value for name, value in values.items()}


def _encoded(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        packed = base64.b64encode(zlib.compress(value.tobytes(), 6)).decode("ascii")
        return {_ARRAY: str(value.dtype), "values": packed}
    if isinstance(value, Mapping):
        return {key: _encoded(item) for key, item in value.items()}
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    if isinstance(value, (tuple, list)):
        return [_encoded(item) for item in value]
    if hasattr(value, "__dataclass_fields__"):
        return {field.name: _encoded(getattr(value, field.name)) for field in fields(value)}
    return value.item() if isinstance(value, np.generic) else value


def _array(state: Mapping[str, str]) -> Any:
    return np.frombuffer(zlib.decompress(base64.b64decode(state["values"])), dtype=state[_ARRAY]).copy()


def _each(state: Mapping[str, Any], read: Callable[[Any], Any]) -> dict[str, Any]:
    return {name: read(item) for name, item in state.items()}


def _known(state: Mapping[str, Any]) -> KnownTexts:
    arrays = {name: _array(state[name]) for name in ("hashes", "counts", "batches", "least")}
    return KnownTexts(**arrays, novel=list(state["novel"]))


def _ties(state: Mapping[str, Any]) -> Ties:
    scales = {name: (float(a), float(b), float(c)) for name, (a, b, c) in state.get("scales", {}).items()}
    ties = (
        Tie(t["target"], tuple(t["sides"]), tuple(t["keys"]), tuple(map(float, t["weights"])))
        for t in state.get("ties", ())
    )
    return Ties(scales, tuple(ties))


def _sequences(state: Mapping[str, Any]) -> Sequences:
    chains = (
        Chain(c["column"], c["by"], bool(c["ranks"]), {group: float(step) for group, step in c["steps"].items()})
        for c in state.get("chains", ())
    )
    return Sequences(tuple(chains), tuple(state.get("bundles", ())))


def _levels(state: Mapping[str, Any]) -> Levels:
    hashes, counts, sums = (_array(state[name]) for name in ("hashes", "counts", "sums"))
    return Levels(hashes, counts, sums.reshape(len(hashes), len(sums) // max(1, len(hashes))))


def _memory(state: Mapping[str, Any]) -> Memory:
    before, entities = state["previous"], state["entities"]
    return Memory(
        batches=state["batches"],
        rows=state["rows"],
        texts=_each(state["texts"], _known),
        shapes=_each(state["shapes"], _known),
        letters=_each(state["letters"], set),
        bounds=_each(state["bounds"], lambda pair: (float(pair[0]), float(pair[1]))),
        places=dict(state["places"]),
        hours=_each(state["hours"], set),
        depends=_each(state["depends"], lambda pair: (_array(pair[0]), _array(pair[1]))),
        previous=Previous(_array(before["rows"]), before["count"], _each(before["columns"], _array)),
        entities=Entities(
            _array(entities["keys"]),
            _array(entities["seen"]),
            _each(entities["values"], _array),
            _each(entities["texts"], _array),
        ),
        marks=dict(state["marks"]),
        filled=dict(state["filled"]),
        levels=_each(state.get("levels", {}), _levels),
    )
