"""Many devices over few connections, beating in turns whether anybody hears them or not."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Final

from shared.runtime import clock
from shared.runtime.mqtt_session import Login, MqttError, MqttSession
from tests.chaos.outage import town

LINES: Final = 8
PAUSE_S: Final = 0.2


@dataclass
class Device:
    """It watches from the begin until it dies. `says_since`: since when, in each heartbeat."""

    number: int
    since_ms: int
    says_since: bool
    died_ms: int | None = None
    #: What it said last.
    told_ms: int = 0

    @property
    def topic(self) -> str:
        facility = town.facility_code(town.facility_of(self.number))
        return f"giamsat/v1/{facility}/{town.device_code(self.number)}/heartbeat"

    def payload(self, at_ms: int) -> bytes:
        since = b',"since":%d' % self.since_ms if self.says_since else b""
        return b'{"at":%d%b}' % (at_ms, since)


@dataclass
class Herd:
    """All devices of a town, each with a moment of its own in every interval."""

    port: int
    interval_s: float
    devices: list[Device]
    username: str
    lines: list[asyncio.Task[None]] = field(default_factory=list)

    def die(self, numbers: Iterable[int]) -> None:
        for number in numbers:
            self.devices[number].died_ms = now_ms()

    def live_again(self, numbers: Iterable[int]) -> None:
        for number in numbers:
            self.devices[number].since_ms = now_ms()
            self.devices[number].died_ms = None

    async def beat(self, line: int) -> None:
        """The devices of one line, for ever; what is due while nobody listens is not told."""
        while True:
            session = MqttSession(_hear_nothing)
            name = f"herd-{line}-{now_ms()}"
            with suppress(MqttError, OSError, TimeoutError):
                await session.connect(
                    Login("127.0.0.1", self.port, name, self.username, self.username, expiry_s=0)
                )
                await self._rounds(session, self.devices[line::LINES])
            session.close()
            await asyncio.sleep(PAUSE_S)

    async def _rounds(self, session: MqttSession, mine: list[Device]) -> None:
        """By the clock, not by what was done: whoever comes late goes on where time is now."""
        loop = asyncio.get_running_loop()
        each_s = self.interval_s / len(mine)
        turn = int(loop.time() / each_s)
        while not session.lost.is_set():
            device = mine[turn % len(mine)]
            if device.died_ms is None:
                device.told_ms = now_ms()
                session.publish(device.topic, device.payload(device.told_ms))
            turn += 1
            await asyncio.sleep(max(0, turn * each_s - loop.time()))


def _hear_nothing(*_: object) -> None:
    """Nobody subscribed to anything."""


def now_ms() -> int:
    return clock.now_us() // 1000


@asynccontextmanager
async def beating(herd: Herd) -> AsyncIterator[Herd]:
    herd.lines = [asyncio.create_task(herd.beat(line)) for line in range(LINES)]
    try:
        yield herd
    finally:
        for line in herd.lines:
            line.cancel()
        await asyncio.gather(*herd.lines, return_exceptions=True)
