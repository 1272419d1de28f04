"""The history of decisions on links"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import UTCDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_STATES = "IN ('open', 'accepted', 'rejected')"


def upgrade() -> None:
    """Make the table; decisions made before it have no batch."""
    op.create_table(
        "link_decision_log",
        sa.Column("batch", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("firm_id", sa.Integer(), nullable=False),
        sa.Column("node", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("decided_by", sa.String(), nullable=False),
        sa.Column("decided_at", UTCDateTime(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("previous_state", sa.String(), nullable=False),
        sa.Column("previous_by", sa.String(), nullable=True),
        sa.Column("previous_at", UTCDateTime(), nullable=True),
        sa.Column("previous_note", sa.String(), nullable=True),
        sa.Column("undone_by", sa.String(), nullable=True),
        sa.Column("undone_at", UTCDateTime(), nullable=True),
        sa.CheckConstraint(f"state {_STATES}", name=op.f("ck_link_decision_log_state_known")),
        sa.CheckConstraint(
            f"previous_state {_STATES}", name=op.f("ck_link_decision_log_previous_state_known")
        ),
        sa.ForeignKeyConstraint(
            ["firm_id"], ["firm.id"], name=op.f("fk_link_decision_log_firm_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("batch", "firm_id", "node", name=op.f("pk_link_decision_log")),
    )
    with op.batch_alter_table("link_decision_log", schema=None) as batch_op:
        batch_op.create_index("ix_link_decision_log_firm_id_node", ["firm_id", "node"], unique=False)


def downgrade() -> None:
    """Drop the table; the decisions that stand are kept."""
    with op.batch_alter_table("link_decision_log", schema=None) as batch_op:
        batch_op.drop_index("ix_link_decision_log_firm_id_node")

    op.drop_table("link_decision_log")
