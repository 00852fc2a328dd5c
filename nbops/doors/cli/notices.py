"""``nbops notices``: who is told of incidents, what waits to be told, and a try of every route."""

from __future__ import annotations

import click

from nbops.doors.cli.invocation import Invocation, global_options, invocation, verb

__all__ = ["notices"]


@click.group("notices", invoke_without_command=True, params=global_options())
@click.option(
    "--limit", metavar="N", type=click.IntRange(min=1), default=20, show_default=True, help="At most so many."
)
@click.option("--failed", is_flag=True, help="Only those that were given up.")
@click.option("--all", "is_all", is_flag=True, help="Without a limit.")
@click.pass_context
def notices(context: click.Context, *, limit: int, failed: bool, is_all: bool) -> int:
    """List what was told of incidents, to whom, and what still waits; with a verb, try the routes."""
    if context.invoked_subcommand is None:
        _list(invocation(context), None if is_all else limit, "failed" if failed else "")
    return 0


def _list(here: Invocation, limit: int | None, state: str) -> None:
    from nbops.ops.channels import shown
    from nbops.ops.routes import read_routes
    from nbops.store.outbox import notices as every
    from nbops.views.incidents_text import notices_view

    routes = read_routes(here.project.root)
    ways = [(route.name, shown(route.to)) for route in routes.routes]
    with here.hub() as hub:
        found = every(hub, limit=limit, state=state)
    if here.as_json:
        here.print_json({"routes": dict(ways), "is_default": routes.is_default, "notices": found})
        return
    here.screen().print(notices_view(found, ways, hub=here.hub_shown))  # type: ignore[arg-type]
    if routes.is_default:
        here.say("hint: say who is told in pyproject.toml, [tool.nbops.notices.routes.NAME] to = …")


@verb("test")
@click.argument("route", required=False, default="")
def test(here: Invocation, *, route: str) -> int:
    """Send a notice that says that it is a try, by every route or by ROUTE alone. Exit code 2: one did not arrive."""
    from nbops.engine.plans.plan import find_owner
    from nbops.ops.channels import shown
    from nbops.ops.notices import try_routes

    done = try_routes(here.project.root, find_owner(here.settings, None, here.project.root), only=route)
    if here.as_json:
        here.print_json([{"route": one.route.name, "to": shown(one.route.to), "why": one.why} for one in done])
    for one in () if here.as_json else done:
        told = f"✗ {one.why}" if one.why else "✓ delivered"
        click.echo(f"{one.route.name}  {shown(one.route.to)}  {told}")
    if not done:
        raise click.UsageError(f"no route {route!r}: nbops notices lists them")
    return 2 if any(one.why for one in done) else 0


notices.add_command(test)
