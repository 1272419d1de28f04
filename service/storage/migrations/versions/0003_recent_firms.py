"""Recent firms of each coverage cell"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; they are filled when the firms are matched with the chains of this version."""
    with op.batch_alter_table("coverage", schema=None) as batch_op:
        batch_op.add_column(sa.Column("dated", sa.Float(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("recent", sa.Float(), nullable=False, server_default="0"))


def downgrade() -> None:
    """Drop them: they follow from links and firms."""
    with op.batch_alter_table("coverage", schema=None) as batch_op:
        batch_op.drop_column("recent")
        batch_op.drop_column("dated")
