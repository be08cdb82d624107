"""Cameras found on site, as JSON."""

from datetime import datetime

from pydantic import BaseModel, Field


class DiscoveredOut(BaseModel):
    """A camera that answered a gateway. What it says of itself was said by a stranger."""

    endpoint: str = Field(description="What it calls itself; send it along when registering")
    address: str = Field(description="On the network of the site; it is of no use elsewhere")
    name: str
    hardware: str
    gateway: str = Field(description="Code of the gateway that found it")
    seen_at: datetime
