"""Decisions and outputs: apologies, releases, flags, proposals, approvals, messages."""

from alembic import op

from warehouse.kinds import columns

revision = "0004_decisions"
down_revision = "0003_state"

# table: (key, other columns); kind text when not said
TABLES = {
    "apology": (
        "dossier_code",
        "night unit_code letter_no old_due_on:date new_due_on:date reason kind file_name template_version",
    ),
    "quarter_release": ("quarter", "released_night is_complete:bool forced:bool coverage:float missing"),
    "flag": (
        "flag_id",
        "quarter kind unit_code proc_core other_proc_core step_no:int rule value:float limit_value:float "
        "n:int ci_low:float ci_high:float evidence sentence",
    ),
    "proposal": (
        "proposal_id",
        "quarter kind proc_cores title change reason competence legal_basis cost_before:float "
        "cost_after:float saving:float saving_rate:float days_before:float days_after:float flag_ids "
        "status",
    ),
    "decision": ("quarter proposal_id", "choice decided_by decided_at:instant reason is_demo:bool"),
    "message_sent": ("recipient night", "digest_sha256 sent_at:instant"),
}


def upgrade() -> None:
    """Make the tables."""
    for name, (key, rest) in TABLES.items():
        op.create_table(name, *columns(key, key=True), *columns(rest))


def downgrade() -> None:
    """Drop them."""
    for name in reversed(TABLES):
        op.drop_table(name)
