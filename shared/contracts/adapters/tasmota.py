"""Tasmota: its telemetry shows that a device runs, its will says why it may be silent.

As tasmota/docs (MQTT.md, Commands.md, Zigbee.md) tells it. `Time` is local time without a zone
and is not used: what arrives is true on arrival, so a bridge must not hoard it. `LWT` is retained
by design; being only a hint, it is taken either way. A Zigbee bridge names each device it hears
in `ZbReceived`; such a device is called by the bridge's topic and its own key, `bridge/0x8F20`.
"""

from dataclasses import dataclass, replace
from typing import Final

import msgspec

from shared.contracts.adapters.base import Attestation, Condition, Heard, Memory, Statement
from shared.contracts.adapters.payload import decoded, word
from shared.contracts.adapters.readings import number, sensible, started_lately
from shared.contracts.adapters.recall import remember
from shared.domain.states import Hint

_TELEMETRY: Final = "tele"
_IS_OFFLINE: Final = {b"Online": False, b"Offline": True}


class _Wifi(msgspec.Struct, rename={"signal": "Signal", "link_count": "LinkCount"}):
    signal: object = None
    link_count: object = None


class _State(
    msgspec.Struct,
    rename={"uptime_s": "UptimeSec", "battery": "BatteryPercentage", "wifi": "Wifi"},
):
    uptime_s: object = None
    battery: object = None
    wifi: _Wifi | None = None


class _Zigbee(
    msgspec.Struct,
    rename={
        "address": "Device", "name": "Name", "battery": "BatteryPercentage", "charge": "Battery"
    },
):  # fmt: skip
    address: object = None
    name: object = None
    battery: object = None
    charge: object = None


class _Sensor(msgspec.Struct, rename={"zigbee": "ZbReceived"}):
    zigbee: dict[str, _Zigbee] | None = None


_decode_state = msgspec.json.Decoder(_State).decode
_decode_sensor = msgspec.json.Decoder(_Sensor).decode


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the last STATE said, and whether it told of a lost link."""

    at_us: int
    uptime_s: float | None
    link_count: float
    has_lost_link: bool = False

    def uptime_at(self, at_us: int) -> float | None:
        """What STATE would say later, if the device went on."""
        return None if self.uptime_s is None else self.uptime_s + (at_us - self.at_us) / 1e6


def read(heard: Heard, memory: Memory) -> list[Statement]:
    """What the message states; nothing if it is none of our business. Raises UnreadableError."""
    addressed = _addressed(heard.topic)
    match addressed:
        case (name, "LWT"):
            return _will(name, heard)
        case (name, "STATE"):
            return _state(name, heard, memory)
        case (name, "SENSOR"):
            return _sensor(name, heard, memory)
    return []


def _addressed(topic: str) -> tuple[str, str] | None:
    """The device's topic and the last level of `tele/<topic>/<last>` or `<topic>/tele/<last>`."""
    levels = topic.split("/")
    if len(levels) < 2 or "" in levels:
        return None
    if levels[0] == _TELEMETRY:
        return "/".join(levels[1:-1]), levels[-1]
    if levels[-2] == _TELEMETRY:
        return "/".join(levels[:-2]), levels[-1]
    return None


def _will(name: str, heard: Heard) -> list[Statement]:
    if not heard.payload:
        return []  # the broker was told to forget the retained one
    return _conditions(name, word(heard.payload, _IS_OFFLINE), heard.received_us)


def _conditions(name: str, is_offline: bool, at_us: int) -> list[Statement]:  # noqa: FBT001 - told as such
    """The device's own, and that of whatever speaks by its radio."""
    told: list[Statement] = [Condition(name, Hint.OFFLINE, is_offline, at_us)]
    if name:
        told.append(Condition(f"{name}/", Hint.BRIDGE_OFFLINE, is_offline, at_us))
    return told


def _state(name: str, heard: Heard, memory: Memory) -> list[Statement]:
    state = decoded(heard.payload, _decode_state, expected="an object as Tasmota sends on STATE")
    if heard.is_retained:
        return []
    at_us, wifi = heard.received_us, state.wifi or _Wifi()
    seen = _Seen(at_us, number(state.uptime_s), number(wifi.link_count) or 0.0)
    readings = sensible(battery=state.battery, rssi=wifi.signal)
    return [
        Attestation(name, at_us, started_lately(at_us, seen.uptime_s), readings=readings),
        *_conditions(name, is_offline=False, at_us=at_us),
        *_link(name, seen, memory),
    ]


def _link(name: str, seen: _Seen, memory: Memory) -> list[Statement]:
    """A link that was lost and found since the last STATE explains a silence between the two."""
    before: _Seen | None = memory.get(name)
    if before is None:
        remember(memory, name, seen)
        return []
    has_restarted = (seen.uptime_s or 0.0) < (before.uptime_s or 0.0)
    has_lost_link = seen.link_count > before.link_count and not has_restarted
    remember(memory, name, replace(seen, has_lost_link=has_lost_link))
    if has_lost_link:
        at_us = min(before.at_us, seen.at_us)
        return [Condition(name, Hint.LINK_LOST, holds=True, at_us=at_us)]
    if before.has_lost_link:
        return [Condition(name, Hint.LINK_LOST, holds=False, at_us=seen.at_us)]
    return []


def _sensor(name: str, heard: Heard, memory: Memory) -> list[Statement]:
    sensor = decoded(heard.payload, _decode_sensor, expected="an object as Tasmota sends on SENSOR")
    if heard.is_retained:
        return []
    at_us = heard.received_us
    if sensor.zigbee is not None:
        named = ((_child(name, key, radio), radio) for key, radio in sensor.zigbee.items())
        return [_by_radio(child, radio, at_us) for child, radio in named if child]
    seen: _Seen | None = memory.get(name)
    uptime_s = None if seen is None else seen.uptime_at(at_us)
    started_us = started_lately(at_us, uptime_s)
    return [Attestation(name, at_us, started_us), *_conditions(name, is_offline=False, at_us=at_us)]


def _by_radio(name: str, radio: _Zigbee, at_us: int) -> Attestation:
    charge = radio.charge if radio.battery is None else radio.battery
    return Attestation(name, at_us, readings=sensible(battery=charge))


def _child(name: str, key: str, radio: _Zigbee) -> str | None:
    """`bridge/0x8F20`; with SetOption89 the topic itself ends in the device's address or name."""
    if not key or key.startswith("/") or key.endswith("/"):
        return None
    own = name.rpartition("/")[2]
    called = [each for each in (key, radio.name, radio.address) if isinstance(each, str)]
    if own in called or own in [each.removeprefix("0x") for each in called]:
        return name
    return f"{name}/{key}" if name else key
