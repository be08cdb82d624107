"""Legal holds as JSON."""

from datetime import date, datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field, StringConstraints

from services.api.inputs import in_plain_sight

Reason = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=1000),
    AfterValidator(in_plain_sight),
    Field(description="The case or order behind it; no child is named here"),
]


class HoldIn(BaseModel):
    """What to hold. Nothing of it goes until the hold is released, whatever a policy says."""

    facility: str | None = Field(
        default=None, max_length=200, description="Its code; absent: of every facility"
    )
    first_day: date = Field(description="Local, included")
    last_day: date | None = Field(
        default=None, description="Local, included; absent: and all days to come"
    )
    reason: Reason


class ReleaseIn(BaseModel):
    """Why what was held may go again."""

    reason: Reason


class HoldOut(BaseModel):
    """A hold on record, in force until it is released."""

    id: int
    facility: str | None = Field(description="Its code; absent: of every facility")
    first_day: date
    last_day: date | None
    reason: str
    placed_by: str
    placed_at: datetime
    released_by: str | None
    released_at: datetime | None
    release_reason: str | None
