"""Who is told after how long, and who is on duty. Writer: api."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from shared.db.tables.base import instant, metadata

# The one closest to an incident counts.
ladder = Table(
    "ladder",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("name", Text, nullable=False),
    Column("severity", Text, comment="absent: any"),
    Column("zone_kind", Text, comment="absent: any"),
    Column("admin_unit_id", BigInteger, ForeignKey("admin_unit.id")),
    Column("facility_id", BigInteger, ForeignKey("facility.id")),
    instant("valid_from"),
    instant("valid_to", nullable=True),
    Column("created_by", BigInteger, ForeignKey("user_account.id")),
    CheckConstraint("num_nonnulls(admin_unit_id, facility_id) <= 1", name="place"),
    CheckConstraint("severity IN ('notice', 'warning', 'critical')", name="severity"),
)

ladder_step = Table(
    "ladder_step",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column(
        "ladder_id", BigInteger, ForeignKey("ladder.id"), comment="absent: the one for everything"
    ),
    Column("step", Integer, nullable=False),
    Column("role", Text, nullable=False),
    Column("after_s", Integer, nullable=False, comment="seconds open and not acknowledged"),
    Column("hours", Text, nullable=False, server_default="any", comment="any, office, off_hours"),
    Column(
        "channels", ARRAY(Text), nullable=False, server_default="{email}", comment="in this order"
    ),
    Column(
        "needs_all",
        Boolean,
        nullable=False,
        server_default="false",
        comment="each of them must acknowledge",
    ),
    Column("repeat_s", Integer, comment="again and again so often; absent: never"),
    instant("valid_from"),
    instant("valid_to", nullable=True),
    CheckConstraint("hours IN ('any', 'office', 'off_hours')", name="hours"),
    CheckConstraint("repeat_s >= 60", name="repeat_s"),
    CheckConstraint("after_s >= 0", name="after_s"),
    Index("ix_ladder_step_ladder_id", "ladder_id", "step"),
)

# Who is on duty; where nobody is, everybody who holds the role is told.
duty_shift = Table(
    "duty_shift",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("role", Text, nullable=False),
    Column("facility_id", BigInteger, ForeignKey("facility.id")),
    Column("admin_unit_id", BigInteger, ForeignKey("admin_unit.id")),
    Column("user_id", BigInteger, ForeignKey("user_account.id"), nullable=False),
    Column("is_deputy", Boolean, nullable=False, server_default="false"),
    instant("starts_at"),
    instant("ends_at"),
    instant("created_at"),
    Column("created_by", BigInteger, ForeignKey("user_account.id")),
    instant("cancelled_at", nullable=True),
    Column("cancelled_by", BigInteger, ForeignKey("user_account.id")),
    CheckConstraint("num_nonnulls(facility_id, admin_unit_id) = 1", name="place"),
    CheckConstraint("starts_at < ends_at", name="shift"),
    # escalation: who is on duty now; the rota of a place
    Index("ix_duty_shift_facility_id", "facility_id", "ends_at"),
    Index("ix_duty_shift_admin_unit_id", "admin_unit_id", "ends_at"),
)
