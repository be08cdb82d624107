"""Facilities as JSON."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, Field

from services.api.inputs import Code, Name


class Ownership(StrEnum):
    """Whose a facility is."""

    PUBLIC = "public"
    NON_PUBLIC = "non_public"


def _known(zone: str) -> str:
    if zone not in available_timezones():
        raise ValueError("this is no name of a time zone, such as Asia/Ho_Chi_Minh")
    return zone


Children = Annotated[int, Field(ge=0, le=100_000, description="Head count; no child is named")]


RequiresSignature = Annotated[
    bool,
    Field(
        description="Only heartbeats signed by the device's own key count: devices without a key, "
        "foreign dialects and single pictures do not"
    ),
]


class FacilityIn(BaseModel):
    """A facility to register."""

    code: Code
    name: Name
    ownership: Ownership = Ownership.NON_PUBLIC
    admin_unit: str | None = Field(
        default=None,
        max_length=100,
        description="Code of the commune or province; default: your own, else the first province",
    )
    children: Children = 0
    time_zone: Annotated[str, Field(max_length=64), AfterValidator(_known)] = "Asia/Ho_Chi_Minh"
    requires_signature: RequiresSignature = False


class FacilityChange(BaseModel):
    """What is sent changes, the rest stays. Days on record keep a facility in its time zone."""

    name: Name | None = None
    ownership: Ownership | None = None
    admin_unit: str | None = Field(default=None, max_length=100)
    children: Children | None = None
    requires_signature: RequiresSignature | None = None


class FacilityOut(BaseModel):
    """A facility on record."""

    code: str
    name: str
    ownership: Ownership
    admin_unit: str
    children: int
    time_zone: str
    requires_signature: RequiresSignature
    registered_at: datetime
    retired_at: datetime | None
