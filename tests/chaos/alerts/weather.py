"""What a mail server and a gateway do to messages meanwhile (FAULTS F74-F76), over real sockets."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tests.chaos.alerts.stage import Stage

#: A real server takes a moment for a message (FAULTS §1.2).
QUICKEST_S: Final = 0.002
SLOWEST_S: Final = 0.02
#: How long bad weather lasts.
LASTS_S: Final = (0.5, 2.0)
#: What takes a message, and says nothing.
HANG_UP: Final = "hang up"
#: What takes nothing, and says nothing.
LET_DOWN: Final = "let down"


@dataclass
class Weather:
    """What both servers answer now; nothing means: take it. `unheard`: answers that never came."""

    rng: Random
    mail_says: str | None = None
    gateway_says: str | None = None
    unheard: int = 0

    async def mail(self, _: object) -> str | None:
        answer = await self._after_a_moment(lambda: self.mail_says)
        self.unheard += answer == HANG_UP
        return answer

    async def gateway(self, _: object) -> str | None:
        answer = await self._after_a_moment(lambda: self.gateway_says)
        if answer == LET_DOWN:
            raise ConnectionResetError
        return answer

    async def _after_a_moment(self, says: Callable[[], str | None]) -> str | None:
        await asyncio.sleep(self.rng.uniform(QUICKEST_S, SLOWEST_S))
        return says()

    def clear_up(self) -> None:
        self.mail_says = self.gateway_says = None


Fault = Callable[["Stage"], Awaitable[None]]


async def _mail_says(stage: "Stage", *, answer: str) -> None:
    stage.weather.mail_says = answer
    await _last(stage)


async def _gateway_says(stage: "Stage", *, answer: str) -> None:
    stage.weather.gateway_says = answer
    await _last(stage)


async def _nobody_at_the_door(stage: "Stage") -> None:
    """Whoever is inside may finish."""
    stage.door.conditions.is_refusing = True
    await _last(stage)


async def _slow_line(stage: "Stage") -> None:
    """The banner, the content, every answer: all of it late."""
    stage.door.conditions.latency_s = 0.3
    await _last(stage)


async def _last(stage: "Stage") -> None:
    await asyncio.sleep(stage.rng.uniform(*LASTS_S))
    stage.weather.clear_up()
    stage.door.restore()


WEATHER: Final[dict[str, Fault]] = {
    "F74 connection refused": _nobody_at_the_door,
    "F74 slow": _slow_line,
    "F74 dropped after the dot": partial(_mail_says, answer=HANG_UP),
    "F75 421": partial(_mail_says, answer="421 4.3.2 closing down"),
    "F75 450": partial(_mail_says, answer="450 4.2.1 mailbox busy"),
    "F75 451 greylisted": partial(_mail_says, answer="451 4.7.1 come back later"),
    "F76 no answer, nothing taken": partial(_gateway_says, answer=LET_DOWN),
    "F76 no answer, but taken": partial(_gateway_says, answer=HANG_UP),
    "F76 too busy": partial(_gateway_says, answer="429 too many"),
}
