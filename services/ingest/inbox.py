"""What arrives, message by message: read, judged and merged in memory until the next flush."""

from collections.abc import Callable
from typing import Final

from services.ingest.acks import Acks
from services.ingest.beats import Beats, Stranger
from services.ingest.discoveries.reports import Reports
from services.ingest.flush import Batch
from services.ingest.foreign import Foreign
from services.ingest.frames.gallery import Gallery, Waiting
from services.ingest.haul import Haul
from services.ingest.judge import Judge
from services.ingest.limits import COUNTED_BYTES
from services.ingest.notes.security import SecurityEvents
from services.ingest.post import Post, Receipt
from services.ingest.quarantine.entries import Quarantine
from services.ingest.quarantine.replay import Replay
from services.ingest.track import Track
from shared.contracts import heartbeat, topics
from shared.contracts.topics import Leaf
from shared.domain.states import SECURITY, Refusal

#: A heartbeat's sender is the device itself; of a gateway's entries, the gateway.
_OWN: Final = Leaf.HEARTBEAT
_MUST_BE_FRESH: Final = frozenset({Leaf.HEARTBEAT, Leaf.HEARTBEATS, Leaf.FRAME, Leaf.DISCOVERED})


class Inbox:
    """Everything received since the last flush took it away."""

    def __init__(self, tracks: dict[str, Track], clock_us: Callable[[], int]) -> None:
        self._tracks = tracks
        self._clock_us = clock_us
        self.judge = Judge()
        self.quarantine = Quarantine()
        self.security = SecurityEvents()
        self.foreign = Foreign(self.judge)
        self.beats = Beats(self.judge, self._refuse)
        self.gallery = Gallery(self.judge)
        self.reports = Reports()
        self.messages = 0
        #: By which post the message at hand came, and its packet id.
        self._way: tuple[Post, int | None] | None = None

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
        self._way = (post, packet_id)
        if is_retained:
            self._retained(topic, payload, received_us)
        else:
            self.take(topic, payload, received_us)

    def take(self, topic: str, payload: bytes, received_us: int) -> None:
        """Sort a message by its topic, and credit it."""
        track = self._tracks.get(topic)
        if track is None:
            self._sort(topic, payload, received_us)
        elif self._may_speak(track, topic, payload, received_us):
            self.beats.single(track, topic, payload, received_us)

    def look_again(self) -> None:
        """At what came from strangers, with the registry as it is now."""
        strangers, self.beats.strangers = self.beats.strangers, []
        for one in strangers:
            if one.gateway is not None:
                self.beats.late_entry(one, one.gateway)
            else:
                self.take(one.topic, one.payload, one.received_us)
        # Who is a stranger even now is none of ours.
        unknown, self.beats.strangers = self.beats.strangers, []
        for one in unknown:
            self._refuse(None, one.topic, Refusal.UNKNOWN_DEVICE, one.payload, one.received_us)

    def play(self, replay: Replay) -> None:
        """Judge messages by when they came, but credit them as evidence that comes now: late."""
        self._way = None
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
            acks=self.beats.acks,
            reports=self.reports.take(),
            replay=asked,
            messages=self.messages,
        )
        self.judge.waiting, self.beats.acks, self.messages = [], Acks(), 0
        return batch

    def fail(self, topic: str, payload: bytes) -> None:
        """Nobody foresaw what this message does to us; it must not stand in others' way."""
        self._refuse(None, topic, Refusal.UNEXPECTED, payload, self._clock_us())

    # -- by topic --------------------------------------------------------------------------

    def _retained(self, topic: str, payload: bytes, received_us: int) -> None:
        """Births and wills are published so by design, and are hints; a watch must be fresh."""
        levels = topic.split("/", 4)
        sender = self._tracks.get(topics.of(levels[2], levels[3], _OWN)) if levels[4:] else None
        if sender is None or levels[4] in _MUST_BE_FRESH:
            self._refuse(None, topic, Refusal.RETAINED, payload, received_us)
        elif self._may_speak(sender, topic, payload, received_us):
            if levels[4] == Leaf.STATUS:
                self.foreign.status(sender, payload, received_us)
                return
            for refusal in self.foreign.take_retained(sender, levels[4], payload, received_us):
                self._refuse(sender, topic, refusal, payload, received_us)

    def _sort(self, topic: str, payload: bytes, received_us: int) -> None:
        """Everything that is not a known device's own heartbeat."""
        levels = topic.split("/", 4)
        if len(levels) < 5 or levels[0] != "giamsat" or levels[1] != "v1":
            self._refuse(None, topic, Refusal.WRONG_TOPIC, payload, received_us)
            return
        sender = self._tracks.get(topics.of(levels[2], levels[3], _OWN))
        if sender is None:
            self.beats.let_wait(Stranger(topic, payload, received_us))
        elif self._may_speak(sender, topic, payload, received_us):
            self._of_sender(sender, levels[4], topic, payload, received_us)

    def _of_sender(
        self, sender: Track, rest: str, topic: str, payload: bytes, received_us: int
    ) -> None:
        match rest:
            case Leaf.HEARTBEATS:
                self.beats.many(sender, topic, payload, received_us)
            case Leaf.STATUS:
                self.foreign.status(sender, payload, received_us)
            case Leaf.FRAME:
                self._frame(sender, topic, payload, received_us)
            case Leaf.DISCOVERED:
                refusal = self.reports.add(sender, payload, received_us)
                if refusal is not None:
                    self._refuse(sender, topic, refusal, payload, received_us)
            case _:
                self._foreign(sender, rest, topic, payload, received_us)

    def _may_speak(self, sender: Track, topic: str, payload: bytes, received_us: int) -> bool:
        """Whether sender and facility are within their limits; what is beyond is counted only."""
        cost = 1 + len(payload) // COUNTED_BYTES
        if sender.budget.allows(cost, received_us) and sender.site.budget.allows(cost, received_us):
            return True
        self._refuse(sender, topic, Refusal.THROTTLED, payload, received_us)
        return False

    # -- what others speak -----------------------------------------------------------------

    def _frame(self, camera: Track, topic: str, payload: bytes, received_us: int) -> None:
        """It waits to be looked at, and so does its acknowledgement."""
        refusal: Refusal | None = None
        if camera.approved_us is None:
            refusal = Refusal.WRONG_TOPIC  # nobody may be a camera in secret
        elif not camera.may_record(received_us):
            refusal = Refusal.UNAPPROVED_CAMERA
        elif camera.site.requires_signature:
            refusal = Refusal.UNSIGNED
        elif len(payload) > heartbeat.MAX_FRAME:
            refusal = Refusal.OVERSIZED
        elif self._way is not None:
            post, packet_id = self._way
            picture = Waiting(topic, payload, received_us, post, post.session, packet_id)
            refusal = self.gallery.hang(camera, picture)
            if refusal is None and packet_id is not None:
                post.packet_ids.pop()
        if refusal is not None:
            self._refuse(camera, topic, refusal, payload, received_us)

    async def look_at_pictures(self) -> None:
        """Forever: one picture after the other."""
        while True:
            camera, picture, refusal = await self.gallery.look_at_next()
            if refusal is not None:
                self._refuse(camera, picture.topic, refusal, b"", picture.received_us)

    def _foreign(
        self, sender: Track, rest: str, topic: str, payload: bytes, received_us: int
    ) -> None:
        for refusal in self.foreign.take(sender, rest, payload, received_us):
            self._refuse(sender, topic, refusal, payload, received_us)

    # -- refusals --------------------------------------------------------------------------

    def _refuse(
        self, track: Track | None, topic: str, reason: Refusal, payload: bytes, received_us: int
    ) -> None:
        if reason is Refusal.UNAPPROVED_CAMERA:
            payload = b""  # what nobody has allowed it to see is not kept either
        self.quarantine.add(topic, reason, payload, received_us=received_us)
        if track is not None and reason in SECURITY:
            self.security.add(track, reason, received_us)
