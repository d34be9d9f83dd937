"""What a night could not make: letters, pages, mails, each with its reason."""

from alembic import op

from warehouse.kinds import columns

revision = "0007_night_fault"
down_revision = "0006_catalogue_content"


def upgrade() -> None:
    """Make the table."""
    op.create_table("night_fault", *columns("fault_id", key=True), *columns("night step unit_code subject message"))


def downgrade() -> None:
    """Drop it."""
    op.drop_table("night_fault")
