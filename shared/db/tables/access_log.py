"""Who read and changed what. Writer: api, which may only append."""

from sqlalchemy import BigInteger, Column, Identity, Index, Table, Text

from shared.db.tables.base import instant, metadata

# Kept longer than what it speaks of, so it refers to nothing.
access_log = Table(
    "access_log",
    metadata,
    Column("n", BigInteger, Identity(always=True), primary_key=True),
    instant("at"),
    Column("actor", Text, nullable=False, comment="user:7, client:3, or system"),
    Column("verb", Text, nullable=False, comment="a code of shared.domain.deeds.Verb"),
    Column("subject", Text, nullable=False, comment="a code of shared.domain.deeds.Subject"),
    Column("key", Text, nullable=False, comment="its public code or number; never a name"),
    Column("facility_id", BigInteger, comment="whose manager may read the line"),
    Column("purpose", Text, nullable=False),
    Column("address", Text, nullable=False, comment="from where; empty if not known"),
    Column("trace_id", Text, nullable=False),
    Column("detail", Text, nullable=False, comment="JSON, keys sorted"),
    # access_log.page: newest first, of a facility or of somebody
    Index("ix_access_log_facility_id", "facility_id", "n"),
    Index("ix_access_log_actor", "actor", "n"),
)
