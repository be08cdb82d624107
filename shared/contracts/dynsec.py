"""The access file of Mosquitto's dynamic security plugin, as a projection of who is on record."""

import base64
import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from shared.contracts import topics
from shared.contracts.topics import Rights

#: Mosquitto's own parameters: PBKDF2-HMAC-SHA512, 64 bytes out. Passwords here are random and
#: long, so the low count costs nothing in safety, and the broker can take a thousand log-ins a
#: second after an outage.
ITERATIONS: Final = 101
HASH_BYTES: Final = 64
SALT_BYTES: Final = 12

#: What no rule names. Receiving follows from a subscription, which is what is guarded.
DEFAULT_ACCESS: Final = {
    "publishClientSend": False,
    "publishClientReceive": True,
    "subscribe": False,
    "unsubscribe": True,
}

_ALLOW_PRIORITY = 0
_DENY_PRIORITY = 10


@dataclass(frozen=True, slots=True)
class Secret:
    """A password as the broker keeps it."""

    salt: bytes
    password_hash: bytes
    iterations: int = ITERATIONS


@dataclass(frozen=True, slots=True)
class PlatformClient:
    """One of our own processes at the broker."""

    username: str
    secret: Secret
    rights: Rights


@dataclass(frozen=True, slots=True)
class DeviceClient:
    """A password of a registered device at the broker."""

    facility: str
    device: str
    secret: Secret
    number: int = 1
    #: The broker knows it and refuses it, until it is told that its time has come.
    is_waiting: bool = False


def mosquitto_hash(password: str, salt: bytes) -> Secret:
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, ITERATIONS, HASH_BYTES)
    return Secret(salt, digest)


def new_secret(password: str) -> Secret:
    """The same with a new salt."""
    return mosquitto_hash(password, secrets.token_bytes(SALT_BYTES))


def acls(rights: Rights) -> list[dict[str, Any]]:
    """Rules in the plugin's form. What is denied by name weighs more than what is allowed."""
    return [
        *(_rule("publishClientSend", t, allow=False) for t in rights.never_publish),
        *(_rule("publishClientReceive", t, allow=False) for t in rights.never_receive),
        *(_rule("publishClientSend", t, allow=True) for t in rights.publish),
        *(_rule("subscribePattern", t, allow=True) for t in rights.subscribe),
        # The plugin lets nobody receive from its own topics by default.
        *(_rule("publishClientReceive", t, allow=True) for t in rights.subscribe if _is_control(t)),
    ]


def rolename(username: str) -> str:
    """Every client has a role of its own; only the passwords of one device share theirs."""
    return f"role:{topics.owner(username)}"


def document(platform: Sequence[PlatformClient], devices: Sequence[DeviceClient]) -> dict[str, Any]:
    """The whole `dynamic-security.json`."""
    clients = [_client(one.username, one.secret) for one in platform]
    roles = {rolename(one.username): acls(one.rights) for one in platform}
    for each in devices:
        username = topics.username(each.facility, each.device, each.number)
        clients.append(
            _client(username, each.secret) | ({"disabled": True} if each.is_waiting else {})
        )
        roles[rolename(username)] = acls(topics.device_rights(each.facility, each.device))
    return {
        "defaultACLAccess": DEFAULT_ACCESS,
        "clients": clients,
        "groups": [],
        "roles": [{"rolename": name, "acls": rules} for name, rules in roles.items()],
    }


def _client(username: str, secret: Secret) -> dict[str, Any]:
    return {
        "username": username,
        "roles": [{"rolename": rolename(username), "priority": 0}],
        "password": base64.b64encode(secret.password_hash).decode(),
        "salt": base64.b64encode(secret.salt).decode(),
        "iterations": secret.iterations,
    }


def _is_control(topic: str) -> bool:
    return topic.startswith("$CONTROL")


def _rule(kind: str, topic: str, *, allow: bool) -> dict[str, Any]:
    priority = _ALLOW_PRIORITY if allow else _DENY_PRIORITY
    return {"acltype": kind, "topic": topic, "priority": priority, "allow": allow}
