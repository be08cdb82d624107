"""What devices attested, and what could not be read or known. Writer: ingest."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import JSONB, TSTZMULTIRANGE

from shared.db.tables.base import INSTANT, instant, metadata

# Union is all that ever happens to the four multiranges, so repeats and disorder change nothing.
device_day = Table(
    "device_day",
    metadata,
    Column("device_id", BigInteger, primary_key=True, autoincrement=False),
    Column("day", Date, primary_key=True, comment="the facility's local day"),
    Column("watched", TSTZMULTIRANGE, nullable=False, comment="attested in time"),
    Column("late", TSTZMULTIRANGE, nullable=False, comment="attested after the lateness limit"),
    Column("impaired", TSTZMULTIRANGE, nullable=False, comment="attested as not usable"),
    Column(
        "proven",
        TSTZMULTIRANGE,
        nullable=False,
        server_default="{}",
        comment="attested by the device's own signature with a fresh nonce; part of watched",
    ),
    instant("changed_at"),
    instant("corrected_at", nullable=True),
    # detection: gaps that late evidence may repair
    Index(
        "ix_device_day_corrected_at",
        "corrected_at",
        postgresql_where="corrected_at IS NOT NULL",
    ),
    # By month: shared.db.partitions.
    postgresql_partition_by="RANGE (day)",
)

device_fault = Table(
    "device_fault",
    metadata,
    Column("device_id", BigInteger, primary_key=True, autoincrement=False),
    Column("day", Date, primary_key=True),
    Column("fault", Text, primary_key=True, comment="a code of shared.domain.states.WatchState"),
    Column("spans", TSTZMULTIRANGE, nullable=False),
    # overview: the faults told of on a day
    Index("ix_device_fault_day", "day"),
    postgresql_partition_by="RANGE (day)",
)

device_latest = Table(
    "device_latest",
    metadata,
    Column("device_id", BigInteger, primary_key=True, autoincrement=False),
    instant("at"),
    instant("received_at"),
    Column("state", Text, nullable=False),
    Column("readings", JSONB, nullable=False, comment="battery, rssi, fps … as last told"),
    postgresql_with={"fillfactor": "70"},
)

quarantine = Table(
    "quarantine",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("reason", Text, nullable=False, comment="a code of shared.domain.states.Refusal"),
    Column("topic", Text, nullable=False),
    Column("facility_code", Text, comment="as the topic names it"),
    Column("device_code", Text, comment="as the topic names it"),
    Column("sample", Text, nullable=False, comment="the first bytes of the latest, made printable"),
    Column("count", BigInteger, nullable=False),
    instant("first_at"),
    instant("last_at"),
    Column("replayed", BigInteger, nullable=False, server_default="0", comment="messages"),
    instant("replayed_at", nullable=True),
    Column(
        "served_request_id",
        BigInteger,
        nullable=False,
        server_default="0",
        comment="the last replay_request that was carried out",
    ),
    UniqueConstraint("topic", "reason"),
    # quarantine.page: newest first
    Index("ix_quarantine_last_at", "last_at", "id"),
)

# Whole messages, for a replay after a fix. Bounded in number, age and size; never a picture.
quarantine_message = Table(
    "quarantine_message",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column(
        "quarantine_id",
        BigInteger,
        ForeignKey("quarantine.id", ondelete="CASCADE"),
        nullable=False,
    ),
    instant("received_at"),
    Column("payload", LargeBinary, nullable=False),
    # replay and bounds: the messages of an entry, oldest first
    Index("ix_quarantine_message_quarantine_id", "quarantine_id", "id"),
)

# A fault or a hint that holds until it is taken back: adapters tell of changes, not of states.
device_condition = Table(
    "device_condition",
    metadata,
    Column("device_id", BigInteger, primary_key=True, autoincrement=False),
    Column("condition", Text, primary_key=True, comment="a WatchState or a Hint"),
    Column("holds", Boolean, nullable=False),
    instant("since"),
    instant("changed_at"),
    # ingest: what other workers learned since it last looked
    Index("ix_device_condition_changed_at", "changed_at"),
)

device_clock = Table(
    "device_clock",
    metadata,
    Column("device_id", BigInteger, primary_key=True, autoincrement=False),
    Column("state", Text, nullable=False, comment="a code of shared.domain.states.ClockState"),
    Column("offset_ms", BigInteger, nullable=False, comment="device clock minus ours"),
    instant("since"),
    instant("measured_at"),
)

device_identity = Table(
    "device_identity",
    metadata,
    Column("device_id", BigInteger, primary_key=True, autoincrement=False),
    Column("boot", Text, nullable=False),
    instant("began_at"),
    Column("seq", BigInteger, nullable=False, comment="the highest of this boot"),
    instant("at"),
    Column("former", JSONB, nullable=False, comment="earlier boots, and when each was succeeded"),
    instant("doubted_until", nullable=True),
)

# Somebody may be pretending: one row a device, kind and day, counting on.
security_event = Table(
    "security_event",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("device_id", BigInteger, nullable=False),
    Column("day", Date, nullable=False, comment="the facility's local day"),
    Column("kind", Text, nullable=False, comment="one of shared.domain.states.SECURITY"),
    Column("count", BigInteger, nullable=False),
    instant("first_at"),
    instant("last_at"),
    UniqueConstraint("device_id", "day", "kind"),
    # security.page: newest first
    Index("ix_security_event_last_at", "last_at", "id"),
)

# One row a live slot: a slot that nobody holds any more is retired by deleting its row.
ingest_worker = Table(
    "ingest_worker",
    metadata,
    Column("slot", Integer, primary_key=True, autoincrement=False),
    Column("boot", Text, nullable=False, comment="changes with every start of the worker"),
    instant("started_at"),
    instant("flushed_at"),
    instant("seen_until"),
)

# One row: up to which check-in of rounds everything is coverage, so that none is read for ever.
round_intake = Table(
    "round_intake",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("settled_to", BigInteger, nullable=False, comment="a number of round_check_in"),
)

blind_span = Table(
    "blind_span",
    metadata,
    # Of a worker that may have retired since.
    Column("slot", Integer, primary_key=True, autoincrement=False),
    Column("from_at", INSTANT, primary_key=True),
    instant("to_at"),
    # coverage and detection: blindness within a window
    Index("ix_blind_span_to_at", "to_at"),
)
