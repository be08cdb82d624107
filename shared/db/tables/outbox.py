"""What is told to whom, and what became of it. Writer: alerts."""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from shared.db.tables.base import instant, metadata

# The outbox: written in the transaction that decides, sent afterwards.
notification = Table(
    "notification",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("incident_id", BigInteger, ForeignKey("incident.id"), comment="absent: of no facility"),
    Column("user_id", BigInteger, ForeignKey("user_account.id"), comment="whose address it is"),
    Column("kind", Text, nullable=False, comment="shared.domain.delivery.MessageKind"),
    Column(
        "priority",
        Integer,
        nullable=False,
        server_default="1",
        comment="0 notice, 1 warning, 2 critical: what is sent first",
    ),
    Column("occasion", Integer, nullable=False, comment="ladder step, or the event's number"),
    Column("channel", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("short", Text, nullable=False, server_default="", comment="where it has to be brief"),
    Column(
        "channels",
        ARRAY(Text),
        nullable=False,
        server_default="{}",
        comment="through which its reader can still be tried, in this order",
    ),
    Column("content_hash", LargeBinary, comment="SHA-256 of what was handed over"),
    Column("message_id", Text, nullable=False, unique=True),
    Column("state", Text, nullable=False, comment="shared.domain.delivery.MessageState"),
    Column("instead_of", BigInteger, ForeignKey("notification.id"), comment="which did not arrive"),
    Column("digest_id", BigInteger, ForeignKey("notification.id"), comment="in which it was told"),
    Column("provider", Text, comment="through which it went at last"),
    Column("provider_ref", Text, comment="the provider's number for it"),
    Column("receipt", Text, comment="shared.domain.delivery.Receipt; absent: none yet"),
    instant("receipt_at", nullable=True),
    instant("receipt_due_at", nullable=True),
    Column("attempts", Integer, nullable=False, server_default="0"),
    instant("created_at"),
    instant("due_at"),
    instant("sent_at", nullable=True),
    instant("dead_at", nullable=True),
    UniqueConstraint("incident_id", "kind", "occasion", "channel", "address"),
    # delivery: what is due and not yet sent, the most urgent first
    Index(
        "ix_notification_due_at",
        text("priority DESC"),
        "due_at",
        postgresql_where="state = 'pending'",
    ),
    # delivery: in order to one address about one incident
    Index(
        "ix_notification_waiting",
        "incident_id",
        "address",
        postgresql_where="state = 'pending'",
    ),
    # delivery: what has waited for too long
    Index("ix_notification_since", "created_at", postgresql_where="state = 'pending'"),
    # delivery: what died lately
    Index("ix_notification_dead_at", "dead_at", postgresql_where="state = 'dead'"),
    # delivery: what has not been told in a digest yet
    Index(
        "ix_notification_held",
        "channel",
        "address",
        postgresql_where="state = 'digested' AND digest_id IS NULL",
    ),
    # delivery: whether anything was sent instead
    Index("ix_notification_instead_of", "instead_of", postgresql_where="instead_of IS NOT NULL"),
    # delivery: the cap on what one address gets
    Index("ix_notification_address", "address", "created_at"),
    # delivery: receipts that were promised, also those that come late
    Index(
        "ix_notification_receipt_due_at",
        "receipt_due_at",
        postgresql_where="receipt_due_at IS NOT NULL",
    ),
    # incidents.page, tell: who was told
    Index("ix_notification_provider_ref", "provider", "provider_ref"),
)

delivery_attempt = Table(
    "delivery_attempt",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("notification_id", BigInteger, ForeignKey("notification.id"), nullable=False),
    instant("started_at"),
    instant("ended_at", nullable=True),
    Column("provider", Text, nullable=False, server_default="smtp"),
    Column("outcome", Text, comment="accepted, retry, refused; absent: never told"),
    Column("detail", Text, nullable=False, server_default=""),
    Index("ix_delivery_attempt_notification_id", "notification_id"),
    # sms.fold: reports of a gateway after another was asked as well
    Index(
        "ix_delivery_attempt_taken",
        "provider",
        "detail",
        postgresql_where="outcome = 'accepted' AND provider <> 'smtp'",
    ),
)

# An address that does not take our messages; cleared when one arrives, or the person gives another.
address_fault = Table(
    "address_fault",
    metadata,
    Column("channel", Text, primary_key=True),
    Column("address", Text, primary_key=True),
    instant("since_at"),
    Column("reason", Text, nullable=False),
)
