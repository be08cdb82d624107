"""Incidents as JSON."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, Field

from services.api.gaps.schemas import GapOut
from services.api.inputs import Text
from shared.domain.access import Role
from shared.domain.delivery import Receipt
from shared.domain.handling import ActionKind, Resolution, Verdict, Way
from shared.domain.states import Cause, IncidentState, Severity, WatchState

#: So many are taken up with one request.
MOST_AT_ONCE: Final = 200


class IncidentOut(BaseModel):
    """Gaps that share a cause."""

    id: int
    facility: str | None = Field(description="Absent: of an area, or the platform's own")
    unit: str | None = Field(default=None, description="The area, if it is one's outage")
    cause: Cause
    fault: WatchState | None = Field(default=None, description="Of a picture: what is wrong")
    severity: Severity = Severity.WARNING
    state: IncidentState
    since: datetime = Field(description="When the first of its gaps began")
    opened_at: datetime
    resolved_at: datetime | None
    acknowledged_at: datetime | None
    parent: int | None = Field(default=None, description="The area outage that it is part of")
    unstable_since: datetime | None = Field(default=None, description="It comes and goes")
    snoozed_until: datetime | None = None
    assigned_to: int | None = Field(default=None, description="The number of a person")
    resolution: Resolution | None = Field(default=None, description="What it was, if said")


class EventOut(BaseModel):
    """Something that happened, and why."""

    id: int
    at: datetime
    kind: str
    gap: int | None
    detail: Mapping[str, Any]
    action: int | None = Field(default=None, description="What somebody did, taken in with it")


class NotificationOut(BaseModel):
    """Who was told what, through what, and what came of it."""

    id: int = 0
    kind: str
    role: Role
    channel: str
    state: str
    created_at: datetime = Field(description="When it was decided")
    due_at: datetime | None = Field(description="When it is tried next; only while pending")
    sent_at: datetime | None
    attempts: int
    outcome: str | None = Field(description="Of the last attempt")
    address: str | None = Field(description="Only for those who may see addresses")
    who: str | None = Field(default=None, description="Likewise")
    provider: str | None = Field(default=None, description="Through which it went at last")
    receipt: Receipt | None = Field(default=None, description="Absent: none yet, or none promised")
    receipt_at: datetime | None = None
    instead_of: int | None = Field(default=None, description="The message that did not arrive")


class AcknowledgementOut(BaseModel):
    """Somebody took it up."""

    id: int
    by: str
    note: str
    via: Way = Way.CONSOLE
    acknowledged_at: datetime


class ActionOut(BaseModel):
    """What somebody did about it besides taking it up."""

    id: int
    kind: ActionKind
    by: str
    at: datetime
    note: str
    to: str | None = Field(default=None, description="Of `assign`: who is to see to it")
    until: datetime | None = Field(default=None, description="Of `snooze`")
    resolution: Resolution | None = Field(default=None, description="Of `resolve`")
    documents: list[int] = Field(default=[], description="Of `explain`: what proves it")
    explanation: int | None = Field(default=None, description="Of `review`: of what")
    verdict: Verdict | None = Field(default=None, description="Of `review`")


class IncidentDetailOut(IncidentOut):
    """One incident with its whole story."""

    gaps: list[GapOut]
    timeline: list[EventOut]
    notifications: list[NotificationOut]
    acknowledgements: list[AcknowledgementOut]
    actions: list[ActionOut] = []
    children: list[int] = Field(default=[], description="Incidents that this outage explains")


class AcknowledgementIn(BaseModel):
    """A word to those who were told; no child's name belongs here."""

    note: Text | None = Field(default=None, max_length=2000)


class ManyIn(BaseModel):
    """Several incidents at once."""

    incidents: list[Annotated[int, Field(ge=1, lt=2**63)]] = Field(
        min_length=1, max_length=MOST_AT_ONCE
    )
    note: Text | None = Field(default=None, max_length=2000)


class OneOfManyOut(BaseModel):
    """What became of one of them."""

    incident: int
    result: Literal["acknowledged", "already", "over", "not_allowed", "not_found"] = Field(
        description="`already`: you had taken it up before"
    )


class ManyOut(BaseModel):
    """In the order in which they were given, each once."""

    acknowledged: int
    results: list[OneOfManyOut]
