"""What happens to the alerts services, and to what they send."""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from typing import Final

from tests.chaos.alerts.stage import SLOTS, Stage
from tests.chaos.alerts.weather import WEATHER
from tests.chaos.alerts.worker import LEASE_S, REPEAT_AFTER_S, Point, Strike

STRIKE_WITHIN_S: Final = 20.0

Fault = Callable[[Stage], Awaitable[None]]


def struck_at(point: Point) -> Fault:
    """A service dies there, at one of its first passes; alone, for who ticks must be the one."""

    async def fault(stage: Stage) -> None:
        slot = stage.rng.choice(SLOTS)
        for one in SLOTS:
            await stage.end(one, signal.SIGTERM)
        victim = await stage.begin(slot, Strike(point, stage.rng.randint(1, 5)))
        try:
            async with asyncio.timeout(STRIKE_WITHIN_S):
                await asyncio.shield(victim.ended)
            stage.casebook.kills += 1
        except TimeoutError:
            stage.casebook.surprises[f"{point} was not reached"] += 1
            await stage.kill(slot)
        for one in SLOTS:
            await stage.begin(one)

    return fault


async def killed_any_time(stage: Stage) -> None:
    """kill -9 from outside, whatever it does."""
    slot = stage.rng.choice(SLOTS)
    await asyncio.sleep(stage.rng.uniform(0, 0.6))
    await stage.kill(slot)
    await stage.begin(slot)


def killed_under(weather: Fault) -> Fault:
    """And while it lasts, a service dies."""

    async def fault(stage: Stage) -> None:
        await asyncio.gather(weather(stage), killed_any_time(stage))

    return fault


async def both_killed(stage: Stage) -> None:
    """F13: nobody ticks for a while; what was missed is made up for."""
    for slot in SLOTS:
        await stage.kill(slot)
    await asyncio.sleep(stage.rng.uniform(0, 3))
    for slot in SLOTS:
        await stage.begin(slot)


async def deployed(stage: Stage) -> None:
    """SIGTERM; it ends by itself, and well, or at once if it had hardly begun."""
    slot = stage.rng.choice(SLOTS)
    code = await stage.end(slot, signal.SIGTERM)
    if code not in {0, -signal.SIGTERM}:
        stage.casebook.surprises[f"SIGTERM ended a service with {code}"] += 1
    await stage.begin(slot)


async def split_brain(stage: Stage) -> None:
    """F15: paused past its lease, and past its claims; it wakes up with both in its hands."""
    one = stage.services[stage.rng.choice(SLOTS)]
    one.send(signal.SIGSTOP)
    stage.casebook.stops += 1
    await asyncio.sleep(stage.rng.uniform(1.2, 1.8) * max(LEASE_S, REPEAT_AFTER_S))
    one.send(signal.SIGCONT)


FAULTS: Final[dict[str, Fault]] = {
    **{point: struck_at(point) for point in Point},
    "F13 both killed": both_killed,
    "F15 split brain": split_brain,
    "killed any time": killed_any_time,
    "deployed": deployed,
    **{name: killed_under(weather) for name, weather in WEATHER.items()},
}
#: In a run, by how often they are drawn.
DECK: Final = (*Point, *Point, *["killed any time"] * 10, "F13 both killed", "F15 split brain",
               "deployed", *WEATHER)  # fmt: skip
