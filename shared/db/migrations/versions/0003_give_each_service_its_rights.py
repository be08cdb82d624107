"""Give each service a role that may write its own tables and no others."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

WRITERS: dict[str, dict[str, tuple[str, ...]]] = {
    "giamsat_ingest": {
        "SELECT, INSERT, UPDATE": (
            "device_day", "device_fault", "device_latest", "quarantine", "ingest_worker",
            "blind_span",
        ),
    },
    "giamsat_alerts": {
        "SELECT, INSERT, UPDATE": (
            "alert_lease", "incident", "gap", "notification", "delivery_attempt", "ladder_step",
        ),
        "SELECT, INSERT": ("event",),
    },
    "giamsat_api": {
        "SELECT, INSERT, UPDATE": (
            "admin_unit", "facility", "zone", "requirement", "device", "device_credential",
            "user_account", "role_assignment", "session", "registry_version",
        ),
        "DELETE": ("session",),
        "SELECT, INSERT": ("acknowledgement",),
    },
}  # fmt: skip


def upgrade() -> None:
    for role, rights in WRITERS.items():
        # Roles belong to the whole server, so a second database there finds them made.
        op.execute(
            f"DO $$ BEGIN CREATE ROLE {role} NOLOGIN; "
            "EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
        )
        op.execute(f"GRANT USAGE ON SCHEMA public TO {role}")
        op.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}")
        for right, tables in rights.items():
            op.execute(f"GRANT {right} ON {', '.join(tables)} TO {role}")
    # Passwords and sessions are the api's own.
    for role in ("giamsat_ingest", "giamsat_alerts"):
        op.execute(f"REVOKE ALL ON session, device_credential, user_account FROM {role}")
    op.execute(
        "GRANT SELECT (id, email, name, language, disabled_at) ON user_account TO giamsat_alerts"
    )


def downgrade() -> None:
    for role in WRITERS:
        op.execute(f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {role}")
        op.execute(f"REVOKE USAGE ON SCHEMA public FROM {role}")
