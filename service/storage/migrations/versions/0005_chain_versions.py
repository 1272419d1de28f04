"""Versions of chains and their drafts"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import UTCDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

KINDS = "kind IN ('shipped', 'edited', 'restored', 'reset', 'removed')"


def upgrade() -> None:
    """Make the tables; they stay empty until somebody changes a chain."""
    op.create_table(
        "chain_version",
        sa.Column("chain", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("saved_by", sa.String(), nullable=False),
        sa.Column("saved_at", UTCDateTime(), nullable=False),
        sa.Column("restored_from", sa.Integer(), nullable=True),
        sa.Column("shipped_sha256", sa.String(), nullable=True),
        sa.CheckConstraint(KINDS, name=op.f("ck_chain_version_kind_known")),
        sa.PrimaryKeyConstraint("chain", "number", name=op.f("pk_chain_version")),
    )
    op.create_table(
        "chain_draft",
        sa.Column("chain", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("change", sa.Text(), nullable=False),
        sa.Column("changed_by", sa.String(), nullable=False),
        sa.Column("changed_at", UTCDateTime(), nullable=False),
        sa.Column("live_sha256", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("chain", "revision", name=op.f("pk_chain_draft")),
    )


def downgrade() -> None:
    """Drop them: the chains are then those of the files again."""
    op.drop_table("chain_draft")
    op.drop_table("chain_version")
