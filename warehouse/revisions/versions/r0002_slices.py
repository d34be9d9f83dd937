"""Slices: what one unit handed in on one night, its outcome, quarantine and rule results."""

from alembic import op

from warehouse.kinds import columns

revision = "0002_slices"
down_revision = "0001_dimensions"

# table: (key, other columns); kind text when not said
TABLES = {
    "slice_outcome": (
        "unit_code night",
        "status rows_in:int rows_ok:int rows_quarantined:int control_total:int files:int message fingerprint",
    ),
    "landed_file": ("unit_code night source_id file_name", "sha256 bytes:int"),
    "dossier_version": (
        "unit_code night dossier_code",
        "file_name line_no:int proc_code office_code staff_code channel:int subject_type:int owner_hash "
        "submitted_at:instant received_at:instant entered_at:instant due_at:instant status:int "
        "finished_at:instant returned_at:instant refused_at:instant refusal_reason fee_vnd:float "
        "proc_core version_no:int is_owner:bool credit_due_at:instant credit_finished_at:instant "
        "status_since row_hash",
    ),
    "step_version": (
        "unit_code night dossier_code step_no:int",
        "file_name line_no:int task office_code staff_code arrived_at:instant finished_at:instant "
        "planned_days:float is_merged:bool",
    ),
    "pause_version": (
        "unit_code night dossier_code pause_no:int",
        "file_name line_no:int kind started_at:instant ended_at:instant reason old_due_at:instant "
        "new_due_at:instant is_merged:bool",
    ),
    "quarantine": (
        "quarantine_id",
        "unit_code night table_name file_name line_no:int rule_id severity message dossier_code "
        "raw_record stage state",
    ),
    "rule_result": (
        "unit_code night rule_id",
        "severity table_name checked:int failed:int could_run:bool sentence examples",
    ),
    "dossier_flag": ("unit_code night dossier_code rule_id", "severity"),
}
# The fold looks dossiers up by code. DuckDB scans columns fast enough and pays for every index on load.
LOOKUPS = ("dossier_version", "step_version", "pause_version", "quarantine")


def upgrade() -> None:
    """Make the tables."""
    for name, (key, rest) in TABLES.items():
        op.create_table(name, *columns(key, key=True), *columns(rest))
    if op.get_bind().dialect.name == "postgresql":
        for name in LOOKUPS:
            op.create_index(f"{name}_by_dossier", name, ["dossier_code"])


def downgrade() -> None:
    """Drop them."""
    for name in reversed(TABLES):
        op.drop_table(name)
