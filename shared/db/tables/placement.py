"""Where devices stood, of what type they are, why a camera may watch, which were found on site.

Writer: api; of `discovered_camera` ingest.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Float,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    column,
    table,
)

from shared.db.tables.base import INSTANT, instant, metadata

# A version is never changed: what was registered with it can be read for ever.
device_profile = Table(
    "device_profile",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("code", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("interval_s", Float, nullable=False, comment="it speaks every so many seconds"),
    Column("tolerance_s", Float, nullable=False, comment="and up to so much later"),
    Column("listening", Text, nullable=False, comment="passive: it sleeps until it stirs"),
    Column("power", Text, nullable=False),
    Column("source", Text, nullable=False, comment="who says so: maker, documentation"),
    instant("created_at"),
    instant("retired_at", nullable=True),
    CheckConstraint("interval_s > 0", name="interval_s"),
    CheckConstraint("tolerance_s >= 0", name="tolerance_s"),
    CheckConstraint("listening IN ('active', 'passive')", name="listening"),
    CheckConstraint("power IN ('mains', 'battery')", name="power"),
    UniqueConstraint("code", "version"),
)

# Former places only. Where a device stands is `device.zone_id`, since `device.placed_at`, so that
# whatever was never moved has no row here and costs nothing.
device_placement = Table(
    "device_placement",
    metadata,
    Column("device_id", BigInteger, ForeignKey("device.id"), primary_key=True),
    Column("zone_id", BigInteger, ForeignKey("zone.id"), nullable=False),
    instant("valid_from"),
    Column("valid_to", INSTANT, primary_key=True),
    CheckConstraint("valid_from < valid_to", name="valid_to"),
    # evidence of a zone: what stood there before
    Index("ix_device_placement_zone_id", "zone_id", "valid_to"),
)

# Former ones only: through which a device speaks is `device.gateway_id`, since the last of these
# ended, or since it was registered.
device_gateway = Table(
    "device_gateway",
    metadata,
    Column("device_id", BigInteger, ForeignKey("device.id"), primary_key=True),
    Column("gateway_id", BigInteger, ForeignKey("device.id"), comment="absent: by itself"),
    instant("valid_from"),
    Column("valid_to", INSTANT, primary_key=True),
    CheckConstraint("valid_from < valid_to", name="valid_to"),
)

# A view: where each device stands and stood; nothing bounds the stay of what was never moved.
stay = table(
    "stay",
    column("device_id", BigInteger),
    column("zone_id", BigInteger),
    column("since", INSTANT),
    column("until", INSTANT),
)

camera_approval = Table(
    "camera_approval",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("device_id", BigInteger, ForeignKey("device.id"), nullable=False),
    Column("zone_id", BigInteger, ForeignKey("zone.id"), nullable=False, comment="for there only"),
    Column("purpose", Text, nullable=False),
    Column("justification", Text, nullable=False, comment="why it is needed for that"),
    Column("alternatives", Text, nullable=False, comment="what would intrude less, and why not"),
    Column("document", Text, nullable=False, server_default="", comment="a decision in writing"),
    Column("requested_by", BigInteger, ForeignKey("user_account.id"), comment="absent: brought in"),
    instant("requested_at"),
    Column("review_on", Date, nullable=False, comment="by then somebody asks again"),
    instant("valid_to", nullable=True),
    Column("decided_by", BigInteger, ForeignKey("user_account.id")),
    instant("decided_at", nullable=True),
    Column("is_granted", Boolean, nullable=False, server_default="false"),
    Column("decision_note", Text, nullable=False, server_default=""),
    Column("reviewed_by", BigInteger, ForeignKey("user_account.id")),
    instant("reviewed_at", nullable=True),
    Column("ended_by", BigInteger, ForeignKey("user_account.id")),
    instant("ended_at", nullable=True),
    Column("end_note", Text, nullable=False, server_default=""),
    CheckConstraint("requested_by <> decided_by", name="four_eyes"),
    CheckConstraint("decided_at IS NOT NULL OR NOT is_granted", name="is_granted"),
    CheckConstraint("ended_at IS NULL OR is_granted", name="ended_at"),
    # of one device; and one open request for it at a place
    Index("ix_camera_approval_device_id", "device_id", "id"),
    Index(
        "uq_camera_approval_open",
        "device_id",
        "zone_id",
        unique=True,
        postgresql_where="decided_at IS NULL",
    ),
    # what is to be reviewed, the most urgent first
    Index(
        "ix_camera_approval_review_on",
        "review_on",
        "id",
        postgresql_where="is_granted AND ended_at IS NULL",
    ),
)

# What a gateway saw on the network of its site when it last looked: a hint for whoever registers.
discovered_camera = Table(
    "discovered_camera",
    metadata,
    Column("gateway_id", BigInteger, ForeignKey("device.id"), primary_key=True),
    Column(
        "endpoint", Text, primary_key=True, comment="the address it calls itself by: urn:uuid:…"
    ),
    Column("name", Text, nullable=False),
    Column("hardware", Text, nullable=False),
    Column("address", Text, nullable=False, comment="a private one: http://192.168.…"),
    instant("seen_at"),
)
