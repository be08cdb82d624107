"""An inbox with devices of one facility on record, for tests that need no broker."""

from itertools import count

from services.ingest.flush import Batch
from services.ingest.inbox import Inbox
from services.ingest.post import Post
from services.ingest.track import FOR_EVER_US, Site, Track
from shared.contracts import topics
from shared.contracts.topics import Leaf
from shared.domain.heartbeat import SECOND_US, default_length_us

NOW = 1_800_000_000 * SECOND_US
FACILITY = "HOA-SEN"
TOPIC = topics.of(FACILITY, "CAM-1", Leaf.HEARTBEAT)
GATEWAY = topics.of(FACILITY, "GW", Leaf.HEARTBEATS)
_ids = count(1)


def a_track(code: str = "CAM-1", *, retired_us: int | None = None) -> Track:
    """A device on record for an hour, in a facility of its own until an inbox is made of it."""
    return Track(
        next(_ids),
        code,
        Site(FACILITY, "Asia/Ho_Chi_Minh"),
        default_us=default_length_us(30),
        registered_us=NOW - 3600 * SECOND_US,
        retired_us=retired_us,
    )


def a_camera(code: str = "CAM-1", *, approved_us: tuple[int, int] = (0, FOR_EVER_US)) -> Track:
    """A camera that somebody has allowed, unless it is said otherwise."""
    camera = a_track(code)
    camera.approved_us = approved_us
    return camera


def a_gateway() -> Track:
    gateway = a_track("GW")
    gateway.is_gateway = True
    return gateway


class Room(Inbox):
    """An inbox at one post; devices of one facility are known to it."""

    def __init__(self, *tracks: Track, now_us: int = NOW) -> None:
        self.now_us = now_us
        self.post = Post(0, 0)
        self.site = Site(FACILITY, "Asia/Ho_Chi_Minh")
        for track in tracks:
            track.site = self.site
            self.site.devices[track.code] = track
        known = {topics.of(FACILITY, track.code, Leaf.HEARTBEAT): track for track in tracks}
        super().__init__(known, lambda: self.now_us)

    def hear(self, topic: str, payload: bytes, *, is_retained: bool = False) -> None:
        self.receive(self.post, topic, payload, len(self.post.packet_ids) + 1, is_retained)

    def refusals(self) -> dict[str, int]:
        return {entry.reason.value: entry.count for entry in self.quarantine.take()}

    def flushed(self) -> Batch:
        return self.empty([], None)


def ms(us: int) -> int:
    return us // 1000
