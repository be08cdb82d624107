"""What is due goes out, whatever becomes of what went before; only the broker may hold it back."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from itertools import count

from services.cli.simulate.driver import BATCH, Driver
from services.cli.simulate.options import DialectName, Options
from services.cli.simulate.pace import Pace
from services.cli.simulate.plan import Begun, Step
from services.cli.simulate.speech import Send
from services.cli.simulate.tally import Tally
from tests.services.cli.simulate.plays import planned


class Desk:
    """Notes when what was posted; whether there is room is asked of the test."""

    def __init__(self, has_room: Callable[[], bool] = lambda: True) -> None:
        self.tally = Tally()
        self.posted: list[tuple[int, list[Step]]] = []
        self._has_room = has_room

    def has_room(self, _send: Send) -> bool:
        return self._has_room()

    def post(self, steps: Sequence[Step], now_us: int) -> None:
        self.posted.append((now_us, list(steps)))


async def driven(steps: Sequence[Step], desk: Desk, ticks: Iterator[int]) -> None:
    """With a clock that ticks once for every look at it, and nobody who really sleeps."""

    async def no_sleep(_seconds: float) -> None:
        return

    driver = Driver(iter(steps), desk, no_sleep)  # type: ignore[arg-type]  # it is all that a driver asks of a desk
    await driver.drive(Pace(began_us=0), lambda: next(ticks), asyncio.Event())


STEPS = planned(
    Options(
        seed=3, devices=5, seconds=20, interval_s=2, dialects={DialectName.HEARTBEAT: 1}, lost=0.2
    )
)


async def test_everything_goes_out_in_order_and_never_before_it_is_due() -> None:
    desk = Desk()
    await driven(STEPS, desk, count(0, 7_000))
    assert [step for _, steps in desk.posted for step in steps] == STEPS
    for now_us, steps in desk.posted:
        due = [step.due_us for step in steps if not isinstance(step, Begun)]
        assert all(now_us - 7_000 < due_us <= now_us for due_us in due)
    assert 0 < desk.tally.lateness.most_us < 7_000


async def test_who_wakes_up_late_sends_all_that_was_due_and_says_how_late() -> None:
    desk = Desk()
    ticks = iter([0, *[30_000_000] * len(STEPS)])
    await driven(STEPS, desk, ticks)
    assert [step for _, steps in desk.posted for step in steps] == STEPS
    assert max(len(steps) for _, steps in desk.posted) <= BATCH
    assert desk.tally.lateness.most_us > 28_000_000


async def test_without_room_a_message_waits_and_is_late() -> None:
    looks = count()
    desk = Desk(lambda: next(looks) > 400)
    await driven(STEPS, desk, count(0, 7_000))
    assert [step for _, steps in desk.posted for step in steps] == STEPS
    assert desk.tally.lateness.most_us > 400 * 6_000


async def test_a_stop_ends_it_at_once() -> None:
    stop = asyncio.Event()
    stop.set()
    desk = Desk()
    await Driver(iter(STEPS), desk).drive(Pace(began_us=0), lambda: 1 << 60, stop)  # type: ignore[arg-type]  # see above
    assert desk.posted == []
