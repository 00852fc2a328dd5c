"""``[tool.nbops.notices]``: what is understood, and what is refused with a word about what to write instead."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from nbops.errors import UsageError
from nbops.ops.routes import read_routes


def routes(root: Path, text: str) -> Path:
    """Write settings of notices and return the project's root."""
    (root / "pyproject.toml").write_text(f"[tool.nbops.notices]\n{text}", encoding="utf-8")
    return root


def test_a_route_is_read_whole(tmp_path: Path) -> None:
    """Every setting arrives."""
    text = (
        'timezone = "Europe/Berlin"\nroutes.a = {to = "console", notebooks = ["x*"], after = 3, quiet = "22:00-6:30"}'
    )
    found = read_routes(routes(tmp_path, text))
    (one,) = found.routes

    assert (one.name, one.to, one.notebooks, one.after) == ("a", "console", ("x*",), 3)
    assert one.quiet is not None
    assert (one.quiet.begin, one.quiet.end) == (dt.time(22), dt.time(6, 30))
    assert str(found.zone) == "Europe/Berlin"


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ('rotues.a = {to = "console"}', "unknown setting 'rotues'"),
        ('routes.a = {too = "console"}', "unknown setting 'too'"),
        ("routes.a = {}", "a route without an address"),
        ('routes.a = "console"', "a route must be a table"),
        ('routes.a = {to = "console", tell = ["opened"]}', "nothing is told of 'opened'"),
        ('routes.a = {to = "console", after = 0}', "after must be a whole number"),
        ('routes.a = {to = "console", quiet = "25:00-6:00"}', "are no hours"),
        ('routes.a = {to = "console", quiet = "6:00-6:00"}', "tell nothing"),
        ('routes.a = {to = "console", envs = "prod"}', "must be a list"),
        ('timezone = "Mars/Olympus"', "unknown time zone"),
        ("smtp = 25", "smtp must be text"),
    ],
)
def test_what_cannot_be_meant_is_refused(tmp_path: Path, text: str, what: str) -> None:
    """With where it stands."""
    with pytest.raises(UsageError, match=what) as error:
        read_routes(routes(tmp_path, text))

    assert "tool.nbops.notices" in error.value.where


@pytest.mark.parametrize(
    ("now", "until"),
    [("23:00", "06:00+1"), ("03:00", "06:00"), ("06:00", "06:00"), ("21:59", "21:59"), ("22:00", "06:00+1")],
)
def test_quiet_hours_over_midnight(tmp_path: Path, now: str, until: str) -> None:
    """They begin with their first minute and end with their last."""
    (one,) = read_routes(routes(tmp_path, 'routes.a = {to = "console", quiet = "22:00-06:00"}')).routes
    clock, _, days = until.partition("+")
    wanted = dt.datetime.fromisoformat(f"2026-11-27T{clock}") + dt.timedelta(days=int(days or 0))

    assert one.quiet is not None
    assert one.quiet.until(dt.datetime.fromisoformat(f"2026-11-27T{now}")) == wanted
