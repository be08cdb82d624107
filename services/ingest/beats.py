"""Heartbeats of known devices, one by one or from a gateway: read, judged, acknowledged."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import msgspec

from services.ingest.acks import Acks
from services.ingest.judge import Judge
from services.ingest.track import Track
from shared.contracts import heartbeat
from shared.contracts.heartbeat import GatewayHeartbeat
from shared.contracts.laborious import is_laborious
from shared.domain.states import Refusal

_UNREADABLE = (
    msgspec.MsgspecError,
    UnicodeDecodeError,
    ValueError,
    OverflowError,
    RecursionError,  # a thousand brackets within each other
)

#: Messages that may wait for their device to be registered, and what is kept of one too many.
MOST_STRANGERS: Final = 5_000
SHORT: Final = 256

#: So many unreadable entries of one message are set aside. A message of thirty thousand is no
#: mistake, and must not keep others waiting.
MOST_BAD: Final = 1_000

#: Entries that are too many are counted apart from messages: a gateway with a long backlog is no
#: flood (`services/api/floods`). No topic that is published can hold this sign.
OF_ENTRIES: Final = "#entries"

#: Whose it is if anybody's, topic, reason, payload, received at.
Refuse = Callable[[Track | None, str, Refusal, bytes, int], None]


@dataclass(frozen=True, slots=True)
class Stranger:
    """A message that came before its device was on record; the flush looks again.

    `gateway` is who sent it, if it is an entry of a gateway's message.
    """

    topic: str
    payload: bytes
    received_us: int
    gateway: Track | None = None


class Beats:
    """What a worker makes of heartbeats since the last flush."""

    def __init__(self, judge: Judge, refuse: Refuse) -> None:
        self.judge = judge
        self._refuse = refuse
        self.acks = Acks()
        self.strangers: list[Stranger] = []

    def let_wait(self, stranger: Stranger) -> None:
        """Until the next flush has looked into the registry. So many strangers are no accident."""
        if len(self.strangers) < MOST_STRANGERS:
            self.strangers.append(stranger)
        else:
            topic = stranger.topic + (OF_ENTRIES if stranger.gateway is not None else "")
            payload = stranger.payload[:SHORT]
            self._refuse(None, topic, Refusal.THROTTLED, payload, stranger.received_us)

    def single(self, track: Track, topic: str, payload: bytes, received_us: int) -> None:
        if len(payload) > heartbeat.MAX_HEARTBEAT:
            self._refuse(track, topic, Refusal.OVERSIZED, payload, received_us)
            return
        try:
            beat = heartbeat.decode_one(payload)
            is_own = beat.device is None or beat.device == track.code
            refusal = self.judge.credit(track, beat, received_us) if is_own else Refusal.SPOOFED
        except _UNREADABLE:
            self._refuse(track, topic, Refusal.UNREADABLE, payload, received_us)
            return
        if beat.boot is not None and beat.seq is not None:
            self.acks.add((track.site.code, track.code), beat.boot, beat.seq, refusal)
        if refusal is not None:
            self._refuse(track, topic, refusal, payload, received_us)

    def many(self, gateway: Track, topic: str, payload: bytes, received_us: int) -> None:
        """A gateway's message: each entry stands for itself."""
        if not gateway.is_gateway:
            self._refuse(gateway, topic, Refusal.NOT_A_GATEWAY, payload, received_us)
        elif len(payload) > heartbeat.MAX_HEARTBEATS:
            self._refuse(gateway, topic, Refusal.OVERSIZED, payload, received_us)
        elif not gateway.may_tell(payload.count(b"{"), received_us):  # before the work of reading
            self._refuse(gateway, topic, Refusal.THROTTLED, payload, received_us)
        elif is_laborious(payload):
            self._refuse(gateway, topic, Refusal.UNREADABLE, payload, received_us)
        else:
            self._entries(gateway, topic, payload, received_us)

    def _entries(self, gateway: Track, topic: str, payload: bytes, received_us: int) -> None:
        try:
            entries = heartbeat.decode_entries(payload)
        except _UNREADABLE:
            self._one_by_one(gateway, topic, payload, received_us)
            return
        for entry in entries:
            self._entry(gateway, topic, entry, received_us)

    def _one_by_one(self, gateway: Track, topic: str, payload: bytes, received_us: int) -> None:
        """Some entry is bad: the good ones count all the same."""
        try:
            entries = heartbeat.decode_many(payload)
        except _UNREADABLE:
            self._refuse(gateway, topic, Refusal.UNREADABLE, payload, received_us)
            return
        bad = 0
        for raw in entries:
            try:
                entry = heartbeat.decode_entry(raw)
            except _UNREADABLE:
                bad += 1
                if bad <= MOST_BAD:
                    self._refuse(
                        gateway, topic, Refusal.UNREADABLE, _array(bytes(raw)), received_us
                    )
                continue
            self._entry(gateway, topic, entry, received_us)

    def _entry(self, gateway: Track, topic: str, entry: GatewayHeartbeat, received_us: int) -> None:
        track = gateway.site.devices.get(entry.device)
        if track is None:
            raw = heartbeat.encode(entry)
            self.let_wait(Stranger(topic, raw, received_us, gateway))
            return
        try:
            refusal = self.judge.credit(track, entry, received_us)
        except _UNREADABLE:
            refusal = Refusal.UNREADABLE
        if entry.boot is not None and entry.seq is not None:
            sender = (gateway.site.code, gateway.code)
            self.acks.add(sender, entry.boot, entry.seq, refusal)
        if refusal is not None:
            counted = topic + OF_ENTRIES if refusal is Refusal.THROTTLED else topic
            self._refuse(track, counted, refusal, _alone(entry), received_us)

    def late_entry(self, stranger: Stranger, gateway: Track) -> None:
        entry = heartbeat.decode_entry(stranger.payload)
        if entry.device in gateway.site.devices:
            self._entry(gateway, stranger.topic, entry, stranger.received_us)
            return
        if entry.boot is not None and entry.seq is not None:
            sender = (gateway.site.code, gateway.code)
            self.acks.add(sender, entry.boot, entry.seq, Refusal.UNKNOWN_DEVICE)
        payload = _array(stranger.payload)
        self._refuse(gateway, stranger.topic, Refusal.UNKNOWN_DEVICE, payload, stranger.received_us)


def _alone(entry: GatewayHeartbeat) -> bytes:
    """An entry as a message of its own, so that it can be replayed on its topic."""
    return _array(heartbeat.encode(entry))


def _array(raw: bytes) -> bytes:
    return b"[" + raw + b"]"
