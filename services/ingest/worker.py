"""The ingest worker: receive, flush, acknowledge; through faults of broker and database.

The order is the guarantee: commit, then PUBACK. What was received but not committed when we die
stays with the broker or with the device; what was committed but not acknowledged comes again and
changes nothing.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncEngine

from services.ingest import flush, metrics, queries
from services.ingest.canary import BLIND_AFTER_US, look
from services.ingest.flush import Batch, Haul
from services.ingest.inbox import Inbox
from services.ingest.registry import Registry
from services.ingest.settings import Settings
from shared.contracts import topics
from shared.contracts.heartbeat import to_us
from shared.db.session import unit_of_work
from shared.runtime import database_faults, logging, loops
from shared.runtime.mqtt_session import Login, MqttSession

log = logging.get(__name__)

CANARY_EVERY_S = 1.0
#: A flush may wait this long for the database before the worker says so.
READY_WITHIN_US = 10_000_000
FILTERS = tuple(f"$share/ingest/{pattern}" for pattern in topics.INGEST_FILTERS)


class Worker:
    """One slot of ingest. `ready` is set while the session stands."""

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
        self._session: MqttSession | None = None
        self._seen_until_us = 0
        self._flushed_us = 0
        self._patience_us = BLIND_AFTER_US
        self._wake = asyncio.Event()
        self.is_connected = False
        metrics.CONNECTED.set_function(lambda: float(self.is_connected))

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
        async with asyncio.TaskGroup() as group:
            flushing = group.create_task(self._flush_loop(stop), name="flush")
            group.create_task(self._session_loop(stop), name="session")
            group.create_task(self._wake_at(stop), name="wake")
            group.create_task(
                loops.every(CANARY_EVERY_S, self._send_canary, name="canary", stop=stop)
            )
            await flushing
            self._close()

    async def _start(self, stop: asyncio.Event) -> None:
        async def take_over() -> None:
            async with unit_of_work(self._engine) as connection:
                worker = await queries.start_worker(
                    connection, self._settings.slot, boot=self._boot, now=self._now()
                )
                await self._registry.refresh(connection)
            self._seen_until_us = to_us(worker.seen_until)

        await loops.until_done(take_over, name="start", stop=stop)

    # -- the session with the broker -------------------------------------------------------

    async def _session_loop(self, stop: asyncio.Event) -> None:
        await loops.every(0.5, lambda: self._session_once(stop), name="session", stop=stop)

    async def _session_once(self, stop: asyncio.Event) -> None:
        """One connection, from beginning to end."""
        session = MqttSession(self._receive)
        login = Login(
            self._settings.mqtt_host,
            self._settings.mqtt_port,
            client_id=f"giamsat-ingest-{self._settings.slot}",
            username=self._settings.mqtt_username,
            password=self._settings.mqtt_password,
        )
        # Packet ids belong to one connection. What those of the last one stood for is in memory.
        self._inbox.packet_ids = []
        self._session = session
        was_kept = await session.connect(login)
        await session.subscribe([*FILTERS, topics.canary(self._settings.slot)])
        log.info("broker_session_began", was_kept=was_kept)
        self._patience_us = BLIND_AFTER_US if was_kept else 0
        self.is_connected = True
        await self._send_canary()
        lost = asyncio.create_task(session.lost.wait())
        stopped = asyncio.create_task(stop.wait())
        await asyncio.wait((lost, stopped), return_when=asyncio.FIRST_COMPLETED)
        lost.cancel()
        stopped.cancel()
        if not stop.is_set():
            self.is_connected = False
            log.warning("broker_session_lost", reason=session.reason)

    def _receive(
        self,
        topic: str,
        payload: bytes,
        packet_id: int | None,
        is_retained: bool,  # noqa: FBT001 - the session's callback
    ) -> None:
        self._inbox.receive(topic, payload, packet_id, is_retained)
        if self._inbox.messages == self._settings.flush_at:
            self._wake.set()

    async def _send_canary(self) -> None:
        if self._session is not None and self.is_connected:
            self._session.publish(topics.canary(self._settings.slot), str(self._now_us()).encode())
            self._session.ping()

    def _close(self) -> None:
        if self._session is not None:
            self._session.close()

    # -- the flush -------------------------------------------------------------------------

    async def _flush_loop(self, stop: asyncio.Event) -> None:
        is_last = False
        while not is_last:
            is_last = stop.is_set()
            await loops.pause(self._settings.flush_every_s, self._wake)
            self._wake.clear()
            await self._flush(stop)

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
                batch = self._take()
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
                await flush.write(connection, batch, slot=self._settings.slot, now=self._now())

    def _take(self) -> Batch:
        """Take everything out of the inbox; what arrives from now on is the next flush's."""
        inbox = self._inbox
        inbox.let_go()
        strangers, inbox.strangers = inbox.strangers, []
        for stranger in strangers:
            inbox.resolve(stranger)
        batch = Batch(
            hauls=[Haul.take(track) for track in inbox.waiting],
            entries=inbox.quarantine.take(),
            sight=look(
                inbox.canaries, seen_until_us=self._seen_until_us, patience_us=self._patience_us
            ),
            session=self._session,
            packet_ids=inbox.packet_ids,
            messages=inbox.messages,
        )
        if inbox.canaries:
            self._patience_us = BLIND_AFTER_US
        inbox.packet_ids, inbox.waiting, inbox.canaries, inbox.messages = [], [], [], 0
        return batch

    def _settle(self, batch: Batch) -> None:
        """After the commit: remember what is known, and acknowledge."""
        self._seen_until_us = batch.sight.seen_until_us
        self._flushed_us = self._now_us()
        for haul in batch.hauls:
            haul.commit()
        if batch.session is not None and not batch.session.lost.is_set():
            batch.session.acknowledge(batch.packet_ids)
        metrics.MESSAGES.inc(batch.messages)
        metrics.BATCH_MESSAGES.observe(batch.messages)
        metrics.SEEN_UNTIL.set(batch.sight.seen_until_us / 1e6)
        metrics.DEVICES.set(len(self._registry.tracks))
        for entry in batch.entries:
            metrics.REFUSED.labels(entry.reason).inc(entry.count)
