"""A slice knows how many dossiers were read of the files whose unit counted them too."""

from alembic import op

from warehouse.kinds import columns

revision = "0010_dossiers_in"
down_revision = "0009_identity"
ADDED = {"slice_outcome": "dossiers_in:int"}


def upgrade() -> None:
    """Add the count."""
    for name, spec in ADDED.items():
        for column in columns(spec):
            op.add_column(name, column)


def downgrade() -> None:
    """Drop the count."""
    for name, spec in ADDED.items():
        for column in columns(spec):
            op.drop_column(name, column.name)
