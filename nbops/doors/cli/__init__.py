"""The command line, ``nbops VERB [REF]``: a group of verbs, each loaded when it is typed."""

from __future__ import annotations

from nbops.doors.cli.group import main

__all__ = ["main"]
