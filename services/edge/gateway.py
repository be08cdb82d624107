"""The facility gateway: keeps every device's watch, and tells all that is not known to be told."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence

from services.edge import link, messages
from services.edge.journal import Journal
from services.edge.link import Account, LinkError
from services.edge.watch import Look, Reading, Watch, after, begun
from shared.contracts import topics
from shared.contracts.topics import Leaf
from shared.runtime import logging

log = logging.get(__name__)

#: A device that was not seen for longer has not watched without a break.
PATIENCE_MS = 15_000
LONGEST_BACKOFF_S = 60.0
SAVE_EVERY_S = 60.0
SAVE_EVERY_S_WHILE_BEHIND = 10.0

#: Publishes a payload on a topic; whether it was delivered.
Publish = Callable[[str, bytes], Awaitable[bool]]


class Gateway:
    """The watches of one gateway's devices."""

    def __init__(self, facility: str, code: str, journal: Journal) -> None:
        self.name = topics.username(facility, code)
        self.is_behind = True
        #: Set when a device changes its state: that is told at once.
        self.changed = asyncio.Event()
        self._topic = topics.of(facility, code, Leaf.HEARTBEATS)
        self._journal = journal
        self._going_on: dict[str, Watch] = {}
        self._readings: dict[str, Reading] = {}

    @property
    def going_on(self) -> Sequence[Watch]:
        return tuple(self._going_on.values())

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
            self._journal.add(ended)
        if now.state is not before.state:
            log.info("device_changed", gateway=self.name, device=look.device, state=now.state)
            self.changed.set()

    async def tell(self, publish: Publish) -> None:
        """Everything that is not known to be delivered, and how far each watch has come."""
        self.changed.clear()
        self.is_behind = True
        has_told_all = True
        watches = [*self._journal.ended, *self._going_on.values()]
        for message in messages.packed(watches, self._readings):
            if await publish(self._topic, message.payload):
                self._journal.forget(message.watches)
            else:
                has_told_all = False
        self.is_behind = not has_told_all

    async def save(self) -> None:
        await self._journal.save(self.going_on)


async def keep_telling(gateway: Gateway, account: Account, *, interval_s: float) -> None:
    """Tell in a steady rhythm, with a new connection whenever the old one is lost."""
    failures = 0
    while True:
        try:
            async with link.opened(account) as opened:
                if failures:
                    log.info("link_recovered", gateway=gateway.name, failures=failures)
                failures = 0
                await _tell_steadily(gateway, opened.publish, interval_s)
        except LinkError as fault:
            if failures == 0:
                log.warning("link_lost", gateway=gateway.name, reason=str(fault))
            failures += 1
            gateway.is_behind = True
        await asyncio.sleep(backoff_s(failures, random.random()))  # noqa: S311 - no secret


async def _tell_steadily(gateway: Gateway, publish: Publish, interval_s: float) -> None:
    while True:
        await gateway.tell(publish)
        try:
            async with asyncio.timeout(jittered_s(interval_s, random.random())):  # noqa: S311
                await gateway.changed.wait()
        except TimeoutError:
            continue


async def keep_saving(gateway: Gateway) -> None:
    """What is not told yet must outlive a loss of power; what is told need not be written often."""
    slept_s = 0.0
    while True:
        await asyncio.sleep(SAVE_EVERY_S_WHILE_BEHIND)
        slept_s += SAVE_EVERY_S_WHILE_BEHIND
        if gateway.is_behind or slept_s >= SAVE_EVERY_S:
            await gateway.save()
            slept_s = 0.0


def backoff_s(failures: int, chance: float) -> float:
    """Full jitter: after an outage of the broker, a province does not return in one second."""
    return chance * min(LONGEST_BACKOFF_S, 2.0 ** min(failures, 10))


def jittered_s(interval_s: float, chance: float) -> float:
    """A tenth earlier or later, so that gateways do not fall into step."""
    return interval_s * (0.9 + 0.2 * chance)
