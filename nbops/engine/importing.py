"""Importing papermill in a third of its usual time, without a difference to anybody.

nbformat imports jsonschema, and jsonschema imports ``rfc3987_syntax`` where that is installed (it comes with
JupyterLab). That package compiles the whole grammar of internationalised URLs, for about a second, when it is
imported, for a check of addresses that no notebook asks for. Here its one function is put off until somebody calls it.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
import types

__all__ = ["import_papermill"]

_SLOW = "rfc3987_syntax"


def import_papermill() -> None:
    """Import papermill and what comes with it."""
    if _SLOW in sys.modules or "jsonschema" in sys.modules or importlib.util.find_spec(_SLOW) is None:
        importlib.import_module("papermill")
        return
    stand_in = types.ModuleType(_SLOW)
    stand_in.is_valid_syntax = _is_valid_syntax  # type: ignore[attr-defined]
    sys.modules[_SLOW] = stand_in
    try:
        importlib.import_module("papermill")
    finally:
        if sys.modules.get(_SLOW) is stand_in:
            del sys.modules[_SLOW]


def _is_valid_syntax(term: str, value: str) -> bool:
    """Do what the function of that name does; its package is imported now, at the first call."""
    real = importlib.import_module(_SLOW)
    return bool(real.is_valid_syntax(term, value))
