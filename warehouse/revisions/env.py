"""Alembic's entry: runs the revisions on the connection that `Warehouse.migrate()` hands over."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
context.run_migrations()
