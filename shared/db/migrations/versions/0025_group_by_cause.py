"""Group by cause: faults apart, severity by its deadline, gaps as they were known."""

from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

INDEXES = (
    "ix_adapter_rule_device_id",
    "ix_event_gap_id",
    "ix_gap_over",
    "ix_incident_area",
    "uq_incident_open",
)
_UNIQUE = """
CREATE UNIQUE INDEX uq_incident_open ON incident ({columns}) NULLS NOT DISTINCT
WHERE state = 'open'
"""


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.execute("ALTER TABLE incident ADD COLUMN severity_due_at timestamptz")
    op.execute(
        "COMMENT ON COLUMN incident.severity_due_at "
        "IS 'when time alone may make it worse; absent: never'"
    )
    op.execute("DROP INDEX uq_incident_open")
    op.execute(_UNIQUE.format(columns="facility_id, cause, admin_unit_id, gateway_id, fault"))
    op.execute(
        "CREATE INDEX ix_incident_area ON incident (resolved_at) WHERE cause = 'area_outage'"
    )
    op.execute("CREATE INDEX ix_gap_over ON gap (incident_id, closed_at) WHERE state = 'closed'")
    op.execute("CREATE INDEX ix_event_gap_id ON event (gap_id, id) WHERE gap_id IS NOT NULL")
    op.execute(
        "CREATE INDEX ix_adapter_rule_device_id ON adapter_rule (device_id) "
        "WHERE removed_at IS NULL"
    )


def downgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    for name in INDEXES:
        op.execute(f"DROP INDEX {name}")
    # Two pictures with different faults were two causes; here they are one, so one has to end.
    op.execute(
        """
        UPDATE incident SET state = 'resolved', resolved_at = now()
        WHERE state = 'open' AND id NOT IN (
            SELECT min(id) FROM incident WHERE state = 'open'
            GROUP BY facility_id, cause, admin_unit_id, gateway_id)
        """
    )
    op.execute(_UNIQUE.format(columns="facility_id, cause, admin_unit_id, gateway_id"))
    op.execute("ALTER TABLE incident DROP COLUMN severity_due_at")
