"""One simulated facility: its gateway, what is behind it, and its plain devices."""

import asyncio
import random
from collections.abc import Callable, Coroutine, Iterator
from contextlib import suppress
from datetime import datetime
from typing import Any

import msgspec

from services.cli.demo.line import Line
from services.cli.demo.province import GATEWAY, INTERVAL_S, SEEING, Device, Facility
from services.edge import link, talk
from services.edge.camera import Camera
from services.edge.gateway import Gateway
from services.edge.journal import Journal
from services.edge.link import Account, LinkError
from services.edge.sources import Room
from services.edge.talk import jittered_s
from services.edge.watch import Look, Reading, Watch
from shared.contracts import topics
from shared.domain.places import DeviceKind
from shared.domain.states import WatchState
from shared.runtime import clock

LOOK_EVERY_S = 1.0


class Site:
    """A facility that can be troubled."""

    def __init__(
        self,
        place: Facility,
        account_of: Callable[[str], Account],
        journal: Journal,
        *,
        interval_s: float = INTERVAL_S,
    ) -> None:
        self.code = place.code
        self._place = place
        self.dead: set[str] = set()
        self.covered: set[str] = set()
        self._account_of = account_of
        self._interval_s = interval_s
        self._gateway = Gateway(place.code, GATEWAY.code, journal)
        self._behind = [GATEWAY.code, *(d.code for d in place.devices if not d.is_plain)]
        self._plain = [d.code for d in place.devices if d.is_plain]
        self._eye = _eye_of(place, self._see_with_eye)
        self._lines = [Line(self._talk), *(Line(self._plain_talk(code)) for code in self._plain)]

    @property
    def is_cut(self) -> bool:
        return self._lines[0].is_cut

    def resume(self, since: datetime, *, now: datetime) -> None:
        """Go on with the watch that history told of: nothing was missed while all this started."""
        # Rounded down: rounded up, it would leave a hole, and the whole second would be a gap.
        since_ms, now_ms = int(since.timestamp() * 1000), int(now.timestamp() * 1000)
        for code in self._behind:
            self._gateway.resume(Watch(code, WatchState.OK, since_ms, max(since_ms, now_ms)))

    def cut(self) -> None:
        """The watch goes on, but nobody hears of it."""
        for line in self._lines:
            line.cut()

    def kill(self, device: str) -> None:
        """It really stops; with a gateway, all behind it."""
        if device == GATEWAY.code:
            self.dead.update(self._behind)
            self._lines[0].cut()
        else:
            self.dead.add(device)

    async def cover(self, camera: str) -> None:
        self.covered.add(camera)
        if self._eye is not None and (self.code, camera) == SEEING:
            await self._eye.cause("cover")

    async def restore(self) -> None:
        self.dead.clear()
        self.covered.clear()
        for line in self._lines:
            line.restore()
        if self._eye is not None:
            await self._eye.mend()

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            for line in self._lines:
                group.create_task(line.keep(), name=f"line of {self.code}")
            group.create_task(self._keep_looking(), name=f"looks of {self.code}")
            group.create_task(talk.keep_saving(self._gateway), name=f"journal of {self.code}")
            if self._eye is not None:
                group.create_task(self._eye.keep_looking(), name=f"eye of {self.code}")

    async def _keep_looking(self) -> None:
        for device in self._place.devices:
            self._gateway.read(device.code, _reading(device))
        while True:
            for look in self._looks(clock.now_us() // 1000):
                self._gateway.see(look)
            await asyncio.sleep(LOOK_EVERY_S)

    def _looks(self, at_ms: int) -> Iterator[Look]:
        for code in self._behind:
            if code not in self.dead and (self.code, code) != SEEING:
                is_covered = code in self.covered
                state = WatchState.COVERED if is_covered else WatchState.OK
                yield Look(code, state, at_ms)

    def _see_with_eye(self, look: Look) -> None:
        if look.device not in self.dead:
            self._gateway.see(look)

    async def _talk(self) -> None:
        account = self._account_of(GATEWAY.code)
        await talk.keep_telling(self._gateway, account, interval_s=self._interval_s)

    def _plain_talk(self, code: str) -> Callable[[], Coroutine[Any, Any, None]]:
        async def beat_always() -> None:
            while True:
                with suppress(LinkError):
                    await self._beat(code)
                await asyncio.sleep(jittered_s(self._interval_s, random.random()))  # noqa: S311

        return beat_always

    async def _beat(self, code: str) -> None:
        """As cheap devices do: they know the time and nothing else."""
        topic = topics.of(self.code, code, topics.Leaf.HEARTBEAT)
        async with link.opened(self._account_of(code)) as opened:
            while True:
                if code not in self.dead:
                    payload = msgspec.json.encode({"at": clock.now_us() // 1000})
                    await opened.publish(topic, payload)
                await asyncio.sleep(jittered_s(self._interval_s, random.random()))  # noqa: S311


def _reading(device: Device) -> Reading:
    """Radio sensors run on batteries; a camera counts its pictures."""
    if device.kind is DeviceKind.CAMERA:
        return Reading(fps=2)
    battery, rssi = random.randint(46, 98), random.randint(-78, -52)  # noqa: S311 - no secret
    return Reading(battery=battery, rssi=rssi)


def _eye_of(place: Facility, see: Callable[[Look], None]) -> Camera | None:
    facility, device = SEEING
    if place.code != facility:
        return None
    return Camera(device, Room(seed=7, caption=place.name), see)
