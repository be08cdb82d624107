"""Zones and what must be watched in them, as JSON."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, Field

from services.api.inputs import Code, Name, in_words
from services.api.zones.requirements.schemas import RequirementChange, RequirementIn, RequirementOut
from shared.domain.places import ZoneKind, zone_kind

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


class ZoneWarned(StrEnum):
    """What a zone requires that will not go well."""

    TOO_FEW_DEVICES = "too_few_devices"
    DEVICE_TOO_SELDOM = "device_too_seldom"


class ZoneWarningOut(BaseModel):
    """`code` is for programs, `detail` for people."""

    code: ZoneWarned
    detail: str
    device: str | None = Field(description="Its code, where it is about one")


class ZoneOut(BaseModel):
    """A zone on record."""

    code: str
    name: str
    kind: ZoneKind
    is_private: bool = Field(description="No camera may be here")
    requirement: RequirementOut = Field(description="In force, or the last of a retired zone")
    warnings: list[ZoneWarningOut] = Field(
        default=[], description="Only where one zone is read or changed, not in lists"
    )
    registered_at: datetime
    retired_at: datetime | None
