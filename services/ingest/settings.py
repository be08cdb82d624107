"""The settings of an ingest worker."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Read from the environment as INGEST_…; the address and the password come from files."""

    model_config = SettingsConfigDict(env_prefix="INGEST_", frozen=True)

    database_url: str
    mqtt_host: str = "127.0.0.1"
    mqtt_port: int = 1883
    mqtt_username: str = "giamsat-ingest"
    mqtt_password: str
    #: A worker whose supervisor starts it again in its place has a number of its own; without one
    #: it takes the lowest that is free, or that of a dead worker.
    slot: int | None = Field(default=None, ge=0)
    flush_every_s: float = Field(default=0.25, gt=0)
    flush_at: int = Field(default=20_000, gt=0, le=60_000)
    #: A slot whose holder has not flushed for so long is taken over.
    dead_after_s: float = Field(default=30, ge=1)
    #: A broker that owes us answers to so many canaries, one a second, does not hear us, whatever
    #: it goes on saying. It would notice itself after one and a half times the keep-alive: 30 s.
    most_unanswered: int = Field(default=15, gt=0)
    health_host: str = "127.0.0.1"
    health_port: int = 9101
