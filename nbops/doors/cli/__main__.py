"""``python -m nbops.doors.cli``: the command line of this very interpreter."""

from __future__ import annotations

from nbops.doors.cli.group import main

if __name__ == "__main__":
    main()
