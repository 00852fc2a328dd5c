"""What alembic runs for each migration: on the connection, and in the transaction, of the hub that was opened."""

from __future__ import annotations

from alembic import context

if __name__ == "env_py":  # the name under which alembic loads this file; whoever else imports it wants no migration
    context.configure(connection=context.config.attributes["connection"], transactional_ddl=False)
    context.run_migrations()
