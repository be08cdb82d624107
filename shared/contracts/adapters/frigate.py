"""Frigate: its statistics show that pictures arrive, its states say what was switched off.

As docs/docs/integrations/mqtt.md and frigate/stats/util.py tell it. A camera is called by its name
in Frigate; `available` is about Frigate itself and goes to all cameras behind it.

* `stats` attests: at the time Frigate took them, by its clock if that is not ahead. The span is the
  registered interval, which must not be shorter than Frigate's `stats_interval` (60 s if nobody
  changed it), but never reaches back before Frigate started. No pictures is signal loss; pictures
  that nothing looks at attest nothing.
* `status/detect` is signal loss while it is offline: Frigate has seen no picture for 20 s.
  Recording is another stream and another matter, so `status/record`, like what was switched off
  by hand, gives the hint that nothing is recorded.
* Frigate keeps `available` and its switches retained. They are hints, so they are taken either way;
  a fault never is.
* Events, reviews, snapshots and counts of persons are not read at all.
"""

from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from shared.contracts.adapters.base import Attestation, Condition, Heard, Memory, Statement
from shared.contracts.adapters.payload import counted_instant_us, decoded, word
from shared.contracts.adapters.readings import sensible
from shared.contracts.adapters.recall import remember
from shared.domain.states import Hint, WatchState

WHOLE_HUB: Final = ""

_AVAILABLE: Final = {
    b"online": {Hint.OFFLINE: False, Hint.STOPPED: False},
    b"stopped": {Hint.STOPPED: True},
    b"offline": {Hint.OFFLINE: True},
}
_STATUS: Final = {b"online": "online", b"offline": "offline", b"disabled": "disabled"}
_SWITCH: Final = {b"ON": True, b"OFF": False}
#: Why nothing is recorded: the camera is off, its recording is off, or its recording fails.
_ENABLED: Final = "enabled"
_RECORDINGS: Final = "recordings"
_RECORD: Final = "record"
#: The first statistics come within half a minute after the start; later ones need no limit.
_STARTING_S: Final = 60


class _Camera(msgspec.Struct, gc=False):
    camera_fps: float
    process_fps: float | None = None


class _Service(msgspec.Struct, gc=False):
    last_updated: float | None = None
    uptime: float | None = None


class _Stats(msgspec.Struct, gc=False):
    cameras: dict[str, _Camera]
    service: _Service = msgspec.field(default_factory=_Service)


_decode_stats: Final = msgspec.json.Decoder(_Stats).decode


def read(heard: Heard, memory: Memory) -> list[Statement]:
    """What the message states; nothing if it is none of our business. Raises UnreadableError."""
    if heard.topic == "available":
        return _read_available(heard)
    if heard.topic == "stats":
        return [] if heard.is_retained else _read_stats(heard)
    camera, _, topic = heard.topic.partition("/")
    reader = _OF_A_CAMERA.get(topic) if camera else None
    return [] if reader is None else reader(camera, heard, memory)


def _read_available(heard: Heard) -> list[Statement]:
    told = word(heard.payload, _AVAILABLE)
    return [_condition(WHOLE_HUB, hint, heard, holds=told[hint]) for hint in told]


def _read_stats(heard: Heard) -> list[Statement]:
    stats = decoded(
        heard.payload,
        _decode_stats,
        expected="Frigate's stats: a JSON object with cameras, each with its camera_fps",
    )
    at_us = heard.received_us
    if stats.service.last_updated is not None:
        at_us = counted_instant_us(stats.service.last_updated, received_us=at_us)
    since_us = _since_us(at_us, stats.service.uptime)
    return [
        Attestation(name, at_us, since_us, state, sensible(fps=camera.camera_fps))
        for name, camera in stats.cameras.items()
        if _is_name(name) and (state := _state(camera)) is not None
    ]


def _is_name(name: str) -> bool:
    """Not so empty or slashed that it would stand for other cameras too."""
    return name != "" and "/" not in name


def _state(camera: _Camera) -> WatchState | None:
    if camera.camera_fps <= 0:
        return WatchState.SIGNAL_LOSS
    return None if camera.process_fps == 0 else WatchState.OK


def _since_us(at_us: int, uptime_s: float | None) -> int | None:
    """When Frigate started, if so lately that an interval might reach back further."""
    if uptime_s is None or not 1 <= uptime_s < _STARTING_S:
        return None
    return at_us - round(uptime_s * 1e6)


def _read_detect(camera: str, heard: Heard, memory: Memory) -> list[Statement]:
    status = word(heard.payload, _STATUS)
    if heard.is_retained:
        return []
    lost = _condition(camera, WatchState.SIGNAL_LOSS, heard, holds=status == "offline")
    if status != "disabled":
        return [lost]
    return [lost, _recording(camera, _ENABLED, heard, memory, is_on=False)]


def _read_record(camera: str, heard: Heard, memory: Memory) -> list[Statement]:
    status = word(heard.payload, _STATUS)
    if heard.is_retained:
        return []
    if status == "online":
        # Whatever was said to be off: Frigate writes.
        memory.pop(camera, None)
    reason = _ENABLED if status == "disabled" else _RECORD
    return [_recording(camera, reason, heard, memory, is_on=status == "online")]


def _read_enabled(camera: str, heard: Heard, memory: Memory) -> list[Statement]:
    is_on = word(heard.payload, _SWITCH)
    return [_recording(camera, _ENABLED, heard, memory, is_on=is_on)]


def _read_recordings(camera: str, heard: Heard, memory: Memory) -> list[Statement]:
    is_on = word(heard.payload, _SWITCH)
    return [_recording(camera, _RECORDINGS, heard, memory, is_on=is_on)]


_OF_A_CAMERA: Final[Mapping[str, Callable[[str, Heard, Memory], list[Statement]]]] = {
    "status/detect": _read_detect,
    "status/record": _read_record,
    "enabled/state": _read_enabled,
    "recordings/state": _read_recordings,
}


def _recording(camera: str, reason: str, heard: Heard, memory: Memory, *, is_on: bool) -> Condition:
    """Nothing is recorded as long as there is one reason for it."""
    reasons: frozenset[str] = memory.get(camera, frozenset())
    reasons = reasons - {reason} if is_on else reasons | {reason}
    remember(memory, camera, reasons)
    return _condition(camera, Hint.RECORDING_OFF, heard, holds=bool(reasons))


def _condition(name: str, condition: WatchState | Hint, heard: Heard, *, holds: bool) -> Condition:
    return Condition(name, condition, holds, heard.received_us)
