"""Gaps as JSON."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from shared.domain.states import GapState


class GapOut(BaseModel):
    """Required time without enough coverage, longer than tolerated."""

    model_config = ConfigDict(serialize_by_alias=True, validate_by_name=True)

    id: int
    facility: str
    zone: str
    state: GapState
    from_at: datetime = Field(alias="from")
    to_at: datetime | None = Field(alias="to", description="Absent while it lasts")
    opened_at: datetime
    closed_at: datetime | None
    repaired_at: datetime | None = Field(
        description="When late evidence showed that the watch had gone on"
    )
    incident: int | None
    excused_seconds: int = Field(
        description="Of its length so far, what approved maintenance excuses; by what had been "
        "approved as of `as_known_at`"
    )
    corrected_seconds: int = Field(description="Of these, what was excused only afterwards")
