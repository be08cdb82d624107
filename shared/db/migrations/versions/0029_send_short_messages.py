"""Send short messages."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "contact_point", sa.Column("code_expires_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.create_table(
        "person_text",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("contact_point_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column(
            "body",
            sa.Text(),
            nullable=False,
            comment="may hold a code; emptied once sent or dead",
        ),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="pending", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column(
            "unsure_of", sa.Text(), nullable=True, comment="the gateway whose answer is lost"
        ),
        sa.Column("unsure_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("provider", sa.Text(), nullable=True),
        sa.Column("provider_ref", sa.Text(), nullable=True),
        sa.Column(
            "receipt",
            sa.Text(),
            nullable=True,
            comment="shared.domain.delivery.Receipt; absent: none yet",
        ),
        sa.Column("receipt_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('pending', 'sent', 'dead')", name=op.f("ck_person_text_state")
        ),
        sa.CheckConstraint("kind IN ('code', 'test')", name=op.f("ck_person_text_kind")),
        sa.ForeignKeyConstraint(
            ["contact_point_id"],
            ["contact_point.id"],
            name=op.f("fk_person_text_contact_point_id_contact_point"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_text")),
        sa.UniqueConstraint("message_id", name=op.f("uq_person_text_message_id")),
    )
    op.create_index(
        "ix_person_text_due_at",
        "person_text",
        ["due_at"],
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.create_index("ix_person_text_contact_point_id", "person_text", ["contact_point_id"])
    op.create_index("ix_person_text_provider_ref", "person_text", ["provider", "provider_ref"])
    op.add_column("sms_receipt", sa.Column("folded_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_sms_receipt_unfolded",
        "sms_receipt",
        ["id"],
        postgresql_where=sa.text("folded_at IS NULL"),
    )
    op.create_index("ix_sms_receipt_provider_ref", "sms_receipt", ["provider_ref"])
    op.create_index(
        "ix_sms_inbound_unhandled",
        "sms_inbound",
        ["id"],
        postgresql_where=sa.text("handled_at IS NULL"),
    )
    op.create_index("ix_sms_inbound_sender", "sms_inbound", ["sender", "received_at"])
    op.execute("GRANT SELECT, INSERT ON person_text TO giamsat_api")
    op.execute("GRANT SELECT, UPDATE ON person_text TO giamsat_alerts")
    op.execute("GRANT UPDATE (folded_at) ON sms_receipt TO giamsat_alerts")


def downgrade() -> None:
    op.execute("REVOKE UPDATE (folded_at) ON sms_receipt FROM giamsat_alerts")
    op.drop_index("ix_sms_inbound_sender", table_name="sms_inbound")
    op.drop_index("ix_sms_inbound_unhandled", table_name="sms_inbound")
    op.drop_index("ix_sms_receipt_provider_ref", table_name="sms_receipt")
    op.drop_index("ix_sms_receipt_unfolded", table_name="sms_receipt")
    op.drop_column("sms_receipt", "folded_at")
    # Its guard looks into the other's.
    op.drop_table("person_text")
    op.drop_column("contact_point", "code_expires_at")
