"""Enrolments as JSON."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, Field

from services.api.credentials.schemas import MqttOut
from services.api.inputs import Code, Name, in_words
from services.api.keys.schemas import MAX_TEXT
from services.api.profiles.schemas import Interval
from shared.domain.enrolment import EnrolmentState
from shared.domain.places import DeviceKind, device_kind


class EnrolmentIn(BaseModel):
    """What is to come into service, and where."""

    kind: Annotated[DeviceKind, BeforeValidator(in_words(device_kind))] | None = Field(
        default=None, description="Needed unless it replaces a device"
    )
    zone: str | None = Field(default=None, max_length=200, description="Not kept for a gateway")
    gateway: str | None = Field(
        default=None,
        max_length=200,
        description="Code of the gateway through which it is to speak",
    )
    code: Code | None = Field(default=None, description="Default: the next of its kind, cam-4")
    name: Name | None = Field(default=None, description="Default: the code")
    interval_s: Interval = 30
    replaces: Code | None = Field(
        default=None, description="Code of a device whose place new hardware takes"
    )


class EnrolmentOut(BaseModel):
    """How far an enrolment has come."""

    id: int
    state: EnrolmentState
    kind: DeviceKind
    zone: str | None
    gateway: str | None = Field(description="Through which it is to speak")
    device: str = Field(description="Code of the device that it becomes")
    name: str
    is_replacement: bool
    issued_at: datetime
    expires_at: datetime
    redeemed_at: datetime | None
    heard_at: datetime | None = Field(description="The first sign of life after it was redeemed")


class EnrolmentIssuedOut(EnrolmentOut):
    """A new enrolment; its code is shown this once."""

    one_time_code: str
    address: str = Field(description="The same as an address: what the QR code says")


class RedeemIn(BaseModel):
    """A device that comes into service."""

    code: str = Field(max_length=100, description="The one-time code, with or without hyphens")
    public_key: str | None = Field(
        default=None, max_length=MAX_TEXT, description="Ed25519, base64 or PEM: signs from now on"
    )


class EnrolledOut(BaseModel):
    """What a device is told when it comes into service; the password is told this once."""

    facility: str
    device: str
    kind: DeviceKind
    zone: str | None
    interval_s: float
    mqtt: MqttOut
    key_fingerprint: str | None
