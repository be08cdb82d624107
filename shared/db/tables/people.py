"""Who may log in, in which role, where and when. Writer: api."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
)

from shared.db.tables.base import INSTANT, instant, metadata

user_account = Table(
    "user_account",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("email", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("password_hash", Text, comment="argon2id; absent: no passphrase opens it"),
    Column(
        "passkey_handle", LargeBinary, unique=True, comment="by which passkeys name their owner"
    ),
    instant("created_at"),
    instant("disabled_at", nullable=True),
    CheckConstraint("language IN ('vi', 'en')", name="language"),
)

role_assignment = Table(
    "role_assignment",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("user_id", BigInteger, ForeignKey("user_account.id"), nullable=False),
    Column("role", Text, nullable=False, comment="a code of shared.domain.access.Role"),
    Column("admin_unit_id", BigInteger, ForeignKey("admin_unit.id")),
    Column("facility_id", BigInteger, ForeignKey("facility.id")),
    instant("valid_from"),
    instant("valid_to", nullable=True),
    Column(
        "authority_id",
        BigInteger,
        ForeignKey("authority.id"),
        comment="in whose name; the role ends with it",
    ),
    Column("legal_basis", Text, nullable=False, server_default="", comment="of the appointment"),
    Column("is_deputy", Boolean, nullable=False, server_default="false"),
    Column("time_share_percent", Integer, comment="of a commune officer's working time"),
    Column("given_by", BigInteger, ForeignKey("user_account.id")),
    Column("ended_by", BigInteger, ForeignKey("user_account.id")),
    Column("ends_because", Text, nullable=False, server_default=""),
    CheckConstraint("time_share_percent BETWEEN 1 AND 100", name="time_share_percent"),
    # alerts: who holds a role at a facility or in a commune; api: what a user may do
    Index("ix_role_assignment_user_id", "user_id"),
    Index("ix_role_assignment_facility_id", "facility_id"),
    Index("ix_role_assignment_admin_unit_id", "admin_unit_id"),
)

# A projection of `shared.domain.access.POLICY`, for row-level security. Written by each migration.
role_right = Table(
    "role_right",
    metadata,
    Column("role", Text, primary_key=True),
    Column("reach", Text, primary_key=True, comment="a name of shared.db.row_security.REACHES"),
)

session = Table(
    "session",
    metadata,
    Column("token_hash", LargeBinary, primary_key=True, comment="SHA-256 of the bearer token"),
    Column("user_id", BigInteger, ForeignKey("user_account.id"), nullable=False),
    instant("created_at"),
    instant("last_seen_at"),
    instant("expires_at"),
    Column("id", BigInteger, Identity(always=True), nullable=False, unique=True),
    Column(
        "assurance",
        Text,
        nullable=False,
        server_default="passphrase",
        comment="a code of shared.domain.assurance.Assurance",
    ),
    Column("proven_at", INSTANT, comment="when they last proved who they are; absent: never"),
    Column("address", Text, nullable=False, server_default="", comment="from where it was begun"),
    Column("device", Text, nullable=False, server_default="", comment="what the browser says"),
    # all sessions of a person: listed, ended together
    Index("ix_session_user_id", "user_id"),
)

acknowledgement = Table(
    "acknowledgement",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("incident_id", BigInteger, ForeignKey("incident.id"), nullable=False),
    Column("user_id", BigInteger, ForeignKey("user_account.id"), nullable=False),
    Column("note", Text, nullable=False, server_default=""),
    Column(
        "via", Text, nullable=False, server_default="console", comment="console, api, link, sms"
    ),
    Column(
        "notification_id",
        BigInteger,
        ForeignKey("notification.id"),
        unique=True,
        comment="whose link or answer it was: once",
    ),
    instant("acknowledged_at"),
    # incidents.acknowledgements_of; alerts: has anyone acknowledged?
    Index("ix_acknowledgement_incident_id", "incident_id"),
)
