"""Checks of the files that a table comes from: whether they are there, when they came, how many and how big."""

from __future__ import annotations

import datetime as dt
import glob
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from nbops.checks.model import Check, Measure, bounds_text, check, refuse_bounds
from nbops.checks.verdict import Verdict
from nbops.errors import UsageError
from nbops.records import Status
from nbops.settings import duration

__all__ = ["ArrivedBy", "Delivered", "FileFresh"]


@dataclass(frozen=True, kw_only=True)
class _Files(Check):
    """A check of the files that a path names, ``*`` standing for anything."""

    needs_rows: ClassVar[bool] = False

    def measures(self) -> Mapping[str, Measure]:
        """Return nothing: the table is not looked at."""
        return {}

    def judge(self, seen: Mapping[str, Any]) -> Verdict:
        """Return the verdict on the files."""
        path = str(self.path)  # type: ignore[attr-defined]
        names = sorted(glob.glob(path, recursive=True))  # noqa: PTH207 - Path.glob takes no absolute pattern
        return self.judge_files([Path(name).stat() for name in names])

    def judge_files(self, files: list[os.stat_result]) -> Verdict:
        """Return the verdict on what the files are."""
        raise NotImplementedError


@check("file_fresh")
@dataclass(frozen=True)
class FileFresh(_Files):
    """The newest file that *path* names was written no longer than *max_age* ago: ``90m``, ``24h``, ``2d``.

    Why it matters:
        The table is read without complaint from the file of last week, too.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(FileFresh("no/such/*.csv", "24h"), id=[1])
        "failed: there is no file 'no/such/*.csv'"
    """

    path: str
    max_age: str

    def validate(self) -> None:
        """Refuse what is no duration."""
        duration(str(self.max_age))

    def judge_files(self, files: list[os.stat_result]) -> Verdict:
        """Return whether the newest is new enough."""
        allowed = f"at most {self.max_age} old"
        if not files:
            return Verdict(Status.FAILED, f"there is no file {self.path!r}", "0 files", allowed=allowed)
        newest = dt.datetime.fromtimestamp(max(file.st_mtime for file in files), dt.UTC)
        age = (dt.datetime.now(dt.UTC) - newest).total_seconds()
        observed = f"{age / 3600:,.1f} hours old"
        holds = age <= duration(str(self.max_age))
        why = "" if holds else f"the newest file is {observed}, allowed is {allowed}"
        return Verdict(Status.PASSED if holds else Status.FAILED, why, observed, allowed=allowed, unit="hours")

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        return f"{self.path} is {self.max_age} old at most"


@check("delivered")
@dataclass(frozen=True)
class Delivered(_Files):
    """*path* names between *low* and *high* files, each of at least *min_bytes*.

    Why it matters:
        Eleven of twelve files make a table that is as good as a whole one, but for a twelfth.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(Delivered("no/such/*.csv", 12, 12), id=[1])
        'failed: there are 0 files, allowed are 12 files'
    """

    path: str
    low: int | None = 1
    high: int | None = None
    min_bytes: int = 1

    def validate(self) -> None:
        """Refuse bounds that nothing can lie between."""
        refuse_bounds(self.low, self.high, self.kind, needs_one=False)

    def judge_files(self, files: list[os.stat_result]) -> Verdict:
        """Return whether there are as many as there should be, and none is too small."""
        observed, allowed = f"{len(files):,} files", bounds_text(self.low, self.high, "files")
        if len(files) < (self.low or 0) or (self.high is not None and len(files) > self.high):
            why = f"there are {observed}, allowed are {allowed}"
            return Verdict(Status.FAILED, why, observed, allowed=allowed, unit="files")
        small = sum(file.st_size < self.min_bytes for file in files)
        why = f"{small:,} of {observed} are smaller than {self.min_bytes:,} bytes" if small else ""
        return Verdict(Status.FAILED if small else Status.PASSED, why, observed, allowed=allowed, unit="files")

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        return f"{self.path} is {bounds_text(self.low, self.high, 'files')}"


@check("arrived_by")
@dataclass(frozen=True)
class ArrivedBy(_Files):
    """The newest file that *path* names was written today, not later than *time*, ``07:30``, by the clock of *zone*.

    Why it matters:
        A report that is due at eight tells of a late delivery best before it is built from yesterday's.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(ArrivedBy("no/such/*.csv", "07:30", "Europe/Berlin"), id=[1])
        "failed: there is no file 'no/such/*.csv'"
    """

    path: str
    time: str
    zone: str = "UTC"

    def validate(self) -> None:
        """Refuse what is no time, and what is no zone."""
        try:
            dt.time.fromisoformat(str(self.time))
            ZoneInfo(self.zone)
        except (ValueError, ZoneInfoNotFoundError) as error:
            what = f"{self.time!r} in {self.zone!r} is no time: {error}"
            raise UsageError(what, where=self.kind, fix="'07:30', 'Europe/Berlin'") from error

    def judge_files(self, files: list[os.stat_result]) -> Verdict:
        """Return whether the newest came in time."""
        allowed = f"by {self.time} ({self.zone})"
        if not files:
            return Verdict(Status.FAILED, f"there is no file {self.path!r}", "0 files", allowed=allowed)
        zone = ZoneInfo(self.zone)
        newest = dt.datetime.fromtimestamp(max(file.st_mtime for file in files), zone)
        today = dt.datetime.now(zone).date()
        observed = f"{newest:%Y-%m-%d %H:%M}"
        holds = newest.date() == today and newest.time() <= dt.time.fromisoformat(str(self.time))
        why = "" if holds else f"the newest file is of {observed}, it was due today {allowed}"
        return Verdict(Status.PASSED if holds else Status.FAILED, why, observed, allowed=allowed)

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        return f"{self.path} is there by {self.time}"
