"""How people and agencies are reached, in which words, and what gateways say. Writer: api."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from shared.db.tables.base import instant, metadata

# Besides the mail address of the account: telephones, and browsers that take pushes.
contact_point = Table(
    "contact_point",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("user_id", BigInteger, ForeignKey("user_account.id"), nullable=False),
    Column("channel", Text, nullable=False),
    Column("address", Text, nullable=False, comment="E.164, or the endpoint of a subscription"),
    Column("label", Text, nullable=False, server_default=""),
    Column("keys", JSONB, nullable=False, server_default="{}", comment="push: p256dh, auth"),
    Column("is_marked", Text, comment="SMS: 'marked' with Vietnamese marks; absent: without"),
    instant("created_at"),
    instant("verified_at", nullable=True),
    Column("code_hash", LargeBinary, comment="of the code sent to verify it"),
    instant("removed_at", nullable=True),
    CheckConstraint("channel IN ('sms', 'push')", name="channel"),
    Index(
        "uq_contact_point_address",
        "user_id",
        "channel",
        "address",
        unique=True,
        postgresql_where="removed_at IS NULL",
    ),
)

# What a message says, where a province wants other words than those we ship.
message_template = Table(
    "message_template",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("channel", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("kind", Text, nullable=False, comment="shared.domain.delivery.MessageKind"),
    Column("subject", Text, nullable=False, server_default=""),
    Column("body", Text, nullable=False),
    instant("valid_from"),
    instant("valid_to", nullable=True),
    Column("created_by", BigInteger, ForeignKey("user_account.id")),
    Index(
        "uq_message_template_in_force",
        "channel",
        "language",
        "kind",
        unique=True,
        postgresql_where="valid_to IS NULL",
    ),
)

# Where an agency wants to hear at once what it may pull anyway, under the same grants.
webhook = Table(
    "webhook",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("client_id", BigInteger, ForeignKey("agency_client.id"), nullable=False),
    Column("url", Text, nullable=False),
    Column("secret", LargeBinary, nullable=False, comment="sealed; shown once"),
    Column("events", ARRAY(Text), nullable=False, comment="types of CloudEvents"),
    instant("created_at"),
    Column("created_by", BigInteger, ForeignKey("user_account.id")),
    instant("removed_at", nullable=True),
    Index("ix_webhook_client_id", "client_id"),
)

# As a gateway told us; alerts takes them in.
sms_receipt = Table(
    "sms_receipt",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("provider", Text, nullable=False),
    Column("provider_ref", Text, nullable=False),
    Column("receipt", Text, nullable=False, comment="shared.domain.delivery.Receipt"),
    Column("detail", Text, nullable=False, server_default=""),
    instant("received_at"),
    UniqueConstraint("provider", "provider_ref", "receipt"),
)

sms_inbound = Table(
    "sms_inbound",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("provider", Text, nullable=False),
    Column("provider_ref", Text, nullable=False),
    Column("sender", Text, nullable=False, comment="E.164"),
    Column("body", Text, nullable=False),
    instant("received_at"),
    instant("handled_at", nullable=True),
    Column("outcome", Text, nullable=False, server_default=""),
    UniqueConstraint("provider", "provider_ref"),
)
