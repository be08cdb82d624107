"""What the alerts service is told from outside."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from services.alerts.deliver.email import Tls
from services.alerts.sms.config import Gateways
from shared.runtime.settings import LinkKey, PushKey


class Settings(BaseSettings):
    """Environment variables with the prefix ALERTS_; secrets come from files."""

    model_config = SettingsConfigDict(env_prefix="ALERTS_", frozen=True)

    database_url: str
    smtp_host: str
    smtp_port: int = Field(default=25, gt=0)
    smtp_username: str = ""
    smtp_password: str = ""
    smtp_tls: Tls = Tls.STARTTLS
    smtp_timeout_s: float = Field(default=20, gt=0)
    mail_from: str = Field(pattern=r"^[^@\s]+@[^@\s]+$")
    console_url: str
    link_key: LinkKey = ""
    push_key: PushKey = ""
    health_host: str = "127.0.0.1"
    health_port: int = Field(default=9102, ge=0)

    tick_every_s: float = Field(default=1, gt=0)
    lease_s: float = Field(default=5, gt=0)
    repeat_after_s: float = Field(default=60, gt=0)
    deliverers: int = Field(default=3, gt=0)

    #: What one address gets in an hour; what is over is told in a digest.
    mails_per_hour: int = Field(default=20, gt=0)
    sms_per_hour: int = Field(default=10, gt=0)
    pushes_per_hour: int = Field(default=30, gt=0)
    #: Gateways for short messages in the order in which they are tried; a secret file, JSON.
    sms_gateways: Gateways = ()
    sms_most_segments: int = Field(default=3, gt=0, le=10)
    #: The mailbox that bounces come back to, and the port on loopback where the mail server hands
    #: them in. Without an address, nobody takes bounces in.
    bounce_address: str = Field(default="", pattern=r"^([^@\s+]+@[^@\s]+)?$")
    bounce_port: int = Field(default=0, ge=0)
