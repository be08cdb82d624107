"""Device profiles as JSON."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, Field

from services.api.inputs import Code, Name, in_words
from shared.domain.places import DeviceKind, device_kind
from shared.domain.profiles import LONGEST_INTERVAL_S, Listening, Power

Interval = Annotated[
    float,
    Field(
        ge=1,
        le=LONGEST_INTERVAL_S,
        allow_inf_nan=False,
        description="It sends a heartbeat every so many seconds",
    ),
]
Tolerance = Annotated[
    float,
    Field(
        ge=0,
        le=LONGEST_INTERVAL_S,
        allow_inf_nan=False,
        description="A heartbeat may come so many seconds later and still be in time",
    ),
]


class VersionIn(BaseModel):
    """How devices of a type behave. What is registered with a version keeps it for ever."""

    name: Name
    kind: Annotated[DeviceKind, BeforeValidator(in_words(device_kind))]
    interval_s: Interval
    tolerance_s: Tolerance
    listening: Listening = Listening.ACTIVE
    power: Power = Power.MAINS
    source: Name = Field(description="Who says so: the maker, a document")


class ProfileIn(VersionIn):
    """A type of device to add, in its first version."""

    code: Code


class ProfileOut(BaseModel):
    """One version of a type of device."""

    code: str
    version: int
    name: str
    kind: DeviceKind
    interval_s: float
    tolerance_s: float
    listening: Listening = Field(description="passive: it sleeps until it stirs")
    power: Power
    source: str
    created_at: datetime
    retired_at: datetime | None = Field(description="Since then nobody can choose it")
