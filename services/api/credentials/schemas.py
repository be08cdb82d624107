"""Credentials of devices as JSON."""

from datetime import datetime, timedelta
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, Field, StringConstraints

from services.api.inputs import in_plain_sight
from shared.domain.credentials import LONGEST_OVERLAP, OVERLAP, Ending, Standing

OverlapS = Annotated[
    float,
    Field(
        ge=0,
        le=LONGEST_OVERLAP.total_seconds(),
        allow_inf_nan=False,
        description="So long the old ones hold beside the new one; 0 ends them and their sessions "
        "when the new one begins",
    ),
]


Reason = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=500),
    AfterValidator(in_plain_sight),
]


class MqttOut(BaseModel):
    """With what a device logs in to the broker; the password is shown this once."""

    host: str
    port: int
    username: str
    password: str
    heartbeat_topic: str


class CredentialOut(BaseModel):
    """A credential on record. Nobody can read its password again."""

    number: int
    username: str
    standing: Standing
    created_at: datetime
    not_before: datetime
    not_after: datetime | None
    ended_at: datetime | None
    ended_because: Ending | None


class RotationIn(BaseModel):
    """When the new credential begins and ends, and how long the old ones hold beside it."""

    overlap_s: OverlapS = OVERLAP.total_seconds()
    not_before: AwareDatetime | None = Field(default=None, description="Default: now")
    not_after: AwareDatetime | None = Field(default=None, description="Default: until revoked")

    @property
    def overlap(self) -> timedelta:
        return timedelta(seconds=self.overlap_s)


class CredentialsOut(BaseModel):
    """A device's new access to the broker."""

    credential: CredentialOut
    mqtt: MqttOut


class ReplacementIn(BaseModel):
    """Why other hardware stands in the device's place now."""

    reason: Reason = Field(default="", description="Names nobody")


class ReplacementOut(BaseModel):
    """That other hardware took the device's place."""

    replaced_at: datetime
    reason: str
