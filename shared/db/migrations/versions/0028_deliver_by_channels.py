"""Deliver by channels: what is tried instead, told in digests, and on record as sent."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

#: Index, columns, of which rows.
INDEXES = (
    ("ix_notification_dead_at", ["dead_at"], "state = 'dead'"),
    ("ix_notification_held", ["channel", "address"], "state = 'digested' AND digest_id IS NULL"),
    ("ix_notification_instead_of", ["instead_of"], "instead_of IS NOT NULL"),
    ("ix_notification_since", ["created_at"], "state = 'pending'"),
    ("ix_notification_waiting", ["incident_id", "address"], "state = 'pending'"),
)


def upgrade() -> None:
    op.add_column(
        "notification",
        sa.Column(
            "short",
            sa.Text(),
            server_default="",
            nullable=False,
            comment="where it has to be brief",
        ),
    )
    op.add_column(
        "notification",
        sa.Column(
            "channels",
            postgresql.ARRAY(sa.Text()),
            server_default="{}",
            nullable=False,
            comment="through which its reader can still be tried, in this order",
        ),
    )
    op.add_column(
        "notification",
        sa.Column(
            "content_hash",
            sa.LargeBinary(),
            nullable=True,
            comment="SHA-256 of what was handed over",
        ),
    )
    op.add_column("notification", sa.Column("dead_at", sa.DateTime(timezone=True), nullable=True))
    for name, columns, rows in INDEXES:
        op.create_index(name, "notification", columns, postgresql_where=sa.text(rows))
    _index_receipts("receipt_due_at IS NOT NULL")


def downgrade() -> None:
    _index_receipts("state = 'sent' AND receipt IS NULL")
    for name, _, _ in INDEXES:
        op.drop_index(name, table_name="notification")
    for column in ("dead_at", "content_hash", "channels", "short"):
        op.drop_column("notification", column)


def _index_receipts(rows: str) -> None:
    op.drop_index("ix_notification_receipt_due_at", table_name="notification")
    op.create_index(
        "ix_notification_receipt_due_at",
        "notification",
        ["receipt_due_at"],
        postgresql_where=sa.text(rows),
    )
