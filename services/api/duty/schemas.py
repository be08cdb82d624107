"""The rota as JSON."""

from datetime import date, datetime, time
from typing import Annotated, Self

from pydantic import AwareDatetime, BaseModel, Field, StringConstraints, model_validator

from shared.domain.access import Role

PlaceCode = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class _DutyIn(BaseModel):
    """Who, as what, and where: a facility, or a unit with all below it."""

    facility: PlaceCode | None = None
    unit: PlaceCode | None = None
    role: Role
    person: int = Field(ge=1, lt=2**63, description="Somebody who holds the role there")
    is_deputy: bool = Field(default=False, description="Told if the other one cannot be")

    @model_validator(mode="after")
    def _has_one_place(self) -> Self:
        if (self.facility is None) == (self.unit is None):
            raise ValueError("name either a facility or a unit")
        return self


class ShiftIn(_DutyIn):
    """One shift, 36 hours at most."""

    starts_at: AwareDatetime
    ends_at: AwareDatetime


class SeriesIn(_DutyIn):
    """The same hours on some days of the week, up to 90 days ahead, in local time."""

    first_on: date
    last_on: date = Field(description="Included")
    weekdays: set[Annotated[int, Field(ge=0, le=6)]] = Field(
        min_length=1, description="0 is Monday"
    )
    begins: time
    ends: time = Field(description="On the next day, if it is no later than the begin")


class ShiftOut(BaseModel):
    """Somebody's shift."""

    id: int
    facility: str | None
    unit: str | None
    place_name: str
    role: Role
    person: int
    name: str = Field(description="Their name, for those who may know it, else their number")
    is_deputy: bool
    starts_at: datetime
    ends_at: datetime
    holds_role: bool = Field(description="If not, nobody is told by this shift")
    may_cancel: bool


class SeriesOut(BaseModel):
    """The shifts of a series."""

    shifts: list[ShiftOut]


class AssigneeOut(BaseModel):
    """Somebody who can be put on duty."""

    person: int
    name: str
    role: Role
    is_deputy: bool
