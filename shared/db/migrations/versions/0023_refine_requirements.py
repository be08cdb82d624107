"""Refine requirements."""

from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_requirement_calendar_id",
        "requirement",
        ["calendar_id"],
        postgresql_where="calendar_id IS NOT NULL",
    )


def downgrade() -> None:
    op.drop_index("ix_requirement_calendar_id", table_name="requirement")
