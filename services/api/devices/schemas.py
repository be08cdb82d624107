"""Devices as JSON."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, Field

from services.api.inputs import Code, Name, in_words
from shared.domain.places import DeviceKind, device_kind
from shared.domain.states import SecondState, WatchState

Interval = Annotated[
    float,
    Field(
        ge=1, le=3600, allow_inf_nan=False, description="It sends a heartbeat every so many seconds"
    ),
]


class DeviceIn(BaseModel):
    """A device to register."""

    code: Code
    name: Name | None = Field(default=None, description="Default: the code")
    kind: Annotated[DeviceKind, BeforeValidator(in_words(device_kind))]
    zone: str | None = Field(
        default=None,
        max_length=200,
        description="Code of the zone it watches; not kept for a gateway",
    )
    interval_s: Interval = 30


class DeviceChange(BaseModel):
    """What is sent changes, the rest stays. A device that watches elsewhere is another device."""

    name: Name | None = None
    interval_s: Interval | None = None


class LatestOut(BaseModel):
    """What the device said last."""

    at: datetime
    received_at: datetime
    state: WatchState
    battery: float | None = None
    rssi: float | None = None
    fps: float | None = None


class DeviceOut(BaseModel):
    """A device on record."""

    code: str
    name: str
    kind: DeviceKind
    zone: str | None
    interval_s: float
    registered_at: datetime
    retired_at: datetime | None
    state: SecondState = Field(description="As known now; `unknown` while nothing can be said")
    latest: LatestOut | None


class MqttOut(BaseModel):
    """With what a device logs in to the broker; the password is shown this once."""

    host: str
    port: int
    username: str
    password: str
    heartbeat_topic: str


class DeviceCreatedOut(DeviceOut):
    """A device just registered."""

    mqtt: MqttOut


class CredentialsOut(BaseModel):
    """A device's new access to the broker; the old one has ended."""

    mqtt: MqttOut
