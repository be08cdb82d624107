"""What arrives, message by message: read, judged and merged in memory until the next flush."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import msgspec

from services.ingest.acks import Acks
from services.ingest.flush import Batch
from services.ingest.foreign import Foreign
from services.ingest.haul import Haul
from services.ingest.judge import Judge
from services.ingest.limits import COUNTED_BYTES
from services.ingest.notes.security import SecurityEvents
from services.ingest.post import Post, Receipt
from services.ingest.quarantine.entries import Quarantine
from services.ingest.quarantine.replay import Replay
from services.ingest.track import Track
from shared.contracts import heartbeat, topics
from shared.contracts.heartbeat import GatewayHeartbeat
from shared.contracts.topics import Leaf
from shared.domain.states import SECURITY, Refusal

_UNREADABLE = (
    msgspec.MsgspecError,
    UnicodeDecodeError,
    ValueError,
    OverflowError,
    RecursionError,  # a thousand brackets within each other
)
#: A heartbeat's sender is the device itself; of a gateway's entries, the gateway.
_OWN: Final = Leaf.HEARTBEAT


@dataclass(frozen=True, slots=True)
class Stranger:
    """A message that came before its device was on record; the flush looks again.

    `gateway` is who sent it, if it is an entry of a gateway's message.
    """

    topic: str
    payload: bytes
    received_us: int
    gateway: Track | None = None


class Inbox:
    """Everything received since the last flush took it away."""

    def __init__(self, tracks: dict[str, Track], clock_us: Callable[[], int]) -> None:
        self._tracks = tracks
        self._clock_us = clock_us
        self.judge = Judge()
        self.quarantine = Quarantine()
        self.security = SecurityEvents()
        self.foreign = Foreign(self.judge)
        self.acks = Acks()
        self.strangers: list[Stranger] = []
        #: The newest picture of each camera that cannot judge itself.
        self.frames: dict[Track, tuple[bytes, int]] = {}
        self.messages = 0

    def receive(
        self,
        post: Post,
        topic: str,
        payload: bytes,
        packet_id: int | None,
        is_retained: bool,  # noqa: FBT001 - the session's callback
    ) -> None:
        """Take one message of one session. Never raises on what a device can send."""
        received_us = self._clock_us()
        self.messages += 1
        if packet_id is not None:
            post.packet_ids.append(packet_id)
        if topic.startswith(topics.CANARY_ROOT):
            post.hear_canary(payload, received_us)
            return
        self.judge.arrived_after_us = post.arrived_after_us
        if is_retained:
            self._refuse(None, topic, Refusal.RETAINED, payload, received_us)
            return
        self.take(topic, payload, received_us)

    def take(self, topic: str, payload: bytes, received_us: int) -> None:
        """Sort a message by its topic, and credit it."""
        track = self._tracks.get(topic)
        if track is None:
            self._sort(topic, payload, received_us)
        elif self._may_speak(track, topic, payload, received_us):
            self._single(track, topic, payload, received_us)

    def look_again(self) -> None:
        """At what came from strangers, with the registry as it is now."""
        strangers, self.strangers = self.strangers, []
        for one in strangers:
            if one.gateway is not None:
                self._late_entry(one, one.gateway)
            else:
                self.take(one.topic, one.payload, one.received_us)
        # Who is a stranger even now is none of ours.
        unknown, self.strangers = self.strangers, []
        for one in unknown:
            self._refuse(None, one.topic, Refusal.UNKNOWN_DEVICE, one.payload, one.received_us)

    def play(self, replay: Replay) -> None:
        """Judge messages by when they came, but credit them as evidence that comes now: late."""
        self.judge.arrived_after_us = 0
        self.judge.credited_us = self._clock_us()
        try:
            for _, received_us, payload in replay.messages:
                self.take(replay.asked.topic, payload, received_us)
            self.look_again()
        finally:
            self.judge.credited_us = None

    def empty(self, receipts: list[Receipt], asked: Replay | None) -> Batch:
        """Everything since the last flush; what arrives from now on is the next one's."""
        self.judge.let_go(self._clock_us())
        batch = Batch(
            hauls=[Haul.take(track) for track in self.judge.waiting],
            entries=self.quarantine.take(),
            receipts=receipts,
            security=self.security.take(),
            acks=self.acks,
            replay=asked,
            messages=self.messages,
        )
        self.judge.waiting, self.acks, self.messages = [], Acks(), 0
        return batch

    def fail(self, topic: str, payload: bytes) -> None:
        """Nobody foresaw what this message does to us; it must not stand in others' way."""
        self._refuse(None, topic, Refusal.UNEXPECTED, payload, self._clock_us())

    # -- by topic --------------------------------------------------------------------------

    def _sort(self, topic: str, payload: bytes, received_us: int) -> None:
        """Everything that is not a known device's own heartbeat."""
        levels = topic.split("/", 4)
        if len(levels) < 5 or levels[0] != "giamsat" or levels[1] != "v1":
            self._refuse(None, topic, Refusal.WRONG_TOPIC, payload, received_us)
            return
        sender = self._tracks.get(topics.of(levels[2], levels[3], _OWN))
        if sender is None:
            self.strangers.append(Stranger(topic, payload, received_us))
        elif self._may_speak(sender, topic, payload, received_us):
            self._of_sender(sender, levels[4], topic, payload, received_us)

    def _of_sender(
        self, sender: Track, rest: str, topic: str, payload: bytes, received_us: int
    ) -> None:
        match rest:
            case Leaf.HEARTBEATS:
                self._many(sender, topic, payload, received_us)
            case Leaf.STATUS:
                self.foreign.status(sender, payload, received_us)
            case Leaf.FRAME:
                self._frame(sender, topic, payload, received_us)
            case _:
                self._foreign(sender, rest, topic, payload, received_us)

    def _may_speak(self, sender: Track, topic: str, payload: bytes, received_us: int) -> bool:
        """Whether sender and facility are within their limits; what is beyond is counted only."""
        cost = 1 + len(payload) // COUNTED_BYTES
        if sender.budget.allows(cost, received_us) and sender.site.budget.allows(cost, received_us):
            return True
        self._refuse(sender, topic, Refusal.THROTTLED, payload, received_us)
        return False

    # -- heartbeats ------------------------------------------------------------------------

    def _single(self, track: Track, topic: str, payload: bytes, received_us: int) -> None:
        if len(payload) > heartbeat.MAX_HEARTBEAT:
            self._refuse(track, topic, Refusal.OVERSIZED, payload, received_us)
            return
        try:
            beat = heartbeat.decode_one(payload)
            refusal = self.judge.credit(track, beat, received_us)
        except _UNREADABLE:
            self._refuse(track, topic, Refusal.UNREADABLE, payload, received_us)
            return
        if beat.boot is not None and beat.seq is not None:
            self.acks.add((track.site.code, track.code), beat.boot, beat.seq, refusal)
        if refusal is not None:
            self._refuse(track, topic, refusal, payload, received_us)

    def _many(self, gateway: Track, topic: str, payload: bytes, received_us: int) -> None:
        """A gateway's message: each entry stands for itself."""
        if not gateway.is_gateway:
            self._refuse(gateway, topic, Refusal.NOT_A_GATEWAY, payload, received_us)
        elif len(payload) > heartbeat.MAX_HEARTBEATS:
            self._refuse(gateway, topic, Refusal.OVERSIZED, payload, received_us)
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
        for raw in entries:
            try:
                entry = heartbeat.decode_entry(raw)
            except _UNREADABLE:
                self._refuse(gateway, topic, Refusal.UNREADABLE, _array(bytes(raw)), received_us)
                continue
            self._entry(gateway, topic, entry, received_us)

    def _entry(self, gateway: Track, topic: str, entry: GatewayHeartbeat, received_us: int) -> None:
        track = gateway.site.devices.get(entry.device)
        if track is None:
            raw = heartbeat.encode(entry)
            self.strangers.append(Stranger(topic, raw, received_us, gateway))
            return
        try:
            refusal = self.judge.credit(track, entry, received_us)
        except _UNREADABLE:
            refusal = Refusal.UNREADABLE
        if entry.boot is not None and entry.seq is not None:
            sender = (gateway.site.code, gateway.code)
            self.acks.add(sender, entry.boot, entry.seq, refusal)
        if refusal is not None:
            self._refuse(track, topic, refusal, _alone(entry), received_us)

    def _late_entry(self, stranger: Stranger, gateway: Track) -> None:
        entry = heartbeat.decode_entry(stranger.payload)
        if entry.device in gateway.site.devices:
            self._entry(gateway, stranger.topic, entry, stranger.received_us)
            return
        if entry.boot is not None and entry.seq is not None:
            sender = (gateway.site.code, gateway.code)
            self.acks.add(sender, entry.boot, entry.seq, Refusal.UNKNOWN_DEVICE)
        payload = _array(stranger.payload)
        self._refuse(gateway, stranger.topic, Refusal.UNKNOWN_DEVICE, payload, stranger.received_us)

    # -- what others speak -----------------------------------------------------------------

    def _frame(self, camera: Track, topic: str, payload: bytes, received_us: int) -> None:
        if camera.site.requires_signature:
            self._refuse(camera, topic, Refusal.UNSIGNED, payload, received_us)
        elif len(payload) > heartbeat.MAX_FRAME:
            self._refuse(camera, topic, Refusal.OVERSIZED, payload, received_us)
        else:
            self.frames[camera] = (payload, received_us)

    def _foreign(
        self, sender: Track, rest: str, topic: str, payload: bytes, received_us: int
    ) -> None:
        for refusal in self.foreign.take(sender, rest, payload, received_us):
            self._refuse(sender, topic, refusal, payload, received_us)

    # -- refusals --------------------------------------------------------------------------

    def _refuse(
        self, track: Track | None, topic: str, reason: Refusal, payload: bytes, received_us: int
    ) -> None:
        self.quarantine.add(topic, reason, payload, received_us=received_us)
        if track is not None and reason in SECURITY:
            self.security.add(track, reason, received_us)


def _alone(entry: GatewayHeartbeat) -> bytes:
    """An entry as a message of its own, so that it can be replayed on its topic."""
    return _array(heartbeat.encode(entry))


def _array(raw: bytes) -> bytes:
    return b"[" + raw + b"]"
