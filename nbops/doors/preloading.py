"""What a kernel imports while nobody speaks to it yet: all that the steps of a notebook will need.

A run starts its kernel first and gets itself ready then. A kernel that is told to load this extension imports nbops in
that time; nothing is hung into the shell before the run asks for it.
"""

from __future__ import annotations

from nbops.doors import magics
from nbops.engine.cell import marked
from nbops.engine.kernel import foreseeing
from nbops.engine.reuse import checkpoint

__all__ = ["PRELOADED", "load_ipython_extension"]

PRELOADED = (magics.__name__, foreseeing.__name__, marked.__name__, checkpoint.__name__)
"""The modules that are imported with this one, and all that they import."""


def load_ipython_extension(shell: object) -> None:
    """Leave *shell* as it is: the imports of this module were all that was wanted."""
