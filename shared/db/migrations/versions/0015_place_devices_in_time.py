"""Know where a device stood when, and why a camera may record."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

#: Code, name, kind, interval, tolerance, listening, power, and who says so.
PROFILES = (
    (
        "own-heartbeat-camera", "Camera that sends heartbeats itself", "camera", 30, 6,
        "active", "mains", "giamsat, docs/protocol.md",
    ),
    (
        "rtsp-gateway-camera", "RTSP camera behind a giamsat gateway", "camera", 30, 15,
        "active", "mains", "giamsat, services/edge: one heartbeat every 30 s",
    ),
    (
        "onvif-camera", "ONVIF camera with its own MQTT (onvif-ej)", "camera", 60, 30,
        "active", "mains", "ONVIF Core Specification, event broker; Profile M",
    ),
    (
        "frigate-camera", "Camera watched by Frigate", "camera", 60, 30,
        "active", "mains", "Frigate, docs/integrations/mqtt.md: stats_interval 60 s",
    ),
    (
        "zigbee-door", "Zigbee door contact (battery)", "door", 90000, 0,
        "passive", "battery", "Zigbee2MQTT, device availability: passive, 1500 min",
    ),
    (
        "zigbee-motion", "Zigbee motion sensor (battery)", "motion", 90000, 0,
        "passive", "battery", "Zigbee2MQTT, device availability: passive, 1500 min",
    ),
    (
        "zigbee-mains", "Zigbee device on mains", "sensor", 600, 60,
        "active", "mains", "Zigbee2MQTT, device availability: active, 10 min",
    ),
    (
        "tasmota", "Tasmota device", "sensor", 300, 30,
        "active", "mains", "tasmota/docs, MQTT: TelePeriod 300 s",
    ),
    (
        "shelly", "Shelly device, second generation", "sensor", 60, 15,
        "active", "mains", "shelly-api-docs.shelly.cloud/gen2: NotifyStatus every minute",
    ),
    (
        "sparkplug", "Sparkplug B device", "sensor", 60, 15,
        "active", "mains", "Eclipse Sparkplug 3.0, chapters 4 to 6: as its edge node is set",
    ),
)  # fmt: skip


def upgrade() -> None:
    op.create_table(
        "device_profile",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column(
            "interval_s", sa.Float(), nullable=False, comment="it speaks every so many seconds"
        ),
        sa.Column("tolerance_s", sa.Float(), nullable=False, comment="and up to so much later"),
        sa.Column(
            "listening", sa.Text(), nullable=False, comment="passive: it sleeps until it stirs"
        ),
        sa.Column("power", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False, comment="who says so: maker, documentation"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "listening IN ('active', 'passive')", name=op.f("ck_device_profile_listening")
        ),
        sa.CheckConstraint("power IN ('mains', 'battery')", name=op.f("ck_device_profile_power")),
        sa.CheckConstraint("interval_s > 0", name=op.f("ck_device_profile_interval_s")),
        sa.CheckConstraint("tolerance_s >= 0", name=op.f("ck_device_profile_tolerance_s")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device_profile")),
        sa.UniqueConstraint("code", "version", name=op.f("uq_device_profile_code")),
    )
    op.create_table(
        "device_placement",
        sa.Column("device_id", sa.BigInteger(), nullable=False),
        sa.Column("zone_id", sa.BigInteger(), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_to", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("valid_from < valid_to", name=op.f("ck_device_placement_valid_to")),
        sa.ForeignKeyConstraint(
            ["device_id"], ["device.id"], name=op.f("fk_device_placement_device_id_device")
        ),
        sa.ForeignKeyConstraint(
            ["zone_id"], ["zone.id"], name=op.f("fk_device_placement_zone_id_zone")
        ),
        sa.PrimaryKeyConstraint("device_id", "valid_to", name=op.f("pk_device_placement")),
    )
    op.create_index(
        "ix_device_placement_zone_id", "device_placement", ["zone_id", "valid_to"], unique=False
    )
    op.create_table(
        "camera_approval",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("device_id", sa.BigInteger(), nullable=False),
        sa.Column("zone_id", sa.BigInteger(), nullable=False, comment="for there only"),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("justification", sa.Text(), nullable=False, comment="why it is needed for that"),
        sa.Column(
            "alternatives",
            sa.Text(),
            nullable=False,
            comment="what would intrude less, and why not",
        ),
        sa.Column(
            "document",
            sa.Text(),
            server_default="",
            nullable=False,
            comment="a decision in writing",
        ),
        sa.Column("requested_by", sa.BigInteger(), nullable=True, comment="absent: brought in"),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("review_on", sa.Date(), nullable=False, comment="by then somebody asks again"),
        sa.Column("valid_to", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.BigInteger(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_granted", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("decision_note", sa.Text(), server_default="", nullable=False),
        sa.Column("reviewed_by", sa.BigInteger(), nullable=True),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("end_note", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint(
            "decided_at IS NOT NULL OR NOT is_granted", name=op.f("ck_camera_approval_is_granted")
        ),
        sa.CheckConstraint(
            "ended_at IS NULL OR is_granted", name=op.f("ck_camera_approval_ended_at")
        ),
        sa.CheckConstraint("requested_by <> decided_by", name=op.f("ck_camera_approval_four_eyes")),
        sa.ForeignKeyConstraint(
            ["decided_by"],
            ["user_account.id"],
            name=op.f("fk_camera_approval_decided_by_user_account"),
        ),
        sa.ForeignKeyConstraint(
            ["device_id"], ["device.id"], name=op.f("fk_camera_approval_device_id_device")
        ),
        sa.ForeignKeyConstraint(
            ["ended_by"], ["user_account.id"], name=op.f("fk_camera_approval_ended_by_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["requested_by"],
            ["user_account.id"],
            name=op.f("fk_camera_approval_requested_by_user_account"),
        ),
        sa.ForeignKeyConstraint(
            ["reviewed_by"],
            ["user_account.id"],
            name=op.f("fk_camera_approval_reviewed_by_user_account"),
        ),
        sa.ForeignKeyConstraint(
            ["zone_id"], ["zone.id"], name=op.f("fk_camera_approval_zone_id_zone")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_camera_approval")),
    )
    op.create_index(
        "ix_camera_approval_device_id", "camera_approval", ["device_id", "id"], unique=False
    )
    op.create_index(
        "ix_camera_approval_review_on",
        "camera_approval",
        ["review_on", "id"],
        unique=False,
        postgresql_where="is_granted AND ended_at IS NULL",
    )
    op.create_index(
        "uq_camera_approval_open",
        "camera_approval",
        ["device_id", "zone_id"],
        unique=True,
        postgresql_where="decided_at IS NULL",
    )
    op.create_table(
        "discovered_camera",
        sa.Column("gateway_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "endpoint",
            sa.Text(),
            nullable=False,
            comment="the address it calls itself by: urn:uuid:…",
        ),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("hardware", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False, comment="a private one: http://192.168.…"),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["gateway_id"], ["device.id"], name=op.f("fk_discovered_camera_gateway_id_device")
        ),
        sa.PrimaryKeyConstraint("gateway_id", "endpoint", name=op.f("pk_discovered_camera")),
    )
    op.add_column(
        "device",
        sa.Column(
            "tolerance_s",
            sa.Float(),
            nullable=True,
            comment="it may come so much later; absent: the usual",
        ),
    )
    op.add_column(
        "device",
        sa.Column("profile_id", sa.BigInteger(), nullable=True, comment="copied from there"),
    )
    op.add_column(
        "device",
        sa.Column(
            "endpoint",
            sa.Text(),
            nullable=True,
            comment="what it calls itself on its network: urn:uuid:…",
        ),
    )
    op.add_column(
        "device",
        sa.Column(
            "placed_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="there since; absent: since it was registered",
        ),
    )
    op.add_column("device", sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("device", sa.Column("approved_until", sa.DateTime(timezone=True), nullable=True))
    op.create_foreign_key(
        op.f("fk_device_profile_id_device_profile"),
        "device",
        "device_profile",
        ["profile_id"],
        ["id"],
    )
    op.create_check_constraint(op.f("ck_device_tolerance_s"), "device", "tolerance_s >= 0")
    # It shows no more than the two tables do to whoever asks.
    op.execute(
        """
        CREATE VIEW stay WITH (security_invoker = true) AS
        SELECT id AS device_id, zone_id, placed_at AS since, CAST(NULL AS timestamptz) AS until
        FROM device WHERE zone_id IS NOT NULL
        UNION ALL
        SELECT device_id, zone_id, valid_from, valid_to FROM device_placement
        """
    )
    op.execute("GRANT SELECT ON stay TO giamsat_api, giamsat_alerts")
    _bring_in_profiles()
    _bring_in_cameras()
    op.execute(
        "GRANT SELECT, INSERT, UPDATE ON device_profile, device_placement, camera_approval "
        "TO giamsat_api"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON discovered_camera TO giamsat_ingest")
    op.execute("GRANT SELECT ON discovered_camera TO giamsat_api")
    op.execute("GRANT SELECT ON device_placement TO giamsat_alerts, giamsat_ingest")


def _bring_in_profiles() -> None:
    profile = sa.table(
        "device_profile",
        *(
            sa.column(name)
            for name in (
                "code", "name", "kind", "interval_s", "tolerance_s", "listening", "power", "source",
                "version", "created_at",
            )
        ),
    )  # fmt: skip
    for row in PROFILES:
        code, name, kind, interval_s, tolerance_s, listening, power, source = row
        op.execute(
            profile.insert().values(
                code=code, name=name, kind=kind, interval_s=interval_s, tolerance_s=tolerance_s,
                listening=listening, power=power, source=source, version=1,
                created_at=sa.func.now(),
            )
        )  # fmt: skip


def _bring_in_cameras() -> None:
    """Cameras on record went on watching until somebody looked: until now nobody had to ask.

    They are reviewed within 90 days; where infants sleep the approval ends then.
    """
    op.execute(
        """
        INSERT INTO camera_approval (device_id, zone_id, purpose, justification, alternatives,
                                     requested_at, review_on, valid_to, decided_at, is_granted,
                                     decision_note)
        SELECT d.id, d.zone_id, 'continuous_monitoring', 'brought_in', 'brought_in',
               d.registered_at, CAST(now() AS date) + 90,
               CASE WHEN z.kind = 'infant_ward' THEN now() + interval '90 days' END,
               d.registered_at, true, 'brought_in'
        FROM device d JOIN zone z ON z.id = d.zone_id
        WHERE d.kind = 'camera' AND d.retired_at IS NULL
        """
    )
    op.execute(
        """
        UPDATE device d SET approved_at = a.decided_at, approved_until = a.valid_to
        FROM camera_approval a WHERE a.device_id = d.id
        """
    )
    # A retired camera may still be told of: what it saw while it served.
    op.execute(
        "UPDATE device SET approved_at = registered_at, approved_until = retired_at "
        "WHERE kind = 'camera' AND retired_at IS NOT NULL"
    )


def downgrade() -> None:
    op.execute("DROP VIEW stay")
    for name in ("approved_until", "approved_at", "placed_at", "endpoint", "profile_id"):
        op.drop_column("device", name)
    op.drop_column("device", "tolerance_s")
    for name in ("discovered_camera", "camera_approval", "device_placement", "device_profile"):
        op.drop_table(name)
