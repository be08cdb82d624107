"""The settings of a gateway, and the file that says what is behind it."""

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from services.edge.sources import Source

Code = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$")]


class Settings(BaseSettings):
    """Read from the environment as EDGE_…; the password comes from a file."""

    model_config = SettingsConfigDict(env_prefix="EDGE_", frozen=True)

    mqtt_host: str
    mqtt_port: int = 1883
    mqtt_password: str
    #: A JSON file of the form of `Behind`.
    devices_file: Path
    journal_file: Path = Path("giamsat-journal.json")
    interval_s: float = Field(default=30.0, ge=1)
    health_host: str = "127.0.0.1"
    health_port: int = 9110


class Camera(BaseModel):
    """A camera behind the gateway, under the code it is registered with."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: Code
    source: Source


class Behind(BaseModel):
    """What a gateway is, and what is behind it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    facility: Code
    gateway: Code
    cameras: tuple[Camera, ...] = ()
