"""What is written for other schedulers, read by their own parsers."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import yaml
from cronsim import CronSim

from nbops.errors import UsageError
from nbops.ops.exports import calendar_of, crontab, kubernetes, systemd
from nbops.pipeline.schedule import Schedule

CRONS = [
    "0 7 * * 1-5",
    "*/15 * * * *",
    "30 2 * * *",
    "0 7 1 * 1",
    "5 4 1,15 * *",
    "0 0 L * *",
    "0 6 * 1-3 SUN",
    "0 6 */10 * 1",
]
NAMES = ["sales.ipynb", "reports/weekly sales.ipynb", '100% "sure" $HOME.ipynb']
needs_systemd = pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not installed")


def scheduled(cron: str = "0 7 * * 1-5", tz: str = "UTC", name: str = "sales.ipynb", **more: object) -> Schedule:
    """Return a schedule."""
    return Schedule(name, cron, tz, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", NAMES)
def test_a_line_of_crontab_holds_the_times_and_the_command(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As cron splits it: five fields, then a command in which ``%`` ends the line unless it is escaped."""
    monkeypatch.setenv("TZ", "UTC")
    one = scheduled(name=name)
    (line,) = [text for text in crontab([one], tmp_path).splitlines() if not text.startswith("#")]
    *fields, command = line.split(maxsplit=5)
    words = shlex.split(command.replace("\\%", "%"))

    assert next(CronSim(" ".join(fields), datetime(2026, 6, 5, 8))) == datetime(2026, 6, 8, 7)
    assert "%" not in command.replace("\\%", "")
    assert words == [
        sys.executable,
        "-P",
        "-m",
        "nbops",
        "-C",
        str(tmp_path),
        "schedules",
        "run",
        one.name,
        "--by",
        "cron",
    ]


def test_crontab_refuses_what_cron_would_get_wrong(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Another zone, days that it does not know, and data to wait for."""
    monkeypatch.setenv("TZ", "UTC")
    for one in (scheduled(tz="Europe/Berlin"), scheduled("0 0 L * *"), Schedule("sales.ipynb", on=("feed",))):
        with pytest.raises(UsageError):
            crontab([one], tmp_path)

    assert "0 7 * * 1-5" in crontab([scheduled(tz="Etc/UTC")], tmp_path)


@needs_systemd
@pytest.mark.parametrize("cron", CRONS)
def test_systemd_means_the_times_that_cron_means(cron: str) -> None:
    """The next twelve, from both."""
    one = scheduled(cron)
    found: set[str] = set()
    for moment in calendar_of(one):
        told = subprocess.run(
            ["systemd-analyze", "calendar", "--iterations=12", "--base-time=2026-06-05 08:00:00 UTC", moment],
            capture_output=True, text=True, check=True, env={"TZ": "UTC", "PATH": "/usr/bin:/bin"},
        ).stdout  # fmt: skip
        found |= set(re.findall(r": \w{3} (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) UTC", told))
    cronsim = CronSim(cron, datetime(2026, 6, 5, 8, tzinfo=UTC))

    assert sorted(found)[:12] == [f"{next(cronsim):%Y-%m-%d %H:%M:%S}" for _ in range(12)]


@needs_systemd
@pytest.mark.parametrize("name", NAMES)
def test_systemd_accepts_the_units(name: str, tmp_path: Path) -> None:
    """``systemd-analyze verify`` says nothing of them."""
    units = systemd([scheduled(name=name, tz="Europe/Berlin", jitter=90.0)], tmp_path)
    for file, text in units.items():
        (tmp_path / file).write_text(text)
    files = [str(tmp_path / file) for file in units]
    verified = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *files], capture_output=True, text=True, check=False
    )

    assert [line for line in verified.stderr.splitlines() if str(tmp_path) in line or "nbops-" in line] == []
    assert verified.returncode == 0


def test_systemd_says_what_it_cannot_say() -> None:
    """The second Tuesday, and the last workday."""
    for cron in ("0 6 * * 2#2", "0 6 LW * *"):
        with pytest.raises(UsageError, match="systemd cannot say"):
            calendar_of(scheduled(cron))


SCHEMA = {
    "type": "object",
    "required": ["apiVersion", "kind", "metadata", "spec"],
    "properties": {
        "apiVersion": {"const": "batch/v1"},
        "kind": {"const": "CronJob"},
        "metadata": {"properties": {"name": {"pattern": "^[a-z0-9]([-a-z0-9]{0,50}[a-z0-9])?$"}}, "required": ["name"]},
        "spec": {
            "required": ["schedule", "jobTemplate"],
            "additionalProperties": False,
            "properties": {
                "schedule": {"type": "string"},
                "timeZone": {"type": "string"},
                "concurrencyPolicy": {"enum": ["Allow", "Forbid", "Replace"]},
                "startingDeadlineSeconds": {"type": "integer"},
                "jobTemplate": {
                    "required": ["spec"],
                    "properties": {"spec": {"required": ["template"], "properties": {"template": {
                        "required": ["spec"],
                        "properties": {"spec": {"required": ["containers", "restartPolicy"], "properties": {
                            "restartPolicy": {"enum": ["Never", "OnFailure"]},
                            "containers": {"minItems": 1, "items": {
                                "required": ["name", "image"],
                                "properties": {"command": {"items": {"type": "string"}}},
                            }},
                        }}},
                    }}}},
                },
            },
        },
    },
}  # fmt: skip


@pytest.mark.parametrize("name", [*NAMES, "a/very" + "long" * 30 + ".ipynb", "Ümläut.ipynb"])
def test_a_cron_job_has_what_kubernetes_demands(name: str) -> None:
    """Its name is one, its command whole, and parameters stay text."""
    from jsonschema import Draft202012Validator

    one = scheduled(name=name, tz="Europe/Berlin", catch_up="none", parameters={"day": "2013-01-01", "n": "1"})
    (job,) = yaml.safe_load_all(kubernetes([one], "registry.example.org/notebooks:1", "/work"))
    (container,) = job["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"]

    assert list(Draft202012Validator(SCHEMA).iter_errors(job)) == []
    assert container["command"] == [
        "python", "-m", "nbops", "-C", "/work", "run", name, "--env", "dev", "-p", "day=2013-01-01", "-p", "n=1",
    ]  # fmt: skip
    assert ZoneInfo(job["spec"]["timeZone"]).key == "Europe/Berlin"


def test_a_cron_job_needs_an_image_and_times() -> None:
    """Both are told."""
    with pytest.raises(UsageError, match="image"):
        kubernetes([scheduled()], "")
    with pytest.raises(UsageError, match="only times"):
        kubernetes([Schedule("sales.ipynb", on=("feed",))], "i")
