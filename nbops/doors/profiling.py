"""``nbops.profile`` and ``nbops.suggest``: a cell that ends in one shows it with pictures, ``%load_ext`` or not."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from nbops.doors.displaying import offer_html
from nbops.frames.profile.table import profile as _profile
from nbops.rules.suggest import suggest as _suggest

__all__ = ["profile", "suggest"]

P = ParamSpec("P")
R = TypeVar("R")


def _shown(function: Callable[P, R]) -> Callable[P, R]:
    """Return *function*, which also sees to it that the shell it is called in can show what it returns."""

    @functools.wraps(function)
    def made(*args: P.args, **given: P.kwargs) -> R:
        if "IPython" in sys.modules:
            from IPython import get_ipython

            shell = get_ipython()  # type: ignore[no-untyped-call]
            if shell is not None:
                offer_html(shell)
        return function(*args, **given)

    return made


profile = _shown(_profile)
suggest = _shown(_suggest)
