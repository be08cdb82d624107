"""What is on record: units, facilities, zones, requirements, devices. Writer: api."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Computed,
    Date,
    Float,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    func,
)
from sqlalchemy.dialects.postgresql import ARRAY, TSVECTOR

from shared.db.tables.base import INSTANT, instant, metadata

admin_unit = Table(
    "admin_unit",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("code", Text, nullable=False, comment="official code of the unit, unique at any date"),
    Column("name", Text, nullable=False),
    Column("level", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("parent_id", BigInteger, ForeignKey("admin_unit.id")),
    Column("valid_from", Date, nullable=False),
    Column("valid_to", Date),
    Column("legal_basis", Text, nullable=False, server_default="", comment="what made it"),
    Column(
        "source",
        Text,
        nullable=False,
        server_default="",
        comment="where it was read, or that it is from memory",
    ),
    Column("official_code", Text, comment="absent: unknown"),
    CheckConstraint("level IN ('province', 'district', 'commune')", name="level"),
    CheckConstraint(
        "kind IN ('province', 'municipality', 'city', 'district', 'town', 'ward', 'commune', "
        "'township', 'special_zone')",
        name="kind",
    ),
    UniqueConstraint("code", "valid_from"),
    # row-level security: all below a unit
    Index("ix_admin_unit_parent_id", "parent_id"),
)

facility = Table(
    "facility",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("code", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("ownership", Text, nullable=False),
    Column("admin_unit_id", BigInteger, ForeignKey("admin_unit.id"), nullable=False),
    Column("time_zone", Text, nullable=False),
    Column("children", Integer, nullable=False, comment="head count only; no child is named here"),
    Column("type", Text, nullable=False, server_default="other", comment="a FacilityType"),
    Column("cares_for_children", Boolean, nullable=False, server_default="true"),
    Column("capacity", Integer, comment="residents it may house; absent: not known"),
    Column("address", Text, nullable=False, server_default="", comment="house and street"),
    Column("latitude", Float, comment="degrees, WGS 84"),
    Column("longitude", Float),
    # Kept by the database itself, so that no writer can forget them.
    Column("sort_key", Text(collation="C"), Computed("vietnamese_key(name)", persisted=True)),
    Column("search", TSVECTOR, Computed("search_words(name, code)", persisted=True)),
    Column(
        "requires_signature",
        Boolean,
        nullable=False,
        server_default="false",
        comment="heartbeats without a valid signature are not credited",
    ),
    instant("registered_at"),
    instant("retired_at", nullable=True),
    Column("version", BigInteger, nullable=False, server_default="0"),
    CheckConstraint("ownership IN ('public', 'non_public')", name="ownership"),
    CheckConstraint("children >= 0", name="children"),
    CheckConstraint("capacity >= 0", name="capacity"),
    CheckConstraint(
        "latitude BETWEEN -90 AND 90 AND longitude BETWEEN -180 AND 180 "
        "AND (latitude IS NULL) = (longitude IS NULL)",
        name="position",
    ),
    # facilities.in_scope: the facilities of a commune
    Index("ix_facility_admin_unit_id", "admin_unit_id"),
    # facilities.listed: in the order of the alphabet, and by words without marks
    Index("ix_facility_sort_key", "sort_key", "code"),
    Index(
        "ix_facility_search",
        "search",
        postgresql_using="gin",
        postgresql_with={"fastupdate": "off"},
    ),
)

zone = Table(
    "zone",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("facility_id", BigInteger, ForeignKey("facility.id"), nullable=False),
    Column("code", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    instant("registered_at"),
    instant("retired_at", nullable=True),
    Column("version", BigInteger, nullable=False, server_default="0"),
    UniqueConstraint("facility_id", "code"),
)

requirement = Table(
    "requirement",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("zone_id", BigInteger, ForeignKey("zone.id"), nullable=False),
    Column("min_devices", Integer, nullable=False),
    Column("max_gap_s", Float, nullable=False, comment="longest tolerated hole, seconds"),
    Column("calendar_id", BigInteger, ForeignKey("watch_calendar.id"), comment="absent: 24/7"),
    Column("kinds", ARRAY(Text), comment="DeviceKinds that count; absent: all"),
    Column(
        "occupied",
        Boolean,
        nullable=False,
        server_default="true",
        comment="false: nobody is there, so nothing is required",
    ),
    Column("reason", Text, nullable=False, server_default="", comment="why it was changed"),
    Column("set_by", BigInteger, ForeignKey("user_account.id")),
    instant("valid_from"),
    instant("valid_to", nullable=True),
    CheckConstraint("min_devices >= 1", name="min_devices"),
    CheckConstraint("max_gap_s > 0", name="max_gap_s"),
    # detection: the requirement in force of every zone
    Index("ix_requirement_zone_id", "zone_id", "valid_from"),
    # requirements.calendars_in_use: the few that have one
    Index("ix_requirement_calendar_id", "calendar_id", postgresql_where="calendar_id IS NOT NULL"),
)

device = Table(
    "device",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("facility_id", BigInteger, ForeignKey("facility.id"), nullable=False),
    Column("code", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("zone_id", BigInteger, ForeignKey("zone.id"), comment="absent for gateways"),
    Column(
        "gateway_id",
        BigInteger,
        ForeignKey("device.id"),
        comment="through which it speaks; absent: by itself, or not known",
    ),
    Column("interval_s", Float, nullable=False, comment="registered heartbeat interval, seconds"),
    Column("tolerance_s", Float, comment="it may come so much later; absent: the usual"),
    Column("profile_id", BigInteger, ForeignKey("device_profile.id"), comment="copied from there"),
    Column("endpoint", Text, comment="what it calls itself on its network: urn:uuid:…"),
    Column("placed_at", INSTANT, comment="there since; absent: since it was registered"),
    # Of a camera: the last unbroken time in which it may record, from camera_approval.
    instant("approved_at", nullable=True),
    instant("approved_until", nullable=True),
    instant("registered_at"),
    instant("retired_at", nullable=True),
    Column("version", BigInteger, nullable=False, server_default="0"),
    CheckConstraint("interval_s > 0", name="interval_s"),
    CheckConstraint("tolerance_s >= 0", name="tolerance_s"),
    UniqueConstraint("facility_id", "code"),
    # detection: the devices of a zone
    Index("ix_device_zone_id", "zone_id"),
    # ingest: what changed in the registry since it last looked
    Index("ix_device_version", "version"),
)

# Several may be valid at once, so that a password can be changed without a silence. A user name is
# never given twice.
device_credential = Table(
    "device_credential",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("device_id", BigInteger, ForeignKey("device.id"), nullable=False),
    Column("number", Integer, nullable=False, server_default="1", comment="among its device's"),
    Column("username", Text, nullable=False, unique=True),
    Column("salt", LargeBinary, nullable=False),
    Column("password_hash", LargeBinary, nullable=False, comment="PBKDF2-HMAC-SHA512"),
    Column("iterations", Integer, nullable=False),
    instant("created_at"),
    Column("not_before", INSTANT, nullable=False, server_default=func.now()),
    Column("not_after", INSTANT, nullable=True, comment="absent: until it is revoked"),
    Column("begun_at", INSTANT, nullable=True, comment="when the broker was told to take it"),
    Column("revoked_at", INSTANT, nullable=True, comment="when the broker was told to end it"),
    Column("ended_because", Text, comment="a code of shared.domain.credentials.Ending"),
    CheckConstraint("not_after > not_before", name="not_after"),
    UniqueConstraint("device_id", "number"),
    # credentials.queries.due: what is to begin or to end now
    Index(
        "ix_device_credential_not_after",
        "not_after",
        postgresql_where="revoked_at IS NULL AND not_after IS NOT NULL",
    ),
    Index(
        "ix_device_credential_not_before",
        "not_before",
        postgresql_where="revoked_at IS NULL AND begun_at IS NULL",
    ),
)

# One row a device that ever flooded the broker: the last time, and how often in a row.
device_suspension = Table(
    "device_suspension",
    metadata,
    Column("device_id", BigInteger, ForeignKey("device.id"), primary_key=True, autoincrement=False),
    instant("suspended_at"),
    instant("until"),
    Column(
        "resumed_at", INSTANT, nullable=True, comment="absent while the broker refuses the device"
    ),
    Column("times", Integer, nullable=False, comment="in a row, without a quiet day between"),
    CheckConstraint("times >= 1", name="times"),
)

# Two may be valid at once, so that a key can be changed without a silence.
device_key = Table(
    "device_key",
    metadata,
    Column("device_id", BigInteger, ForeignKey("device.id"), primary_key=True),
    Column("public_key", LargeBinary, primary_key=True, comment="Ed25519, 32 bytes"),
    instant("created_at"),
    instant("revoked_at", nullable=True),
    Column("version", BigInteger, nullable=False, server_default="0"),
    CheckConstraint("length(public_key) = 32", name="public_key"),
    # ingest: what changed in the registry since it last looked
    Index("ix_device_key_version", "version"),
)

# Below the publisher's own topic and this prefix, a foreign name means this device.
adapter_rule = Table(
    "adapter_rule",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("publisher_id", BigInteger, ForeignKey("device.id"), nullable=False),
    Column("dialect", Text, nullable=False, comment="a module of shared.contracts.adapters"),
    Column("prefix", Text, nullable=False, comment="levels between the publisher's topic and it"),
    Column("name", Text, nullable=False, comment="as the dialect calls it; * for whatever name"),
    Column("device_id", BigInteger, ForeignKey("device.id"), nullable=False),
    instant("created_at"),
    instant("removed_at", nullable=True),
    Column("version", BigInteger, nullable=False, server_default="0"),
    # one meaning for a name at a time
    Index(
        "uq_adapter_rule_in_force",
        "publisher_id",
        "prefix",
        "name",
        unique=True,
        postgresql_where="removed_at IS NULL",
    ),
    # ingest: what changed in the registry since it last looked
    Index("ix_adapter_rule_version", "version"),
    # grouping: through which gateway a device speaks
    Index("ix_adapter_rule_device_id", "device_id", postgresql_where="removed_at IS NULL"),
)

# Asked for by a person; ingest looks for those above the last it has served.
replay_request = Table(
    "replay_request",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("quarantine_id", BigInteger, nullable=False),
    Column("user_id", BigInteger, ForeignKey("user_account.id"), nullable=False),
    instant("requested_at"),
)

# One row. Every change of the registry takes the next number under this row's lock, so numbers
# become visible in the order in which they were given: a reader may ask "what came after N?".
registry_version = Table(
    "registry_version",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("version", BigInteger, nullable=False),
)
