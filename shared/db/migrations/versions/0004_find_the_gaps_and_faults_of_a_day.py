"""Find the gaps that ended and the faults told in the last day, however long the history."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.create_index("ix_gap_to_at", "gap", ["to_at"], postgresql_where="state = 'closed'")
    op.create_index("ix_device_fault_day", "device_fault", ["day"])


def downgrade() -> None:
    op.drop_index("ix_device_fault_day", table_name="device_fault")
    op.drop_index("ix_gap_to_at", table_name="gap", postgresql_where="state = 'closed'")
