"""Takes the slots of dead workers over: hands on what the broker kept for them, then retires them.

    held ──not flushed for `dead_after_s`──▶ taken over ──its queue handed on──▶ retired

While a dead slot stands, its watermark holds judgement back, and a share of all messages waits in
its session. The one that takes it over connects as it, takes no further share, and when its canary
has come through behind all that waited, nobody needs the slot any more.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncEngine

from services.ingest import metrics
from services.ingest.canary import UNLIMITED_US
from services.ingest.post import Post
from services.ingest.settings import Settings
from services.ingest.slots import queries
from services.ingest.slots.session import FILTERS, Receive, connected
from shared.contracts import topics
from shared.contracts.heartbeat import to_us
from shared.db.session import unit_of_work
from shared.runtime import logging
from shared.runtime.mqtt_session import MqttError

log = logging.get(__name__)

#: How long a canary may be under way through what was waiting.
HANDED_ON_WITHIN_S = 120.0


class Takeover:
    """Looks for dead slots, and hands on what was theirs. `posts` is the worker's own list."""

    def __init__(
        self,
        settings: Settings,
        engine: AsyncEngine,
        posts: list[Post],
        *,
        boot: str,
        now: Callable[[], datetime],
        now_us: Callable[[], int],
    ) -> None:
        self._settings = settings
        self._engine = engine
        self._posts = posts
        self._boot = boot
        self._now = now
        self._now_us = now_us

    async def look(self, receive: Receive, next_flush: Callable[[], Awaitable[None]]) -> int:
        """Take over one dead slot, if there is one; returns how many slots live."""
        async with unit_of_work(self._engine) as connection:
            dead = await queries.take_dead_slot(
                connection,
                boot=self._boot,
                besides=self._posts[0].slot,
                dead_after_s=self._settings.dead_after_s,
                now=self._now(),
            )
            alive = await queries.live_slots(connection)
        if dead is None:
            return alive
        log.error("slot_taken_over", slot=dead.slot, seen_until=dead.seen_until.isoformat())
        metrics.TAKEN_OVER.inc()
        post = Post(dead.slot, to_us(dead.seen_until))
        self._posts.append(post)
        try:
            async with asyncio.timeout(HANDED_ON_WITHIN_S):
                await self._hand_on(post, receive, next_flush)
        finally:
            if post in self._posts:
                self._posts.remove(post)
        log.info("slot_retired", slot=dead.slot)
        return alive - 1

    async def _hand_on(
        self, post: Post, receive: Receive, next_flush: Callable[[], Awaitable[None]]
    ) -> None:
        was_kept = await connected(post, self._settings, receive)
        session = post.session
        if session is None:
            raise MqttError("the session ended at once")
        # Our own canaries saw the broker all the time; what it kept for the dead, it kept whole.
        post.patience_us = UNLIMITED_US if was_kept else 0
        await session.unsubscribe(FILTERS)
        await session.subscribe([topics.canary(post.slot)])
        post.is_connected = True
        sent_us = self._now_us()
        session.publish(topics.canary(post.slot), str(sent_us).encode())
        while post.seen_until_us < sent_us:
            if session.lost.is_set():
                raise MqttError(f"the session of slot {post.slot} was lost: {session.reason}")
            await next_flush()
        # No flush may find the slot gone: one that is under way may still know this post.
        self._posts.remove(post)
        await next_flush()
        async with unit_of_work(self._engine) as connection:
            await queries.retire(connection, post.slot, boot=self._boot)
        session.end()
