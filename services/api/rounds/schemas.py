"""Rounds as JSON."""

from datetime import date, datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field, StringConstraints

from services.api.inputs import Text, composed

#: Long enough for what was noticed, too short for a report.
MOST_NOTED = 500
#: What a label says is 32 letters; whatever is longer is none of ours.
MOST_CODE = 200

Note = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=MOST_NOTED),
    AfterValidator(composed),
]


class CheckInIn(BaseModel):
    """Somebody came by."""

    code: Text = Field(max_length=MOST_CODE, description="What the label says, after `/r/`")
    note: Annotated[Note, Text] = Field(
        default="", description="What was noticed. No child may be named here."
    )


class CheckInOut(BaseModel):
    """A check-in, made now or less than a minute ago."""

    id: int
    facility: str
    zone: str
    device: str
    checked_at: datetime
    is_repeat: bool = Field(description="Somebody had checked in there less than a minute before")


class LabelOut(BaseModel):
    """What stands on a label from now on, shown this once; what stood there before is worthless."""

    facility: str
    zone: str
    device: str
    labelled_at: datetime
    code: str
    address: str = Field(description="For a QR code or an NFC tag")


class VisitOut(BaseModel):
    """Somebody was at a place."""

    id: int
    device: str
    checked_at: datetime
    who: str | None = Field(description="For whoever may know who acted")
    note: str


class MissedOut(BaseModel):
    """Nobody came by for longer than is tolerated."""

    start: datetime
    due_at: datetime = Field(description="By when somebody should have come by")
    end: datetime | None = Field(description="Absent while it lasts")
    incident: int | None


class RoundZoneOut(BaseModel):
    """A zone on the round."""

    zone: str
    name: str
    max_gap_s: float | None = Field(description="So often somebody must come by; absent: need not")
    last_at: datetime | None = Field(description="When somebody came by last, in any night")
    due_at: datetime | None = Field(description="By when somebody must come by next")
    visits: list[VisitOut]
    missed: list[MissedOut]


class RoundsOut(BaseModel):
    """A night of a facility, from noon to noon of its own clock."""

    night: date
    start: datetime
    end: datetime
    zones: list[RoundZoneOut]
