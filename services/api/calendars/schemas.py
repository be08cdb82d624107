"""Watch calendars as JSON."""

from datetime import datetime, time
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from services.api.inputs import Code, Name
from shared.domain.watch_calendar import Hours, OnHolidays, WatchCalendar


def _in_order(days: list[int]) -> list[int]:
    return sorted(set(days))


LocalTime = Annotated[
    str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$"), Field(examples=["22:00"])
]
Days = Annotated[
    list[Annotated[int, Field(ge=0, le=6)]],
    Field(min_length=1, max_length=7, description="On which they begin; 0 is Monday"),
    AfterValidator(_in_order),
]


class HoursIO(BaseModel):
    """Local hours; up to a time that is not later they end on the next day."""

    model_config = ConfigDict(populate_by_name=True)
    days: Days
    start: LocalTime = Field(alias="from")
    until: LocalTime = Field(alias="to", description="The same as `from`: a whole day")

    def hours(self) -> Hours:
        return Hours(
            tuple(self.days), time.fromisoformat(self.start), time.fromisoformat(self.until)
        )


class CalendarIn(BaseModel):
    """A calendar to add. It is never changed: another week is another calendar."""

    name: Name
    facility: Code | None = Field(default=None, description="For that one only; else for all")
    weekly: list[HoursIO] = Field(min_length=1, max_length=28)
    on_holidays: OnHolidays = Field(
        default=OnHolidays.AS_USUAL,
        description="What holds on public holidays, instead of the hours that begin on them",
    )

    def calendar(self) -> WatchCalendar:
        return WatchCalendar(tuple(one.hours() for one in self.weekly), self.on_holidays)


class CalendarOut(BaseModel):
    """A calendar on record."""

    id: int
    name: str
    facility: str | None
    weekly: list[HoursIO]
    on_holidays: OnHolidays
    zones: int = Field(description="Of one's own that go by it now, or will")
    created_at: datetime
    retired_at: datetime | None = Field(description="No zone takes it any more; some may still")
