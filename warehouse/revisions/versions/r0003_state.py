"""Current state and history of dossiers, folded from the slices."""

from alembic import op

from warehouse.kinds import columns

revision = "0003_state"
down_revision = "0002_slices"

# table: (key, other columns); kind text when not said
TABLES = {
    "dossier": (
        "dossier_code",
        "unit_code night file_name line_no:int proc_code office_code staff_code channel:int "
        "subject_type:int owner_hash submitted_at:instant received_at:instant entered_at:instant "
        "due_at:instant status:int finished_at:instant returned_at:instant refused_at:instant "
        "refusal_reason fee_vnd:float proc_core version_no:int is_owner:bool credit_due_at:instant "
        "credit_finished_at:instant status_since row_hash first_night",
    ),
    "dossier_step": (
        "dossier_code step_no:int",
        "unit_code night file_name line_no:int task office_code staff_code arrived_at:instant "
        "finished_at:instant planned_days:float is_merged:bool",
    ),
    "pause": (
        "dossier_code pause_no:int",
        "unit_code night file_name line_no:int kind started_at:instant ended_at:instant reason "
        "old_due_at:instant new_due_at:instant is_merged:bool",
    ),
    "dossier_change": (
        "dossier_code night field",
        "unit_code old_value new_value has_legal_trace:bool rule_id",
    ),
}


def upgrade() -> None:
    """Make the tables."""
    for name, (key, rest) in TABLES.items():
        op.create_table(name, *columns(key, key=True), *columns(rest))


def downgrade() -> None:
    """Drop them."""
    for name in reversed(TABLES):
        op.drop_table(name)
