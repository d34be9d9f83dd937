"""Dimensions: units, offices, procedures with papers, steps and postings, the calendar."""

from alembic import op

from warehouse.kinds import columns

revision = "0001_dimensions"
down_revision = None

# table: (key, other columns); kind text when not said
TABLES = {
    "unit": ("unit_code valid_from:date", "name level parent_code identifier valid_to:date email expects"),
    "office": ("unit_code office_code", "name"),
    "procedure": (
        "proc_core valid_from:date",
        "proc_code name field_code field_name level limit_quantity:float limit_unit area_extra:float "
        "no_due:bool fee_vnd:float decision_no legal_basis valid_to:date subjects_per_year:float "
        "result_name",
    ),
    "procedure_paper": ("proc_core valid_from:date paper_no:int", "name originals:int copies:int paper_key"),
    "procedure_step": (
        "proc_core valid_from:date step_no:int",
        "phase role task office_code planned_days:float is_paused:bool agency",
    ),
    "procedure_posting": ("proc_core unit_code valid_from:date", "valid_to:date"),
    "calendar_day": ("day:date", "is_working:bool work_index:int kind name_vi source confirmed:bool"),
}


def upgrade() -> None:
    """Make the tables."""
    for name, (key, rest) in TABLES.items():
        op.create_table(name, *columns(key, key=True), *columns(rest))


def downgrade() -> None:
    """Drop them."""
    for name in reversed(TABLES):
        op.drop_table(name)
