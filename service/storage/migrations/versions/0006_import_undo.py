"""What an import can be undone by"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import UTCDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add when an import was undone, and what it can be undone by; earlier imports have none."""
    with op.batch_alter_table("import_run", schema=None) as batch_op:
        batch_op.add_column(sa.Column("undone_at", UTCDateTime(), nullable=True))
    op.create_table(
        "import_undo",
        sa.Column("import_id", sa.Integer(), nullable=False),
        sa.Column("touched", sa.LargeBinary(), nullable=False),
        sa.Column("before", sa.LargeBinary(), nullable=False),
        sa.Column("source_before", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(
            ["import_id"], ["import_run.id"], name="fk_import_undo_import_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("import_id", name="pk_import_undo"),
    )


def downgrade() -> None:
    """Drop both: what was undone stays undone."""
    op.drop_table("import_undo")
    with op.batch_alter_table("import_run", schema=None) as batch_op:
        batch_op.drop_column("undone_at")
