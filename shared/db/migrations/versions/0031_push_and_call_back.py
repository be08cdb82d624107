"""Call agencies back when there is something new for them."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.alter_column(
        "webhook",
        "secret",
        new_column_name="salt",
        existing_type=sa.LargeBinary(),
        comment="its secret follows from it and our key",
    )
    op.alter_column("webhook", "events", comment="shared.domain.webhooks.EventType")
    op.create_table(
        "webhook_call",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("webhook_id", sa.BigInteger(), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("grant_id", sa.BigInteger(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False, comment="pending, sent, dead, cancelled"),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column(
            "detail",
            sa.Text(),
            server_default="",
            nullable=False,
            comment="how the last one ended",
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["webhook_id"], ["webhook.id"], name=op.f("fk_webhook_call_webhook_id_webhook")
        ),
        sa.ForeignKeyConstraint(
            ["event_id"], ["event.id"], name=op.f("fk_webhook_call_event_id_event")
        ),
        sa.ForeignKeyConstraint(
            ["grant_id"],
            ["sharing_grant.id"],
            name=op.f("fk_webhook_call_grant_id_sharing_grant"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_call")),
        sa.UniqueConstraint(
            "webhook_id", "event_id", "grant_id", name=op.f("uq_webhook_call_webhook_id")
        ),
    )
    op.create_index(
        "ix_webhook_call_due_at", "webhook_call", ["due_at"], postgresql_where="state = 'pending'"
    )
    op.create_table(
        "webhook_progress",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_progress")),
    )
    op.execute("GRANT SELECT, INSERT, UPDATE ON webhook_call, webhook_progress TO giamsat_alerts")
    op.execute("GRANT SELECT ON webhook_call TO giamsat_api")
    op.execute("GRANT SELECT ON agency_client, sharing_grant TO giamsat_alerts")


def downgrade() -> None:
    op.execute("REVOKE SELECT ON agency_client, sharing_grant FROM giamsat_alerts")
    op.execute("DROP POLICY IF EXISTS guarded ON webhook_call")
    op.execute("DROP POLICY IF EXISTS unguarded ON webhook_call")
    op.drop_table("webhook_progress")
    op.drop_table("webhook_call")
    op.alter_column(
        "webhook",
        "salt",
        new_column_name="secret",
        existing_type=sa.LargeBinary(),
        comment="sealed; shown once",
    )
    op.alter_column("webhook", "events", comment="types of CloudEvents")
