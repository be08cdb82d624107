"""Which gateways may call us, and how each proves that it is the one."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr

#: In the address, where a gateway can be told nothing but an address.
IN_QUERY: Final = "secret"
HEADER: Final = "x-callback-secret"
SIGNATURE: Final = "x-twilio-signature"


class CallbackConfig(BaseModel):
    """A gateway by the name that alerts knows it by; `secret` is Twilio's token, or one of ours."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[a-z][a-z0-9-]{0,30}$")
    kind: Literal["esms", "speedsms", "twilio"]
    secret: Annotated[SecretStr, Field(min_length=16)]


@dataclass(frozen=True, slots=True)
class Call:
    """As it came in; `url` is the whole address as the caller knows it."""

    url: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    form: Mapping[str, str]


def is_genuine(call: Call, gateway: CallbackConfig | None) -> bool:
    """An unknown gateway takes as long as a wrong secret."""
    secret = gateway.secret.get_secret_value() if gateway else "x" * 32
    if gateway is not None and gateway.kind == "twilio":
        given, expected = call.headers.get(SIGNATURE, ""), signature(call.url, call.form, secret)
    else:
        given, expected = _given(call), secret
    return hmac.compare_digest(given.encode(), expected.encode()) and gateway is not None


def signature(url: str, form: Mapping[str, str], token: str) -> str:
    """https://www.twilio.com/docs/usage/security#validating-requests"""
    signed = url + "".join(f"{name}{form[name]}" for name in sorted(form))
    mac = hmac.new(token.encode(), signed.encode(), hashlib.sha1)
    return base64.b64encode(mac.digest()).decode()


def _given(call: Call) -> str:
    kind, _, credentials = call.headers.get("authorization", "").partition(" ")
    if kind.lower() == "basic":
        return _password(credentials)
    return call.headers.get(HEADER) or call.query.get(IN_QUERY, "")


def _password(credentials: str) -> str:
    try:
        return base64.b64decode(credentials, validate=True).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        return ""
