"""Sends each step of the plan when it is due, whatever becomes of those before it."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator

from services.cli.simulate.desk import Desk
from services.cli.simulate.pace import Pace
from services.cli.simulate.plan import Begun, Step

#: So much goes out before we listen again.
BATCH = 256
#: No pause is longer, so that an interrupted run ends soon.
LONGEST_PAUSE_US = 50_000
#: After so long we look again whether the broker allows more.
NO_ROOM_PAUSE_US = 2_000


class Driver:
    """Goes through the plan."""

    def __init__(
        self,
        steps: Iterator[Step],
        desk: Desk,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._steps = steps
        self._next = next(steps, None)
        self._desk = desk
        self._sleep = sleep

    async def drive(self, pace: Pace, clock_us: Callable[[], int], stop: asyncio.Event) -> None:
        """Until the end of the plan, or `stop`."""
        while self._next is not None and not stop.is_set():
            now_us = clock_us()
            batch, pause_us = self._due(pace, now_us)
            if batch:
                self._desk.post(batch, now_us)
            await self._sleep(min(pause_us, LONGEST_PAUSE_US) / 1e6)

    def _due(self, pace: Pace, now_us: int) -> tuple[list[Step], int]:
        """What goes out now, and how long there is nothing more to do."""
        batch: list[Step] = []
        while self._next is not None and len(batch) < BATCH:
            step = self._next
            if not isinstance(step, Begun):
                leaves_us = pace.leaves_at(step.due_us)
                if leaves_us > now_us:
                    return batch, leaves_us - now_us
                if not step.is_lost:
                    if not self._desk.has_room(step):
                        return batch, NO_ROOM_PAUSE_US
                    pace.has_left(now_us)
                    self._desk.tally.lateness.add(now_us - leaves_us)
            batch.append(step)
            self._next = next(self._steps, None)
        return batch, 0
