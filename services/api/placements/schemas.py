"""Where devices stand, as JSON."""

from datetime import datetime

from pydantic import BaseModel, Field


class MoveIn(BaseModel):
    """Where a device stands from now on."""

    zone: str = Field(max_length=200, description="Code of another zone of the facility")


class PlacementOut(BaseModel):
    """A stay in one zone; what the device attested meanwhile counts for it."""

    zone: str
    zone_name: str
    valid_from: datetime
    valid_to: datetime | None = Field(description="Absent: it stands there now")
