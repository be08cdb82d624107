"""The fault runs of alerts: kills in a seeded order while a town falls silent, then controls."""

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Final

from tests.bench.__main__ import machine
from tests.chaos.alerts.faults import DECK, FAULTS
from tests.chaos.alerts.oracle import Verdict
from tests.chaos.alerts.stage import SLOTS, Casebook, Stage, open_house, set_stage
from tests.chaos.nursery import Nursery
from tests.chaos.postgres import Server

#: Each of these is told to three people.
FACILITIES: Final = 1000
#: Bugs that have to be found, and how.
CONTROLS: Final[dict[str, Callable[[Verdict], bool]]] = {
    "marked_first": lambda verdict: bool(verdict.lost),
    "forgetful": lambda verdict: verdict.doubled_keyed > 0,
}
_CONTROL_S: Final = 40.0
#: What was claimed time and again by who died then is tried again later and later.
SETTLED_WITHIN_S: Final = 900.0


@dataclass(slots=True)
class Outcome:
    """What the run and the controls came to."""

    seed: int
    verdict: Verdict
    casebook: Casebook
    #: Of so many mails the server took, the answer never came.
    unheard: int = 0
    caught: dict[str, bool] = field(default_factory=dict)

    @property
    def crashes(self) -> int:
        """Whoever is stopped for long has as good as crashed; so has a server that hangs up."""
        return self.casebook.kills + self.casebook.stops + self.unheard

    @property
    def is_good(self) -> bool:
        return self.verdict.is_good(self.crashes) and all(self.caught.values())


async def measure(
    folder: Path, *, seconds: float, seed: int, tell: Callable[[str], None]
) -> Outcome:
    """One run of so many seconds, then every control."""
    async with open_house(folder) as house:
        outcome = await run(house, seed, facilities=FACILITIES, seconds=seconds)
        tell(f"run: {outcome.verdict.line(outcome.casebook.kills)}")
        for bug in CONTROLS:
            outcome.caught[bug] = await is_caught(house, bug, seed)
    return outcome


async def run(
    house: tuple[Server, Nursery], seed: int, *, facilities: int, seconds: float
) -> Outcome:
    """Faults without a pause until the town is silent; then peace until everybody was told."""
    lasts = timedelta(seconds=max(seconds - 15, 5))
    async with set_stage(house, seed, facilities=facilities, lasts=lasts) as stage:
        await play(stage, list(DECK), seconds=seconds)
        return Outcome(seed, stage.judge(), stage.casebook, stage.weather.unheard)


async def is_caught(house: tuple[Server, Nursery], bug: str, seed: int) -> bool:
    """Whether a planted bug shows."""
    lasts = timedelta(seconds=_CONTROL_S - 15)
    async with set_stage(house, seed, facilities=100, lasts=lasts) as stage:
        stage.bug = bug
        deck = ["F10", "F11", "killed any time"]
        await play(stage, deck, seconds=_CONTROL_S, settled_within_s=20)
        return CONTROLS[bug](stage.judge())


async def play(
    stage: Stage, deck: list[str], *, seconds: float, settled_within_s: float = SETTLED_WITHIN_S
) -> None:
    """Card after card; the deck is shuffled anew whenever it is used up."""
    until_s = time.monotonic() + seconds
    for slot in SLOTS:
        await stage.begin(slot)
    async with asyncio.TaskGroup() as group:
        knowing = group.create_task(stage.know())
        cards: list[str] = []
        while time.monotonic() < until_s:
            cards = cards or stage.rng.sample(deck, len(deck))
            name = cards.pop()
            await FAULTS[name](stage)
            stage.casebook.trials[name] += 1
            await stage.tend()
        await stage.settle(settled_within_s)
        knowing.cancel()


def lines(outcome: Outcome) -> Iterator[str]:
    """The report; its last line is for machines."""
    book, verdict = outcome.casebook, outcome.verdict
    trials = ", ".join(f"{name} {count}" for name, count in sorted(book.trials.items()))
    surprises = ", ".join(f"{what} {count}" for what, count in book.surprises.items())
    yield f"seed {outcome.seed}"
    yield f"faults: {book.trials.total()}: {trials}"
    yield f"surprises: {surprises or 'none'}"
    yield f"most copies of one message: {verdict.most_copies}; unmarked repeats: {verdict.unmarked}"
    yield f"told and not to be told: {verdict.strange}; stopped past the lease: {book.stops}"
    yield f"mails that were taken without an answer: {outcome.unheard}"
    yield f"still to be tried again: {book.waiting}"
    for one in verdict.lost[:20]:
        yield f"LOST {one}"
    yield f"machine: {', '.join(f'{what} {value}' for what, value in machine().items())}"
    for bug, was_caught in outcome.caught.items():
        yield f"control {bug}: {'caught' if was_caught else 'MISSED'}"
    yield verdict.line(book.kills)
