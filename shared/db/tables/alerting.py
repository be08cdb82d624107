"""Gaps, incidents, what happened to them, and who is told. Writer: alerts."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import JSONB

from shared.db.tables.base import instant, metadata

# One row: who runs the ticks, and up to when everything has been judged.
alert_lease = Table(
    "alert_lease",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("holder", Text, nullable=False),
    Column("epoch", BigInteger, nullable=False, comment="fencing number; grows with every holder"),
    instant("expires_at"),
    instant("judged_until", nullable=True),
    instant("ticked_at", nullable=True),
)

incident = Table(
    "incident",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("facility_id", BigInteger, ForeignKey("facility.id"), comment="absent: the platform's"),
    Column("cause", Text, nullable=False, comment="a code of shared.domain.states.Cause"),
    Column("state", Text, nullable=False),
    instant("since_at"),
    instant("opened_at"),
    instant("resolved_at", nullable=True),
    Column("step", Integer, nullable=False, server_default="0", comment="ladder steps done"),
    instant("acknowledged_at", nullable=True),
    Column("version", BigInteger, nullable=False, server_default="0"),
    Column(
        "changed_in",
        BigInteger,
        nullable=False,
        server_default="0",
        comment="transaction that wrote it last, by a trigger; for feeds",
    ),
    CheckConstraint("state IN ('open', 'resolved')", name="state"),
    # grouping: one open incident per facility and cause; the winner of a race owns it
    Index(
        "uq_incident_open",
        "facility_id",
        "cause",
        unique=True,
        postgresql_where="state = 'open'",
        postgresql_nulls_not_distinct=True,
    ),
    # incidents.page: newest first
    Index("ix_incident_opened_at", "opened_at", "id"),
    # feeds: what changed since
    Index("ix_incident_changed_in", "changed_in"),
)

gap = Table(
    "gap",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("zone_id", BigInteger, ForeignKey("zone.id"), nullable=False),
    Column("facility_id", BigInteger, ForeignKey("facility.id"), nullable=False),
    Column("incident_id", BigInteger, ForeignKey("incident.id")),
    Column("state", Text, nullable=False),
    instant("from_at"),
    instant("to_at", nullable=True),
    instant("opened_at"),
    instant("closed_at", nullable=True),
    instant("repaired_at", nullable=True),
    Column(
        "changed_in",
        BigInteger,
        nullable=False,
        server_default="0",
        comment="transaction that wrote it last, by a trigger; for feeds",
    ),
    CheckConstraint("state IN ('open', 'closed', 'repaired')", name="state"),
    # detection: the gaps that still last, one per zone
    Index("uq_gap_open", "zone_id", unique=True, postgresql_where="state = 'open'"),
    # gaps.page, overview: the gaps of a facility in a window
    Index("ix_gap_facility_id", "facility_id", "from_at"),
    Index("ix_gap_from_at", "from_at", "id"),
    Index("ix_gap_zone_id", "zone_id", "to_at"),
    Index("ix_gap_incident_id", "incident_id"),
    # feeds: what changed since
    Index("ix_gap_changed_in", "changed_in"),
    # overview: the gaps that ended in the last day
    Index("ix_gap_to_at", "to_at", postgresql_where="state = 'closed'"),
)

# Append-only: the history of every gap and incident.
event = Table(
    "event",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    instant("happened_at"),
    Column("kind", Text, nullable=False),
    Column("facility_id", BigInteger, ForeignKey("facility.id")),
    Column("incident_id", BigInteger, ForeignKey("incident.id")),
    Column("gap_id", BigInteger, ForeignKey("gap.id")),
    Column("detail", JSONB, nullable=False, server_default="{}"),
    # incidents.timeline
    Index("ix_event_incident_id", "incident_id", "id"),
)

ladder_step = Table(
    "ladder_step",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("step", Integer, nullable=False),
    Column("role", Text, nullable=False),
    Column("after_s", Integer, nullable=False, comment="seconds open and not acknowledged"),
    instant("valid_from"),
    instant("valid_to", nullable=True),
)

# The outbox: written in the transaction that decides, sent afterwards.
notification = Table(
    "notification",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("incident_id", BigInteger, ForeignKey("incident.id"), comment="absent: of no facility"),
    Column("kind", Text, nullable=False, comment="alert, escalation, recovery, correction"),
    Column("occasion", Integer, nullable=False, comment="ladder step, or the event's number"),
    Column("channel", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("message_id", Text, nullable=False, unique=True),
    Column("state", Text, nullable=False, comment="pending, sent, dead"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    instant("created_at"),
    instant("due_at"),
    instant("sent_at", nullable=True),
    UniqueConstraint("incident_id", "kind", "occasion", "channel", "address"),
    # delivery: what is due and not yet sent
    Index("ix_notification_due_at", "due_at", postgresql_where="state = 'pending'"),
)

delivery_attempt = Table(
    "delivery_attempt",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("notification_id", BigInteger, ForeignKey("notification.id"), nullable=False),
    instant("started_at"),
    instant("ended_at", nullable=True),
    Column("outcome", Text, comment="accepted, retry, refused; absent: never told"),
    Column("detail", Text, nullable=False, server_default=""),
    Index("ix_delivery_attempt_notification_id", "notification_id"),
)
