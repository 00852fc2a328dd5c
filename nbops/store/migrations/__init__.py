"""The hub's tables through time. Loaded only when a hub of another revision is opened."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from nbops.errors import HubVersionError

__all__ = ["migrate"]


def migrate(connection: Any, where: str) -> None:
    """Bring the tables behind *connection* to the newest revision, within its transaction.

    Raises:
        HubVersionError: They are of a revision that this nbops does not know.
    """
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["connection"] = connection
    found = _found_revision(connection)
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if found and found not in known:
        raise HubVersionError(
            f"the hub is of revision {found}, which this nbops does not know: a newer one made it",
            where=where,
            fix="pip install --upgrade nbops",
        )
    command.upgrade(config, "head")


def _found_revision(connection: Any) -> str:
    if not connection.dialect.has_table(connection, "alembic_version"):
        return ""
    row = connection.exec_driver_sql("SELECT version_num FROM alembic_version").first()
    return str(row[0]) if row else ""
