"""Keep rounds: up to which check-in everything is coverage."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    intake = op.create_table(
        "round_intake",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "settled_to", sa.BigInteger(), nullable=False, comment="a number of round_check_in"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_round_intake")),
    )
    op.bulk_insert(intake, [{"id": 1, "settled_to": 0}])
    op.execute("GRANT SELECT, UPDATE ON round_intake TO giamsat_ingest")


def downgrade() -> None:
    op.drop_table("round_intake")
