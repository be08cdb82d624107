"""Escalate by ladders."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.add_column(
        "incident",
        sa.Column(
            "ladder_key",
            sa.Text(),
            nullable=True,
            comment="on which ladder its steps were counted; absent: none yet",
        ),
    )
    op.add_column(
        "incident",
        sa.Column(
            "remind_after",
            sa.Interval(),
            nullable=True,
            comment="on the ladder's clock, when somebody is reminded next; absent: nobody",
        ),
    )


def downgrade() -> None:
    op.drop_column("incident", "remind_after")
    op.drop_column("incident", "ladder_key")
