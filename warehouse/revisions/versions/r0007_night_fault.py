"""What a night could not make: letters, pages, mails, each with its reason."""

from alembic import op

from warehouse.kinds import columns

revision = "0007_night_fault"
down_revision = "0006_catalogue_content"

# table: (key, other columns); kind text when not said
TABLES = {"night_fault": ("fault_id", "night step unit_code subject message")}


def upgrade() -> None:
    """Make the table."""
    for name, (key, rest) in TABLES.items():
        op.create_table(name, *columns(key, key=True), *columns(rest))


def downgrade() -> None:
    """Drop it."""
    for name in TABLES:
        op.drop_table(name)
