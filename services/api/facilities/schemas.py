"""Facilities as JSON."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, Field, StringConstraints, model_validator

from services.api.inputs import Code, Name, composed, in_plain_sight
from shared.domain.facility_status import LicenceState, Status
from shared.domain.facility_types import FacilityType


class Ownership(StrEnum):
    """Whose a facility is."""

    PUBLIC = "public"
    NON_PUBLIC = "non_public"


def _known(zone: str) -> str:
    if zone not in available_timezones():
        raise ValueError("this is no name of a time zone, such as Asia/Ho_Chi_Minh")
    return zone


Children = Annotated[
    int,
    Field(ge=0, le=100_000, description="How many children live there; nobody is named here"),
]
RequiresSignature = Annotated[
    bool,
    Field(description="Heartbeats count only if signed by the device's key; the rest is set aside"),
]
Capacity = Annotated[int, Field(ge=0, le=100_000, description="How many it may house")]
Address = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=300),
    AfterValidator(in_plain_sight),
    AfterValidator(composed),
    Field(description="House, street, village; the commune is its administrative unit"),
]
Latitude = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False, description="WGS 84")]
Longitude = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False, description="WGS 84")]
CaresForChildren = Annotated[bool, Field(description="Children live there, whatever its type")]


def _both_or_neither(latitude: float | None, longitude: float | None) -> None:
    if (latitude is None) != (longitude is None):
        raise ValueError("a position has a latitude and a longitude; send both or neither")


class FacilityIn(BaseModel):
    """A facility to register."""

    code: Code
    name: Name
    ownership: Ownership = Ownership.NON_PUBLIC
    type: FacilityType = FacilityType.OTHER
    cares_for_children: CaresForChildren = True
    admin_unit: str | None = Field(
        default=None,
        max_length=100,
        description="Code of the commune or province; default: your own, else the first province",
    )
    address: Address = ""
    capacity: Capacity | None = None
    children: Children = 0
    latitude: Latitude | None = None
    longitude: Longitude | None = None
    time_zone: Annotated[str, Field(max_length=64), AfterValidator(_known)] = "Asia/Ho_Chi_Minh"
    requires_signature: RequiresSignature = False

    @model_validator(mode="after")
    def _has_a_whole_position(self) -> "FacilityIn":
        _both_or_neither(self.latitude, self.longitude)
        return self


class FacilityChange(BaseModel):
    """What is sent changes, the rest stays. Days on record keep a facility in its time zone."""

    name: Name | None = None
    ownership: Ownership | None = None
    type: FacilityType | None = None
    cares_for_children: CaresForChildren | None = None
    admin_unit: str | None = Field(default=None, max_length=100)
    address: Address | None = None
    capacity: Capacity | None = None
    children: Children | None = None
    latitude: Latitude | None = None
    longitude: Longitude | None = None
    requires_signature: RequiresSignature | None = None

    @model_validator(mode="after")
    def _has_a_whole_position(self) -> "FacilityChange":
        _both_or_neither(self.latitude, self.longitude)
        return self


class FacilityOut(BaseModel):
    """A facility on record, and how it stands before the law on the day asked for."""

    code: str
    name: str
    ownership: Ownership
    type: FacilityType
    cares_for_children: bool
    admin_unit: str = Field(description="Where it lay on that day")
    address: str
    capacity: int | None
    children: int
    latitude: float | None
    longitude: float | None
    time_zone: str
    requires_signature: RequiresSignature
    status: Status
    licence: LicenceState
    licence_last_day: date | None = Field(description="The last day of the licence in force")
    registered_at: datetime = Field(description="Since when it is on record here")
    retired_at: datetime | None
