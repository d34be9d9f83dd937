"""A slice knows how many dossiers were read of files whose unit counted them; rows that passed a replay are known."""

from alembic import op

from warehouse.kinds import columns

revision = "0010_findings"
down_revision = "0009_identity"
TABLES = {"quarantine_replayed": ("unit_code night rule_id said_on:date", "n:int")}
ADDED = {"slice_outcome": "dossiers_in:int"}


def upgrade() -> None:
    """Add the count, and the table."""
    for name, (key, rest) in TABLES.items():
        op.create_table(name, *columns(key, key=True), *columns(rest))
    for name, spec in ADDED.items():
        for column in columns(spec):
            op.add_column(name, column)


def downgrade() -> None:
    """Drop the count, and the table."""
    for name in TABLES:
        op.drop_table(name)
    for name, spec in ADDED.items():
        for column in columns(spec):
            op.drop_column(name, column.name)
