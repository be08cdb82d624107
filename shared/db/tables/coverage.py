"""What devices attested, and what could not be read or known. Writer: ingest."""

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import JSONB, TSTZMULTIRANGE

from shared.db.tables.base import INSTANT, instant, metadata

# Union is all that ever happens to the three multiranges, so repeats and disorder change nothing.
device_day = Table(
    "device_day",
    metadata,
    Column("device_id", BigInteger, primary_key=True, autoincrement=False),
    Column("day", Date, primary_key=True, comment="the facility's local day"),
    Column("watched", TSTZMULTIRANGE, nullable=False, comment="attested in time"),
    Column("late", TSTZMULTIRANGE, nullable=False, comment="attested after the lateness limit"),
    Column("impaired", TSTZMULTIRANGE, nullable=False, comment="attested as not usable"),
    instant("changed_at"),
    instant("corrected_at", nullable=True),
    # detection: gaps that late evidence may repair
    Index(
        "ix_device_day_corrected_at",
        "corrected_at",
        postgresql_where="corrected_at IS NOT NULL",
    ),
    postgresql_with={"fillfactor": "80"},
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
    UniqueConstraint("topic", "reason"),
    # quarantine.page: newest first
    Index("ix_quarantine_last_at", "last_at", "id"),
)

ingest_worker = Table(
    "ingest_worker",
    metadata,
    Column("slot", Integer, primary_key=True, autoincrement=False),
    Column("boot", Text, nullable=False, comment="changes with every start of the worker"),
    instant("started_at"),
    instant("flushed_at"),
    instant("seen_until"),
)

blind_span = Table(
    "blind_span",
    metadata,
    Column("slot", Integer, ForeignKey("ingest_worker.slot"), primary_key=True),
    Column("from_at", INSTANT, primary_key=True),
    instant("to_at"),
    # coverage and detection: blindness within a window
    Index("ix_blind_span_to_at", "to_at"),
)
