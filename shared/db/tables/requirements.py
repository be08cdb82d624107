"""When a zone must be watched, and who came by on a round. Writer: api.

The requirement itself is a row of the registry; it names one of these calendars, or none for 24/7.
"""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import JSONB

from shared.db.tables.base import instant, metadata

# Never changed: another week is another calendar, so that the past stays as it was.
watch_calendar = Table(
    "watch_calendar",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("facility_id", BigInteger, ForeignKey("facility.id"), comment="absent: for everybody"),
    Column("name", Text, nullable=False),
    Column(
        "weekly",
        JSONB,
        nullable=False,
        comment='[{"days": [0..6, Monday first], "from": "22:00", "to": "06:00"}]; local time',
    ),
    Column("on_holidays", Text, nullable=False, server_default="as_usual"),
    instant("created_at"),
    Column("created_by", BigInteger, ForeignKey("user_account.id")),
    instant("retired_at", nullable=True),
    CheckConstraint("on_holidays IN ('as_usual', 'as_sunday', 'off', 'all_day')", name="holidays"),
    Index("ix_watch_calendar_facility_id", "facility_id"),
)

# What the government decided beside the law: a day off more, or one worked instead.
holiday = Table(
    "holiday",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("day", Date, nullable=False),
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("source", Text, nullable=False, comment="the decision"),
    instant("recorded_at"),
    Column("recorded_by", BigInteger, ForeignKey("user_account.id")),
    instant("withdrawn_at", nullable=True),
    Column("withdrawn_by", BigInteger, ForeignKey("user_account.id")),
    CheckConstraint("kind IN ('off', 'work')", name="kind"),
    Index("uq_holiday_day", "day", unique=True, postgresql_where="withdrawn_at IS NULL"),
)

# The code on the wall; only its hash is kept, so a new label makes the old one worthless.
round_point = Table(
    "round_point",
    metadata,
    Column("device_id", BigInteger, ForeignKey("device.id"), primary_key=True, autoincrement=False),
    Column("code_hash", LargeBinary, nullable=False, unique=True, comment="SHA-256"),
    instant("labelled_at"),
)

# Ingest reads those above the last it has taken in, as heartbeats of the point.
round_check_in = Table(
    "round_check_in",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("device_id", BigInteger, ForeignKey("device.id"), nullable=False),
    Column("user_id", BigInteger, ForeignKey("user_account.id"), nullable=False),
    instant("checked_at"),
    Column("note", Text, nullable=False, server_default=""),
    # rounds.page: of a point, newest first
    Index("ix_round_check_in_device_id", "device_id", "checked_at"),
)
