"""What the watchdog and the alarm path are told from outside."""

from datetime import timedelta
from typing import Annotated, Final
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from services.alerts.deliver.email import Server, Tls
from shared.domain.watchdog import Patience

_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})


def _are_ping_urls(text: str) -> str:
    """Whoever knows the address can keep the dog quiet, so it travels by https alone."""
    for url in text.split():
        parts = urlsplit(url)
        is_near = parts.scheme == "http" and parts.hostname in _LOOPBACK
        if not parts.hostname or not (parts.scheme == "https" or is_near):
            raise ValueError("each address begins with https://")
        if parts.query or parts.fragment:
            raise ValueError("an address has no query and no fragment: /fail is put behind it")
    return text


class WatchdogSettings(BaseSettings):
    """Environment variables with the prefix ALERTS_; secrets come from files."""

    model_config = SettingsConfigDict(env_prefix="ALERTS_", frozen=True)

    #: Addresses in Healthchecks' format, with blanks between; whoever has one can answer for us.
    watchdog_urls: Annotated[str, AfterValidator(_are_ping_urls)] = Field(default="", repr=False)
    watchdog_every_s: float = Field(default=60, gt=0)
    watchdog_timeout_s: float = Field(default=10, gt=0)
    #: Who gets a mail that all is well, and how often: 24 is once a day.
    watchdog_mail_to: str = ""
    watchdog_mail_every_h: float = Field(default=24, gt=0)

    look_every_s: float = Field(default=10, gt=0)
    stopped_after_s: float = Field(default=120, gt=0)
    stuck_after_s: float = Field(default=600, gt=0)

    #: A second mail server, for what must arrive when the first does not answer.
    alarm_smtp_host: str = ""
    alarm_smtp_port: int = Field(default=25, gt=0)
    alarm_smtp_username: str = ""
    alarm_smtp_password: str = Field(default="", repr=False)
    alarm_smtp_tls: Tls = Tls.STARTTLS
    alarm_smtp_timeout_s: float = Field(default=20, gt=0)
    #: As whom it writes; absent: as all mail is.
    alarm_mail_from: str = Field(default="", pattern=r"^([^@\s]+@[^@\s]+)?$")
    #: Whom to tell besides the administrators on record, whom nobody knows before the first tick.
    alarm_to: str = ""
    #: So long the first mail server has for what is about ourselves.
    alarm_after_s: float = Field(default=60, gt=0)

    @property
    def patience(self) -> Patience:
        return Patience(
            timedelta(seconds=self.stopped_after_s), timedelta(seconds=self.stuck_after_s)
        )

    @property
    def alarm_server(self) -> Server | None:
        if not self.alarm_smtp_host:
            return None
        return Server(
            self.alarm_smtp_host,
            self.alarm_smtp_port,
            self.alarm_smtp_tls,
            self.alarm_smtp_username,
            self.alarm_smtp_password,
            self.alarm_smtp_timeout_s,
        )
