"""The console that text goes to: on a terminal, in a pipe that may be closed, below a notebook's cell."""

from __future__ import annotations

import os
import sys
from typing import Literal, TextIO

from rich.console import Console

from nbops.doors.cli.streams import silence

__all__ = ["Screen"]

_WIDTH_OF_NO_TERMINAL = 120


class Screen(Console):
    """A console for *file*.

    Args:
        file: Where the text goes.
        has_color: Whether colours are allowed; None leaves it to the terminal.
        is_quiet: Whether nothing is to be shown.
    """

    def __init__(self, file: TextIO, *, has_color: bool | None = None, is_quiet: bool = False) -> None:
        # a notebook shows the colours of a terminal in those of its theme; HTML of rich's would bring its own
        colours: Literal["auto", "standard"] | None = "auto"
        if in_notebook := _is_cell_output(file):
            colours = None if has_color is False else "standard"
        super().__init__(
            file=file,
            force_jupyter=False,
            force_terminal=True if in_notebook else None,
            color_system=colours,
            no_color=has_color is False or None,
            quiet=is_quiet,
            width=None if file.isatty() else _wished_width(),
            highlight=False,
            emoji=False,
            markup=False,
            soft_wrap=False,
        )

    def on_broken_pipe(self) -> None:
        """Go on without a word: whoever read has seen enough, which is no reason to end what runs."""
        self.quiet = True
        silence(self.file)


def _wished_width() -> int:
    wish = os.environ.get("COLUMNS", "")
    return int(wish) if wish.isdecimal() and int(wish) else _WIDTH_OF_NO_TERMINAL


def _is_cell_output(file: TextIO) -> bool:
    """Return whether what is written to *file* appears below a notebook's cell."""
    kernel = sys.modules.get("ipykernel.iostream")
    return kernel is not None and isinstance(file, kernel.OutStream)
