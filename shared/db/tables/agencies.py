"""Agencies that read by themselves, their grants, and the order of changes. Writer: api."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from shared.db.tables.base import instant, metadata

# A body that pulls, with an office to write to: no person is named here.
agency_client = Table(
    "agency_client",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("code", Text, nullable=False, unique=True, comment="the client_id of OAuth 2"),
    Column("name", Text, nullable=False),
    Column("authority_id", BigInteger, ForeignKey("authority.id"), nullable=False),
    Column("contact_office", Text, nullable=False, comment="an office, never a person"),
    Column("jwks_uri", Text, comment="absent: its keys are registered by hand"),
    instant("jwks_fetched_at", nullable=True),
    Column("requires_dpop", Boolean, nullable=False),
    Column("daily_records", Integer, nullable=False, comment="how many it may read in a day"),
    instant("created_at"),
    Column("created_by", BigInteger, ForeignKey("user_account.id"), nullable=False),
    instant("revoked_at", nullable=True),
    Column("revoked_by", BigInteger, ForeignKey("user_account.id")),
    CheckConstraint("daily_records > 0", name="daily_records"),
    CheckConstraint("num_nulls(revoked_at, revoked_by) IN (0, 2)", name="revoked"),
)

# Several may be valid at once, so that a key can be changed without a silence.
agency_key = Table(
    "agency_key",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("client_id", BigInteger, ForeignKey("agency_client.id"), nullable=False),
    Column("kid", Text, nullable=False),
    Column("thumbprint", Text, nullable=False, comment="RFC 7638"),
    Column("jwk", JSONB, nullable=False, comment="the public members only"),
    Column("is_fetched", Boolean, nullable=False, comment="from jwks_uri, not by hand"),
    instant("not_before"),
    instant("not_after", nullable=True),
    instant("created_at"),
    instant("revoked_at", nullable=True),
    CheckConstraint("not_after > not_before", name="not_after"),
    # a key is known once: revoked, it does not come back
    UniqueConstraint("client_id", "thumbprint"),
    # oauth: the key that an assertion names
    Index(
        "uq_agency_key_kid", "client_id", "kid", unique=True, postgresql_where="revoked_at IS NULL"
    ),
)

# What may be shown once: assertions and proofs of possession, until they end by themselves.
spent_proof = Table(
    "spent_proof",
    metadata,
    Column("digest", LargeBinary, primary_key=True, comment="SHA-256 of its kind, owner and jti"),
    instant("expires_at"),
    # oauth: what may be forgotten
    Index("ix_spent_proof_expires_at", "expires_at"),
)

agency_token = Table(
    "agency_token",
    metadata,
    Column("token_hash", LargeBinary, primary_key=True, comment="SHA-256 of 256 random bits"),
    Column("client_id", BigInteger, ForeignKey("agency_client.id"), nullable=False),
    Column("key_id", BigInteger, ForeignKey("agency_key.id"), nullable=False),
    Column("scopes", ARRAY(Text), nullable=False, comment="dataset:…"),
    Column("bound_to", Text, comment="thumbprint of the key that must prove each request"),
    instant("issued_at"),
    instant("expires_at"),
    instant("revoked_at", nullable=True),
    # oauth: what may be forgotten
    Index("ix_agency_token_expires_at", "expires_at"),
)

agency_usage = Table(
    "agency_usage",
    metadata,
    Column("client_id", BigInteger, ForeignKey("agency_client.id"), primary_key=True),
    Column("day", Date, primary_key=True, comment="in Viet Nam"),
    Column("records", BigInteger, nullable=False),
)

# What lets an agency read. It is never changed: it is approved once, and ends.
sharing_grant = Table(
    "sharing_grant",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("client_id", BigInteger, ForeignKey("agency_client.id"), nullable=False),
    Column("dataset", Text, nullable=False, comment="a code of shared.domain.disclosure.Dataset"),
    Column("admin_unit_id", BigInteger, ForeignKey("admin_unit.id"), comment="and all below it"),
    Column("facility_id", BigInteger, ForeignKey("facility.id"), comment="neither: the country"),
    Column("purpose", Text, nullable=False),
    Column("legal_basis", Text, nullable=False),
    Column("level", Text, nullable=False, comment="a code of shared.domain.disclosure.Level"),
    instant("valid_from"),
    instant("valid_to"),
    Column("proposed_by", BigInteger, ForeignKey("user_account.id"), nullable=False),
    instant("proposed_at"),
    Column("decided_by", BigInteger, ForeignKey("user_account.id")),
    instant("approved_at", nullable=True),
    instant("refused_at", nullable=True),
    Column("revoked_by", Text, comment="user:7 of ours, client:3 of theirs"),
    instant("revoked_at", nullable=True),
    Column("reason", Text, nullable=False, server_default="", comment="of refusal or revocation"),
    CheckConstraint("dataset IN ('facilities', 'coverage', 'gaps', 'incidents')", name="dataset"),
    CheckConstraint("level IN ('aggregate', 'pseudonymous', 'named')", name="level"),
    CheckConstraint("num_nonnulls(admin_unit_id, facility_id) <= 1", name="area"),
    CheckConstraint("valid_to > valid_from", name="valid_to"),
    # four eyes
    CheckConstraint("decided_by <> proposed_by", name="decided_by"),
    CheckConstraint(
        "num_nonnulls(approved_at, refused_at) = num_nonnulls(decided_by)", name="decided"
    ),
    CheckConstraint("num_nulls(revoked_by, revoked_at) IN (0, 2)", name="revoked"),
    # feeds: the grants of a client; row-level security: how far a client reaches
    Index("ix_sharing_grant_client_id", "client_id", "dataset"),
    # grants.page: newest first
    Index("ix_sharing_grant_proposed_at", "proposed_at", "id"),
)

# In which transaction a facility changed last, and in which it came to where it lies. By a trigger.
facility_change = Table(
    "facility_change",
    metadata,
    Column("facility_id", BigInteger, ForeignKey("facility.id"), primary_key=True),
    Column("changed_in", BigInteger, nullable=False),
    Column("moved_in", BigInteger, nullable=False),
)

# From which unit a facility went away. By a trigger; append-only.
facility_departure = Table(
    "facility_departure",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("facility_id", BigInteger, ForeignKey("facility.id"), nullable=False),
    Column(
        "facility_code",
        Text,
        nullable=False,
        comment="for those who may see the facility no more",
    ),
    Column("from_unit_id", BigInteger, ForeignKey("admin_unit.id"), nullable=False),
    Column("left_in", BigInteger, nullable=False),
    # feeds.departures: who left an area since
    Index("ix_facility_departure_left_in", "left_in"),
)
