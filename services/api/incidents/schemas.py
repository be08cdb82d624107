"""Incidents as JSON."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from services.api.gaps.schemas import GapOut
from services.api.inputs import Text
from shared.domain.access import Role
from shared.domain.states import Cause, IncidentState


class IncidentOut(BaseModel):
    """Gaps that share a cause."""

    id: int
    facility: str | None = Field(description="Absent: the platform's own")
    cause: Cause
    state: IncidentState
    since: datetime = Field(description="When the first of its gaps began")
    opened_at: datetime
    resolved_at: datetime | None
    acknowledged_at: datetime | None


class EventOut(BaseModel):
    """Something that happened, and why."""

    id: int
    at: datetime
    kind: str
    gap: int | None
    detail: Mapping[str, Any]


class NotificationOut(BaseModel):
    """Who was told what, through what, and what came of it."""

    kind: str
    role: Role
    channel: str
    state: str
    created_at: datetime = Field(description="When it was decided")
    due_at: datetime | None = Field(description="When it is tried next; only while pending")
    sent_at: datetime | None
    attempts: int
    outcome: str | None = Field(description="Of the last attempt")
    address: str | None = Field(description="Only for those who may see people")


class AcknowledgementOut(BaseModel):
    """Somebody took it up."""

    id: int
    by: str
    note: str
    acknowledged_at: datetime


class IncidentDetailOut(IncidentOut):
    """One incident with its whole story."""

    gaps: list[GapOut]
    timeline: list[EventOut]
    notifications: list[NotificationOut]
    acknowledgements: list[AcknowledgementOut]


class AcknowledgementIn(BaseModel):
    """A word to those who were told; no child's name belongs here."""

    note: Text | None = Field(default=None, max_length=2000)
