"""Dated requirements as JSON."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import AfterValidator, AwareDatetime, BaseModel, Field, StringConstraints

from services.api.inputs import composed, in_plain_sight
from shared.domain.places import DeviceKind

MinDevices = Annotated[int, Field(ge=1, le=1000, description="So many must watch at once")]
MaxGap = Annotated[
    float,
    Field(ge=1, le=86_400, allow_inf_nan=False, description="Longest tolerated hole, seconds"),
]
CalendarNumber = Annotated[
    int, Field(ge=1, le=2**62, description="Of a watch calendar; null: around the clock")
]
Reason = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=500),
    AfterValidator(in_plain_sight),
    AfterValidator(composed),
    Field(description="Why, in a sentence that names nobody"),
]


def _that_watch(kinds: list[DeviceKind]) -> list[DeviceKind]:
    if DeviceKind.GATEWAY in kinds:
        raise ValueError("a gateway only speaks for others: it watches nothing")
    return sorted(set(kinds))


Kinds = Annotated[
    list[DeviceKind],
    Field(min_length=1, description="Kinds of devices that count; null: all"),
    AfterValidator(_that_watch),
]


class RequirementIn(BaseModel):
    """What must be watched: around the clock, if no calendar is named."""

    min_devices: MinDevices = 1
    max_gap_s: MaxGap = 60
    calendar: CalendarNumber | None = None
    kinds: Kinds | None = None
    occupied: bool = Field(default=True, description="False: nobody is there, nothing is required")

    def changed_by(self, change: "RequirementChange") -> Self:
        return self.model_copy(update=change.changes())


class RequirementChange(BaseModel):
    """What is sent changes, from `valid_from` on; the past stays as it was required.

    It replaces what was to begin later than that.
    """

    min_devices: MinDevices | None = None
    max_gap_s: MaxGap | None = None
    calendar: CalendarNumber | None = None
    kinds: Kinds | None = None
    occupied: bool | None = None
    reason: Reason = ""
    valid_from: AwareDatetime | None = Field(default=None, description="Default: now; never past")

    def changes(self) -> dict[str, object]:
        """Null says something of a calendar and of kinds, and nothing of the rest."""
        sent = self.model_dump(exclude_unset=True, exclude={"reason", "valid_from"})
        return {
            name: value
            for name, value in sent.items()
            if value is not None or name in {"calendar", "kinds"}
        }


class RequirementOut(BaseModel):
    """A requirement on record; the past never changes."""

    min_devices: int
    max_gap_s: float
    calendar: int | None = Field(description="Absent: around the clock")
    calendar_name: str | None
    kinds: list[DeviceKind] | None = Field(description="Absent: all kinds count")
    occupied: bool
    reason: str
    valid_from: datetime
    valid_to: datetime | None = Field(description="Absent: until it is changed")
