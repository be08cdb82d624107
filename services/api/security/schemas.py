"""Security events as JSON."""

from datetime import date, datetime

from pydantic import BaseModel, Field

from shared.domain.states import Refusal


class SecurityEventOut(BaseModel):
    """What a device was refused on one day, for one reason that somebody must look into."""

    id: int
    device: str
    kind: Refusal = Field(description="One of those that are security events")
    day: date = Field(description="The facility's local day")
    count: int = Field(description="Messages; none of them counted for anything")
    first_at: datetime
    last_at: datetime
