"""Approvals of cameras as JSON."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, Field, StringConstraints

from services.api.inputs import Name, Text
from shared.domain.camera_approval import ApprovalState, Standing

Reasons = Annotated[Text, StringConstraints(strip_whitespace=True, min_length=10, max_length=2000)]
Note = Annotated[Text, StringConstraints(strip_whitespace=True, max_length=1000)]
Why = Annotated[Text, StringConstraints(strip_whitespace=True, min_length=3, max_length=1000)]
ReviewOn = Annotated[date, Field(description="By then somebody asks again; within a year")]
Limit = Annotated[
    AwareDatetime, Field(description="It ends by itself then; needed where infants sleep")
]


class RequestIn(BaseModel):
    """Why a camera should watch a zone."""

    purpose: Name
    justification: Reasons = Field(description="Why it is needed for that")
    alternatives: Reasons = Field(description="What would intrude less, and why it will not do")
    document: Annotated[Text, StringConstraints(strip_whitespace=True, max_length=300)] = Field(
        default="", description="The decision in writing, by number; needed where infants sleep"
    )
    review_on: ReviewOn
    valid_to: Limit | None = None
    zone: str | None = Field(
        default=None, max_length=200, description="Default: where it stands; else before a move"
    )


class ApproveIn(BaseModel):
    """What is not sent stays as it was asked for."""

    note: Note = ""
    review_on: ReviewOn | None = None
    valid_to: Limit | None = None


class EndIn(BaseModel):
    """Why it is refused or revoked."""

    note: Why


class ReviewIn(BaseModel):
    """Somebody has looked again, and the camera is still needed."""

    review_on: ReviewOn
    note: Note = ""


class ApprovalOut(BaseModel):
    """A request and what became of it. `brought_in` as a reason: it was on record before."""

    id: int
    zone: str
    zone_name: str
    state: ApprovalState
    purpose: str
    justification: str
    alternatives: str
    document: str
    review_on: date
    is_review_due: bool
    valid_to: datetime | None
    requested_by: str | None = Field(description="Absent: brought in")
    requested_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    decision_note: str
    reviewed_by: str | None
    reviewed_at: datetime | None
    ended_by: str | None
    ended_at: datetime | None
    end_note: str


class ListedOut(BaseModel):
    """An approval among those of all facilities."""

    id: int
    facility: str
    facility_name: str
    device: str
    device_name: str
    zone_name: str
    state: ApprovalState
    purpose: str
    requested_at: datetime
    decided_at: datetime | None
    review_on: date
    is_review_due: bool
    valid_to: datetime | None


class Which(StrEnum):
    """Which approvals somebody looks for."""

    TO_DECIDE = "to_decide"
    REVIEW_DUE = "review_due"
    IN_FORCE = "in_force"


class StandingOut(BaseModel):
    """How it stands with a camera where it is now; absent for other devices."""

    standing: Standing
    may_record: bool
    since: datetime | None = Field(description="It may record since then")
    until: datetime | None = Field(description="Until then; absent: no end is set")
    review_on: date | None
