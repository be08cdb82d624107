"""Sheets with many rows that are being put on record, and how far that has come. Writer: api."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import JSONB

from shared.db.tables.base import instant, metadata

import_job = Table(
    "import_job",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("kind", Text, nullable=False, comment="a code of shared.domain.bulk.Kind"),
    Column("file_name", Text, nullable=False),
    Column("sha256", LargeBinary, nullable=False, comment="of the file as it was sent"),
    Column("state", Text, nullable=False, comment="a code of shared.domain.bulk.JobState"),
    Column("total", Integer, nullable=False, comment="rows"),
    Column("created_by", BigInteger, ForeignKey("user_account.id"), nullable=False),
    instant("created_at"),
    instant("changed_at"),
    Column("stopped_because", Text, nullable=False, server_default=""),
    Column("worker", Text, comment="which process works on it"),
    instant("leased_until", nullable=True),
    # imports.claim: what there is to work on
    Index(
        "ix_import_job_working",
        "id",
        postgresql_where="state IN ('checking', 'committing', 'undoing')",
    ),
    Index("ix_import_job_created_by", "created_by", "id"),
)

import_row = Table(
    "import_row",
    metadata,
    Column("job_id", BigInteger, ForeignKey("import_job.id"), primary_key=True),
    Column("n", Integer, primary_key=True, comment="its line in the file"),
    Column("key", Text, nullable=False, comment="which thing it speaks of, as its handler says"),
    Column("given", JSONB, nullable=False, comment="by column, as it was sent"),
    Column("state", Text, nullable=False, comment="a code of shared.domain.bulk.RowState"),
    Column("verdict", Text, comment="a code of shared.domain.bulk.Verdict"),
    Column("faults", JSONB, nullable=False, server_default="[]"),
    Column("before", JSONB, comment="what was there, of what it changed"),
    Column("after", JSONB, comment="what it left there, to know it by"),
    Column("sealed", LargeBinary, comment="shown once to whoever began it, sealed; then gone"),
    CheckConstraint("n >= 1", name="n"),
    # imports: the next rows to work on, and rows by how they fared
    Index("ix_import_row_state", "job_id", "state", "n"),
    # imports: whether an undone import had made what bears a code
    Index("ix_import_row_key", "key"),
)
