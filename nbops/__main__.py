"""``python -m nbops``: the command line of the Python that is named, wherever its scripts are."""

from __future__ import annotations

from nbops.doors.cli import main

__all__: list[str] = []

if __name__ == "__main__":
    main()
