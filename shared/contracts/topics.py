"""The MQTT topics of giamsat, and who may use them."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

ROOT: Final = "giamsat/v1"

#: What the code of a facility, a zone or a device looks like; it is also one level of a topic.
CODE_PATTERN: Final = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$"
#: Stands between a device's name at the broker and the number of a further password of it; no
#: code has it.
FURTHER: Final = "~"
CANARY_ROOT: Final = "giamsat/canary"


class Leaf(StrEnum):
    """The last level of a device's topic."""

    HEARTBEAT = "heartbeat"
    HEARTBEATS = "heartbeats"
    FRAME = "frame"
    STATUS = "status"
    DISCOVERED = "discovered"
    ACK = "ack"
    COMMAND = "command"


#: What we say to a device; everything else below its own topic is what it says to us.
DOWNWARD: Final = (Leaf.ACK, Leaf.COMMAND)

#: Our nonce for all devices: new every minute, retained (`docs/decisions/0009`).
NONCE: Final = f"{ROOT}/nonce"

#: What ingest subscribes to. The second and third catch what was sent to no proper topic, so that
#: a misconfigured device is seen in quarantine rather than not at all.
INGEST_FILTERS: Final = (f"{ROOT}/+/+/+", f"{ROOT}/+/+", f"{ROOT}/+/+/+/+/#")

#: The broker never hands these to ingest, though its first filter matches them.
INGEST_NEVER: Final = tuple(f"{ROOT}/+/+/{leaf}" for leaf in DOWNWARD)


@dataclass(frozen=True, slots=True)
class Address:
    """Where a message of a device belongs."""

    facility: str
    device: str
    leaf: str


def of(facility: str, device: str, leaf: Leaf) -> str:
    return f"{ROOT}/{facility}/{device}/{leaf}"


def parse(topic: str) -> Address | None:
    """The address in a topic, or nothing if it is not of the form `giamsat/v1/F/D/leaf`."""
    levels = topic.split("/")
    if len(levels) == 5 and levels[0] == "giamsat" and levels[1] == "v1":
        return Address(levels[2], levels[3], levels[4])
    return None


def sender(topic: str) -> tuple[str, str] | None:
    """Facility and device below whose own topic it lies, however deep; None if below nobody's."""
    levels = topic.split("/", 4)
    if len(levels) == 5 and levels[0] == "giamsat" and levels[1] == "v1":
        return levels[2], levels[3]
    return None


def canary(slot: int) -> str:
    return f"{CANARY_ROOT}/{slot}"


def username(facility: str, device: str, number: int = 1) -> str:
    """The broker's name for a device: its own, so that it can be told from the topic.

    The broker keeps one password a name, so a device's second password has a second name.
    """
    name = f"{facility}/{device}"
    return name if number == 1 else f"{name}{FURTHER}{number}"


def owner(username: str) -> str:
    """The first name of the device behind any of its names."""
    return username.partition(FURTHER)[0]


@dataclass(frozen=True, slots=True)
class Rights:
    """Topic filters a client of the broker may use; what is not named is denied."""

    publish: tuple[str, ...] = ()
    subscribe: tuple[str, ...] = ()
    never_publish: tuple[str, ...] = ()
    never_receive: tuple[str, ...] = ()


def device_rights(facility: str, device: str) -> Rights:
    """A device speaks below its own topic only, and hears only what is meant for it."""
    own = f"{ROOT}/{facility}/{device}"
    down = tuple(f"{own}/{leaf}" for leaf in DOWNWARD)
    return Rights(publish=(f"{own}/#",), never_publish=down, subscribe=(*down, NONCE))


INGEST_RIGHTS: Final = Rights(
    publish=(f"{CANARY_ROOT}/+", NONCE, *(f"{ROOT}/+/+/{leaf}" for leaf in DOWNWARD)),
    subscribe=(
        *INGEST_FILTERS,
        *(f"$share/ingest/{pattern}" for pattern in INGEST_FILTERS),
        f"{CANARY_ROOT}/+",
    ),
    never_receive=INGEST_NEVER,
)

#: How many messages the broker threw away since its start, because a queue was full.
BROKER_DROPPED: Final = "$SYS/broker/publish/messages/dropped"

#: The registry tells the broker's dynamic security plugin whom to admit.
REGISTRY_RIGHTS: Final = Rights(
    publish=("$CONTROL/dynamic-security/#",),
    subscribe=("$CONTROL/dynamic-security/#", BROKER_DROPPED),
)
