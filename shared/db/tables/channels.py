"""How people and agencies are reached, in which words, and what gateways say. Writer: api."""

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
    UniqueConstraint,
    text,
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
    instant("code_expires_at", nullable=True),
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
    # A browser tells one person: on a machine that several use, whoever subscribed last.
    Index(
        "uq_contact_point_browser",
        "address",
        unique=True,
        postgresql_where="channel = 'push' AND removed_at IS NULL",
    ),
)

# What a message says, where a province wants other words than those we ship. The nearest one of a
# place counts. Each row is one version: another one ends it, and the past stays as it was.
message_template = Table(
    "message_template",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("channel", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("kind", Text, nullable=False, comment="shared.domain.delivery.MessageKind"),
    Column("admin_unit_id", BigInteger, ForeignKey("admin_unit.id"), comment="absent: everywhere"),
    Column("subject", Text, nullable=False, server_default=""),
    Column("body", Text, nullable=False),
    instant("valid_from"),
    instant("valid_to", nullable=True),
    Column("created_by", BigInteger, ForeignKey("user_account.id")),
    Column("ended_by", BigInteger, ForeignKey("user_account.id")),
    CheckConstraint("channel IN ('email', 'sms')", name="channel"),
    CheckConstraint("language IN ('vi', 'en')", name="language"),
    Index(
        "uq_message_template_in_force",
        "channel",
        "language",
        "kind",
        text("coalesce(admin_unit_id, 0)"),
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
    Column("salt", LargeBinary, nullable=False, comment="its secret follows from it and our key"),
    Column("events", ARRAY(Text), nullable=False, comment="shared.domain.webhooks.EventType"),
    instant("created_at"),
    Column("created_by", BigInteger, ForeignKey("user_account.id")),
    instant("removed_at", nullable=True),
    Index("ix_webhook_client_id", "client_id"),
)

# Codes and tests to people's own telephones. Written by the api; alerts sends them and says what
# became of them.
person_text = Table(
    "person_text",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("contact_point_id", BigInteger, ForeignKey("contact_point.id"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("body", Text, nullable=False, comment="may hold a code; emptied once sent or dead"),
    Column("message_id", Text, nullable=False, unique=True),
    Column("state", Text, nullable=False, server_default="pending"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("unsure_of", Text, comment="the gateway whose answer is lost"),
    instant("unsure_at", nullable=True),
    Column("provider", Text),
    Column("provider_ref", Text),
    Column("receipt", Text, comment="shared.domain.delivery.Receipt; absent: none yet"),
    instant("receipt_at", nullable=True),
    instant("created_at"),
    instant("due_at"),
    instant("expires_at"),
    instant("sent_at", nullable=True),
    CheckConstraint("state IN ('pending', 'sent', 'dead')", name="state"),
    CheckConstraint("kind IN ('code', 'test')", name="kind"),
    # people_text.claim, for what is due
    Index("ix_person_text_due_at", "due_at", postgresql_where="state = 'pending'"),
    Index("ix_person_text_contact_point_id", "contact_point_id"),
    # sms.fold, for whose report it is
    Index("ix_person_text_provider_ref", "provider", "provider_ref"),
)

# Writer: alerts. One event for one webhook under one grant; what is said is made when it is sent.
webhook_call = Table(
    "webhook_call",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("webhook_id", BigInteger, ForeignKey("webhook.id"), nullable=False),
    Column("event_id", BigInteger, ForeignKey("event.id"), nullable=False),
    Column("grant_id", BigInteger, ForeignKey("sharing_grant.id"), nullable=False),
    Column("type", Text, nullable=False),
    Column("state", Text, nullable=False, comment="pending, sent, dead, gone, cancelled"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("detail", Text, nullable=False, server_default="", comment="how the last one ended"),
    instant("created_at"),
    instant("due_at"),
    instant("ended_at", nullable=True),
    UniqueConstraint("webhook_id", "event_id", "grant_id"),
    # webhooks: the calls that are due
    Index("ix_webhook_call_due_at", "due_at", postgresql_where="state = 'pending'"),
    # webhooks: who said that nobody is there any more
    Index("ix_webhook_call_gone", "webhook_id", postgresql_where="state = 'gone'"),
)

# Writer: alerts. Up to which event everybody who may know has a call.
webhook_progress = Table(
    "webhook_progress",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("event_id", BigInteger, nullable=False),
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
    instant("folded_at", nullable=True),
    UniqueConstraint("provider", "provider_ref", "receipt"),
    # sms.fold, for what is new
    Index("ix_sms_receipt_unfolded", "id", postgresql_where="folded_at IS NULL"),
    # sms.arrived_under, for a message whose answer was lost
    Index("ix_sms_receipt_provider_ref", "provider_ref"),
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
    # sms.replying, for what is new
    Index("ix_sms_inbound_unhandled", "id", postgresql_where="handled_at IS NULL"),
    # sms.replying, for how much one telephone sent lately
    Index("ix_sms_inbound_sender", "sender", "received_at"),
)
