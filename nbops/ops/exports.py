"""Schedules for other schedulers: crontab, systemd, Kubernetes.

crontab and systemd call ``nbops schedules run``, which runs the snapshot, under the lease of its slot: what runs there
and under ``nbops serve`` is run once. A container has no snapshot: there the notebook of the image runs.
"""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from nbops.errors import UsageError
from nbops.pipeline.schedule import Schedule
from nbops.sources.slots import zone_of

__all__ = ["calendar_of", "crontab", "kubernetes", "systemd"]

_WEEKDAYS = ("Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def crontab(chosen: Sequence[Schedule], root: Path) -> str:
    """Return lines for ``crontab -e``.

    Raises:
        UsageError: A schedule has no times, or is by another zone than that of this system, which cron lives by.
    """
    here = zone_of("").key
    lines = [f"# schedules of {root}, by the clocks of {here}; add these lines with: crontab -e"]
    for one in chosen:
        _check(one, "crontab")
        if not _same_zone(one.tz, here):
            raise UsageError(
                f"cron lives by the clocks of this system ({here}), not by {one.tz}",
                where=f"schedule of {one.notebook}",
                fix=f"nbops export systemd {one.name}   or: nbops schedule {one.notebook} … --tz {here} --replace",
            )
        if set(one.cron.upper()) & set("L#"):
            raise UsageError(f"cron does not know {one.cron!r}", where=f"schedule of {one.notebook}", fix="nbops serve")
        command = shlex.join(_command(one, root, "cron")).replace("%", "\\%")
        lines.append(f"{one.cron} {command}")
    return "\n".join(lines) + "\n"


def _same_zone(one: str, other: str) -> bool:
    """Return whether two zones have the same clocks through this year and the next."""
    first, second = zone_of(one), zone_of(other)
    year = datetime.now(UTC).year
    moments = [
        datetime(y, month, day, tzinfo=UTC) for y in (year, year + 1) for month in range(1, 13) for day in (1, 15)
    ]
    return all(first.utcoffset(m.astimezone(first)) == second.utcoffset(m.astimezone(second)) for m in moments)


def systemd(chosen: Sequence[Schedule], root: Path) -> dict[str, str]:
    """Return the units of schedules by the names of their files: a service and a timer for each.

    Raises:
        UsageError: A schedule has no times, or such as systemd cannot say.
    """
    found = {}
    for one in chosen:
        _check(one, "systemd")
        unit = f"nbops-{_plain(one.name)}"
        words = " ".join(_unit_word(word) for word in _command(one, root, "systemd"))
        found[f"{unit}.service"] = (
            f"[Unit]\nDescription=nbops: {_unit_text(one.name)}\n\n"
            f"[Service]\nType=oneshot\nWorkingDirectory={_unit_path(root)}\nExecStart={words}\nSuccessExitStatus=0\n"
        )
        moments = "".join(f"OnCalendar={moment}\n" for moment in calendar_of(one))
        delay = f"RandomizedDelaySec={one.jitter:g}\n" if one.jitter else ""
        found[f"{unit}.timer"] = (
            f"[Unit]\nDescription=nbops: when {_unit_text(one.name)} runs\n\n"
            f"[Timer]\n{moments}Persistent={'false' if one.catch_up == 'none' else 'true'}\nAccuracySec=1s\n{delay}"
            "\n[Install]\nWantedBy=timers.target\n"
        )
    return found


def calendar_of(schedule: Schedule) -> list[str]:
    """Return the times of a schedule as systemd says them; two where cron means one day *or* another.

    Raises:
        UsageError: systemd cannot say them.

    Example:
        >>> calendar_of(Schedule("sales.ipynb", "*/30 7 * * 1-5", "Europe/Berlin"))
        ['Mon,Tue,Wed,Thu,Fri *-*-* 07:00,30:00 Europe/Berlin']
        >>> calendar_of(Schedule("sales.ipynb", "0 7 1 * 1", "UTC"))
        ['*-*-01 07:00:00 UTC', 'Mon *-*-* 07:00:00 UTC']
    """
    from cronsim import CronSim

    cron = CronSim(schedule.cron, datetime(2026, 1, 1, tzinfo=UTC))
    weekdays = {one % 7 for one in cron.weekdays if isinstance(one, int)}
    if any(not isinstance(one, int) for one in cron.weekdays) or cron.LAST_WEEKDAY in cron.days:
        raise UsageError(f"systemd cannot say {schedule.cron!r}", where=f"schedule of {schedule.notebook}",
                         fix="nbops serve runs it")  # fmt: skip
    at = f"{_values(cron.hours, 24)}:{_values(cron.minutes, 60)}:00 {schedule.tz}"
    months = _values(cron.months, 12)
    every_day = "*" if len(cron.days) == 31 else _days(cron.days)
    of_week = "" if len(weekdays) == 7 else ",".join(_WEEKDAYS[one] for one in sorted(weekdays)) + " "
    dated = [f"*-{months}{'~01' if one == 'L' else f'-{one}'}" for one in every_day.split("|")]
    if of_week and every_day != "*" and not cron.day_and:
        return [*(f"{one} {at}" for one in dated), f"{of_week}*-{months}-* {at}"]
    return [f"{of_week}{one} {at}" for one in dated]


def _values(chosen: Iterable[int], every: int) -> str:
    values = sorted(chosen)
    return "*" if len(values) == every else ",".join(f"{one:02}" for one in values)


def _days(chosen: Iterable[int]) -> str:
    """Return days of the month; the last one stands apart, because it is counted from the other end."""
    plain = [one for one in chosen if one > 0]
    return "|".join(filter(None, (_values(plain, 31) if plain else "", "L" if len(plain) < len(set(chosen)) else "")))


def kubernetes(chosen: Sequence[Schedule], image: str, folder: str = "") -> str:
    """Return a CronJob for each schedule, as one YAML document each.

    Args:
        chosen: The schedules.
        image: The image that holds nbops and the notebooks.
        folder: The project in the image; empty for the image's own working directory.

    Raises:
        UsageError: A schedule has no times, or there is no image.
    """
    import yaml

    if not image:
        fix = "nbops export kubernetes --image registry.example.org/notebooks:1"
        raise UsageError("a CronJob needs the image that holds nbops and the notebooks", fix=fix)
    text: str = yaml.safe_dump_all(
        [_cron_job(one, image, folder) for one in chosen], sort_keys=False, width=120, allow_unicode=True
    )
    return text


def _cron_job(one: Schedule, image: str, folder: str) -> dict[str, Any]:
    _check(one, "Kubernetes")
    if set(one.cron.upper()) & set("L#"):
        fix = "nbops serve runs it"
        raise UsageError(f"Kubernetes does not know {one.cron!r}", where=f"schedule of {one.notebook}", fix=fix)
    name = f"nbops-{_plain(one.name).lower().replace('_', '-').replace('.', '-')}"[:52].strip("-")
    given = [word for pair in sorted(one.parameters.items()) for word in ("-p", "=".join(pair))]
    where = ["-C", folder] if folder else []
    command = ["python", "-m", "nbops", *where, "run", one.notebook, "--env", one.env, *given]
    container: dict[str, Any] = {"name": "notebook", "image": image, "command": command}
    pod = {"restartPolicy": "Never", "containers": [container]}
    spec: dict[str, Any] = {
        "schedule": one.cron,
        "timeZone": one.tz,
        "concurrencyPolicy": "Forbid",
        "jobTemplate": {"spec": {"backoffLimit": 0, "template": {"spec": pod}}},
    }
    if one.catch_up == "none":
        spec["startingDeadlineSeconds"] = 60
    return {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": name}, "spec": spec}


def _check(one: Schedule, target: str) -> None:
    if not one.cron:
        what = f"it waits for {', '.join(one.on)}, and {target} knows only times"
        raise UsageError(what, where=f"schedule of {one.notebook}", fix="nbops serve runs it")
    if any(ord(sign) < 32 for sign in one.notebook):
        raise UsageError("its name holds a line break", where=repr(one.notebook), fix="rename the notebook")


def _command(one: Schedule, root: Path, by: str) -> list[str]:
    return [sys.executable, "-P", "-m", "nbops", "-C", str(root), "schedules", "run", one.name, "--by", by]


def _plain(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", name).strip("-") or "notebook"


def _unit_text(text: str) -> str:
    return text.replace("%", "%%")


def _unit_path(path: Path) -> str:
    return _unit_text(str(path).replace("\\", "\\\\"))


def _unit_word(word: str) -> str:
    """Return a word of a command as systemd reads it: nothing in it is expanded."""
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return escaped if re.fullmatch(r"[\w@/.,:=+-]+", word) else f'"{escaped}"'
