"""The ingest worker: receive, flush, acknowledge; through faults of broker and database.

The order is the guarantee: commit, then PUBACK, then the end-to-end acknowledgement. What was
received but not committed when we die stays with the broker or with the device; what was committed
but not acknowledged comes again and changes nothing.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.ingest import abandoned, flush, metrics
from services.ingest.flush import Batch
from services.ingest.inbox import Inbox
from services.ingest.nonces import Nonces
from services.ingest.post import Post
from services.ingest.quarantine.bounds import keep_bounds
from services.ingest.quarantine.replay import Replay, Replays
from services.ingest.registry.roll import Registry
from services.ingest.rounds import intake
from services.ingest.rounds.intake import Rounds, Visits
from services.ingest.settings import Settings
from services.ingest.slots import claim
from services.ingest.slots import session as sessions
from services.ingest.slots.takeover import Takeover
from shared.db.session import unit_of_work
from shared.runtime import database_faults, logging, loops

log = logging.get(__name__)

CANARY_EVERY_S = 1.0
#: So often within the time after which a worker counts as dead.
LOOKS_FOR_THE_DEAD = 6
TRIM_EVERY_S = 60.0
#: A flush may wait this long for the database before the worker says so.
READY_WITHIN_US = 10_000_000
#: Who did not flush steadily himself cannot tell a dead worker from a database that was away.
PAUSE_US = 5_000_000


class Worker:
    """One slot of ingest, and for a while those of the dead."""

    def __init__(
        self,
        settings: Settings,
        engine: AsyncEngine,
        *,
        boot: str,
        now: Callable[[], datetime],
        now_us: Callable[[], int],
    ) -> None:
        self._settings = settings
        self._engine = engine
        self._boot = boot
        self._now = now
        self._now_us = now_us
        self._registry = Registry()
        self._inbox = Inbox(self._registry.tracks, now_us)
        self._nonces = Nonces(settings.mqtt_password)
        self._replays = Replays()
        self._rounds = Rounds()
        self._home = Post(0, 0)
        self._posts = [self._home]
        self._takeover = Takeover(settings, engine, self._posts, boot=boot, now=now, now_us=now_us)
        self._flushed_us = 0
        self._steady_since_us = 0
        self._wake = asyncio.Event()
        self._flushed = asyncio.Condition()
        self._take_in = loops.guarded(self._inbox.receive, self._unexpected)
        metrics.CONNECTED.set_function(lambda: float(self.is_connected))

    @property
    def is_connected(self) -> bool:
        """Whether our own session with the broker stands."""
        return self._home.is_connected

    def why_not_ready(self) -> str | None:
        """A canary is flushed every second, so a flush is never long ago while all is well."""
        if not self.is_connected:
            return "no session with the broker"
        if self._now_us() - self._flushed_us > READY_WITHIN_US:
            return "nothing has been committed lately"
        return None

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set; then flush what is there and leave the session standing."""
        await self._start(stop)
        looking_s = self._settings.dead_after_s / LOOKS_FOR_THE_DEAD
        async with asyncio.TaskGroup() as group:
            flushing = group.create_task(self._flush_loop(stop), name="flush")
            group.create_task(self._wake_at(stop), name="wake")
            others = [
                group.create_task(loops.every(seconds, body, name=name, stop=stop), name=name)
                for name, seconds, body in (
                    ("session", 0.5, lambda: self._session_once(stop)),
                    ("canary", CANARY_EVERY_S, self._send_canary),
                    ("takeover", looking_s, self._look_for_the_dead),
                    ("abandoned", looking_s, lambda: abandoned.end_all(self._engine)),
                    ("trim", TRIM_EVERY_S, lambda: keep_bounds(self._engine, now=self._now())),
                )
            ]
            looking = group.create_task(self._inbox.look_at_pictures(), name="pictures")
            await flushing
            self._close()
            looking.cancel()
            for task in others:
                task.cancel()
        await self._inbox.gallery.close()

    async def _start(self, stop: asyncio.Event) -> None:
        async def take_over() -> None:
            async with unit_of_work(self._engine) as connection:
                claimed = await claim.slot(
                    connection, self._settings, boot=self._boot, now=self._now()
                )
                await self._registry.refresh(connection)
            self._home.slot, self._home.seen_until_us = claimed

        await loops.until_done(take_over, name="start", stop=stop)
        log.info("slot_claimed", slot=self._home.slot)

    # -- the session with the broker -------------------------------------------------------

    async def _session_once(self, stop: asyncio.Event) -> None:
        """One connection, from beginning to end."""
        home = self._home
        async with unit_of_work(self._engine) as connection:
            await claim.still_holds(connection, home.slot, boot=self._boot)
        was_kept = await sessions.opened(home, self._settings, self._receive)
        session = home.session
        if session is None:
            return
        log.info("broker_session_began", was_kept=was_kept, slot=home.slot)
        self._nonces.forget_told()
        home.is_connected = True
        await self._send_canary()
        lost = asyncio.create_task(session.lost.wait())
        stopped = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait((lost, stopped), return_when=asyncio.FIRST_COMPLETED)
        finally:
            lost.cancel()
            stopped.cancel()
        if not stop.is_set():
            home.is_connected = False
            log.warning("broker_session_lost", reason=session.reason, slot=home.slot)

    def _receive(
        self,
        post: Post,
        topic: str,
        payload: bytes,
        packet_id: int | None,
        is_retained: bool,  # noqa: FBT001 - the session's callback
    ) -> None:
        self._take_in(post, topic, payload, packet_id, is_retained)
        if self._inbox.messages == self._settings.flush_at:
            self._wake.set()

    def _unexpected(self, error: Exception, *message: object) -> None:
        """A message met a bug of ours. It is set aside; the session and all others go on."""
        _, topic, payload, *_ = message
        log.error("message_unexpected", error=type(error).__name__, exc_info=error)
        self._inbox.fail(str(topic), bytes(payload) if isinstance(payload, bytes) else b"")

    async def _send_canary(self) -> None:
        now_us = self._now_us()
        self._inbox.judge.nonces = self._nonces.known(now_us)
        most = self._settings.most_unanswered
        for post in self._posts:
            if post.session is not None and post.is_connected and not post.session.lost.is_set():
                post.send_canary(post.session, now_us, most_unanswered=most)
        home = self._home
        if home.session is not None and home.is_connected and not home.session.lost.is_set():
            self._nonces.tell(home.session, now_us)

    def _close(self) -> None:
        for post in self._posts:
            if post.session is not None:
                post.session.close()

    # -- dead workers ----------------------------------------------------------------------

    async def _look_for_the_dead(self) -> None:
        is_steady = self._now_us() - self._steady_since_us > self._settings.dead_after_s * 1e6
        if self.is_connected and self._flushed_us and is_steady:
            alive = await self._takeover.look(self._receive, self._next_flush)
            metrics.SLOTS.set(alive)
            self._inbox.foreign.remembers = alive <= 1

    async def _next_flush(self) -> None:
        async with self._flushed:
            await self._flushed.wait()

    # -- the flush -------------------------------------------------------------------------

    async def _flush_loop(self, stop: asyncio.Event) -> None:
        is_last = False
        while not is_last:
            is_last = stop.is_set()
            await loops.pause(self._settings.flush_every_s, self._wake)
            self._wake.clear()
            await self._flush(stop)
            async with self._flushed:
                self._flushed.notify_all()

    async def _wake_at(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._wake.set()

    async def _flush(self, stop: asyncio.Event) -> None:
        """Commit everything received so far, then acknowledge it. Tries until it succeeds."""
        if not self._inbox.messages:
            return
        batch: Batch | None = None

        async def attempt() -> None:
            nonlocal batch
            if batch is None:
                async with unit_of_work(self._engine) as connection:
                    await self._registry.refresh(connection)
                    asked = await self._replays.next(connection)
                    visits = await self._visits(connection)
                batch = self._take(asked, visits)
            try:
                await self._write(batch)
            except database_faults.FAULTS as exc:
                if not database_faults.is_unstorable(exc):
                    raise
                # No message may ever stand in the way of all others.
                log.exception("words_not_storable", left_out=len(batch.entries))
                batch = batch.without_words()
                await self._write(batch)

        if await loops.until_done(attempt, name="flush", stop=stop) and batch is not None:
            self._settle(batch)

    async def _write(self, batch: Batch) -> None:
        with metrics.FLUSH_SECONDS.time():
            async with unit_of_work(self._engine) as connection:
                await flush.write(connection, batch, boot=self._boot, now=self._now())

    async def _visits(self, connection: AsyncConnection) -> Visits | None:
        """Who came by on a round: asked for when the watermark moves, which is once a second."""
        if not any(post.canaries for post in self._posts):
            return None
        return await self._rounds.look(connection, now_us=self._now_us())

    def _take(self, asked: Replay | None, visits: Visits | None) -> Batch:
        """Take everything out of the inbox; what arrives from now on is the next flush's."""
        inbox = self._inbox
        inbox.look_again()
        if asked is not None:
            inbox.play(asked)
        if visits is not None:
            intake.credit(visits, inbox.judge, self._registry, now_us=self._now_us())
        batch = inbox.empty([post.take() for post in self._posts], asked)
        batch.visits = visits
        return batch

    def _settle(self, batch: Batch) -> None:
        """After the commit: remember what is known, acknowledge, and tell the senders."""
        now_us = self._now_us()
        if now_us - self._flushed_us > PAUSE_US:
            self._steady_since_us = now_us
        self._flushed_us = now_us
        for haul in batch.hauls:
            haul.commit()
        if batch.replay is not None:
            self._replays.settle(batch.replay)
        if batch.visits is not None:
            self._rounds.settle(batch.visits)
        self._acknowledge(batch)
        self._tell(batch)
        metrics.count(batch, devices=len(self._registry.tracks))

    def _acknowledge(self, batch: Batch) -> None:
        """To the broker: it need not keep this for us any longer."""
        for receipt in batch.receipts:
            receipt.acknowledge()

    def _tell(self, batch: Batch) -> None:
        """To the senders: you need not either. If nobody hears it, they ask by sending again."""
        session = self._home.session
        if session is not None and self.is_connected and not session.lost.is_set():
            session.publish_all(batch.acks.messages())
