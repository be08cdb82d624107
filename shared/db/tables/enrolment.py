"""Devices that come by a one-time code, and hardware that was replaced. Writer: api."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    Table,
    Text,
)

from shared.db.tables.base import instant, metadata

# The device itself comes on record when its code is redeemed, so a code that nobody uses leaves
# nothing behind that could be missed.
enrolment = Table(
    "enrolment",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("facility_id", BigInteger, ForeignKey("facility.id"), nullable=False),
    Column("zone_id", BigInteger, ForeignKey("zone.id"), comment="absent for gateways"),
    Column("kind", Text, nullable=False),
    Column("device_code", Text, nullable=False, comment="under which it is to be registered"),
    Column("name", Text, nullable=False),
    Column("interval_s", Float, nullable=False),
    Column("replaces_id", BigInteger, ForeignKey("device.id"), comment="new hardware for this one"),
    Column(
        "gateway_id", BigInteger, ForeignKey("device.id"), comment="through which it is to speak"
    ),
    Column("code_hash", LargeBinary, nullable=False, unique=True, comment="SHA-256 of the code"),
    Column("issued_by", BigInteger, ForeignKey("user_account.id"), nullable=False),
    instant("issued_at"),
    instant("expires_at"),
    instant("redeemed_at", nullable=True),
    instant("cancelled_at", nullable=True),
    Column("device_id", BigInteger, ForeignKey("device.id"), comment="what it became"),
    CheckConstraint("expires_at > issued_at", name="expires_at"),
    CheckConstraint("(redeemed_at IS NULL) = (device_id IS NULL)", name="device_id"),
    # enrolment.queries.of_facility: newest first
    Index("ix_enrolment_facility_id", "facility_id", "id"),
)

# One row each time new hardware took the place of old.
device_replacement = Table(
    "device_replacement",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("device_id", BigInteger, ForeignKey("device.id"), nullable=False),
    Column("replaced_by", BigInteger, ForeignKey("user_account.id"), nullable=False),
    Column("reason", Text, nullable=False, server_default="", comment="names nobody"),
    instant("replaced_at"),
    # credentials.queries.replacements: newest first
    Index("ix_device_replacement_device_id", "device_id", "id"),
)
