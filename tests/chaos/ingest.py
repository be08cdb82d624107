"""The fault runs of ingest: faults in a seeded order, run after run, then the controls."""

import asyncio
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.chaos import controls
from tests.chaos.casebook import Casebook
from tests.chaos.cast import branch
from tests.chaos.controls import CONTROLS
from tests.chaos.deck import STRIKES, shuffled
from tests.chaos.faults.workers import SLOTS, Fault
from tests.chaos.oracle import Finding
from tests.chaos.stage import House, Stage, open_house, perform, set_stage

#: After so long a run ends and is judged; the next one has a new broker and a new database. What
#: is learned of a clock shows after a minute only.
RUNS_S: Final = (20.0, 30.0, 100.0)
#: Controls mostly wait, so two go on at once.
AT_ONCE: Final = 2


@dataclass(slots=True)
class Outcome:
    """What all runs and controls came to."""

    seed: int
    casebook: Casebook = field(default_factory=Casebook)
    findings: list[Finding] = field(default_factory=list)
    lost_us: int = 0
    waiting_us: int = 0
    untold: int = 0
    invented_us: int = 0
    runs: int = 0
    looks: int = 0
    caught: dict[str, bool] = field(default_factory=dict)
    ledgers: list[Path] = field(default_factory=list)

    @property
    def progress(self) -> str:
        """How far it is, and what was found so far: the end may be a quarter of an hour away."""
        stuck = [f"stuck after {fault}" for fault in self.casebook.stuck.elements()]
        found = ", ".join([*(str(finding.kind) for finding in self.findings), *stuck])
        faults, kills = self.casebook.trials.total(), self.casebook.kills
        return f"{faults} faults, {kills} kills, found {found or 'nothing'}"

    @property
    def is_good(self) -> bool:
        return not self.findings and not self.casebook.stuck and all(self.caught.values())


async def measure(
    folder: Path, *, seconds: float, seed: int, tell: Callable[[str], None]
) -> Outcome:
    """Runs for so long, then every control. Each run is told of when it is judged."""
    outcome = Outcome(seed)
    rng = random.Random(seed)  # noqa: S311 - a seed to repeat a run with
    cards = shuffled(branch(rng))
    until_s = time.monotonic() + seconds
    async with open_house(folder) as house:
        while (left_s := until_s - time.monotonic()) > 0:
            run_s = min(rng.choice(RUNS_S), left_s)
            await run(house, outcome, cards, seconds=run_s, seed=rng.getrandbits(32))
            tell(f"run {outcome.runs}: {outcome.progress}")
        await control(house, outcome, list(CONTROLS), rng.getrandbits(32))
    return outcome


async def run(
    house: House,
    outcome: Outcome,
    cards: Iterator[tuple[str, Fault]],
    *,
    seconds: float,
    seed: int,
) -> None:
    """One run: a new stage, faults for so long, silence, judgement."""
    async with set_stage(house, seed) as stage:
        until_s = time.monotonic() + seconds

        async def play(stage: Stage) -> None:
            for slot in SLOTS:
                await stage.begin_worker(slot)
            await stage.recover()
            while time.monotonic() < until_s:
                await _happen(stage, *next(cards))

        verdict = await perform(stage, play)
        outcome.casebook.add(stage.casebook)
        outcome.findings += verdict.findings
        outcome.lost_us += verdict.lost_us
        outcome.waiting_us += verdict.waiting_us
        outcome.untold += verdict.untold
        outcome.invented_us += verdict.invented_us
        outcome.looks += verdict.looks
        outcome.runs += 1
        outcome.ledgers.append(stage.ledger.path)


async def _happen(stage: Stage, name: str, fault: Fault) -> None:
    await fault(stage)
    if name not in STRIKES:
        stage.casebook.trials[name] += 1
    await stage.recover(name)


async def control(house: House, outcome: Outcome, names: list[str], seed: int) -> None:
    """Plant each bug in turn; whoever is not found out counts as missed."""
    turn = asyncio.Semaphore(AT_ONCE)

    async def one(name: str) -> None:
        outcome.caught[name] = False
        async with turn:
            try:
                outcome.caught[name] = await controls.is_caught(house, name, seed)
            except* TimeoutError:
                outcome.casebook.surprises[f"the play with {name} came to no end"] += 1

    async with asyncio.TaskGroup() as group:
        for name in names:
            group.create_task(one(name))
