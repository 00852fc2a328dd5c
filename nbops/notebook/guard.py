"""The first cell of a notebook: it loads nbops, and where nbops is not installed it lets the notebook run without."""

from __future__ import annotations

import re

__all__ = ["GUARD_SOURCE", "is_guard"]

GUARD_SOURCE = r"""try:
    %load_ext nbops
except ModuleNotFoundError:  # nbops is not installed here: its cells run as plain cells, without records
    import re
    from datetime import date, datetime, timedelta
    from decimal import Decimal
    from pathlib import Path
    from typing import Any, Literal

    Secret = str

    def _plain_cell(lines):
        mark = re.compile(r"(\s*)(%%?(?:step|test|params|nbops)\b(?!\?))")
        lines = [mark.sub(r"\1pass  # \2", line) if mark.match(line) else line for line in lines]
        first = next((i for i, line in enumerate(lines) if not re.match(r"\s*(#|pass  # %|$)", line)), 0)
        return lines[first:] if lines[first:] and lines[first].startswith("%%") else lines

    get_ipython().input_transformers_cleanup.append(_plain_cell)"""
"""The cell as it stands in a notebook. It covers ``%%step %%test %%params %step %test %params`` and ``%nbops``.

A magic below the mark (``%%time``, ``%%sql``) comes to the first line, where IPython wants it. The types that
``%%params`` cells know are imported; a secret is plain text.
"""

_LOADS = re.compile(
    r"""^[ \t]*(?:%(?:re)?load_ext[ \t]+nbops\b|.*\b(?:run_line_magic|load_extension)\(.*['"]nbops['"])""", re.MULTILINE
)


def is_guard(source: str) -> bool:
    """Return whether a cell loads nbops.

    Example:
        >>> is_guard(GUARD_SOURCE), is_guard("%load_ext nbops"), is_guard("import nbops")
        (True, True, False)
    """
    return "nbops" in source and _LOADS.search(source) is not None
