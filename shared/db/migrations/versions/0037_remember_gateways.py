"""Remember through which gateway a device spoke, and promise one with a code."""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "device_gateway",
        sa.Column("device_id", sa.BigInteger(), nullable=False),
        sa.Column("gateway_id", sa.BigInteger(), nullable=True, comment="absent: by itself"),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_to", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("valid_from < valid_to", name=op.f("ck_device_gateway_valid_to")),
        sa.ForeignKeyConstraint(
            ["device_id"], ["device.id"], name=op.f("fk_device_gateway_device_id_device")
        ),
        sa.ForeignKeyConstraint(
            ["gateway_id"], ["device.id"], name=op.f("fk_device_gateway_gateway_id_device")
        ),
        sa.PrimaryKeyConstraint("device_id", "valid_to", name=op.f("pk_device_gateway")),
    )
    op.execute("GRANT SELECT, INSERT ON device_gateway TO giamsat_api")
    op.add_column(
        "enrolment",
        sa.Column(
            "gateway_id",
            sa.BigInteger(),
            nullable=True,
            comment="through which it is to speak",
        ),
    )
    op.create_foreign_key(
        op.f("fk_enrolment_gateway_id_device"), "enrolment", "device", ["gateway_id"], ["id"]
    )


def downgrade() -> None:
    op.drop_constraint(op.f("fk_enrolment_gateway_id_device"), "enrolment", type_="foreignkey")
    op.drop_column("enrolment", "gateway_id")
    op.execute("DROP POLICY IF EXISTS guarded ON device_gateway")
    op.execute("DROP POLICY IF EXISTS unguarded ON device_gateway")
    op.drop_table("device_gateway")
