"""What needs four eyes: mutes, maintenance, corrections, named exports. Writer: api; alerts reads.

In force is what `shared.domain.approvals.state` says; `shared.domain.exemptions.held` says when.
"""

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
)
from sqlalchemy.dialects.postgresql import JSONB

from shared.db.tables.base import instant, metadata

approval = Table(
    "approval",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("kind", Text, nullable=False, comment="a code of shared.domain.approvals.Kind"),
    Column(
        "subject",
        JSONB,
        nullable=False,
        comment="mute, maintenance: zone and device by code, or all; export: dataset, from, to",
    ),
    Column("facility_id", BigInteger, ForeignKey("facility.id")),
    Column("admin_unit_id", BigInteger, ForeignKey("admin_unit.id"), comment="and all below it"),
    Column("reason", Text, nullable=False),
    Column("requested_by", BigInteger, ForeignKey("user_account.id"), nullable=False),
    instant("requested_at"),
    instant("starts_at", nullable=True),
    instant("ends_at", nullable=True),
    Column("repeats", Text, comment="absent: once; starts_at and ends_at are the first time"),
    instant("repeats_until", nullable=True),
    instant("expires_at"),
    Column("decision", Text),
    Column("decision_note", Text, nullable=False, server_default=""),
    Column("decided_by", BigInteger, ForeignKey("user_account.id")),
    instant("decided_at", nullable=True),
    Column("ended_by", BigInteger, ForeignKey("user_account.id"), comment="before its time"),
    instant("ended_at", nullable=True),
    Column("copies", Integer, nullable=False, server_default="0", comment="handed out so far"),
    CheckConstraint("kind IN ('mute', 'maintenance', 'correction', 'named_export')", name="kind"),
    CheckConstraint("num_nonnulls(facility_id, admin_unit_id) = 1", name="place"),
    CheckConstraint("reason <> ''", name="reason"),
    CheckConstraint("decided_by <> requested_by", name="four_eyes"),
    CheckConstraint("decision IN ('approved', 'refused')", name="decision"),
    CheckConstraint(
        "num_nulls(decision, decided_by, decided_at) IN (0, 3)", name="decision_is_whole"
    ),
    CheckConstraint("num_nulls(ended_by, ended_at) IN (0, 2)", name="end_is_whole"),
    CheckConstraint("starts_at < ends_at", name="window"),
    CheckConstraint(
        "kind = 'named_export' OR num_nulls(starts_at, ends_at) = 0", name="has_window"
    ),
    CheckConstraint(
        "kind <> 'mute' OR ends_at - starts_at <= interval '24 hours'", name="mute_is_short"
    ),
    # Nothing reaches back but a correction, and that says nothing of what is to come.
    CheckConstraint(
        "kind <> 'correction' OR ends_at <= requested_at", name="correction_comes_afterwards"
    ),
    CheckConstraint("copies >= 0", name="copies"),
    CheckConstraint(
        "repeats IN ('daily', 'weekly') AND kind = 'maintenance' "
        "AND repeats_until <= starts_at + interval '366 days' "
        "OR num_nonnulls(repeats, repeats_until) = 0",
        name="repeats",
    ),
    CheckConstraint("num_nulls(repeats, repeats_until) IN (0, 2)", name="series_is_whole"),
    # approvals.page: newest first, of a place
    Index("ix_approval_facility_id", "facility_id", "id"),
    Index("ix_approval_admin_unit_id", "admin_unit_id", "id"),
    # approvals.page: what somebody asked for
    Index("ix_approval_requested_by", "requested_by", "id"),
    # alerts: which exceptions are in force
    Index(
        "ix_approval_ends_at",
        "ends_at",
        postgresql_where="decision = 'approved' AND ended_at IS NULL AND kind <> 'named_export'",
    ),
    # giamsat_maintenance: what is excused in some time, also if it was ended since
    Index(
        "ix_approval_excused_until",
        "ends_at",
        postgresql_where="decision = 'approved' AND kind IN ('maintenance', 'correction')",
    ),
    Index(
        "ix_approval_excused_again",
        "repeats_until",
        postgresql_where="decision = 'approved' AND repeats IS NOT NULL",
    ),
    Index(
        "ix_approval_repeats_until",
        "repeats_until",
        postgresql_where="decision = 'approved' AND ended_at IS NULL AND repeats IS NOT NULL",
    ),
)
