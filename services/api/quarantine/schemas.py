"""Quarantined messages as JSON."""

from datetime import datetime

from pydantic import BaseModel, Field

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
