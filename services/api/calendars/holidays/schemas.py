"""Public holidays as JSON."""

from datetime import date, datetime

from pydantic import BaseModel, Field

from services.api.inputs import Name
from shared.domain.holidays import HolidayKind


class DecisionIn(BaseModel):
    """What the government decided about a day to come."""

    day: date
    kind: HolidayKind = Field(description="`off`, or `work` where the law has a day off")
    name: Name = Field(description="What the day is called")
    source: Name = Field(description="The decision: number, date, who made it")


class DecisionOut(DecisionIn):
    """A decision on record."""

    id: int
    recorded_at: datetime


class HolidayOut(BaseModel):
    """One day that is off, or that is worked though it lies in a weekend or the law has it off."""

    day: date
    name: str
    is_off: bool
    is_verified: bool = Field(description="False: nobody has read the text that makes it law yet")
    decision: DecisionOut | None = Field(description="Absent: by law")


class YearOut(BaseModel):
    """The public holidays of a year, in order."""

    year: int
    holidays: list[HolidayOut]
