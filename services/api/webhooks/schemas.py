"""Webhooks as JSON."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints

from services.api.agencies.schemas import MAX_URL
from services.api.inputs import Text
from shared.domain.webhooks import EventType, NotMade


class WebhookIn(BaseModel):
    """Where to call, and about what."""

    url: Annotated[Text, StringConstraints(max_length=MAX_URL)] = Field(
        description="https, a public name, port 443 or 8443"
    )
    events: set[EventType] = Field(
        min_length=1, description="What it is told of, as far as its grants allow"
    )


class WebhookOut(BaseModel):
    """A webhook on record, and how the calls go."""

    id: int
    url: str
    events: list[EventType]
    created_at: datetime
    removed_at: datetime | None
    waiting: int = Field(description="Calls that have not been taken yet")
    last_taken_at: datetime | None
    not_made: int = Field(description="Calls that waited, and are not made any more")
    not_made_because: NotMade | None = Field(description="Of the latest of them")
    last_fault: str | None = Field(description="Why the latest call was not taken; null if it was")


class WebhookMade(WebhookOut):
    """A webhook just made."""

    secret: str = Field(description="Standard Webhooks: shown this once, and never again")
