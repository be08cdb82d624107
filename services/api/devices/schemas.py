"""Devices as JSON."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, Field, StringConstraints

from services.api.camera_approvals.schemas import StandingOut
from services.api.credentials.schemas import MqttOut
from services.api.inputs import Code, Name, in_words
from services.api.profiles.schemas import Interval, Tolerance
from shared.contracts.discovery import ENDPOINT_PATTERN
from shared.domain.places import DeviceKind, device_kind
from shared.domain.states import ClockState, Hint, SecondState, WatchState


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
    profile: str | None = Field(
        default=None, max_length=200, description="Code of a device profile; not for a gateway"
    )
    gateway: str | None = Field(
        default=None,
        max_length=200,
        description="Code of the gateway through which it speaks; a silent one explains it",
    )
    interval_s: Interval = Field(
        default=30, description="Every so many seconds; not sent: its profile's, else 30"
    )
    tolerance_s: Tolerance | None = Field(
        default=None, description="Default: its profile's, else a fifth of the interval"
    )
    endpoint: Annotated[str, StringConstraints(pattern=ENDPOINT_PATTERN)] | None = Field(
        default=None, description="What a camera found on site calls itself: urn:uuid:…"
    )


class DeviceChange(BaseModel):
    """What is sent changes, the rest stays. To stand elsewhere it is moved: `…/placements`."""

    name: Name | None = None
    interval_s: Interval | None = None
    tolerance_s: Tolerance | None = None
    gateway: str | None = Field(
        default=None,
        max_length=200,
        description="Code of the gateway through which it speaks from now on; null: by itself",
    )


class LatestOut(BaseModel):
    """What the device said last."""

    at: datetime
    received_at: datetime
    state: WatchState
    battery: float | None = None
    rssi: float | None = None
    fps: float | None = None


class ClockOut(BaseModel):
    """What the device's clock showed when it was last compared with ours."""

    state: ClockState
    offset_s: float = Field(description="The device's clock minus ours: positive is ahead")
    since: datetime
    measured_at: datetime


class ConditionOut(BaseModel):
    """What holds for a device until it is taken back: a cause of silence, never evidence."""

    condition: WatchState | Hint
    since: datetime


class Warned(StrEnum):
    """What a device was registered with that will not go well."""

    REPORTS_TOO_SELDOM = "reports_too_seldom"
    SLEEPS_TOO_LONG = "sleeps_too_long"
    MAY_NOT_RECORD = "may_not_record"
    REVIEW_DUE = "review_due"


class WarningOut(BaseModel):
    """`code` is for programs, `detail` for people: what will go wrong, and what to do."""

    code: Warned
    detail: str
    advised_interval_s: float | None = Field(
        default=None, description="Reporting so seldom would do"
    )


class DeviceOut(BaseModel):
    """A device on record."""

    code: str
    name: str
    kind: DeviceKind
    zone: str | None
    gateway: str | None = Field(description="Through which it speaks; absent: not known, or none")
    placed_at: datetime | None = Field(description="There since; absent for a gateway")
    profile: str | None
    interval_s: float
    tolerance_s: float = Field(description="So much later it is still in time")
    registered_at: datetime
    retired_at: datetime | None
    state: SecondState = Field(description="As known now; `unknown` while nothing can be said")
    latest: LatestOut | None
    conditions: list[ConditionOut] = Field(description="Causes told by itself or its hub")
    clock: ClockOut | None = Field(description="Absent while it was never compared")
    suspended_until: datetime | None = Field(
        description="The broker refuses it until about then, because it sent far too much"
    )
    has_key: bool = Field(description="It has a key in force to sign with")
    approval: StandingOut | None = Field(description="Of a camera: whether it may record")
    warnings: list[WarningOut] = Field(description="Nothing was refused, but look at these")


class DeviceCreatedOut(DeviceOut):
    """A device just registered."""

    mqtt: MqttOut | None = Field(description="Absent for a round point: it says nothing itself")
