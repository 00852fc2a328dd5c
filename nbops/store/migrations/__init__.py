"""The hub's tables through time. Loaded only when a hub of another revision is opened."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from nbops.errors import HubVersionError

__all__ = ["migrate"]


def migrate(connection: Any, where: str, to: str = "head") -> None:
    """Bring the tables behind *connection* to a revision, within its transaction.

    Args:
        connection: What to do it with.
        where: What the hub is called in an error.
        to: The revision: the newest, an older one for an older nbops, or ``base`` for no tables at all. Going back
            loses what the older tables have no place for; the entries that everything is made from stay.

    Raises:
        HubVersionError: They are of a revision that this nbops does not know.
    """
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["connection"] = connection
    found = _found_revision(connection)
    scripts = ScriptDirectory.from_config(config)
    if found and found not in {script.revision for script in scripts.walk_revisions()}:
        raise HubVersionError(
            f"the hub is of revision {found}, which this nbops does not know: a newer one made it",
            where=where,
            fix="pip install --upgrade nbops",
        )
    order = [script.revision for script in reversed(list(scripts.walk_revisions()))]
    if to == "base" or (to in order and found in order and order.index(to) < order.index(found)):
        command.downgrade(config, to)
    else:
        command.upgrade(config, to)


def _found_revision(connection: Any) -> str:
    if not connection.dialect.has_table(connection, "alembic_version"):
        return ""
    row = connection.exec_driver_sql("SELECT version_num FROM alembic_version").first()
    return str(row[0]) if row else ""
