"""Create the first tables."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:

    op.create_table(
        "admin_unit",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column(
            "code",
            sa.Text(),
            nullable=False,
            comment="official code of the unit, unique at any date",
        ),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("parent_id", sa.BigInteger(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('province', 'ward', 'commune', 'special_zone')",
            name=op.f("ck_admin_unit_kind"),
        ),
        sa.CheckConstraint("level IN ('province', 'commune')", name=op.f("ck_admin_unit_level")),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["admin_unit.id"], name=op.f("fk_admin_unit_parent_id_admin_unit")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_admin_unit")),
        sa.UniqueConstraint("code", "valid_from", name=op.f("uq_admin_unit_code")),
    )
    op.create_table(
        "alert_lease",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column(
            "epoch",
            sa.BigInteger(),
            nullable=False,
            comment="fencing number; grows with every holder",
        ),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("judged_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ticked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_lease")),
    )
    op.create_table(
        "device_day",
        sa.Column("device_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("day", sa.Date(), nullable=False, comment="the facility's local day"),
        sa.Column(
            "watched", postgresql.TSTZMULTIRANGE(), nullable=False, comment="attested in time"
        ),
        sa.Column(
            "late",
            postgresql.TSTZMULTIRANGE(),
            nullable=False,
            comment="attested after the lateness limit",
        ),
        sa.Column(
            "impaired",
            postgresql.TSTZMULTIRANGE(),
            nullable=False,
            comment="attested as not usable",
        ),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("corrected_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("device_id", "day", name=op.f("pk_device_day")),
        postgresql_with={"fillfactor": "80"},
    )
    op.create_index(
        "ix_device_day_corrected_at",
        "device_day",
        ["corrected_at"],
        unique=False,
        postgresql_where="corrected_at IS NOT NULL",
    )
    op.create_table(
        "device_fault",
        sa.Column("device_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column(
            "fault", sa.Text(), nullable=False, comment="a code of shared.domain.states.WatchState"
        ),
        sa.Column("spans", postgresql.TSTZMULTIRANGE(), nullable=False),
        sa.PrimaryKeyConstraint("device_id", "day", "fault", name=op.f("pk_device_fault")),
    )
    op.create_table(
        "device_latest",
        sa.Column("device_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column(
            "readings",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="battery, rssi, fps … as last told",
        ),
        sa.PrimaryKeyConstraint("device_id", name=op.f("pk_device_latest")),
        postgresql_with={"fillfactor": "70"},
    )
    op.create_table(
        "ingest_worker",
        sa.Column("slot", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "boot", sa.Text(), nullable=False, comment="changes with every start of the worker"
        ),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("flushed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("slot", name=op.f("pk_ingest_worker")),
    )
    op.create_table(
        "ladder_step",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column(
            "after_s", sa.Integer(), nullable=False, comment="seconds open and not acknowledged"
        ),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_to", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ladder_step")),
    )
    op.create_table(
        "quarantine",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column(
            "reason", sa.Text(), nullable=False, comment="a code of shared.domain.states.Refusal"
        ),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("facility_code", sa.Text(), nullable=True, comment="as the topic names it"),
        sa.Column("device_code", sa.Text(), nullable=True, comment="as the topic names it"),
        sa.Column(
            "sample",
            sa.Text(),
            nullable=False,
            comment="the first bytes of the latest, made printable",
        ),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quarantine")),
        sa.UniqueConstraint("topic", "reason", name=op.f("uq_quarantine_topic")),
    )
    op.create_index("ix_quarantine_last_at", "quarantine", ["last_at", "id"], unique=False)
    op.create_table(
        "registry_version",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registry_version")),
    )
    op.create_table(
        "user_account",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False, comment="argon2id"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("language IN ('vi', 'en')", name=op.f("ck_user_account_language")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_account")),
        sa.UniqueConstraint("email", name=op.f("uq_user_account_email")),
    )
    op.create_table(
        "blind_span",
        sa.Column("slot", sa.Integer(), nullable=False),
        sa.Column("from_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("to_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["slot"], ["ingest_worker.slot"], name=op.f("fk_blind_span_slot_ingest_worker")
        ),
        sa.PrimaryKeyConstraint("slot", "from_at", name=op.f("pk_blind_span")),
    )
    op.create_index("ix_blind_span_to_at", "blind_span", ["to_at"], unique=False)
    op.create_table(
        "facility",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("ownership", sa.Text(), nullable=False),
        sa.Column("admin_unit_id", sa.BigInteger(), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column(
            "children",
            sa.Integer(),
            nullable=False,
            comment="head count only; no child is named here",
        ),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.BigInteger(), server_default="0", nullable=False),
        sa.CheckConstraint(
            "ownership IN ('public', 'non_public')", name=op.f("ck_facility_ownership")
        ),
        sa.CheckConstraint("children >= 0", name=op.f("ck_facility_children")),
        sa.ForeignKeyConstraint(
            ["admin_unit_id"], ["admin_unit.id"], name=op.f("fk_facility_admin_unit_id_admin_unit")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_facility")),
        sa.UniqueConstraint("code", name=op.f("uq_facility_code")),
    )
    op.create_index("ix_facility_admin_unit_id", "facility", ["admin_unit_id"], unique=False)
    op.create_table(
        "session",
        sa.Column(
            "token_hash", sa.LargeBinary(), nullable=False, comment="SHA-256 of the bearer token"
        ),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_session_user_id_user_account")
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_session")),
    )
    op.create_table(
        "incident",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("facility_id", sa.BigInteger(), nullable=True, comment="absent: the platform's"),
        sa.Column(
            "cause", sa.Text(), nullable=False, comment="a code of shared.domain.states.Cause"
        ),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("since_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "step", sa.Integer(), server_default="0", nullable=False, comment="ladder steps done"
        ),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.BigInteger(), server_default="0", nullable=False),
        sa.CheckConstraint("state IN ('open', 'resolved')", name=op.f("ck_incident_state")),
        sa.ForeignKeyConstraint(
            ["facility_id"], ["facility.id"], name=op.f("fk_incident_facility_id_facility")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident")),
    )
    op.create_index("ix_incident_opened_at", "incident", ["opened_at", "id"], unique=False)
    op.create_index(
        "uq_incident_open",
        "incident",
        ["facility_id", "cause"],
        unique=True,
        postgresql_where="state = 'open'",
        postgresql_nulls_not_distinct=True,
    )
    op.create_table(
        "role_assignment",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False, comment="a code of shared.domain.access.Role"),
        sa.Column("admin_unit_id", sa.BigInteger(), nullable=True),
        sa.Column("facility_id", sa.BigInteger(), nullable=True),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_to", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["admin_unit_id"],
            ["admin_unit.id"],
            name=op.f("fk_role_assignment_admin_unit_id_admin_unit"),
        ),
        sa.ForeignKeyConstraint(
            ["facility_id"], ["facility.id"], name=op.f("fk_role_assignment_facility_id_facility")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_role_assignment_user_id_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role_assignment")),
    )
    op.create_index(
        "ix_role_assignment_admin_unit_id", "role_assignment", ["admin_unit_id"], unique=False
    )
    op.create_index(
        "ix_role_assignment_facility_id", "role_assignment", ["facility_id"], unique=False
    )
    op.create_index("ix_role_assignment_user_id", "role_assignment", ["user_id"], unique=False)
    op.create_table(
        "zone",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("facility_id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.BigInteger(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["facility_id"], ["facility.id"], name=op.f("fk_zone_facility_id_facility")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_zone")),
        sa.UniqueConstraint("facility_id", "code", name=op.f("uq_zone_facility_id")),
    )
    op.create_table(
        "acknowledgement",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("incident_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incident.id"], name=op.f("fk_acknowledgement_incident_id_incident")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_acknowledgement_user_id_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_acknowledgement")),
    )
    op.create_index(
        "ix_acknowledgement_incident_id", "acknowledgement", ["incident_id"], unique=False
    )
    op.create_table(
        "device",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("facility_id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("zone_id", sa.BigInteger(), nullable=True, comment="absent for gateways"),
        sa.Column(
            "interval_s",
            sa.Float(),
            nullable=False,
            comment="registered heartbeat interval, seconds",
        ),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.BigInteger(), server_default="0", nullable=False),
        sa.CheckConstraint("interval_s > 0", name=op.f("ck_device_interval_s")),
        sa.ForeignKeyConstraint(
            ["facility_id"], ["facility.id"], name=op.f("fk_device_facility_id_facility")
        ),
        sa.ForeignKeyConstraint(["zone_id"], ["zone.id"], name=op.f("fk_device_zone_id_zone")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device")),
        sa.UniqueConstraint("facility_id", "code", name=op.f("uq_device_facility_id")),
    )
    op.create_index("ix_device_version", "device", ["version"], unique=False)
    op.create_index("ix_device_zone_id", "device", ["zone_id"], unique=False)
    op.create_table(
        "gap",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("zone_id", sa.BigInteger(), nullable=False),
        sa.Column("facility_id", sa.BigInteger(), nullable=False),
        sa.Column("incident_id", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("from_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("to_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("repaired_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('open', 'closed', 'repaired')", name=op.f("ck_gap_state")),
        sa.ForeignKeyConstraint(
            ["facility_id"], ["facility.id"], name=op.f("fk_gap_facility_id_facility")
        ),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incident.id"], name=op.f("fk_gap_incident_id_incident")
        ),
        sa.ForeignKeyConstraint(["zone_id"], ["zone.id"], name=op.f("fk_gap_zone_id_zone")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gap")),
    )
    op.create_index("ix_gap_facility_id", "gap", ["facility_id", "from_at"], unique=False)
    op.create_index("ix_gap_from_at", "gap", ["from_at", "id"], unique=False)
    op.create_index("ix_gap_incident_id", "gap", ["incident_id"], unique=False)
    op.create_index("ix_gap_zone_id", "gap", ["zone_id", "to_at"], unique=False)
    op.create_index(
        "uq_gap_open", "gap", ["zone_id"], unique=True, postgresql_where="state = 'open'"
    )
    op.create_table(
        "notification",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("incident_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "kind", sa.Text(), nullable=False, comment="alert, escalation, recovery, correction"
        ),
        sa.Column(
            "occasion", sa.Integer(), nullable=False, comment="ladder step, or the event's number"
        ),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False, comment="pending, sent, dead"),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incident.id"], name=op.f("fk_notification_incident_id_incident")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification")),
        sa.UniqueConstraint(
            "incident_id",
            "kind",
            "occasion",
            "channel",
            "address",
            name=op.f("uq_notification_incident_id"),
        ),
        sa.UniqueConstraint("message_id", name=op.f("uq_notification_message_id")),
    )
    op.create_index(
        "ix_notification_due_at",
        "notification",
        ["due_at"],
        unique=False,
        postgresql_where="state = 'pending'",
    )
    op.create_table(
        "requirement",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("zone_id", sa.BigInteger(), nullable=False),
        sa.Column("min_devices", sa.Integer(), nullable=False),
        sa.Column(
            "max_gap_s", sa.Float(), nullable=False, comment="longest tolerated hole, seconds"
        ),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_to", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("max_gap_s > 0", name=op.f("ck_requirement_max_gap_s")),
        sa.CheckConstraint("min_devices >= 1", name=op.f("ck_requirement_min_devices")),
        sa.ForeignKeyConstraint(["zone_id"], ["zone.id"], name=op.f("fk_requirement_zone_id_zone")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_requirement")),
    )
    op.create_index(
        "ix_requirement_zone_id", "requirement", ["zone_id", "valid_from"], unique=False
    )
    op.create_table(
        "delivery_attempt",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("notification_id", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "outcome",
            sa.Text(),
            nullable=True,
            comment="accepted, retry, refused; absent: never told",
        ),
        sa.Column("detail", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["notification_id"],
            ["notification.id"],
            name=op.f("fk_delivery_attempt_notification_id_notification"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery_attempt")),
    )
    op.create_index(
        "ix_delivery_attempt_notification_id", "delivery_attempt", ["notification_id"], unique=False
    )
    op.create_table(
        "device_credential",
        sa.Column("device_id", sa.BigInteger(), nullable=False),
        sa.Column("username", sa.Text(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("password_hash", sa.LargeBinary(), nullable=False, comment="PBKDF2-HMAC-SHA512"),
        sa.Column("iterations", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["device_id"], ["device.id"], name=op.f("fk_device_credential_device_id_device")
        ),
        sa.PrimaryKeyConstraint("device_id", name=op.f("pk_device_credential")),
        sa.UniqueConstraint("username", name=op.f("uq_device_credential_username")),
    )
    op.create_table(
        "event",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("facility_id", sa.BigInteger(), nullable=True),
        sa.Column("incident_id", sa.BigInteger(), nullable=True),
        sa.Column("gap_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "detail", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False
        ),
        sa.ForeignKeyConstraint(
            ["facility_id"], ["facility.id"], name=op.f("fk_event_facility_id_facility")
        ),
        sa.ForeignKeyConstraint(["gap_id"], ["gap.id"], name=op.f("fk_event_gap_id_gap")),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incident.id"], name=op.f("fk_event_incident_id_incident")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event")),
    )
    op.create_index("ix_event_incident_id", "event", ["incident_id", "id"], unique=False)


def downgrade() -> None:

    op.drop_index("ix_event_incident_id", table_name="event")
    op.drop_table("event")
    op.drop_table("device_credential")
    op.drop_index("ix_delivery_attempt_notification_id", table_name="delivery_attempt")
    op.drop_table("delivery_attempt")
    op.drop_index("ix_requirement_zone_id", table_name="requirement")
    op.drop_table("requirement")
    op.drop_index(
        "ix_notification_due_at", table_name="notification", postgresql_where="state = 'pending'"
    )
    op.drop_table("notification")
    op.drop_index("uq_gap_open", table_name="gap", postgresql_where="state = 'open'")
    op.drop_index("ix_gap_zone_id", table_name="gap")
    op.drop_index("ix_gap_incident_id", table_name="gap")
    op.drop_index("ix_gap_from_at", table_name="gap")
    op.drop_index("ix_gap_facility_id", table_name="gap")
    op.drop_table("gap")
    op.drop_index("ix_device_zone_id", table_name="device")
    op.drop_index("ix_device_version", table_name="device")
    op.drop_table("device")
    op.drop_index("ix_acknowledgement_incident_id", table_name="acknowledgement")
    op.drop_table("acknowledgement")
    op.drop_table("zone")
    op.drop_index("ix_role_assignment_user_id", table_name="role_assignment")
    op.drop_index("ix_role_assignment_facility_id", table_name="role_assignment")
    op.drop_index("ix_role_assignment_admin_unit_id", table_name="role_assignment")
    op.drop_table("role_assignment")
    op.drop_index(
        "uq_incident_open",
        table_name="incident",
        postgresql_where="state = 'open'",
        postgresql_nulls_not_distinct=True,
    )
    op.drop_index("ix_incident_opened_at", table_name="incident")
    op.drop_table("incident")
    op.drop_table("session")
    op.drop_index("ix_facility_admin_unit_id", table_name="facility")
    op.drop_table("facility")
    op.drop_index("ix_blind_span_to_at", table_name="blind_span")
    op.drop_table("blind_span")
    op.drop_table("user_account")
    op.drop_table("registry_version")
    op.drop_index("ix_quarantine_last_at", table_name="quarantine")
    op.drop_table("quarantine")
    op.drop_table("ladder_step")
    op.drop_table("ingest_worker")
    op.drop_table("device_latest")
    op.drop_table("device_fault")
    op.drop_index(
        "ix_device_day_corrected_at",
        table_name="device_day",
        postgresql_where="corrected_at IS NOT NULL",
    )
    op.drop_table("device_day")
    op.drop_table("alert_lease")
    op.drop_table("admin_unit")
