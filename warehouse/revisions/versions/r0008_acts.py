"""A person's word is a row (act); flags and proposals know their edition, proposals their number.

What was decided before editions stays as an act on the whole quarter that binds to no edition.
"""

import sqlalchemy as sa
from alembic import op

from warehouse.kinds import columns

revision = "0008_acts"
down_revision = "0007_night_fault"

TABLES = {
    "act": (
        "act_id",
        "subject_kind subject_id kind said_at:instant actor role reason is_demo:bool edition fingerprint content",
    )
}
DECISION = ("quarter proposal_id", "choice decided_by decided_at:instant reason is_demo:bool")
ADDED = {"flag": "edition:int", "proposal": "edition:int item_no field_name"}

OLD = sa.text("""
    INSERT INTO act (
        act_id, subject_kind, subject_id, kind, said_at, actor, role, reason, is_demo, edition, fingerprint, content
    )
    SELECT
        'decision ' || quarter || ' ' || proposal_id, 'quarter', quarter, choice, decided_at, decided_by, '', reason,
        is_demo, '', '', '{}'
    FROM decision
""")


def upgrade() -> None:
    """Make the table of acts, take the decisions over, name the edition."""
    for name, (key, rest) in TABLES.items():
        op.create_table(name, *columns(key, key=True), *columns(rest))
    op.execute(OLD)
    op.drop_table("decision")
    for table, spec in ADDED.items():
        for column in columns(spec):
            op.add_column(table, column)


def downgrade() -> None:
    """Make the table of decisions again; what was decided item by item has no place there."""
    op.create_table("decision", *columns(DECISION[0], key=True), *columns(DECISION[1]))
    op.drop_table("act")
    for table, spec in ADDED.items():
        for column in columns(spec):
            op.drop_column(table, column.name)
