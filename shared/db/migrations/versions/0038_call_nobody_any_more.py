"""Let alerts see whose keys have ended, and which receivers said that they are gone."""

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None

_STATES = "pending, sent, dead, gone, cancelled"


def upgrade() -> None:
    op.execute("GRANT SELECT ON agency_key TO giamsat_alerts")
    op.alter_column("webhook_call", "state", existing_type=sa.Text(), comment=_STATES)
    op.create_index(
        "ix_webhook_call_gone",
        "webhook_call",
        ["webhook_id"],
        postgresql_where=sa.text("state = 'gone'"),
    )


def downgrade() -> None:
    op.drop_index("ix_webhook_call_gone", table_name="webhook_call")
    op.execute("UPDATE webhook_call SET state = 'dead' WHERE state = 'gone'")
    op.alter_column(
        "webhook_call",
        "state",
        existing_type=sa.Text(),
        comment="pending, sent, dead, cancelled",
    )
    op.execute("REVOKE SELECT ON agency_key FROM giamsat_alerts")
