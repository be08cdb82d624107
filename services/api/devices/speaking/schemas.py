"""Through which gateway a device speaks, as JSON."""

from datetime import datetime

from pydantic import BaseModel, Field


class TieOut(BaseModel):
    """A time in which a device spoke through one gateway, or by itself."""

    gateway: str | None = Field(description="Absent: by itself, or it was not known")
    gateway_name: str | None
    valid_from: datetime
    valid_to: datetime | None = Field(description="Absent: it does now")
