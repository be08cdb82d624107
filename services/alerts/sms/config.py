"""What is set about gateways for short messages: their order, their accounts, how patient we are.

A JSON list in the secret file `alerts_sms_gateways`, the one to be tried first standing first.
"""

import ipaddress
from collections import Counter
from pathlib import Path
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr

_LOCAL: Final = "localhost"


def _is_safe(url: str) -> str:
    """What opens an account goes over TLS, or does not leave the machine."""
    parts = urlsplit(url)
    is_plain = parts.scheme == "http" and _is_ours(parts.hostname or "")
    if not parts.hostname or not (parts.scheme == "https" or is_plain):
        raise ValueError("it must begin with https://, or lead to this machine")
    return url if url.endswith("/") else f"{url}/"


def _is_ours(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == _LOCAL


Url = Annotated[str, AfterValidator(_is_safe)]
CallbackUrl = Annotated[str, Field(max_length=500)]


class _Gateway(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    #: Stands in reports, in the delivery log and in the address that the gateway calls.
    name: str = Field(pattern=r"^[a-z][a-z0-9-]{0,30}$")
    timeout_s: float = Field(default=8, gt=0, le=20)


class EsmsConfig(_Gateway):
    kind: Literal["esms"]
    base_url: Url = "https://rest.esms.vn/"
    api_key: SecretStr
    secret_key: SecretStr
    brandname: str = ""
    #: 2: to customers, under a registered brand name; 8: from a fixed number.
    sms_type: Literal["2", "8"] = "2"
    #: Of our API, with its secret: `…/api/v1/sms/{name}/receipts?secret=…`.
    callback_url: SecretStr = SecretStr("")


class SpeedSmsConfig(_Gateway):
    kind: Literal["speedsms"]
    base_url: Url = "https://api.speedsms.vn/index.php/"
    token: SecretStr
    sms_type: Literal[2, 3, 4, 5] = 2
    sender: str = ""


class TwilioConfig(_Gateway):
    kind: Literal["twilio"]
    base_url: Url = "https://api.twilio.com/"
    account_sid: str = Field(pattern=r"^[A-Za-z0-9]{2,64}$")
    token: SecretStr
    sender: str = Field(min_length=1)
    callback_url: CallbackUrl = ""


class SmppConfig(_Gateway):
    kind: Literal["smpp"]
    host: str
    port: int = Field(default=2775, gt=0, lt=65536)
    is_tls: bool = False
    system_id: str = Field(max_length=15)
    password: SecretStr = Field(max_length=8)
    sender: str = Field(min_length=1, max_length=20)
    enquire_every_s: float = Field(default=30, gt=0)


class ModemConfig(_Gateway):
    kind: Literal["modem"]
    timeout_s: float = Field(default=25, gt=0, le=25)
    program: str = "gammu"
    config_file: Path
    inbox_file: Path | None = None


GatewayConfig = Annotated[
    EsmsConfig | SpeedSmsConfig | TwilioConfig | SmppConfig | ModemConfig,
    Field(discriminator="kind"),
]


def _are_told_apart(gateways: tuple[GatewayConfig, ...]) -> tuple[GatewayConfig, ...]:
    twice = [name for name, count in Counter(one.name for one in gateways).items() if count > 1]
    if twice:
        raise ValueError(f"two gateways have the same name: {', '.join(twice)}")
    return gateways


Gateways = Annotated[tuple[GatewayConfig, ...], AfterValidator(_are_told_apart)]
