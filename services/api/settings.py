"""The settings of the api."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Read from the environment as API_…; the address and the password come from files."""

    model_config = SettingsConfigDict(env_prefix="API_", frozen=True)

    database_url: str
    database_connections: int = Field(default=10, ge=2, le=100)
    mqtt_host: str = "127.0.0.1"
    mqtt_port: int = 1883
    mqtt_username: str = "giamsat-registry"
    mqtt_password: str
    #: What devices are told; they may see the broker under another name than we do.
    device_mqtt_host: str = "127.0.0.1"
    device_mqtt_port: int = 1883
    host: str = "127.0.0.1"
    port: int = 8080
    console_url: str = ""
    #: Behind every pseudonym and cursor that agencies get; it must never change.
    sharing_key: str = Field(default="", repr=False)
