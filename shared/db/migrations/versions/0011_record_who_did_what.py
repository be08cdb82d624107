"""Record who read and changed what, in a table that can only grow."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "access_log",
        sa.Column("n", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False, comment="user:7, client:3, or system"),
        sa.Column("verb", sa.Text(), nullable=False, comment="a code of shared.domain.deeds.Verb"),
        sa.Column(
            "subject", sa.Text(), nullable=False, comment="a code of shared.domain.deeds.Subject"
        ),
        sa.Column(
            "key", sa.Text(), nullable=False, comment="its public code or number; never a name"
        ),
        sa.Column(
            "facility_id", sa.BigInteger(), nullable=True, comment="whose manager may read the line"
        ),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False, comment="from where; empty if not known"),
        sa.Column("trace_id", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False, comment="JSON, keys sorted"),
        sa.PrimaryKeyConstraint("n", name=op.f("pk_access_log")),
    )
    op.create_index("ix_access_log_actor", "access_log", ["actor", "n"], unique=False)
    op.create_index("ix_access_log_facility_id", "access_log", ["facility_id", "n"], unique=False)
    op.execute("GRANT SELECT, INSERT ON access_log TO giamsat_api")


def downgrade() -> None:
    op.drop_table("access_log")
