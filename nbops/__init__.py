"""nbops: the notebook as a process that can be trusted.

The public names load their modules when they are first used, so that ``import nbops`` stays cheap: it loads neither
pandas nor papermill nor widgets.
"""

from __future__ import annotations

import importlib
from typing import Any

from nbops._version import __version__ as __version__

# name → the module that holds it. Nothing inside the package imports this file's names.
_PUBLIC = {
    "CheckResult": "nbops.records",
    "Hub": "nbops.store.hub",
    "Pipeline": "nbops.pipeline.step",
    "Secret": "nbops.notebook.secret",
    "Status": "nbops.records",
    "Step": "nbops.pipeline.step",
    "accept": "nbops.engine.datasets.accepting",
    "changelog": "nbops.doors.datasets",
    "check": "nbops.engine.reuse.known_tables",
    "pin": "nbops.engine.datasets.pinning",
    "Comparison": "nbops.views.difference_shown",
    "diff": "nbops.engine.reuse.versions",
    "profile": "nbops.doors.profiling",
    "Profile": "nbops.frames.profile.table",
    "suggest": "nbops.doors.profiling",
    "expect": "nbops.checks.expect",
    "failing": "nbops.doors.failing",
    "excluded": "nbops.doors.failing",
    "keep": "nbops.rows.selecting",
    "drop": "nbops.rows.selecting",
    "view": "nbops.rows.selecting",
    "join": "nbops.rows.joining",
    "union": "nbops.rows.stacking",
    "dedupe": "nbops.rows.deduplicating",
    "aggregate": "nbops.rows.aggregating",
    "cast": "nbops.rows.casting",
    "reconcile": "nbops.rows.reconciling",
    "metric": "nbops.checks.expect",
    "skip": "nbops.checks.expect",
    "read": "nbops.notebook.pipeline",
    "run": "nbops.engine.production.notebook",
    "resume": "nbops.engine.production.resume",
    "why": "nbops.engine.causes.why",
    "show": "nbops.doors.verbs",
    "status": "nbops.doors.verbs",
    "hub": "nbops.doors.verbs",
    "report": "nbops.doors.verbs",
    "source": "nbops.doors.arrivals",
    "restore": "nbops.doors.verbs",
    "stop": "nbops.doors.verbs",
    "adopt": "nbops.doors.verbs",
    "errors": "nbops.errors",
    "testdata": "nbops.doors.testdata",
    "testing": "nbops.testing",
    "load_ipython_extension": "nbops.doors.magics",
    "unload_ipython_extension": "nbops.doors.magics",
}


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module 'nbops' has no attribute {name!r}")
    module = importlib.import_module(_PUBLIC[name])
    value = module if name in ("errors", "testing") else getattr(module, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*_PUBLIC, "__version__"])
