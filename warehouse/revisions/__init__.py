"""Alembic's environment, packaged: the revisions that `Warehouse.migrate()` runs."""
