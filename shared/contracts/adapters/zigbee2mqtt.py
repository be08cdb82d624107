"""Zigbee2MQTT: what a device says through it, and what it says itself of its devices and radio.

As its documentation (mqtt_topics_and_messages, device-availability) and lib/ tell it. A device is
called by its friendly name, which may contain slashes. Let a device be registered, not a group: a
group has a state without anybody having spoken.

* A device's payload attests at its `last_seen`. `advanced.last_seen` must be switched on: without
  it nothing tells a device's word from one that Zigbee2MQTT repeats out of its cache, as it does
  for all devices, dead ones too, after each start and each start of Home Assistant.
* `availability` online attests only if the device was heard to be offline since the bridge began.
  Otherwise it says no more than that the device spoke within the last 25 hours.
* While the bridge is offline its devices are unknown, not down: no hint about them is given.
* Link quality is no signal strength, so it is not shown as one.
* Availability and the bridge's state are retained by design. They are hints, so they are taken
  either way.
"""

from typing import Final, Literal

import msgspec

from shared.contracts.adapters.base import (
    Attestation,
    Condition,
    Heard,
    Memory,
    Statement,
    UnreadableError,
)
from shared.contracts.adapters.payload import counted_instant_us, decoded, written_instant_us
from shared.contracts.adapters.readings import sensible
from shared.contracts.adapters.recall import remember
from shared.domain.states import Hint

WHOLE_HUB: Final = ""

_BRIDGE: Final = "bridge/"
_AVAILABILITY: Final = "/availability"
#: Commands to a device; the words stand behind its name and before an attribute's.
_COMMANDS: Final = frozenset({"set", "get"})
#: What is remembered: whether the bridge is offline; and, by their names, which devices are.
_BRIDGE_OFFLINE: Final = "bridge/offline"
_LEGACY: Final = {b"online": True, b"offline": False}


class _State(msgspec.Struct, gc=False):
    state: Literal["online", "offline"]


class _Payload(msgspec.Struct, gc=False):
    last_seen: float | str | None = None
    battery: object = None


_decode_state: Final = msgspec.json.Decoder(_State).decode
_decode_payload: Final = msgspec.json.Decoder(_Payload).decode


def read(heard: Heard, memory: Memory) -> list[Statement]:
    """What the message states; nothing if it is none of our business. Raises UnreadableError."""
    if heard.topic == "bridge/state":
        return _read_bridge(heard, memory)
    name = heard.topic.removesuffix(_AVAILABILITY)
    if name.startswith(_BRIDGE) or not _is_name(name):
        return []
    if name != heard.topic:
        return _read_availability(name, heard, memory)
    return _read_device(name, heard)


def _is_name(name: str) -> bool:
    levels = name.split("/")
    return levels[0] != "" and levels[-1] != "" and _COMMANDS.isdisjoint(levels[1:])


def _read_bridge(heard: Heard, memory: Memory) -> list[Statement]:
    is_online = _is_online(heard.payload)
    memory.clear()
    if not is_online:
        memory[_BRIDGE_OFFLINE] = True
    return [Condition(WHOLE_HUB, Hint.BRIDGE_OFFLINE, not is_online, heard.received_us)]


def _read_availability(name: str, heard: Heard, memory: Memory) -> list[Statement]:
    if not heard.payload:
        # So a device is renamed or removed: nothing more will be said under this name.
        memory.pop(name, None)
        return [Condition(name, Hint.OFFLINE, holds=False, at_us=heard.received_us)]
    if not _is_online(heard.payload):
        if _BRIDGE_OFFLINE in memory:
            return []
        remember(memory, name, value=True)
        return [Condition(name, Hint.OFFLINE, holds=True, at_us=heard.received_us)]
    came_back = memory.pop(name, False)
    back: list[Statement] = [Condition(name, Hint.OFFLINE, holds=False, at_us=heard.received_us)]
    if came_back and not heard.is_retained:
        back.append(Attestation(name, heard.received_us))
    return back


def _read_device(name: str, heard: Heard) -> list[Statement]:
    if not heard.payload or _is_attribute(heard):
        return []
    payload = decoded(
        heard.payload,
        _decode_payload,
        expected="a device's state: a JSON object, as with advanced.output: json",
    )
    if heard.is_retained:
        return []
    at_us = _last_seen_us(payload, heard)
    if at_us is None:
        raise UnreadableError(
            "Expected last_seen in a device's state: set advanced.last_seen to ISO_8601; without "
            "it a live device's word looks like a dead one's that is repeated."
        )
    return [Attestation(name, at_us, readings=sensible(battery=payload.battery))]


def _is_attribute(heard: Heard) -> bool:
    """Whether it is a single value below a device's name, as some settings make it publish."""
    return "/" in heard.topic and not heard.payload.lstrip().startswith(b"{")


def _last_seen_us(payload: _Payload, heard: Heard) -> int | None:
    """`last_seen` as ISO 8601, in UTC or local, or as milliseconds."""
    match payload.last_seen:
        case None:
            return None
        case str(text):
            return min(heard.received_us, written_instant_us(text))
        case milliseconds:
            return counted_instant_us(milliseconds / 1000, received_us=heard.received_us)


def _is_online(payload: bytes) -> bool:
    """`{"state":"online"}`, or the bare word of versions before 2. Raises UnreadableError."""
    legacy = _LEGACY.get(payload.strip())
    if legacy is not None:
        return legacy
    expected = 'a state: {"state":"online"} or {"state":"offline"}'
    return decoded(payload, _decode_state, expected=expected).state == "online"
