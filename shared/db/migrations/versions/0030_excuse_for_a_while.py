"""Excuse for a while."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "incident",
        sa.Column(
            "muted_by",
            sa.BigInteger(),
            nullable=True,
            comment="the approval because of which it is, in part or whole, not told",
        ),
    )
    op.create_foreign_key(
        op.f("fk_incident_muted_by_approval"), "incident", "approval", ["muted_by"], ["id"]
    )
    op.create_index(
        "ix_incident_muted_by",
        "incident",
        ["muted_by"],
        unique=False,
        postgresql_where="state = 'open' AND muted_by IS NOT NULL",
    )
    # Nothing repeats for ever: somebody approved it.
    op.create_check_constraint(
        op.f("ck_approval_series_is_whole"),
        "approval",
        "num_nulls(repeats, repeats_until) IN (0, 2)",
    )
    op.create_index(
        "ix_approval_repeats_until",
        "approval",
        ["repeats_until"],
        unique=False,
        postgresql_where="decision = 'approved' AND ended_at IS NULL AND repeats IS NOT NULL",
    )


def downgrade() -> None:
    op.drop_index(
        "ix_approval_repeats_until",
        table_name="approval",
        postgresql_where="decision = 'approved' AND ended_at IS NULL AND repeats IS NOT NULL",
    )
    op.drop_constraint(op.f("ck_approval_series_is_whole"), "approval", type_="check")
    op.drop_index(
        "ix_incident_muted_by",
        table_name="incident",
        postgresql_where="state = 'open' AND muted_by IS NOT NULL",
    )
    op.drop_constraint(op.f("fk_incident_muted_by_approval"), "incident", type_="foreignkey")
    op.drop_column("incident", "muted_by")
