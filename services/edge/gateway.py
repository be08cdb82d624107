"""The facility gateway: keeps every device's watch, and tells it until it is acknowledged."""

import asyncio
import itertools
import math
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from services.edge import messages
from services.edge.backlog import Backlog
from services.edge.entries import Entries
from services.edge.hearing import Hearing
from services.edge.journal import Journal
from services.edge.messages import Message
from services.edge.watch import NOTHING_READ, Look, Reading, Watch, after, begun
from shared.contracts import heartbeat, topics
from shared.contracts.topics import Leaf
from shared.runtime import clock, logging
from shared.runtime.ed25519 import SigningKey

log = logging.get(__name__)

#: A device that was not seen for longer has not watched without a break.
PATIENCE_MS = 15_000
#: An acknowledgement takes a second; whoever has waited this long has to be looked after.
BEHIND_AFTER_S = 60.0
NO_KEYS: Final[Mapping[str, SigningKey]] = MappingProxyType({})

#: Publishes a payload on a topic; whether it was delivered.
Publish = Callable[[str, bytes], Awaitable[bool]]


class Gateway:
    """The watches of one gateway's devices. `keys`: of the devices that sign."""

    def __init__(
        self,
        facility: str,
        code: str,
        journal: Journal,
        *,
        keys: Mapping[str, SigningKey] = NO_KEYS,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = topics.username(facility, code)
        #: Whether the last telling got through to the broker.
        self.is_linked = False
        #: Set when a device changes its state: that is told at once.
        self.changed = asyncio.Event()
        self._topic = topics.of(facility, code, Leaf.HEARTBEATS)
        self._journal = journal
        self._now_s = now_s
        self._going_on: dict[str, Watch] = {}
        self._readings: dict[str, Reading] = {}
        self._seqs = itertools.count(1)
        self._backlog = Backlog()
        self._must_save = False
        self._entries = Entries(facility, keys)
        self.hearing = Hearing(facility, code, self._entries, self._backlog, now_s)
        self._limit = messages.FIRST
        for watch in journal.past:
            self._end(watch)

    @property
    def going_on(self) -> Sequence[Watch]:
        return tuple(self._going_on.values())

    @property
    def is_behind(self) -> bool:
        """Not told, or told and not acknowledged for long."""
        waits_s = max(self._backlog.longest_wait_s(self._now_s()), self.hearing.silent_for_s)
        return not self.is_linked or waits_s > BEHIND_AFTER_S

    def resume(self, watch: Watch) -> None:
        """Go on with a watch that began before this process did."""
        self._going_on[watch.device] = watch

    def read(self, device: str, reading: Reading) -> None:
        """Told with the device's watch until there is a newer one."""
        self._readings[device] = reading

    def see(self, look: Look) -> None:
        before = self._going_on.get(look.device)
        if before is None:
            self._going_on[look.device] = begun(look)
            return
        ended, now = after(before, look, patience_ms=PATIENCE_MS)
        self._going_on[look.device] = now
        if ended is not None:
            self._end(ended)
        if now.state is not before.state:
            log.info("device_changed", gateway=self.name, device=look.device, state=now.state)
            self.changed.set()

    async def tell(self, publish: Publish, *, within_s: float = math.inf) -> None:
        """How far each watch has come; then of what ended, newest first, what time allows.

        At least one message of that, so that a device that never rests cannot hold it up.
        """
        self.changed.clear()
        if self._must_save:
            await self.save()
        ends_s = self._now_s() + within_s
        for message in messages.packed(self._present(), lambda: heartbeat.MAX_HEARTBEATS):
            await self._tell(message, publish)
        for message in messages.packed(self._past(), lambda: self._limit):
            is_delivered = await self._tell(message, publish)
            if not is_delivered or self.changed.is_set() or self._now_s() >= ends_s:
                break
        self.is_linked = True

    async def save(self) -> None:
        self._must_save = False
        await self._journal.save(self._backlog.watches, self.going_on)

    def _end(self, watch: Watch) -> None:
        """A number for good: told again, it is still the same, so numbers grow as time does."""
        self._must_save = True
        lost = self._backlog.add(next(self._seqs), watch, now_s=self._now_s())
        if lost is not None:
            log.warning("journal_overflowed", gateway=self.name, device=lost.device)

    def _present(self) -> Iterator[tuple[int, bytes]]:
        for watch in self.going_on:
            if not watch.is_empty:
                seq = next(self._seqs)
                self.hearing.expect(seq, watch.device)
                yield seq, self._worded(seq, watch)

    def _past(self) -> Iterator[tuple[int, bytes]]:
        for seq, watch in self._backlog.due(self._now_s()):
            yield seq, self._worded(seq, watch)

    def _worded(self, seq: int, watch: Watch) -> bytes:
        reading = self._readings.get(watch.device, NOTHING_READ)
        return self._entries.encoded(seq, watch, reading, sent_ms=clock.now_us() // 1000)

    async def _tell(self, message: Message, publish: Publish) -> bool:
        began_s = self._now_s()
        is_delivered = False
        try:
            is_delivered = await publish(self._topic, message.payload)
        finally:
            took_s = self._now_s() - began_s if is_delivered else math.inf
            size = len(message.payload)
            self._limit = messages.next_limit(self._limit, size=size, took_s=took_s)
        if is_delivered:
            self._backlog.told(message.seqs, now_s=self._now_s())
        return is_delivered
