"""A device of a scenario on a real broker: it beats while it is on, and tells when that ends."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final

from shared.runtime import clock
from shared.runtime.mqtt_session import Login, MqttError, MqttSession

BEATS_EVERY_S: Final = 0.5
#: By the words of scenarios: what a heartbeat says; nothing, where there is none.
_SAYS: Final = {"watched": "ok", "impaired": "dark", "off": None}


def now_ms() -> int:
    return clock.now_us() // 1000


@dataclass
class LiveDevice:
    """`mqtt`: what the registry gave it. A state holds since a moment, to the millisecond."""

    code: str
    mqtt: dict[str, Any]
    state: str = "watched"
    since_ms: int = 0
    session: MqttSession | None = None

    def turn(self, state: str, at_ms: int) -> None:
        """What held until now is told with its end."""
        if self.state != state:
            self._tell(at_ms)
            self.state, self.since_ms = state, at_ms

    async def beat(self) -> None:
        """For ever; whoever is cut off comes back."""
        self.since_ms = now_ms()
        while True:
            session = MqttSession(_hear_nothing)
            with suppress(MqttError, OSError, TimeoutError):
                await session.connect(self._login())
                self.session = session
                while not session.lost.is_set():
                    self._tell(now_ms())
                    await asyncio.sleep(BEATS_EVERY_S)
            await asyncio.sleep(BEATS_EVERY_S)

    def _login(self) -> Login:
        mqtt = self.mqtt
        name = f"{mqtt['username']}-{now_ms()}"
        return Login(
            mqtt["host"], mqtt["port"], name, mqtt["username"], mqtt["password"], expiry_s=0
        )

    def _tell(self, at_ms: int) -> None:
        says = _SAYS[self.state]
        if says is not None and self.session is not None and not self.session.lost.is_set():
            beat = {"device": self.code, "at": at_ms, "since": self.since_ms, "state": says}
            topic = self.mqtt["heartbeat_topic"]
            # A gateway speaks for many, if only of itself.
            said = [beat] if topic.endswith("/heartbeats") else beat
            self.session.publish(topic, json.dumps(said).encode())


def _hear_nothing(*_: object) -> None:
    """Nobody subscribed to anything."""


@asynccontextmanager
async def beating(devices: Iterable[LiveDevice]) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(device.beat()) for device in devices]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for device in devices:
            if device.session is not None:
                device.session.close()
