"""Deliveries as JSON."""

from datetime import datetime

from pydantic import BaseModel, Field

from shared.domain.access import Role
from shared.domain.delivery import Receipt


class DeliveryOut(BaseModel):
    """One message to one address. Its words are in no answer: its hash says which they were."""

    id: int
    incident: int | None = Field(description="Absent: about the registry, or a test")
    facility: str | None
    kind: str
    role: Role
    channel: str
    priority: int = Field(description="0 notice, 1 warning, 2 critical")
    state: str
    created_at: datetime = Field(description="When it was decided")
    due_at: datetime | None = Field(description="When it is tried next; only while pending")
    sent_at: datetime | None
    attempts: int
    provider: str | None = Field(description="Through which it went at last")
    provider_ref: str | None = Field(description="The provider's number for it")
    outcome: str | None = Field(description="Of the last attempt; absent: never learned")
    receipt: Receipt | None = Field(description="Absent: none yet, or none promised")
    receipt_at: datetime | None
    content_sha256: str | None = Field(description="Of what was handed over, in hex")
    message_id: str
    instead_of: int | None = Field(description="The message that did not arrive")
    digest: int | None = Field(description="In which it was told together with others")
    address: str | None = Field(description="Only for those who may see addresses there")
    who: str | None = Field(description="Likewise")


class AttemptOut(BaseModel):
    """One try to hand it over."""

    started_at: datetime
    ended_at: datetime | None = Field(description="Absent: we were stopped in the middle of it")
    provider: str
    outcome: str | None = Field(description="accepted, retry, refused; absent: never learned")
    detail: str | None = Field(description="What the other side said; with addresses only")


class DeliveryDetailOut(DeliveryOut):
    """One message with every attempt."""

    tries: list[AttemptOut]
