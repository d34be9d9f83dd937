"""What a review of the catalogue reads: agencies, subjects, conditions, forms and channels; cases of papers."""

from alembic import op

from warehouse.kinds import columns

revision = "0006_catalogue_content"
down_revision = "0005_working_time"

# table: columns added; kind text when not said
ADDED = {
    "procedure": "agencies decided_by target_groups conditions forms channels publisher",
    "procedure_paper": "case_name forms",
}


def upgrade() -> None:
    """Add the columns, empty in what is there: dimensions are replaced by the next night."""
    for name, spec in ADDED.items():
        for column in columns(spec):
            op.add_column(name, column)
    op.drop_column("procedure_paper", "paper_key")  # papers are told apart by the analysis, not by their folded name


def downgrade() -> None:
    """Take them away."""
    op.add_column("procedure_paper", next(iter(columns("paper_key"))))
    for name, spec in ADDED.items():
        for column in columns(spec):
            op.drop_column(name, column.name)
