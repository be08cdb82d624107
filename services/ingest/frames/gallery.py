"""The pictures that wait to be looked at, the newest of each camera, and what becomes of them.

A picture's message is acknowledged after its verdict is committed, like every other; looking at it
holds up nobody else's flush.
"""

import asyncio
from dataclasses import dataclass
from typing import Final

from services.ingest.frames.desk import Desk
from services.ingest.frames.wire import Picture
from services.ingest.judge import Claim, Judge
from services.ingest.post import Post
from services.ingest.track import Track
from shared.domain.states import Refusal
from shared.runtime.mqtt_session import MqttSession

#: So many cameras may wait; a worker looks at some hundred pictures a second.
MOST_WAITING: Final = 500


@dataclass(frozen=True, slots=True)
class Waiting:
    """A picture, and what must be acknowledged where once it is judged."""

    topic: str
    jpeg: bytes
    received_us: int
    post: Post
    session: MqttSession | None
    packet_id: int | None


class Gallery:
    """Takes pictures in, and has them looked at one by one."""

    def __init__(self, judge: Judge) -> None:
        self._judge = judge
        self._waiting: dict[Track, Waiting] = {}
        self._desk = Desk()
        self._has_some = asyncio.Event()

    def hang(self, camera: Track, picture: Waiting) -> Refusal | None:
        """Let a picture wait; it replaces an older one of the same camera."""
        before = self._waiting.get(camera)
        if before is None and len(self._waiting) >= MOST_WAITING:
            return Refusal.THROTTLED
        if before is not None:
            _settle(before)
        self._waiting[camera] = picture
        self._has_some.set()
        return None

    async def look_at_next(self) -> tuple[Track, Waiting, Refusal | None]:
        """Judge the picture that has waited longest, and credit what it attests."""
        await self._has_some.wait()
        camera = next(iter(self._waiting))
        picture = self._waiting.pop(camera)
        if not self._waiting:
            self._has_some.clear()
        seen = await self._desk.look(
            Picture(camera.device_id, picture.received_us / 1e6, picture.jpeg)
        )
        if seen.state is None:
            refusal: Refusal | None = Refusal.UNREADABLE
        else:
            at_us = picture.received_us
            claim = Claim(at_us, at_us - camera.default_us, seen.state, at_us, {})
            refusal = self._judge.credit_claim(camera, claim)
        _settle(picture)
        return camera, picture, refusal

    async def close(self) -> None:
        await self._desk.close()


def _settle(picture: Waiting) -> None:
    """The next flush acknowledges it, if the connection it came by still stands."""
    if picture.packet_id is not None and picture.post.session is picture.session:
        picture.post.packet_ids.append(picture.packet_id)
