"""The settings of the api."""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from services.api.sms.callers import CallbackConfig
from shared.runtime.ed25519 import SigningKey, SigningKeyError
from shared.runtime.sealed_box import SealedBox, SealedBoxError
from shared.runtime.settings import LinkKey, PushKey


def _is_key(text: str) -> str:
    try:
        SealedBox.of(text)
    except SealedBoxError as exc:
        raise ValueError(str(exc)) from exc
    return text


def _are_signing_keys(text: str) -> str:
    try:
        for line in text.split():
            SigningKey.load(line.encode())
    except SigningKeyError as exc:
        raise ValueError(str(exc)) from exc
    return text


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
    #: Whose word is believed on from where people come: a reverse proxy, or several by commas.
    proxy_address: str = "127.0.0.1"
    #: With it another broker than Mosquitto may ask who may log in; absent: nobody may.
    broker_key: str = Field(default="", repr=False)
    #: Behind every pseudonym and cursor that agencies get; it must never change.
    sharing_key: str = Field(default="", repr=False)
    link_key: LinkKey = ""
    push_key: PushKey = ""
    #: Gateways for short messages that call us; a secret file, JSON.
    sms_callbacks: tuple[CallbackConfig, ...] = ()

    #: Seals what proves people: 32 bytes in base64, and below it the keys that were used before.
    people_key: Annotated[str, AfterValidator(_is_key)] = Field(repr=False)
    #: Seals the access log: a private Ed25519 key, 32 bytes in base64, and below it those before.
    seal_key: Annotated[str, AfterValidator(_are_signing_keys)] = Field(default="", repr=False)
    #: Where its heads are kept, outside the database.
    witness_file: Path | None = None
    #: Off only where nothing is real.
    require_second_factor: bool = True
    #: The name that passkeys belong to; else that of the console's address.
    passkey_host: str = ""

    #: The government's identity provider, if people may log in through it.
    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_client_secret: str = Field(default="", repr=False)
    oidc_name: str = "VNeID"
    oidc_scope: str = "openid"
    #: Hosts besides the issuer's that its tokens and keys come from.
    oidc_hosts: tuple[str, ...] = ()
    #: Which `acr` or `amr` of theirs says that somebody proved who they are twice.
    oidc_second_factor: tuple[str, ...] = ()
