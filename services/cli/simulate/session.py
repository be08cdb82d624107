"""What `giamsat simulate` does, from what a person typed to the last line it prints."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from services.cli import first_run
from services.cli.simulate import cast, place, registration
from services.cli.simulate.access import doorman
from services.cli.simulate.options import Options, OptionsError, checked
from services.cli.simulate.pace import history_us
from services.cli.simulate.run import Manner, Run, perform
from services.cli.simulate.truth_file import TruthFile
from shared.runtime import clock, liveness


@dataclass(frozen=True, slots=True)
class Asked:
    """What was typed, besides the plan's own options."""

    data: Path | None
    name: str
    truth: Path | None
    is_synced: bool
    manner: Manner


async def simulate(asked: Asked, options: Options, tell: Callable[[str], None]) -> None:
    _check(asked, options)
    stop = liveness.stop_on_signals()
    where = await place.found(asked.data)
    facilities = list(cast.facilities(options, name=asked.name))
    back = timedelta(microseconds=history_us(options.seconds, asked.manner.speed))
    engine = first_run.owners_engine(where.database_url)
    try:
        registered = await registration.register(
            engine, facilities, options, name=asked.name, now=clock.now() - back
        )
    finally:
        await engine.dispose()
    run = Run(asked.name, options, asked.manner, facilities, registered, where)
    with TruthFile(asked.truth, is_synced=asked.is_synced) as file:
        async with doorman(where) as door:
            desk = await perform(run, file, door, stop=stop, tell=tell)
    for line in desk.tally.summary(desk.outbox):
        tell(line)


def _check(asked: Asked, options: Options) -> None:
    """Raises OptionsError."""
    checked(options)
    if asked.manner.speed < 1 or (asked.manner.rate is not None and asked.manner.rate <= 0):
        raise OptionsError("The speed is at least 1, and the rate more than 0.")
    timeless = [name for name in cast.TIMED_ON_ARRIVAL if name in options.dialects]
    if timeless and asked.manner.speed != 1:
        raise OptionsError(f"{', '.join(timeless)} tells no time, so it has no past: --speed 1.")


async def remove(data: Path | None, tell: Callable[[str], None]) -> None:
    """Retires all that was ever simulated there, and lets the broker forget it."""
    where = await place.found(data)
    engine = first_run.owners_engine(where.database_url)
    try:
        count, usernames = await registration.remove(engine, now=clock.now())
    finally:
        await engine.dispose()
    async with doorman(where) as door:
        await door.dismiss(usernames)
    tell(f"{count} simulated facilities retired.")
