"""ONVIF events as a camera publishes them itself over MQTT (`onvif-ej`, Core specification).

The topic is `onvif-ej/<event>/&<source tokens>`. The name of a statement is the token of the video
source (of the recording, for recording events), as `Source` says it, else the first token of the
topic, else `unnamed`. Hints about the camera as a whole (disk, power, link) go to all behind it.

* A fault says what the picture is, not who did it: ImageTooDark is `dark`, though a hand over the
  lens makes it so; `covered` is what a tamper detector says.
* Only what a camera cannot say without looking attests: that a picture is *not* bad, motion,
  results of analytics, video on record. Of an analytics result nothing is read but who and when:
  it may tell faces and number plates.
* A property in its first report (Initialized) may be a default, so it attests nothing.
* A camera publishes properties retained: what the broker kept is their value now. So a kept fault
  is stated, and its end; attested is nothing, as ever.
* The attestation stands before the end of a fault: it is about the time until then.
"""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Final, TypeAlias

import msgspec

from shared.contracts.adapters.base import (
    Attestation,
    Condition,
    Heard,
    Memory,
    Statement,
    UnreadableError,
)
from shared.contracts.adapters.payload import decoded, written_instant_us
from shared.contracts.adapters.recall import remember
from shared.domain.states import Hint, WatchState

Items: TypeAlias = Mapping[str, object]

PAYLOAD_PREFIX: Final = "onvif-ej"
UNNAMED: Final = "unnamed"
WHOLE_CAMERA: Final = ""

#: Who reports besides a camera's own services may stand below; often only this much is sent.
FAULTS: Final = {
    "VideoSource/ImageTooBlurry": WatchState.BLURRY,
    "VideoSource/ImageTooDark": WatchState.DARK,
    "VideoSource/ImageTooBright": WatchState.BRIGHT,
    "VideoSource/GlobalSceneChange": WatchState.MOVED,
    "VideoSource/SignalLoss": WatchState.SIGNAL_LOSS,
    # Fog, smoke or dust: whatever the reason, too little can be made out.
    "VideoSource/ImpairedVisibility": WatchState.BLURRY,
    "RuleEngine/TamperDetector": WatchState.COVERED,
}
_STATE_ITEMS: Final = ("State", "IsTamper")
_VIDEO_TOKENS: Final = (
    "VideoSource",
    "VideoSourceToken",
    "Source",
    "VideoSourceConfigurationToken",
    "VideoSourceConfiguration",
)
_RECORDING_TOKENS: Final = ("RecordingToken", "Recording")
_TRUTH: Final = {"true": True, "1": True, "false": False, "0": False}
_NO_LINK: Final = frozenset({"0", "down", "false"})
#: Tracks that a camera makes are called VIDEO001, AUDIO001, META001.
_OTHER_TRACKS: Final = ("audio", "meta")


class _Told(msgspec.Struct, gc=False):
    """Who and when, without what."""

    time: str | None = msgspec.field(name="UtcTime", default=None)
    source: dict[str, object] | None = msgspec.field(name="Source", default=None)
    operation: str | None = msgspec.field(name="PropertyOperation", default=None)


class _Event(_Told, gc=False):
    data: dict[str, object] | None = msgspec.field(name="Data", default=None)


_decode_told: Final = msgspec.json.Decoder(_Told).decode
_decode_event: Final = msgspec.json.Decoder(_Event).decode
_EXPECTED: Final = "an ONVIF event: a JSON object with UtcTime, Source and Data"


def read(heard: Heard, memory: Memory) -> list[Statement]:
    """What the message states; nothing if it is none of our business. Raises UnreadableError."""
    kind, _, rest = heard.topic.partition("/")
    if kind != PAYLOAD_PREFIX:
        return []
    event, _, tokens = rest.partition("/&")
    topic = event.replace("tns1:", "")
    fault = FAULTS.get("/".join(topic.split("/", 2)[:2]))
    if fault is not None:
        return _read_fault(heard, memory, fault, tokens)
    if not heard.payload:
        return []
    if _is_seen(topic):
        return _read_result(heard, tokens)
    reader = _READERS.get(topic)
    return [] if reader is None else reader(heard, tokens)


def _read_fault(heard: Heard, memory: Memory, fault: WatchState, tokens: str) -> list[Statement]:
    if not heard.payload:
        return _deleted(heard, memory, fault, tokens)
    event = decoded(heard.payload, _decode_event, expected=_EXPECTED)
    name = _name(event.source, _VIDEO_TOKENS, tokens)
    at_us = _at_us(event, heard)
    is_deleted = event.operation == "Deleted"
    if not is_deleted and _truth(event, *_STATE_ITEMS):
        remember(memory, _key(heard, name), (name, fault))
        return [Condition(name, fault, holds=True, at_us=at_us)]
    stated: list[Statement] = []
    if not (is_deleted or event.operation == "Initialized" or heard.is_retained):
        stated.append(Attestation(name, at_us))
    return stated + _ended(
        memory, _key(heard, name), Condition(name, fault, holds=False, at_us=at_us)
    )


def _deleted(heard: Heard, memory: Memory, fault: WatchState, tokens: str) -> list[Statement]:
    """An empty payload deletes a property: whatever was last told on its topic is over."""
    keys = [key for key in memory if key.startswith(_key(heard, ""))]
    names = [memory.pop(key)[0] for key in keys] or [_name(None, (), tokens)]
    still_seen = set(memory.values())
    return [
        Condition(name, fault, holds=False, at_us=heard.received_us)
        for name in names
        if (name, fault) not in still_seen
    ]


def _ended(memory: Memory, key: str, end: Condition) -> list[Statement]:
    """The end, unless another service of the camera still sees the same fault."""
    memory.pop(key, None)
    return [] if (end.name, end.condition) in memory.values() else [end]


def _key(heard: Heard, name: str) -> str:
    """One topic may speak of several sources."""
    return f"{heard.topic}\n{name}"


def _read_result(heard: Heard, tokens: str) -> list[Statement]:
    told = decoded(heard.payload, _decode_told, expected=_EXPECTED)
    if heard.is_retained or told.operation in {"Initialized", "Deleted"}:
        return []
    return [Attestation(_name(told.source, _VIDEO_TOKENS, tokens), _at_us(told, heard))]


def _read_recording(heard: Heard, tokens: str) -> list[Statement]:
    event = decoded(heard.payload, _decode_event, expected=_EXPECTED)
    is_off = not _truth(event, "IsRecording")
    name = _name(event.source, _RECORDING_TOKENS, tokens)
    return [Condition(name, Hint.RECORDING_OFF, is_off, _at_us(event, heard))]


def _read_track(heard: Heard, tokens: str) -> list[Statement]:
    event = decoded(heard.payload, _decode_event, expected=_EXPECTED)
    track = _plain(_items(event.source).get("Track")).lower()
    if not _truth(event, "IsDataPresent") or track.startswith(_OTHER_TRACKS):
        return []
    if heard.is_retained or event.operation in {"Initialized", "Deleted"}:
        return []
    return [Attestation(_name(event.source, _RECORDING_TOKENS, tokens), _at_us(event, heard))]


def _read_storage(heard: Heard, _tokens: str) -> list[Statement]:
    return _failure(heard, Hint.STORAGE_FAILURE)


def _read_power(heard: Heard, _tokens: str) -> list[Statement]:
    return _failure(heard, Hint.POWER_FAILURE)


def _failure(heard: Heard, hint: Hint) -> list[Statement]:
    event = decoded(heard.payload, _decode_event, expected=_EXPECTED)
    return [Condition(WHOLE_CAMERA, hint, _truth(event, "Failed"), _at_us(event, heard))]


def _read_link(heard: Heard, _tokens: str) -> list[Statement]:
    event = decoded(heard.payload, _decode_event, expected=_EXPECTED)
    link = _items(event.data).get("Link")
    told = _plain(link.get("Speed") if isinstance(link, dict) else link)
    if not told:
        raise UnreadableError("expected Data with Link and its Speed")
    is_lost = told.lower() in _NO_LINK
    return [Condition(WHOLE_CAMERA, Hint.LINK_LOST, is_lost, _at_us(event, heard))]


_READERS: Final[Mapping[str, Callable[[Heard, str], list[Statement]]]] = {
    "RecordingHistory/Recording/State": _read_recording,
    "RecordingHistory/Track/State": _read_track,
    "Device/HardwareFailure/StorageFailure": _read_storage,
    "Device/HardwareFailure/PowerSupplyFailure": _read_power,
    "Monitoring/LinkStatus": _read_link,
}


def _is_seen(topic: str) -> bool:
    """Whether only a camera that sees can say this."""
    if topic == "VideoSource/MotionAlarm":
        return True
    root, _, detector = topic.partition("/")
    return root in {"RuleEngine", "VideoAnalytics"} and not detector.startswith("Audio")


def _at_us(told: _Told, heard: Heard) -> int:
    """When the camera saw it. Without a zone it is UTC, as its name says."""
    if told.time is None:
        return heard.received_us
    return min(heard.received_us, written_instant_us(told.time, zone=timedelta()))


def _name(source: Items | None, tokens: tuple[str, ...], topic_tokens: str) -> str:
    items = _items(source)
    told = next((name for token in tokens if (name := _plain(items.get(token)))), "")
    return told.strip("/") or topic_tokens.partition("/")[0] or UNNAMED


def _items(section: Items | None) -> Items:
    """Name to value, whether said in short or as the SimpleItems of the XML."""
    if not section:
        return {}
    listed = section.get("SimpleItem")
    if listed is None:
        return section
    rows = listed if isinstance(listed, list) else [listed]
    return {
        _plain(row.get("Name", row.get("@Name"))): row.get("Value", row.get("@Value"))
        for row in rows
        if isinstance(row, dict)
    }


def _plain(value: object) -> str:
    """As it is written, quoted or not; nothing if it is no single value."""
    return str(value) if isinstance(value, str | int | float) else ""


def _truth(event: _Event, *names: str) -> bool:
    items = _items(event.data)
    told = next((items[name] for name in names if name in items), None)
    truth = _TRUTH.get(_plain(told).lower())
    if truth is None:
        raise UnreadableError(f"expected Data with {names[0]}: true or false")
    return truth
