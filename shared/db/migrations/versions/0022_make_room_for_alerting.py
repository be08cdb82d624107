"""Make room for requirements, causes, escalation, exemptions and channels of all kinds."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

RIGHTS = (
    (
        "watch_calendar, holiday, ladder, duty_shift, message_template",
        "SELECT, INSERT, UPDATE",
        "api",
    ),
    ("watch_calendar, holiday, ladder, duty_shift, message_template", "SELECT", "alerts"),
    ("ladder_step", "SELECT, INSERT, UPDATE", "api"),
    ("round_point, contact_point, webhook", "SELECT, INSERT, UPDATE", "api"),
    ("round_check_in, incident_action, sms_receipt", "SELECT, INSERT", "api"),
    ("sms_inbound", "SELECT, INSERT, UPDATE", "api"),
    ("round_check_in, round_point", "SELECT", "ingest"),
    ("round_check_in, incident_action, contact_point, webhook", "SELECT", "alerts"),
    ("sms_receipt, sms_inbound", "SELECT, INSERT", "alerts"),
    ("address_fault", "SELECT, INSERT, UPDATE, DELETE", "alerts"),
    ("address_fault", "SELECT", "api"),
)


def upgrade() -> None:
    op.create_table(
        "address_fault",
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("since_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("channel", "address", name=op.f("pk_address_fault")),
    )
    op.create_table(
        "sms_inbound",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("provider_ref", sa.Text(), nullable=False),
        sa.Column("sender", sa.Text(), nullable=False, comment="E.164"),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("handled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sms_inbound")),
        sa.UniqueConstraint("provider", "provider_ref", name=op.f("uq_sms_inbound_provider")),
    )
    op.create_table(
        "sms_receipt",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("provider_ref", sa.Text(), nullable=False),
        sa.Column("receipt", sa.Text(), nullable=False, comment="shared.domain.delivery.Receipt"),
        sa.Column("detail", sa.Text(), server_default="", nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sms_receipt")),
        sa.UniqueConstraint(
            "provider", "provider_ref", "receipt", name=op.f("uq_sms_receipt_provider")
        ),
    )
    op.create_table(
        "contact_point",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column(
            "address", sa.Text(), nullable=False, comment="E.164, or the endpoint of a subscription"
        ),
        sa.Column("label", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "keys",
            postgresql.JSONB(),
            server_default="{}",
            nullable=False,
            comment="push: p256dh, auth",
        ),
        sa.Column(
            "is_marked",
            sa.Text(),
            nullable=True,
            comment="SMS: 'marked' with Vietnamese marks; absent: without",
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "code_hash", sa.LargeBinary(), nullable=True, comment="of the code sent to verify it"
        ),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("channel IN ('sms', 'push')", name=op.f("ck_contact_point_channel")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_contact_point_user_id_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_point")),
    )
    op.create_index(
        "uq_contact_point_address",
        "contact_point",
        ["user_id", "channel", "address"],
        unique=True,
        postgresql_where="removed_at IS NULL",
    )
    op.create_table(
        "holiday",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False, comment="the decision"),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.BigInteger(), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("kind IN ('off', 'work')", name=op.f("ck_holiday_kind")),
        sa.ForeignKeyConstraint(
            ["recorded_by"], ["user_account.id"], name=op.f("fk_holiday_recorded_by_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["withdrawn_by"], ["user_account.id"], name=op.f("fk_holiday_withdrawn_by_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_holiday")),
    )
    op.create_index(
        "uq_holiday_day", "holiday", ["day"], unique=True, postgresql_where="withdrawn_at IS NULL"
    )
    op.create_table(
        "message_template",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="shared.domain.delivery.MessageKind"),
        sa.Column("subject", sa.Text(), server_default="", nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_to", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["created_by"],
            ["user_account.id"],
            name=op.f("fk_message_template_created_by_user_account"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message_template")),
    )
    op.create_index(
        "uq_message_template_in_force",
        "message_template",
        ["channel", "language", "kind"],
        unique=True,
        postgresql_where="valid_to IS NULL",
    )
    op.create_table(
        "duty_shift",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("facility_id", sa.BigInteger(), nullable=True),
        sa.Column("admin_unit_id", sa.BigInteger(), nullable=True),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("is_deputy", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "num_nonnulls(facility_id, admin_unit_id) = 1", name=op.f("ck_duty_shift_place")
        ),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_duty_shift_shift")),
        sa.ForeignKeyConstraint(
            ["admin_unit_id"],
            ["admin_unit.id"],
            name=op.f("fk_duty_shift_admin_unit_id_admin_unit"),
        ),
        sa.ForeignKeyConstraint(
            ["cancelled_by"],
            ["user_account.id"],
            name=op.f("fk_duty_shift_cancelled_by_user_account"),
        ),
        sa.ForeignKeyConstraint(
            ["created_by"], ["user_account.id"], name=op.f("fk_duty_shift_created_by_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["facility_id"], ["facility.id"], name=op.f("fk_duty_shift_facility_id_facility")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_duty_shift_user_id_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duty_shift")),
    )
    op.create_index(
        "ix_duty_shift_admin_unit_id", "duty_shift", ["admin_unit_id", "ends_at"], unique=False
    )
    op.create_index(
        "ix_duty_shift_facility_id", "duty_shift", ["facility_id", "ends_at"], unique=False
    )
    op.create_table(
        "ladder",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=True, comment="absent: any"),
        sa.Column("zone_kind", sa.Text(), nullable=True, comment="absent: any"),
        sa.Column("admin_unit_id", sa.BigInteger(), nullable=True),
        sa.Column("facility_id", sa.BigInteger(), nullable=True),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_to", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "severity IN ('notice', 'warning', 'critical')", name=op.f("ck_ladder_severity")
        ),
        sa.CheckConstraint(
            "num_nonnulls(admin_unit_id, facility_id) <= 1", name=op.f("ck_ladder_place")
        ),
        sa.ForeignKeyConstraint(
            ["admin_unit_id"], ["admin_unit.id"], name=op.f("fk_ladder_admin_unit_id_admin_unit")
        ),
        sa.ForeignKeyConstraint(
            ["created_by"], ["user_account.id"], name=op.f("fk_ladder_created_by_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["facility_id"], ["facility.id"], name=op.f("fk_ladder_facility_id_facility")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ladder")),
    )
    op.create_table(
        "watch_calendar",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("facility_id", sa.BigInteger(), nullable=True, comment="absent: for everybody"),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column(
            "weekly",
            postgresql.JSONB(),
            nullable=False,
            comment='[{"days": [0..6, Monday first], "from": "22:00", "to": "06:00"}]; local time',
        ),
        sa.Column("on_holidays", sa.Text(), server_default="as_usual", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "on_holidays IN ('as_usual', 'as_sunday', 'off', 'all_day')",
            name=op.f("ck_watch_calendar_holidays"),
        ),
        sa.ForeignKeyConstraint(
            ["created_by"],
            ["user_account.id"],
            name=op.f("fk_watch_calendar_created_by_user_account"),
        ),
        sa.ForeignKeyConstraint(
            ["facility_id"], ["facility.id"], name=op.f("fk_watch_calendar_facility_id_facility")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_watch_calendar")),
    )
    op.create_index(
        "ix_watch_calendar_facility_id", "watch_calendar", ["facility_id"], unique=False
    )
    op.create_table(
        "webhook",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("client_id", sa.BigInteger(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False, comment="sealed; shown once"),
        sa.Column(
            "events", postgresql.ARRAY(sa.Text()), nullable=False, comment="types of CloudEvents"
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["client_id"], ["agency_client.id"], name=op.f("fk_webhook_client_id_agency_client")
        ),
        sa.ForeignKeyConstraint(
            ["created_by"], ["user_account.id"], name=op.f("fk_webhook_created_by_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook")),
    )
    op.create_index("ix_webhook_client_id", "webhook", ["client_id"], unique=False)
    op.create_table(
        "round_check_in",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("device_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["device_id"], ["device.id"], name=op.f("fk_round_check_in_device_id_device")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_round_check_in_user_id_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_round_check_in")),
    )
    op.create_index(
        "ix_round_check_in_device_id", "round_check_in", ["device_id", "checked_at"], unique=False
    )
    op.create_table(
        "round_point",
        sa.Column("device_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("code_hash", sa.LargeBinary(), nullable=False, comment="SHA-256"),
        sa.Column("labelled_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["device_id"], ["device.id"], name=op.f("fk_round_point_device_id_device")
        ),
        sa.PrimaryKeyConstraint("device_id", name=op.f("pk_round_point")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_round_point_code_hash")),
    )
    op.create_table(
        "incident_action",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("incident_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="shared.domain.handling.ActionKind"),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("acted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("detail", postgresql.JSONB(), server_default="{}", nullable=False),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incident.id"], name=op.f("fk_incident_action_incident_id_incident")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_incident_action_user_id_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident_action")),
    )
    op.create_index(
        "ix_incident_action_incident_id", "incident_action", ["incident_id", "id"], unique=False
    )
    op.add_column(
        "acknowledgement",
        sa.Column(
            "via",
            sa.Text(),
            server_default="console",
            nullable=False,
            comment="console, api, link, sms",
        ),
    )
    op.add_column(
        "acknowledgement",
        sa.Column(
            "notification_id",
            sa.BigInteger(),
            nullable=True,
            comment="whose link or answer it was: once",
        ),
    )
    op.create_unique_constraint(
        op.f("uq_acknowledgement_notification_id"), "acknowledgement", ["notification_id"]
    )
    op.create_foreign_key(
        op.f("fk_acknowledgement_notification_id_notification"),
        "acknowledgement",
        "notification",
        ["notification_id"],
        ["id"],
    )
    op.add_column(
        "approval",
        sa.Column(
            "repeats",
            sa.Text(),
            nullable=True,
            comment="absent: once; starts_at and ends_at are the first time",
        ),
    )
    op.add_column("approval", sa.Column("repeats_until", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "delivery_attempt", sa.Column("provider", sa.Text(), server_default="smtp", nullable=False)
    )
    op.add_column(
        "device",
        sa.Column(
            "gateway_id",
            sa.BigInteger(),
            nullable=True,
            comment="through which it speaks; absent: by itself, or not known",
        ),
    )
    op.create_foreign_key(
        op.f("fk_device_gateway_id_device"), "device", "device", ["gateway_id"], ["id"]
    )
    op.add_column(
        "event",
        sa.Column(
            "action_id", sa.BigInteger(), nullable=True, comment="what a person did, taken in once"
        ),
    )
    op.create_unique_constraint(op.f("uq_event_action_id"), "event", ["action_id"])
    op.create_foreign_key(
        op.f("fk_event_action_id_incident_action"),
        "event",
        "incident_action",
        ["action_id"],
        ["id"],
    )
    op.add_column(
        "incident",
        sa.Column("admin_unit_id", sa.BigInteger(), nullable=True, comment="of an area outage"),
    )
    op.add_column(
        "incident",
        sa.Column("gateway_id", sa.BigInteger(), nullable=True, comment="of a silent gateway"),
    )
    op.add_column(
        "incident",
        sa.Column("parent_id", sa.BigInteger(), nullable=True, comment="the area outage it is in"),
    )
    op.add_column(
        "incident",
        sa.Column("fault", sa.Text(), nullable=True, comment="of a picture: a WatchState"),
    )
    op.add_column(
        "incident", sa.Column("severity", sa.Text(), server_default="warning", nullable=False)
    )
    op.add_column(
        "incident", sa.Column("unstable_since", sa.DateTime(timezone=True), nullable=True)
    )
    op.add_column(
        "incident",
        sa.Column(
            "counts_from",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="from when the ladder counts; absent: since it was opened",
        ),
    )
    op.add_column("incident", sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("incident", sa.Column("snoozed_until", sa.DateTime(timezone=True), nullable=True))
    op.add_column("incident", sa.Column("assigned_to", sa.BigInteger(), nullable=True))
    op.add_column(
        "incident",
        sa.Column(
            "resolution",
            sa.Text(),
            nullable=True,
            comment="what it was: shared.domain.handling.Resolution",
        ),
    )
    op.drop_index(
        op.f("uq_incident_open"),
        table_name="incident",
        postgresql_where="(state = 'open'::text)",
        postgresql_nulls_not_distinct=True,
    )
    op.create_index(
        "uq_incident_open",
        "incident",
        ["facility_id", "cause", "admin_unit_id", "gateway_id"],
        unique=True,
        postgresql_where="state = 'open'",
        postgresql_nulls_not_distinct=True,
    )
    op.create_index(
        "ix_incident_parent_id",
        "incident",
        ["parent_id"],
        unique=False,
        postgresql_where="parent_id IS NOT NULL",
    )
    op.create_foreign_key(
        op.f("fk_incident_parent_id_incident"), "incident", "incident", ["parent_id"], ["id"]
    )
    op.create_foreign_key(
        op.f("fk_incident_gateway_id_device"), "incident", "device", ["gateway_id"], ["id"]
    )
    op.create_foreign_key(
        op.f("fk_incident_admin_unit_id_admin_unit"),
        "incident",
        "admin_unit",
        ["admin_unit_id"],
        ["id"],
    )
    op.create_foreign_key(
        op.f("fk_incident_assigned_to_user_account"),
        "incident",
        "user_account",
        ["assigned_to"],
        ["id"],
    )
    op.add_column(
        "ladder_step",
        sa.Column(
            "ladder_id", sa.BigInteger(), nullable=True, comment="absent: the one for everything"
        ),
    )
    op.add_column(
        "ladder_step",
        sa.Column(
            "hours",
            sa.Text(),
            server_default="any",
            nullable=False,
            comment="any, office, off_hours",
        ),
    )
    op.add_column(
        "ladder_step",
        sa.Column(
            "channels",
            postgresql.ARRAY(sa.Text()),
            server_default="{email}",
            nullable=False,
            comment="in this order",
        ),
    )
    op.add_column(
        "ladder_step",
        sa.Column(
            "needs_all",
            sa.Boolean(),
            server_default="false",
            nullable=False,
            comment="each of them must acknowledge",
        ),
    )
    op.add_column(
        "ladder_step",
        sa.Column(
            "repeat_s",
            sa.Integer(),
            nullable=True,
            comment="again and again so often; absent: never",
        ),
    )
    op.create_index("ix_ladder_step_ladder_id", "ladder_step", ["ladder_id", "step"], unique=False)
    op.create_foreign_key(
        op.f("fk_ladder_step_ladder_id_ladder"), "ladder_step", "ladder", ["ladder_id"], ["id"]
    )
    op.add_column(
        "notification",
        sa.Column("user_id", sa.BigInteger(), nullable=True, comment="whose address it is"),
    )
    op.add_column(
        "notification",
        sa.Column(
            "priority",
            sa.Integer(),
            server_default="1",
            nullable=False,
            comment="0 notice, 1 warning, 2 critical: what is sent first",
        ),
    )
    op.add_column(
        "notification",
        sa.Column("instead_of", sa.BigInteger(), nullable=True, comment="which did not arrive"),
    )
    op.add_column(
        "notification",
        sa.Column("digest_id", sa.BigInteger(), nullable=True, comment="in which it was told"),
    )
    op.add_column(
        "notification",
        sa.Column("provider", sa.Text(), nullable=True, comment="through which it went at last"),
    )
    op.add_column(
        "notification",
        sa.Column("provider_ref", sa.Text(), nullable=True, comment="the provider's number for it"),
    )
    op.add_column(
        "notification",
        sa.Column(
            "receipt",
            sa.Text(),
            nullable=True,
            comment="shared.domain.delivery.Receipt; absent: none yet",
        ),
    )
    op.add_column(
        "notification", sa.Column("receipt_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.add_column(
        "notification", sa.Column("receipt_due_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.alter_column(
        "notification",
        "kind",
        existing_type=sa.TEXT(),
        comment="shared.domain.delivery.MessageKind",
        existing_comment="alert, escalation, recovery, correction",
        existing_nullable=False,
    )
    op.alter_column(
        "notification",
        "state",
        existing_type=sa.TEXT(),
        comment="shared.domain.delivery.MessageState",
        existing_comment="pending, sent, dead",
        existing_nullable=False,
    )
    op.drop_index(
        op.f("ix_notification_due_at"),
        table_name="notification",
        postgresql_where="(state = 'pending'::text)",
    )
    op.create_index(
        "ix_notification_due_at",
        "notification",
        [sa.literal_column("priority DESC"), "due_at"],
        unique=False,
        postgresql_where="state = 'pending'",
    )
    op.create_index(
        "ix_notification_address", "notification", ["address", "created_at"], unique=False
    )
    op.create_index(
        "ix_notification_provider_ref", "notification", ["provider", "provider_ref"], unique=False
    )
    op.create_index(
        "ix_notification_receipt_due_at",
        "notification",
        ["receipt_due_at"],
        unique=False,
        postgresql_where="state = 'sent' AND receipt IS NULL",
    )
    op.create_foreign_key(
        op.f("fk_notification_instead_of_notification"),
        "notification",
        "notification",
        ["instead_of"],
        ["id"],
    )
    op.create_foreign_key(
        op.f("fk_notification_digest_id_notification"),
        "notification",
        "notification",
        ["digest_id"],
        ["id"],
    )
    op.create_foreign_key(
        op.f("fk_notification_user_id_user_account"),
        "notification",
        "user_account",
        ["user_id"],
        ["id"],
    )
    op.add_column(
        "requirement",
        sa.Column("calendar_id", sa.BigInteger(), nullable=True, comment="absent: 24/7"),
    )
    op.add_column(
        "requirement",
        sa.Column(
            "kinds",
            postgresql.ARRAY(sa.Text()),
            nullable=True,
            comment="DeviceKinds that count; absent: all",
        ),
    )
    op.add_column(
        "requirement",
        sa.Column(
            "occupied",
            sa.Boolean(),
            server_default="true",
            nullable=False,
            comment="false: nobody is there, so nothing is required",
        ),
    )
    op.add_column(
        "requirement",
        sa.Column(
            "reason", sa.Text(), server_default="", nullable=False, comment="why it was changed"
        ),
    )
    op.add_column("requirement", sa.Column("set_by", sa.BigInteger(), nullable=True))
    op.create_foreign_key(
        op.f("fk_requirement_calendar_id_watch_calendar"),
        "requirement",
        "watch_calendar",
        ["calendar_id"],
        ["id"],
    )
    op.create_foreign_key(
        op.f("fk_requirement_set_by_user_account"),
        "requirement",
        "user_account",
        ["set_by"],
        ["id"],
    )
    op.create_check_constraint(
        op.f("ck_incident_severity"), "incident", "severity IN ('notice', 'warning', 'critical')"
    )
    op.create_check_constraint(
        op.f("ck_ladder_step_hours"), "ladder_step", "hours IN ('any', 'office', 'off_hours')"
    )
    op.create_check_constraint(op.f("ck_ladder_step_repeat_s"), "ladder_step", "repeat_s >= 60")
    op.create_check_constraint(op.f("ck_ladder_step_after_s"), "ladder_step", "after_s >= 0")
    op.create_check_constraint(
        op.f("ck_approval_repeats"),
        "approval",
        "repeats IN ('daily', 'weekly') AND kind = 'maintenance' "
        "AND repeats_until <= starts_at + interval '366 days' "
        "OR num_nonnulls(repeats, repeats_until) = 0",
    )
    for tables, rights, service in RIGHTS:
        op.execute(f"GRANT {rights} ON {tables} TO giamsat_{service}")


def downgrade() -> None:
    # Guards look into other tables and at columns that go; whoever migrates next sets them again.
    guarded = "SELECT DISTINCT polrelid::regclass::text FROM pg_policy WHERE polname = 'guarded'"
    for table in op.get_bind().scalars(sa.text(guarded)).all():
        op.execute(f"DROP POLICY guarded ON {table}")
    op.drop_constraint(op.f("ck_approval_repeats"), "approval", type_="check")
    op.drop_constraint(op.f("ck_ladder_step_after_s"), "ladder_step", type_="check")
    op.drop_constraint(op.f("ck_ladder_step_repeat_s"), "ladder_step", type_="check")
    op.drop_constraint(op.f("ck_ladder_step_hours"), "ladder_step", type_="check")
    op.drop_constraint(op.f("ck_incident_severity"), "incident", type_="check")
    op.execute("UPDATE notification SET state = 'dead' WHERE state IN ('cancelled', 'digested')")
    op.execute("REVOKE INSERT, UPDATE ON ladder_step FROM giamsat_api")
    op.drop_constraint(
        op.f("fk_requirement_set_by_user_account"), "requirement", type_="foreignkey"
    )
    op.drop_constraint(
        op.f("fk_requirement_calendar_id_watch_calendar"), "requirement", type_="foreignkey"
    )
    op.drop_column("requirement", "set_by")
    op.drop_column("requirement", "reason")
    op.drop_column("requirement", "occupied")
    op.drop_column("requirement", "kinds")
    op.drop_column("requirement", "calendar_id")
    op.drop_constraint(
        op.f("fk_notification_user_id_user_account"), "notification", type_="foreignkey"
    )
    op.drop_constraint(
        op.f("fk_notification_digest_id_notification"), "notification", type_="foreignkey"
    )
    op.drop_constraint(
        op.f("fk_notification_instead_of_notification"), "notification", type_="foreignkey"
    )
    op.drop_index(
        "ix_notification_receipt_due_at",
        table_name="notification",
        postgresql_where="state = 'sent' AND receipt IS NULL",
    )
    op.drop_index("ix_notification_provider_ref", table_name="notification")
    op.drop_index("ix_notification_address", table_name="notification")
    op.drop_index(
        "ix_notification_due_at", table_name="notification", postgresql_where="state = 'pending'"
    )
    op.create_index(
        op.f("ix_notification_due_at"),
        "notification",
        ["due_at"],
        unique=False,
        postgresql_where="(state = 'pending'::text)",
    )
    op.alter_column(
        "notification",
        "state",
        existing_type=sa.TEXT(),
        comment="pending, sent, dead",
        existing_comment="shared.domain.delivery.MessageState",
        existing_nullable=False,
    )
    op.alter_column(
        "notification",
        "kind",
        existing_type=sa.TEXT(),
        comment="alert, escalation, recovery, correction",
        existing_comment="shared.domain.delivery.MessageKind",
        existing_nullable=False,
    )
    op.drop_column("notification", "receipt_due_at")
    op.drop_column("notification", "receipt_at")
    op.drop_column("notification", "receipt")
    op.drop_column("notification", "provider_ref")
    op.drop_column("notification", "provider")
    op.drop_column("notification", "digest_id")
    op.drop_column("notification", "instead_of")
    op.drop_column("notification", "priority")
    op.drop_column("notification", "user_id")
    op.drop_constraint(op.f("fk_ladder_step_ladder_id_ladder"), "ladder_step", type_="foreignkey")
    op.drop_index("ix_ladder_step_ladder_id", table_name="ladder_step")
    op.drop_column("ladder_step", "repeat_s")
    op.drop_column("ladder_step", "needs_all")
    op.drop_column("ladder_step", "channels")
    op.drop_column("ladder_step", "hours")
    op.drop_column("ladder_step", "ladder_id")
    op.drop_constraint(op.f("fk_incident_assigned_to_user_account"), "incident", type_="foreignkey")
    op.drop_constraint(op.f("fk_incident_admin_unit_id_admin_unit"), "incident", type_="foreignkey")
    op.drop_constraint(op.f("fk_incident_gateway_id_device"), "incident", type_="foreignkey")
    op.drop_constraint(op.f("fk_incident_parent_id_incident"), "incident", type_="foreignkey")
    op.drop_index(
        "ix_incident_parent_id", table_name="incident", postgresql_where="parent_id IS NOT NULL"
    )
    op.drop_index(
        "uq_incident_open",
        table_name="incident",
        postgresql_where="state = 'open'",
        postgresql_nulls_not_distinct=True,
    )
    op.create_index(
        op.f("uq_incident_open"),
        "incident",
        ["facility_id", "cause"],
        unique=True,
        postgresql_where="(state = 'open'::text)",
        postgresql_nulls_not_distinct=True,
    )
    op.drop_column("incident", "resolution")
    op.drop_column("incident", "assigned_to")
    op.drop_column("incident", "snoozed_until")
    op.drop_column("incident", "reminded_at")
    op.drop_column("incident", "counts_from")
    op.drop_column("incident", "unstable_since")
    op.drop_column("incident", "severity")
    op.drop_column("incident", "fault")
    op.drop_column("incident", "parent_id")
    op.drop_column("incident", "gateway_id")
    op.drop_column("incident", "admin_unit_id")
    op.drop_constraint(op.f("fk_event_action_id_incident_action"), "event", type_="foreignkey")
    op.drop_constraint(op.f("uq_event_action_id"), "event", type_="unique")
    op.drop_column("event", "action_id")
    op.drop_constraint(op.f("fk_device_gateway_id_device"), "device", type_="foreignkey")
    op.drop_column("device", "gateway_id")
    op.drop_column("delivery_attempt", "provider")
    op.drop_column("approval", "repeats_until")
    op.drop_column("approval", "repeats")
    op.drop_constraint(
        op.f("fk_acknowledgement_notification_id_notification"),
        "acknowledgement",
        type_="foreignkey",
    )
    op.drop_constraint(
        op.f("uq_acknowledgement_notification_id"), "acknowledgement", type_="unique"
    )
    op.drop_column("acknowledgement", "notification_id")
    op.drop_column("acknowledgement", "via")
    op.drop_index("ix_incident_action_incident_id", table_name="incident_action")
    op.drop_table("incident_action")
    op.drop_table("round_point")
    op.drop_index("ix_round_check_in_device_id", table_name="round_check_in")
    op.drop_table("round_check_in")
    op.drop_index("ix_webhook_client_id", table_name="webhook")
    op.drop_table("webhook")
    op.drop_index("ix_watch_calendar_facility_id", table_name="watch_calendar")
    op.drop_table("watch_calendar")
    op.drop_table("ladder")
    op.drop_index("ix_duty_shift_facility_id", table_name="duty_shift")
    op.drop_index("ix_duty_shift_admin_unit_id", table_name="duty_shift")
    op.drop_table("duty_shift")
    op.drop_index(
        "uq_message_template_in_force",
        table_name="message_template",
        postgresql_where="valid_to IS NULL",
    )
    op.drop_table("message_template")
    op.drop_index("uq_holiday_day", table_name="holiday", postgresql_where="withdrawn_at IS NULL")
    op.drop_table("holiday")
    op.drop_index(
        "uq_contact_point_address",
        table_name="contact_point",
        postgresql_where="removed_at IS NULL",
    )
    op.drop_table("contact_point")
    op.drop_table("sms_receipt")
    op.drop_table("sms_inbound")
    op.drop_table("address_fault")
