"""Shelly, second generation and later: what it notifies shows that it runs.

As shelly-api-docs.shelly.cloud/gen2 tells it: `<prefix>/online` (a will, retained by design, so
only a hint), `<prefix>/events/rpc` and `<prefix>/status/<component>`. A device is called by its
topic prefix. A notification tells what changed, so the last readings are remembered; `ts` is UTC,
but counts from the start, or is null, until the device has heard a time server.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import msgspec

from shared.contracts.adapters.base import (
    NOTHING_READ,
    Attestation,
    Condition,
    Heard,
    Memory,
    Statement,
)
from shared.contracts.adapters.payload import decoded, word
from shared.contracts.adapters.readings import number, sensible, started_lately
from shared.contracts.adapters.recall import remember
from shared.domain.states import Hint

_IS_OFFLINE: Final = {b"true": False, b"false": True}
_NOTIFICATIONS: Final = frozenset({"NotifyStatus", "NotifyFullStatus", "NotifyEvent"})
#: 2020-01-01 UTC: a clock behind that was never set.
_SET_CLOCK_S: Final = 1_577_836_800
#: A device that sleeps by plan is not one whose power was cut.
_WOKE: Final = "deepsleep_wake"


class _Notification(msgspec.Struct):
    method: str
    params: dict[str, object]


_decode_notification = msgspec.json.Decoder(_Notification).decode
_decode_status = msgspec.json.Decoder(dict[str, object]).decode


@dataclass(frozen=True, slots=True)
class _Seen:
    """The last readings, and when the device started if it told."""

    readings: Mapping[str, float] = field(default_factory=lambda: NOTHING_READ)
    started_us: int | None = None


def read(heard: Heard, memory: Memory) -> list[Statement]:
    """What the message states; nothing if it is none of our business. Raises UnreadableError."""
    levels = heard.topic.split("/")
    if "" in levels:
        return []
    match levels:
        case [*prefix, "online"]:
            return _will("/".join(prefix), heard)
        case [*prefix, "events", "rpc"]:
            return _notification("/".join(prefix), heard, memory)
        case [*prefix, "status", component]:
            return _status("/".join(prefix), component, heard, memory)
    return []


def _will(name: str, heard: Heard) -> list[Statement]:
    if not heard.payload:
        return []  # the broker was told to forget the retained one
    is_offline = word(heard.payload, _IS_OFFLINE)
    return [Condition(name, Hint.OFFLINE, is_offline, heard.received_us)]


def _notification(name: str, heard: Heard, memory: Memory) -> list[Statement]:
    told = decoded(
        heard.payload, _decode_notification, expected="a notification with method and params"
    )
    if heard.is_retained or told.method not in _NOTIFICATIONS:
        return []
    at_us, uptime_s = _clock(told.params.get("ts"), heard.received_us)
    seen: _Seen = memory.get(name) or _Seen()
    if told.method == "NotifyFullStatus":
        seen = _Seen(started_us=seen.started_us)
    started_us = seen.started_us if uptime_s is None else at_us - round(uptime_s * 1e6)
    return _alive(name, at_us, told.params, _Seen(seen.readings, started_us), memory)


def _status(name: str, component: str, heard: Heard, memory: Memory) -> list[Statement]:
    status = decoded(heard.payload, _decode_status, expected="the status of a component")
    if heard.is_retained:
        return []
    seen: _Seen = memory.get(name) or _Seen()
    return _alive(name, heard.received_us, {component: status}, seen, memory)


def _clock(ts: object, received_us: int) -> tuple[int, float | None]:
    """When it was notified; and how long the device ran by then, if its clock was never set."""
    seconds = number(ts)
    if seconds is None or seconds < 0:
        return received_us, None
    if seconds < _SET_CLOCK_S:
        return received_us, seconds
    return min(received_us, round(min(seconds * 1e6, float(received_us)))), None


def _alive(
    name: str, at_us: int, told: Mapping[str, object], seen: _Seen, memory: Memory
) -> list[Statement]:
    seen = _Seen(_overlaid(seen.readings, told), _started(told, at_us, seen.started_us))
    remember(memory, name, seen)
    since_us = None
    if seen.started_us is not None:
        since_us = started_lately(at_us, (at_us - seen.started_us) / 1e6)
    return [
        Attestation(name, at_us, since_us, readings=seen.readings),
        Condition(name, Hint.OFFLINE, holds=False, at_us=at_us),
    ]


def _overlaid(readings: Mapping[str, float], told: Mapping[str, object]) -> Mapping[str, float]:
    """What is told replaces what was; what is not told stays."""
    changed: dict[str, object] = {}
    for component, status in told.items():
        if not isinstance(status, dict):
            continue
        if component == "wifi" and "rssi" in status:
            changed["rssi"] = status["rssi"]
        elif component.startswith("devicepower:"):
            changed |= _battery(status)
    if not changed:
        return readings
    return sensible(**(dict(readings) | changed))


def _battery(status: Mapping[str, object]) -> dict[str, object]:
    """On external power the battery may be missing, and is told as empty."""
    match status:
        case {"external": {"present": True}}:
            return {"battery": None}
        case {"battery": {"percent": percent}}:
            return {"battery": percent}
    return {}


def _started(told: Mapping[str, object], at_us: int, known_us: int | None) -> int | None:
    match told.get("sys"):
        case {"wakeup_reason": {"boot": boot}} if boot == _WOKE:
            return None
        case {"uptime": int(uptime_s)} if number(uptime_s) is not None:
            return at_us - uptime_s * 1_000_000
    return known_us
