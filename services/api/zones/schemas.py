"""Zones and what must be watched in them, as JSON."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, Field

from services.api.inputs import Code, Name, in_words
from shared.domain.places import ZoneKind, zone_kind

MinDevices = Annotated[int, Field(ge=1, le=1000, description="So many must watch at once")]
MaxGap = Annotated[
    float,
    Field(ge=1, le=86_400, allow_inf_nan=False, description="Longest tolerated hole, seconds"),
]


class RequirementIn(BaseModel):
    """What must be watched, around the clock."""

    min_devices: MinDevices = 1
    max_gap_s: MaxGap = 60


class RequirementChange(BaseModel):
    """What is sent changes from now on; the past stays as it was required."""

    min_devices: MinDevices | None = None
    max_gap_s: MaxGap | None = None


Kind = Annotated[
    ZoneKind,
    BeforeValidator(in_words(zone_kind)),
    Field(description="A word we do not know is `other`; one like bathroom is always private"),
]


class ZoneIn(BaseModel):
    """A zone to add."""

    code: Code
    name: Name | None = Field(default=None, description="Default: the code")
    kind: Kind = ZoneKind.OTHER
    requirement: RequirementIn = Field(default_factory=RequirementIn)


class ZoneChange(BaseModel):
    """What is sent changes, the rest stays."""

    name: Name | None = None
    kind: Kind | None = None
    requirement: RequirementChange | None = None


class RequirementOut(BaseModel):
    """The requirement in force, or the last one of a retired zone."""

    min_devices: int
    max_gap_s: float
    valid_from: datetime


class ZoneOut(BaseModel):
    """A zone on record."""

    code: str
    name: str
    kind: ZoneKind
    is_private: bool = Field(description="No camera may be here")
    requirement: RequirementOut
    registered_at: datetime
    retired_at: datetime | None
