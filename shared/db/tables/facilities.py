"""What the law says of facilities: facts, conditions, scans, and what follows. Writer: api."""

from sqlalchemy import (
    BigInteger,
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
)

from shared.db.tables.base import instant, metadata

# Appended to; an entry that was wrong is withdrawn, with why, and stays on record.
facility_fact = Table(
    "facility_fact",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("facility_id", BigInteger, ForeignKey("facility.id"), nullable=False),
    Column("kind", Text, nullable=False, comment="shared.domain.facility_status.FactKind"),
    Column("effective_on", Date, nullable=False, comment="the first day on which it holds"),
    Column("number", Text, nullable=False, server_default="", comment="of the paper"),
    Column("decided_on", Date, comment="the day on the paper, where that is another"),
    Column("applied_on", Date, comment="when the request was complete; the time limit runs then"),
    Column("authority_id", BigInteger, ForeignKey("authority.id")),
    Column("legal_basis", Text, nullable=False, server_default=""),
    Column("scope", Text, nullable=False, server_default="", comment="what a licence allows"),
    Column("valid_to", Date, comment="of a licence: the first day on which it is no more"),
    Column("due_on", Date, comment="of a remedy, or of a plan to move the children"),
    Column("children_to_move", Integer, comment="head count only; no child is named here"),
    Column("note", Text, nullable=False, server_default=""),
    instant("recorded_at"),
    Column("recorded_by", BigInteger, ForeignKey("user_account.id")),
    instant("withdrawn_at", nullable=True),
    Column("withdrawn_by", BigInteger, ForeignKey("user_account.id")),
    Column("withdrawn_because", Text, nullable=False, server_default=""),
    CheckConstraint("valid_to > effective_on", name="valid_to"),
    CheckConstraint("children_to_move >= 0", name="children_to_move"),
    # licences: the history of a facility
    Index("ix_facility_fact_facility_id", "facility_id", "effective_on"),
)

# What follows from the facts, day by day: replayed by `facility_status.timeline` and written anew
# with every fact, so that lists can be filtered as of any day. Without a row: nothing on record.
facility_standing = Table(
    "facility_standing",
    metadata,
    Column("facility_id", BigInteger, ForeignKey("facility.id"), primary_key=True),
    Column("from_on", Date, primary_key=True),
    Column("to_on", Date, comment="the first day on which it stands otherwise"),
    Column("status", Text, nullable=False, comment="shared.domain.facility_status.Status"),
    Column("licence", Text, nullable=False, comment="shared.domain.facility_status.LicenceState"),
    Column("licence_to", Date, comment="the first day without the licence"),
    # facilities.listed: by status; licences.expiring: by the end of the licence
    Index("ix_facility_standing_status", "status"),
    Index("ix_facility_standing_licence_to", "licence_to"),
)

condition_check = Table(
    "condition_check",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("facility_id", BigInteger, ForeignKey("facility.id"), nullable=False),
    Column("checked_on", Date, nullable=False),
    Column("authority_id", BigInteger, ForeignKey("authority.id"), comment="who checked"),
    Column("number", Text, nullable=False, server_default="", comment="of the minutes"),
    Column("legal_basis", Text, nullable=False, server_default=""),
    Column("note", Text, nullable=False, server_default=""),
    instant("recorded_at"),
    Column("recorded_by", BigInteger, ForeignKey("user_account.id")),
    instant("withdrawn_at", nullable=True),
    Column("withdrawn_by", BigInteger, ForeignKey("user_account.id")),
    Column("withdrawn_because", Text, nullable=False, server_default=""),
    # licences: the newest check of a facility
    Index("ix_condition_check_facility_id", "facility_id", "checked_on"),
)

condition_result = Table(
    "condition_result",
    metadata,
    Column("check_id", BigInteger, ForeignKey("condition_check.id"), primary_key=True),
    Column("condition", Text, primary_key=True, comment="conditions.OperatingCondition"),
    Column("finding", Text, nullable=False),
    Column("note", Text, nullable=False, server_default=""),
    CheckConstraint("finding IN ('met', 'not_met', 'not_applicable')", name="finding"),
)

# Scans of papers. What was put here by mistake loses its content and keeps its line.
document = Table(
    "document",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("facility_id", BigInteger, ForeignKey("facility.id"), nullable=False),
    Column("fact_id", BigInteger, ForeignKey("facility_fact.id"), comment="whose paper it is"),
    Column("check_id", BigInteger, ForeignKey("condition_check.id")),
    Column("title", Text, nullable=False),
    Column("media_type", Text, nullable=False, comment="as its first bytes say"),
    Column("size", Integer, nullable=False, comment="bytes"),
    Column("sha256", LargeBinary, nullable=False),
    Column("content", LargeBinary, comment="absent once removed"),
    instant("uploaded_at"),
    Column("uploaded_by", BigInteger, ForeignKey("user_account.id")),
    instant("removed_at", nullable=True),
    Column("removed_by", BigInteger, ForeignKey("user_account.id")),
    CheckConstraint("(content IS NULL) = (removed_at IS NOT NULL)", name="content"),
    # one of a kind, and the documents of a facility
    Index(
        "uq_document_content",
        "facility_id",
        "sha256",
        unique=True,
        postgresql_where="removed_at IS NULL",
    ),
)
