"""Gaps, incidents and what happened to them. Writer: alerts; of actions: api."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Interval,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import JSONB

from shared.db.tables.base import INSTANT, instant, metadata

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
    Column("admin_unit_id", BigInteger, ForeignKey("admin_unit.id"), comment="of an area outage"),
    Column("gateway_id", BigInteger, ForeignKey("device.id"), comment="of a silent gateway"),
    Column("parent_id", BigInteger, ForeignKey("incident.id"), comment="the area outage it is in"),
    Column("fault", Text, comment="of a picture: a WatchState"),
    Column("severity", Text, nullable=False, server_default="warning"),
    Column("severity_due_at", INSTANT, comment="when time alone may make it worse; absent: never"),
    instant("unstable_since", nullable=True),
    Column(
        "counts_from", INSTANT, comment="from when the ladder counts; absent: since it was opened"
    ),
    Column("ladder_key", Text, comment="on which ladder its steps were counted; absent: none yet"),
    Column(
        "remind_after",
        Interval,
        comment="on the ladder's clock, when somebody is reminded next; absent: nobody",
    ),
    instant("reminded_at", nullable=True),
    instant("snoozed_until", nullable=True),
    Column("assigned_to", BigInteger, ForeignKey("user_account.id")),
    Column("resolution", Text, comment="what it was: shared.domain.handling.Resolution"),
    Column(
        "muted_by",
        BigInteger,
        ForeignKey("approval.id"),
        comment="the approval because of which it is, in part or whole, not told",
    ),
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
    # grouping: one open incident per facility and cause; the winner of a race owns it. A picture's
    # fault is part of its cause.
    Index(
        "uq_incident_open",
        "facility_id",
        "cause",
        "admin_unit_id",
        "gateway_id",
        "fault",
        unique=True,
        postgresql_where="state = 'open'",
        postgresql_nulls_not_distinct=True,
    ),
    CheckConstraint("severity IN ('notice', 'warning', 'critical')", name="severity"),
    # grouping: the children of an area outage
    Index("ix_incident_parent_id", "parent_id", postgresql_where="parent_id IS NOT NULL"),
    # corrections: what was told of areas lately
    Index("ix_incident_area", "resolved_at", postgresql_where="cause = 'area_outage'"),
    # exempt: what is kept quiet now
    Index(
        "ix_incident_muted_by",
        "muted_by",
        postgresql_where="state = 'open' AND muted_by IS NOT NULL",
    ),
    # incidents.page, board: newest first, everywhere and of some facilities
    Index("ix_incident_opened_at", "opened_at", "id"),
    Index("ix_incident_facility_id", "facility_id", "opened_at"),
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
    # grouping: incidents in which some are watched again
    Index("ix_gap_over", "incident_id", "closed_at", postgresql_where="state = 'closed'"),
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
    Column(
        "action_id",
        BigInteger,
        ForeignKey("incident_action.id"),
        unique=True,
        comment="what a person did, taken in once",
    ),
    # incidents.timeline
    Index("ix_event_incident_id", "incident_id", "id"),
    # gaps as they were known on a day
    Index("ix_event_gap_id", "gap_id", "id", postgresql_where="gap_id IS NOT NULL"),
)

# Writer: api. What people did about an incident, besides acknowledging; alerts takes each in once,
# with an event that names it.
incident_action = Table(
    "incident_action",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("incident_id", BigInteger, ForeignKey("incident.id"), nullable=False),
    Column("kind", Text, nullable=False, comment="shared.domain.handling.ActionKind"),
    Column("user_id", BigInteger, ForeignKey("user_account.id"), nullable=False),
    instant("acted_at"),
    Column("note", Text, nullable=False, server_default=""),
    Column("detail", JSONB, nullable=False, server_default="{}"),
    Index("ix_incident_action_incident_id", "incident_id", "id"),
)
