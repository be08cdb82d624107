"""Let ingest write proofs and clocks and retire a slot, and the api write keys and rules."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

WRITERS: dict[str, dict[str, tuple[str, ...]]] = {
    "giamsat_ingest": {
        "SELECT, INSERT, UPDATE": (
            "device_condition", "device_clock", "device_identity", "security_event",
        ),
        "SELECT, INSERT, DELETE": ("quarantine_message",),
        # What is bounded in size is emptied by whoever fills it.
        "DELETE": ("quarantine", "ingest_worker"),
        "SELECT": ("device_key", "adapter_rule", "replay_request"),
    },
    "giamsat_alerts": {
        "SELECT": (
            "device_condition", "device_clock", "device_identity", "security_event",
            "quarantine_message", "device_key", "adapter_rule",
        ),
    },
    "giamsat_api": {
        "SELECT, INSERT, UPDATE": ("device_key", "adapter_rule"),
        "SELECT, INSERT": ("replay_request",),
        "SELECT": (
            "device_condition", "device_clock", "device_identity", "security_event",
            "quarantine_message",
        ),
    },
}  # fmt: skip


def upgrade() -> None:
    for role, rights in WRITERS.items():
        for right, tables in rights.items():
            op.execute(f"GRANT {right} ON {', '.join(tables)} TO {role}")


def downgrade() -> None:
    op.execute("REVOKE DELETE ON quarantine, ingest_worker FROM giamsat_ingest")
    tables = {name for rights in WRITERS.values() for names in rights.values() for name in names}
    tables -= {"quarantine", "ingest_worker"}
    op.execute(f"REVOKE ALL ON {', '.join(sorted(tables))} FROM {', '.join(WRITERS)}")
