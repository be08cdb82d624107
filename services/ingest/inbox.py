"""What arrives, message by message: decoded, judged and merged in memory until the next flush."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import msgspec

from services.ingest.canary import Canary
from services.ingest.quarantine import Quarantine
from services.ingest.track import Latest, Track
from shared.contracts import heartbeat, topics
from shared.contracts.heartbeat import Heartbeat
from shared.contracts.topics import Leaf
from shared.domain.heartbeat import attested
from shared.domain.states import Refusal

#: How long a device's latest word may be shown before a newer one is written, if nothing changed.
SHOWN_FOR_US: Final = 5_000_000
_UNREADABLE = (
    msgspec.MsgspecError,
    UnicodeDecodeError,
    ValueError,
    OverflowError,
    RecursionError,  # a thousand brackets within each other
)


@dataclass(frozen=True, slots=True)
class Stranger:
    """A message of a device that was not on record when it came; the flush looks again.

    `own_topic` is that of the device's heartbeats, `topic` the one that was really used.
    """

    own_topic: str
    topic: str
    payload: bytes
    received_us: int


class Inbox:
    """Everything received since the last flush took it away."""

    def __init__(self, tracks: dict[str, Track], clock_us: Callable[[], int]) -> None:
        self._tracks = tracks
        self._clock_us = clock_us
        self.quarantine = Quarantine()
        self.packet_ids: list[int] = []
        self.waiting: list[Track] = []
        self.strangers: list[Stranger] = []
        self.canaries: list[Canary] = []
        self.messages = 0
        # In the order of their coming; a set that keeps order.
        self._held_back: dict[Track, None] = {}

    def receive(self, topic: str, payload: bytes, packet_id: int | None, is_retained: bool) -> None:  # noqa: FBT001 - the session's callback
        """Take one message. Never raises on what a device can send."""
        received_us = self._clock_us()
        self.messages += 1
        if packet_id is not None:
            self.packet_ids.append(packet_id)
        if is_retained:
            self.quarantine.add(topic, Refusal.RETAINED, payload, received_us=received_us)
            return
        track = self._tracks.get(topic)
        if track is None:
            self._sort(topic, payload, received_us)
        else:
            self._single(track, topic, payload, received_us)

    def resolve(self, stranger: Stranger) -> None:
        """Look at a stranger's message again, with the registry as it is now."""
        topic, payload, received_us = stranger.topic, stranger.payload, stranger.received_us
        track = self._tracks.get(stranger.own_topic)
        if track is None:
            self.quarantine.add(topic, Refusal.UNKNOWN_DEVICE, payload, received_us=received_us)
        else:
            self._single(track, topic, payload, received_us)

    def _sort(self, topic: str, payload: bytes, received_us: int) -> None:
        """Everything that is not a known device's own heartbeat."""
        if topic.startswith(topics.CANARY_ROOT):
            self.canaries.append(Canary(int(payload), received_us))
            return
        address = topics.parse(topic)
        if address is None:
            self.quarantine.add(topic, Refusal.WRONG_TOPIC, payload, received_us=received_us)
            return
        match address.leaf:
            case Leaf.HEARTBEAT:
                self.strangers.append(Stranger(topic, topic, payload, received_us))
            case Leaf.HEARTBEATS:
                self._many(address, topic, payload, received_us)
            case Leaf.STATUS:
                pass  # A hint about the cause, never evidence.
            case _:
                self.quarantine.add(topic, Refusal.WRONG_TOPIC, payload, received_us=received_us)

    def _single(self, track: Track, topic: str, payload: bytes, received_us: int) -> None:
        if len(payload) > heartbeat.MAX_HEARTBEAT:
            self.quarantine.add(topic, Refusal.OVERSIZED, payload, received_us=received_us)
            return
        try:
            beat = heartbeat.decode_one(payload)
            refusal = self._credit(track, beat, received_us)
        except _UNREADABLE:
            refusal = Refusal.UNREADABLE
        if refusal is not None:
            self.quarantine.add(topic, refusal, payload, received_us=received_us)

    def _many(self, gateway: topics.Address, topic: str, payload: bytes, received_us: int) -> None:
        """A gateway's message: each entry stands for itself."""
        if len(payload) > heartbeat.MAX_HEARTBEATS:
            self.quarantine.add(topic, Refusal.OVERSIZED, payload, received_us=received_us)
            return
        try:
            entries = heartbeat.decode_many(payload)
        except _UNREADABLE:
            self.quarantine.add(topic, Refusal.UNREADABLE, payload, received_us=received_us)
            return
        for raw in entries:
            refusal = self._entry(gateway, topic, bytes(raw), received_us)
            if refusal is not None:
                self.quarantine.add(topic, refusal, bytes(raw), received_us=received_us)

    def _entry(
        self, gateway: topics.Address, topic: str, raw: bytes, received_us: int
    ) -> Refusal | None:
        try:
            beat = heartbeat.decode_entry(raw)
            own_topic = topics.of(gateway.facility, beat.device, Leaf.HEARTBEAT)
            track = self._tracks.get(own_topic)
            if track is None:
                self.strangers.append(Stranger(own_topic, topic, raw, received_us))
                return None
            return self._credit(track, beat, received_us)
        except _UNREADABLE:
            return Refusal.UNREADABLE

    def _credit(self, track: Track, beat: Heartbeat, received_us: int) -> Refusal | None:
        at_us = heartbeat.to_us(beat.at)
        if beat.since is None:
            # A clock a little ahead is clipped to the present, so its interval ends there too.
            since_us = min(at_us, received_us) - track.default_us
        else:
            since_us = heartbeat.to_us(beat.since)
        if track.retired_us is not None:
            at_us = min(at_us, track.retired_us)
            if since_us >= at_us:
                return Refusal.RETIRED_DEVICE
        span = attested(at_us, since_us, received_us=received_us, registered_us=track.registered_us)
        if isinstance(span, Refusal):
            return span
        is_new = track.attest(*span, state=beat.state, received_us=received_us)
        is_told = self._show(track, beat, span[1], received_us)
        if is_new or is_told:
            self._wait(track)
        return None

    def _wait(self, track: Track) -> None:
        if not track.is_waiting:
            track.is_waiting = True
            self.waiting.append(track)

    def _show(self, track: Track, beat: Heartbeat, at_us: int, received_us: int) -> bool:
        """Keep the newest word for display; False if it is not worth a write of its own yet."""
        latest = track.latest
        if latest is not None and at_us <= latest.at_us:
            return False
        readings = {
            name: value for name in heartbeat.READINGS if (value := getattr(beat, name)) is not None
        }
        track.latest = Latest(at_us, received_us, beat.state, readings)
        is_news = latest is None or beat.state is not latest.state
        if is_news or received_us >= track.shown_us + SHOWN_FOR_US:
            track.shown_us = received_us
            track.must_show = True
            return True
        self._held_back[track] = None
        return False

    def let_go(self) -> None:
        """Words held back for long enough are shown with the next flush: the last ones too."""
        now_us = self._clock_us()
        for track in list(self._held_back):
            if now_us >= track.shown_us + SHOWN_FOR_US:
                track.shown_us = now_us
                track.must_show = True
                del self._held_back[track]
                self._wait(track)
