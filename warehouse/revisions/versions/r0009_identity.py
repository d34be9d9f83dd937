"""A dossier is an identity: keys, what resolves them, who takes over from whom, and what the fold tells.

Rows that are there keep their code as their key: what an older version took for one dossier stays one until the
slices are folded anew (`tinhgon rebuild`).
"""

import sqlalchemy as sa
from alembic import op

from warehouse.kinds import columns

revision = "0009_identity"
down_revision = "0008_acts"

_DOSSIER = (
    "file_name line_no:int dossier_code proc_code office_code staff_code territory channel:int subject_type:int"
    " owner_hash submitted_at:instant received_at:instant entered_at:instant due_at:instant status:int"
    " finished_at:instant returned_at:instant refused_at:instant refusal_reason fee_vnd:float proc_core"
)
_CREDIT = (
    " standing version_no:int credit_received_at:instant credit_due_at:instant credit_finished_at:instant"
    " status_since row_hash"
)
_STEP = (
    "file_name line_no:int dossier_code task office_code staff_code arrived_at:instant started_at:instant"
    " finished_at:instant planned_days:float"
)
_PAUSE = (
    "file_name line_no:int dossier_code kind started_at:instant ended_at:instant reason old_due_at:instant"
    " new_due_at:instant"
)
_PLACED = " dossier_id place:int is_ours:bool is_merged:bool"
_LISTED = "unit_code night dossier_key "
_LETTER = (
    "dossier_code night unit_code letter_no old_due_on:date new_due_on:date reason kind file_name template_version"
)

# Tables whose key changes: (key, other columns, what of the old row fills the new columns).
REMADE: dict[str, tuple[str, str, dict[str, str]]] = {
    "dossier_version": (
        "unit_code night dossier_key", f"{_DOSSIER} dossier_id{_CREDIT}",
        {"dossier_key": "dossier_code", "dossier_id": "dossier_code", "credit_received_at": "received_at",
         "standing": "CASE WHEN is_owner THEN 'COUNTED' ELSE 'ASIDE' END", "territory": "NULL"},
    ),
    "step_version": (
        "unit_code night dossier_key step_no:int", _STEP + _PLACED,
        {"dossier_key": "dossier_code", "dossier_id": "dossier_code", "place": "step_no", "is_ours": "FALSE"},
    ),
    "pause_version": (
        "unit_code night dossier_key pause_no:int", _PAUSE + _PLACED,
        {"dossier_key": "dossier_code", "dossier_id": "dossier_code", "place": "pause_no", "is_ours": "FALSE"},
    ),
    "dossier_flag": (
        "unit_code night dossier_key rule_id", "dossier_code severity", {"dossier_key": "dossier_code"},
    ),
    "dossier": (
        "dossier_id", f"unit_code night dossier_key {_DOSSIER}{_CREDIT} first_night receiving_unit",
        {"dossier_key": "dossier_code", "dossier_id": "dossier_code", "credit_received_at": "received_at",
         "standing": "'COUNTED'", "territory": "NULL", "receiving_unit": "unit_code"},
    ),
    "dossier_step": (
        "dossier_id step_no:int", f"{_LISTED}{_STEP} is_ours:bool is_merged:bool",
        {"dossier_key": "dossier_code", "dossier_id": "dossier_code", "is_ours": "FALSE"},
    ),
    "pause": (
        "dossier_id pause_no:int", f"{_LISTED}{_PAUSE} is_ours:bool is_merged:bool",
        {"dossier_key": "dossier_code", "dossier_id": "dossier_code", "is_ours": "FALSE"},
    ),
    "dossier_change": (
        "dossier_id night field", "dossier_code unit_code old_value new_value has_legal_trace:bool rule_id",
        {"dossier_id": "dossier_code"},
    ),
    "apology": ("dossier_id", _LETTER, {"dossier_id": "dossier_code"}),
}  # fmt: skip
TABLES = {
    "unit_succession": ("unit_code valid_from:date answering_unit proc_core territory", ""),
    "fold_finding": ("unit_code night rule_id dossier_id", "dossier_code severity message"),
}
ADDED = {"slice_outcome": "rows_waiting:int rows_unchanged:int is_full:bool", "quarantine": "dossier_key"}
LOOKUPS = ("dossier_version", "step_version", "pause_version")


def upgrade() -> None:
    """Make the tables of changed key anew with their rows; add the others."""
    is_postgres = op.get_bind().dialect.name == "postgresql"
    for name, (key, rest, given) in REMADE.items():
        made = [*columns(key, key=True), *columns(rest)]
        if is_postgres and name in LOOKUPS:
            op.drop_index(f"{name}_by_dossier", name)
        op.create_table(f"{name}_made", *made)
        into = ", ".join(column.name for column in made)
        of = ", ".join(given.get(column.name, column.name) for column in made)
        op.execute(sa.text(f"INSERT INTO {name}_made ({into}) SELECT {of} FROM {name}"))
        op.drop_table(name)
        op.rename_table(f"{name}_made", name)
        if is_postgres and name in LOOKUPS:
            op.create_index(f"{name}_by_dossier", name, ["dossier_code"])
    for name, (key, rest) in TABLES.items():
        op.create_table(name, *columns(key, key=True), *columns(rest))
    for name, spec in ADDED.items():
        for column in columns(spec):
            op.add_column(name, column)
    op.execute(sa.text("UPDATE quarantine SET dossier_key = dossier_code"))


def downgrade() -> None:
    """There is no way back: two dossiers of one number have no place in the older tables."""
    raise NotImplementedError("bring back a copy of the warehouse from before, or rebuild with the older version")
