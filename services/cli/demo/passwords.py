"""The passwords of the demo's people and devices: made once, kept beside the other secrets."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from services.cli.demo.province import people, speakers
from services.cli.secret_files import SecretFiles, typed
from shared.contracts import topics

PEOPLE = "demo-users.json"
DEVICES = "demo-devices.json"


@dataclass(frozen=True, slots=True)
class Passwords:
    """By e-mail address, and by the broker's user name."""

    people: Mapping[str, str]
    devices: Mapping[str, str]


def kept(secrets: SecretFiles) -> Passwords:
    users = [person.email for person in people()]
    devices = [topics.username(*speaker) for speaker in speakers()]
    return Passwords(_kept(secrets, PEOPLE, users), _kept(secrets, DEVICES, devices))


def _kept(secrets: SecretFiles, name: str, keys: Iterable[str]) -> dict[str, str]:
    def fresh() -> str:
        return json.dumps({key: typed() for key in keys}, indent=2)

    stored: dict[str, str] = json.loads(secrets.keep(name, fresh))
    return stored
