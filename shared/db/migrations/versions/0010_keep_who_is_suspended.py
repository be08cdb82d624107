"""Keep which devices the broker refuses for a while, because they flooded it."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "device_suspension",
        sa.Column("device_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("suspended_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "resumed_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="absent while the broker refuses the device",
        ),
        sa.Column(
            "times", sa.Integer(), nullable=False, comment="in a row, without a quiet day between"
        ),
        sa.CheckConstraint("times >= 1", name=op.f("ck_device_suspension_times")),
        sa.ForeignKeyConstraint(
            ["device_id"], ["device.id"], name=op.f("fk_device_suspension_device_id_device")
        ),
        sa.PrimaryKeyConstraint("device_id", name=op.f("pk_device_suspension")),
    )
    op.execute("GRANT SELECT, INSERT, UPDATE ON device_suspension TO giamsat_api")
    op.execute("GRANT SELECT ON device_suspension TO giamsat_ingest, giamsat_alerts")


def downgrade() -> None:
    op.drop_table("device_suspension")
