"""Quarantined messages as JSON."""

from datetime import datetime

from pydantic import BaseModel, Field

from services.api.quarantine.obstacles import Obstacle
from shared.domain.states import Refusal


class QuarantinedOut(BaseModel):
    """Messages on one topic that were not credited, for one reason."""

    id: int
    reason: Refusal
    topic: str
    facility: str | None = Field(description="As the topic names it")
    device: str | None = Field(description="As the topic names it")
    sample: str = Field(description="The first bytes of the latest, made printable")
    count: int
    first_at: datetime
    last_at: datetime


class ReplayOut(BaseModel):
    """What a replay of an entry can do, and what the last one did."""

    obstacle: Obstacle | None = Field(description="Why there can be no replay; absent if it can")
    kept: int = Field(description="So many whole messages are kept for it; the newest ones")
    kept_bytes: int
    oldest_at: datetime | None = Field(description="When the oldest kept one was received")
    newest_at: datetime | None
    requested_at: datetime | None = Field(
        description="A replay was asked for and is not carried out yet"
    )
    replayed: int = Field(description="Messages read once more so far")
    replayed_at: datetime | None


class QuarantinedDetailOut(QuarantinedOut):
    """One entry with what can be done about it. What was sent is not shown beyond the sample."""

    why: str = Field(description="The reason in your language")
    advice: str = Field(description="What to do about it")
    replay: ReplayOut


class ReplayRequestedOut(BaseModel):
    """A replay is under way; `GET` of the entry tells when it is done."""

    requested_at: datetime
    kept: int = Field(description="So many messages are read once more")
