"""What working time needs: office sessions by day, when a unit's history begins, when work on a step began."""

from alembic import op

from warehouse.kinds import columns

revision = "0005_working_time"
down_revision = "0004_decisions"

# table: columns added; kind text when not said
ADDED = {
    "calendar_day": "opening_s:int lunch_s:int after_lunch_s:int closing_s:int",
    "unit": "history_from:date",
    "step_version": "started_at:instant",
    "dossier_step": "started_at:instant",
}


def upgrade() -> None:
    """Add the columns, empty in what is there: dimensions are replaced by the next night."""
    for name, spec in ADDED.items():
        for column in columns(spec):
            op.add_column(name, column)


def downgrade() -> None:
    """Take them away."""
    for name, spec in ADDED.items():
        for column in columns(spec):
            op.drop_column(name, column.name)
