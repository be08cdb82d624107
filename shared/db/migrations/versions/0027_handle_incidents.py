"""Handle incidents: those of a few facilities are found without looking at all others."""

from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_incident_facility_id", "incident", ["facility_id", "opened_at"])


def downgrade() -> None:
    op.drop_index("ix_incident_facility_id", table_name="incident")
