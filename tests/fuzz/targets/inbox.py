"""The whole way of a message in memory: received, judged, merged, flushed, acknowledged."""

import base64
from dataclasses import replace
from typing import Any, Final, TypeVar

import msgspec

from services.ingest.beats import _UNREADABLE
from services.ingest.quarantine.queries import Asked
from services.ingest.quarantine.replay import Replay
from shared.contracts import heartbeat, signing, topics
from shared.contracts.adapters.rules import Dialect
from shared.contracts.heartbeat import Heartbeat
from shared.contracts.topics import Leaf
from shared.domain.heartbeat import SECOND_US
from tests.fuzz import aftermath, golden
from tests.fuzz.aftermath import Numbers
from tests.fuzz.records import OFTEN, Record, packed, unpacked
from tests.fuzz.world import FACILITY, KEY, STRICT, World

T = TypeVar("T")

RETAINED: Final = 1
SIGNED: Final = 2
LOOK_AGAIN: Final = 4
FLUSH: Final = 8
REPLAY: Final = 16
AT_QOS_0: Final = 32
ARRIVED_JUST_NOW: Final = 64
FORGETFUL: Final = 128

_STEPS_S: Final = (0, 0, 1, 30, 60, 301, 3600, 86_400, 8 * 86_400, -2)
_CODES: Final = ("CAM-1", "KEY", "GW", "MIX", "OLD", "NEW", "GHOST")
_LEAVES: Final = (Leaf.HEARTBEAT, Leaf.HEARTBEATS, Leaf.STATUS, Leaf.FRAME, Leaf.ACK)
_OWN: Final = tuple(
    [topics.of(FACILITY, code, leaf) for code in _CODES for leaf in _LEAVES]
    + [topics.of(STRICT, code, leaf) for code in ("CAM-1", "GW") for leaf in _LEAVES[:3]]
)
_FOREIGN: Final = tuple(
    dict.fromkeys(
        topics.of(FACILITY, publisher, Leaf.STATUS).removesuffix(Leaf.STATUS) + prefix + topic
        for dialect in Dialect
        for topic, _ in golden.MESSAGES[dialect]
        for publisher, prefix in (("GW", f"w/{dialect}/"), ("GW", f"n/{dialect}/"), ("MIX", ""))
    )
)
PLACES: Final = (*_OWN, *_FOREIGN)
#: A record's place is one byte; half of the foreign topics are reached by the topic in the body.
_NAMED: Final = 250

_MS: Final = 1_795_334_400_000


def seeds() -> list[bytes]:
    beats = [Record(_OWN.index(topics.of(FACILITY, code, Leaf.HEARTBEAT)), flags, 2, body)
             for code, flags, body in _BEATS]  # fmt: skip
    gateway = _OWN.index(topics.of(FACILITY, "GW", Leaf.HEARTBEATS))
    many = [Record(gateway, SIGNED | FLUSH, 1, body) for body in _GATEWAY]
    must_sign = _OWN.index(topics.of(STRICT, "CAM-1", Leaf.HEARTBEAT))
    strict = [Record(must_sign, flags, 1, _SIGNED) for flags in (SIGNED, 0)]
    other = [Record(number, LOOK_AGAIN, 1, b'{"state":"offline"}') for number in range(len(_OWN))]
    foreign = [
        Record(_NAMED, 0, 1, f"giamsat/v1/{FACILITY}/{prefix}{topic}\n".encode() + payload)
        for dialect in Dialect
        for topic, payload in golden.MESSAGES[dialect]
        for prefix in (f"GW/w/{dialect}/", f"GW/n/{dialect}/", "MIX/")
    ]
    heavy = [Record(gateway, LOOK_AGAIN, 1, body, OFTEN) for body in (*_GATEWAY, *_HEAVY)]
    named = [Record(_NAMED, FLUSH, 1, topic + b"\n{}") for topic in _NONSENSE]
    alone = [packed([one]) for one in (*beats, *many, *strict, *heavy, *other, *foreign, *named)]
    streams = [packed(foreign[at : at + 12]) for at in range(0, len(foreign), 12)]
    return [*alone, *streams, packed([*beats[:6], *many, *strict, *named[:2]])]


def one(data: bytes) -> None:
    _Run().follow(data)


class _Run:
    """One stream of messages into a new world."""

    def __init__(self) -> None:
        self.world = World()
        self.carried: Numbers = set()
        self.received = 0
        self.kept: list[Replay] = []

    def follow(self, data: bytes) -> None:
        for number, record in enumerate(unpacked(data)):
            self.world.pass_time(_STEPS_S[record.step % len(_STEPS_S)] * SECOND_US)
            self._hear(record, number + 1)
            if record.flags & LOOK_AGAIN:
                self.world.look_again()
            if record.flags & (FLUSH | REPLAY):
                self._flush(None)
            if record.flags & REPLAY:
                self._replay()
        self.world.look_again()
        self._flush(None)

    def _hear(self, record: Record, packet_id: int) -> None:
        world = self.world
        topic, payload = _addressed(record)
        if topic.startswith(topics.CANARY_ROOT):
            return  # The broker lets nobody but us speak there.
        # Of a message that is repeated this would take longer than what is measured.
        if record.flags & SIGNED and not record.is_repeated:
            payload = self._signed(topic, payload)
        self.received += len(payload)
        # A repetition names no other numbers, and reading it here would count as ingest's work.
        _, once = _addressed(replace(record, times=0))
        self.carried |= _numbers(once if record.is_repeated else payload)
        just_now = bool(record.flags & ARRIVED_JUST_NOW)
        world.post.arrived_after_us = world.now_us - SECOND_US if just_now else 0
        world.foreign.remembers = not record.flags & FORGETFUL
        at_qos_1 = None if record.flags & AT_QOS_0 else packet_id
        world.hear(topic, payload, at_qos_1, is_retained=bool(record.flags & RETAINED))

    def _flush(self, asked: Replay | None) -> None:
        world = self.world
        world.oldest_us = min(world.oldest_us, world.now_us)
        batch = world.empty([world.post.take()], asked)
        aftermath.check(batch, carried=self.carried, received=self.received)
        for haul in batch.hauls:
            haul.commit()
        self.kept += [
            Replay(Asked(1, 1, entry.topic), tuple((1, at, payload) for at, payload in entry.kept))
            for entry in batch.entries
            if entry.kept
        ]

    def _replay(self) -> None:
        """Everything that was kept until now, judged anew."""
        asked, self.kept = self.kept, []
        for replay in asked:
            self.received += sum(len(payload) for _, _, payload in replay.messages)
            self.world.play(replay)
            self._flush(replay)

    def _signed(self, topic: str, payload: bytes) -> bytes:
        """The same with a good signature of each beat that can be signed."""
        levels = topic.split("/")
        if len(levels) != 5:
            return payload
        try:
            told = msgspec.json.decode(payload)
            beats = told if isinstance(told, list) else [told]
            for beat in beats:
                self._sign(levels, beat)
            return msgspec.json.encode(told)
        except (*_UNREADABLE, KeyError, TypeError):
            return payload

    def _sign(self, levels: list[str], told: dict[str, Any]) -> None:
        beat = msgspec.convert(told, Heartbeat)
        device = beat.device if levels[4] == Leaf.HEARTBEATS else levels[3]
        since_us = heartbeat.to_us(beat.at if beat.since is None else beat.since)
        claim = signing.Signed(
            facility=levels[2],
            device=device or "",
            boot=beat.boot or "",
            seq=beat.seq or 0,
            since_ms=since_us // 1000,
            at_ms=heartbeat.to_us(beat.at) // 1000,
            state=beat.state.value,
            nonce=beat.nonce or "",
        )
        told["sig"] = base64.b64encode(KEY.sign(signing.canonical(claim))).decode()
        self.world.has_signed = True


def _addressed(record: Record) -> tuple[str, bytes]:
    """One of the places, or what stands in the first line of the body."""
    if record.place < min(len(PLACES), _NAMED):
        return PLACES[record.place], record.payload
    first, _, rest = record.body.partition(b"\n")
    return first.decode(errors="replace"), Record(0, 0, 0, rest, record.times).payload


class _Numbered(msgspec.Struct):
    """Of a message no more than its number."""

    boot: object = None
    seq: object = None


def _numbers(payload: bytes) -> Numbers:
    """The boots and sequence numbers in a message, found by another way than ingest takes."""
    entries = _read(payload, list[msgspec.Raw])
    found = [_read(bytes(one), _Numbered) for one in entries or [msgspec.Raw(payload)]]
    return {
        (one.boot, one.seq)
        for one in found
        if one is not None and isinstance(one.boot, str) and isinstance(one.seq, int)
    }


def _read(payload: bytes, kind: type[T]) -> T | None:
    try:
        return msgspec.json.decode(payload, type=kind)
    except _UNREADABLE:
        return None


_SIGNED: Final = b'{"at":%d,"since":%d,"boot":"boot-1","seq":1,"nonce":"now","sig":""}' % (
    _MS,
    _MS - 30_000,
)
_BEATS: Final = (
    ("CAM-1", 0, b'{"at":%d}' % _MS),
    ("CAM-1", FLUSH, b'{"at":%d,"since":%d,"state":"covered"}' % (_MS, _MS - 600_000)),
    ("CAM-1", 0, b'{"at":%d,"since":%d}' % (_MS, _MS - 8 * 86_400_000)),
    ("CAM-1", 0, b'{"at":%d,"boot":"boot-1","seq":5,"sent":%d,"rssi":-60}' % (_MS, _MS)),
    ("CAM-1", ARRIVED_JUST_NOW, b'{"at":%d,"sent":%d}' % (_MS, _MS - 200_000)),
    ("CAM-1", REPLAY, b'{"at":"soon"}'),
    ("KEY", SIGNED, _SIGNED),
    ("KEY", 0, _SIGNED),
    ("OLD", 0, b'{"at":%d,"since":%d}' % (_MS - 10_000, _MS - 60_000)),
    ("NEW", 0, b'{"at":"2026-11-22T08:00:00Z","since":"2026-11-22T06:00:00+00:00"}'),
    ("GHOST", LOOK_AGAIN, b'{"at":%d,"boot":"boot-1","seq":5}' % _MS),
)  # fmt: skip
_GATEWAY: Final = (
    b'[{"device":"CAM-1","at":%d,"boot":"boot-1","seq":1},{"device":"KEY","at":%d,"since":%d,'
    b'"boot":"boot-1","seq":2,"nonce":"now","sig":""},{"device":"GHOST","at":1,"boot":"b","seq":3}]'
    % (_MS, _MS, _MS - 30_000),
    b'[{"device":"CAM-1","at":%d},{"device":"CAM-1","at":"soon"},7]' % _MS,
)
_HEAVY: Final = (
    b"[1]", b"[{}]", b"[[]]", b'[{"device":"GHOST","at":1}]', b'[{"device":"CAM-1","at":1}]',
    b'[{"device":"KEY","at":9,"since":1,"boot":"a","seq":1,"sig":"%s"}]' % (b"A" * 86 + b"=="),
)  # fmt: skip
_NONSENSE: Final = (
    b"", b"/", b"giamsat/v1", b"giamsat/v1/HOA-SEN/CAM-1", b"giamsat/v1/HOA-SEN/CAM-1/heartbeet",
    b"giamsat/v1/HOA-SEN/CAM-1//", b"giamsat/v2/HOA-SEN/CAM-1/heartbeat", b"\x00\xff\xc2\x85",
    b"giamsat/v1/\xe2\x80\xa8/\xf3\xa0\x80\x81/heartbeat", b"a" * 900, b"/" * 3000,
    b"giamsat/v1/HOA-SEN/GW/w/onvif", b"giamsat/v1/HOA-SEN/GW/w/tasmota/tele//STATE",
)  # fmt: skip
