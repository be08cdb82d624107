"""The settings of a gateway, and the file that says what is behind it."""

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from services.edge.sources import Source
from shared.runtime.ed25519 import SigningKey

#: A key belongs to a device, so a gateway signs for a camera with the camera's own
#: (`services.edge.key` makes one).
KeyFile = Path
Code = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$")]


class Settings(BaseSettings):
    """Read from the environment as EDGE_…; the password comes from a file."""

    model_config = SettingsConfigDict(env_prefix="EDGE_", frozen=True)

    #: Absent where a one-time code is redeemed for them.
    mqtt_host: str | None = None
    mqtt_port: int = 1883
    mqtt_password: str | None = None
    #: The address of the console, or what the QR code says, which holds the code too.
    enrolment_url: str | None = None
    enrolment_code: str | None = None
    #: What came of the code; read at every later start.
    credentials_file: Path = Path("giamsat-credentials.json")
    #: A JSON file of the form of `Behind`.
    devices_file: Path
    journal_file: Path = Path("giamsat-journal.json")
    interval_s: float = Field(default=30.0, ge=1)
    #: How often to look for cameras on the site's network and to tell of them; 0: never.
    discover_every_s: float = Field(default=0, ge=0)
    #: Our own address on that network, where there is more than one.
    discover_on: str = ""
    health_host: str = "127.0.0.1"
    health_port: int = 9110


class Camera(BaseModel):
    """A camera behind the gateway, under the code it is registered with."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: Code
    source: Source
    key_file: KeyFile | None = None


class Behind(BaseModel):
    """What a gateway is, and what is behind it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    facility: Code
    gateway: Code
    key_file: KeyFile | None = None
    cameras: tuple[Camera, ...] = ()

    def keys(self) -> dict[str, SigningKey]:
        """The keys of the devices that sign. Raises SigningKeyError or OSError."""
        files = {self.gateway: self.key_file, **{each.code: each.key_file for each in self.cameras}}
        return {code: SigningKey.load(file.read_bytes()) for code, file in files.items() if file}
