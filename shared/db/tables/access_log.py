"""Who read and changed what, and its seals. Writer: api, which may only append.

    line ──trigger──▶ linked to the line before (access_log_tail) ──each minute──▶ access_seal

The bytes that are hashed and signed are those of `shared.domain.ledger`.
"""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    FetchedValue,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
)

from shared.db.tables.base import instant, metadata

# Kept longer than what it speaks of, so it refers to nothing. A trigger gives number and hash.
access_log = Table(
    "access_log",
    metadata,
    Column("n", BigInteger, FetchedValue(), primary_key=True, comment="1, 2, 3, without gaps"),
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
    Column("admin_unit_id", BigInteger, comment="whom it concerns where it is no facility"),
    Column("role", Text, nullable=False, server_default="", comment="codes of the roles held then"),
    Column(
        "hash",
        LargeBinary,
        FetchedValue(),
        nullable=False,
        comment="SHA-256 of the hash before and the line",
    ),
    CheckConstraint("length(hash) = 32", name="hash"),
    # access_log.page: newest first, of a facility or of somebody
    Index("ix_access_log_facility_id", "facility_id", "n"),
    Index("ix_access_log_actor", "actor", "n"),
    # access_log.page: the lines of a day
    Index("ix_access_log_at", "at"),
)

# One row, which whoever adds a line locks until the commit: so lines become visible in their order.
access_log_tail = Table(
    "access_log_tail",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("n", BigInteger, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    CheckConstraint("id = 1", name="id"),
    CheckConstraint("length(hash) = 32", name="hash"),
    # Written with every line, always in place.
    postgresql_with={"fillfactor": "10"},
)

access_seal = Table(
    "access_seal",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False, comment="1, 2, 3 …"),
    Column("size", BigInteger, nullable=False, comment="so many lines are sealed by it"),
    instant("at"),
    Column("root", LargeBinary, nullable=False, comment="of the Merkle tree over these lines"),
    Column("previous", LargeBinary, nullable=False, comment="the hash of the head before"),
    Column("public_key", LargeBinary, nullable=False, comment="Ed25519, 32 bytes"),
    Column("signature", LargeBinary, nullable=False, comment="of the head's bytes"),
    CheckConstraint("size >= 0", name="size"),
    CheckConstraint("length(root) = 32", name="root"),
    CheckConstraint("length(previous) = 32", name="previous"),
    CheckConstraint("length(public_key) = 32", name="public_key"),
    CheckConstraint("length(signature) = 64", name="signature"),
)

# Hashes of complete subtrees, so that a root or a proof costs a few hundred rows, not all.
access_log_node = Table(
    "access_log_node",
    metadata,
    Column("level", SmallInteger, primary_key=True, autoincrement=False, comment="2^level lines"),
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("hash", LargeBinary, nullable=False),
    CheckConstraint("length(hash) = 32", name="hash"),
)
