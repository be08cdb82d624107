"""The decoders of our own messages: whatever they take, they give back the same, within bounds."""

import re
from collections.abc import Callable
from typing import Any, Final

import msgspec

from services.ingest.beats import _UNREADABLE
from shared.contracts import acknowledgement, heartbeat, nonce, topics
from shared.contracts.heartbeat import GatewayHeartbeat, Heartbeat
from tests.fuzz.records import OFTEN, Record, packed, unpacked

_BOOT: Final = re.compile(heartbeat.BOOT_PATTERN)
_CODE: Final = re.compile(topics.CODE_PATTERN)
_FARTHEST_US: Final = 254_000_000_000_000_000

_FULL: Final = (
    b'{"at":1795334400000,"since":"2026-11-22T07:59:30.5Z","state":"covered","seq":7,'
    b'"boot":"boot-1","sent":1795334400000.5,"nonce":"00ff","sig":"AAAA","device":"CAM-1",'
    b'"battery":87.5,"rssi":-61,"fps":5,"more":{"x":[1,null,true]}}'
)


def seeds() -> list[bytes]:
    bodies = (
        _FULL,
        b'{"at":1795334400000}',
        b"[" + _FULL + b',{"device":"CAM-2","at":1795334400000}]',
        b'[{"boot":"boot-1","seq":[[1,5],[7,7]],"refused":[{"seq":3,"reason":"future"}]}]',
        b'{"nonce":"0123456789abcdef0123456789abcdef","issued_at":1795334400000}',
        b"giamsat/v1/F/D/heartbeat",
    )
    return [packed([Record(0, 0, 0, body, times)]) for body in bodies for times in (0, OFTEN)]


def one(data: bytes) -> None:
    for record in unpacked(data):
        payload = record.payload
        _beat(_decoded(heartbeat.decode_one, payload))
        _beat(_decoded(heartbeat.decode_entry, payload))
        _entries(payload)
        _same(_decoded(acknowledgement.decode, payload), acknowledgement.decode)
        _same(_decoded(nonce.decode, payload), nonce.decode)
        _topic(payload.decode(errors="replace"))
    _ranges(data)


def _decoded(decode: Callable[[bytes], Any], payload: bytes) -> Any:
    """What it says, or nothing if it is refused in one of the ways that are foreseen."""
    try:
        return decode(payload)
    except _UNREADABLE:
        return None


def _same(said: Any, decode: Callable[[bytes], Any]) -> None:
    if said is not None:
        assert decode(msgspec.json.encode(said)) == said


def _beat(beat: Heartbeat | None) -> None:
    if beat is None:
        return
    _same(beat, heartbeat.decode_entry if type(beat) is GatewayHeartbeat else heartbeat.decode_one)
    assert beat.boot is None or _BOOT.match(beat.boot)
    assert beat.seq is None or 0 <= beat.seq < 1 << 63
    assert type(beat) is Heartbeat or _CODE.match(beat.device or "")
    for moment in (beat.at, beat.since, beat.sent):
        try:
            us = 0 if moment is None else heartbeat.to_us(moment)
        except _UNREADABLE:
            continue
        assert abs(us) < _FARTHEST_US


def _entries(payload: bytes) -> None:
    """All at once or one by one: the same entries."""
    entries = _decoded(heartbeat.decode_entries, payload)
    raw = _decoded(heartbeat.decode_many, payload)
    if entries is not None:
        assert raw is not None
        assert [heartbeat.decode_entry(one) for one in raw] == entries


def _topic(topic: str) -> None:
    address = topics.parse(topic)
    if address is not None:
        assert f"{topics.ROOT}/{address.facility}/{address.device}/{address.leaf}" == topic


def _ranges(numbers: bytes) -> None:
    told = [number for first, last in acknowledgement.folded(numbers)
            for number in range(first, last + 1)]  # fmt: skip
    assert told == sorted(set(numbers))
