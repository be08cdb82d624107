"""How long what is kept, what may not go, and what went. Writers: migrations, the api, maintain."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Table,
    Text,
)

from shared.db.tables.base import instant, metadata

# Writer: the owner. A rule that changes is ended and a new row begins, so that what went stays
# explained by the rule of its time.
retention_policy = Table(
    "retention_policy",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("dataset", Text, nullable=False, comment="a code of shared.domain.retention.Dataset"),
    Column("keep_months", Integer, comment="absent, as are the days: kept for good"),
    Column("keep_days", Integer, comment="besides the months"),
    Column("reason", Text, nullable=False, comment="the law or decision behind it"),
    instant("valid_from"),
    instant("valid_to", nullable=True),
    CheckConstraint(
        "(keep_months IS NULL AND keep_days IS NULL)"
        " OR (keep_months >= 0 AND keep_days >= 0 AND keep_months + keep_days >= 1)",
        name="keep",
    ),
    # policies.in_force: one for each dataset
    Index(
        "uq_retention_policy_in_force", "dataset", unique=True, postgresql_where="valid_to IS NULL"
    ),
)

# Writer: api.
legal_hold = Table(
    "legal_hold",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("facility_id", BigInteger, ForeignKey("facility.id"), comment="absent: of every one"),
    Column("first_day", Date, nullable=False, comment="local; included"),
    Column("last_day", Date, comment="local; included. Absent: and all that comes"),
    Column("reason", Text, nullable=False),
    Column("placed_by", BigInteger, ForeignKey("user_account.id"), nullable=False),
    instant("placed_at"),
    Column("released_by", BigInteger, ForeignKey("user_account.id")),
    instant("released_at", nullable=True),
    Column("release_reason", Text),
    CheckConstraint("first_day <= last_day", name="days"),
    CheckConstraint(
        "num_nulls(released_by, released_at, release_reason) IN (0, 3)", name="released"
    ),
    # legal_holds.page: newest first
    Index("ix_legal_hold_placed_at", "placed_at", "id"),
)

# Append-only, by maintain: one row for each transaction that let something go.
purge_log = Table(
    "purge_log",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    instant("purged_at"),
    Column("policy_id", BigInteger, ForeignKey("retention_policy.id"), nullable=False),
    Column("dataset", Text, nullable=False),
    Column("part", Text, comment="of the table, if it went as a whole"),
    Column("before_day", Date, nullable=False, comment="whatever went is of a day before this"),
    Column("rows", BigInteger, nullable=False),
    # retention.shown: what went last
    Index("ix_purge_log_purged_at", "purged_at", "id"),
)
