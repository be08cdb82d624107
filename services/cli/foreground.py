"""`giamsat up` as a person meets it: signals, a log file, and words instead of stack traces."""

import asyncio
import os
import time

from rich.console import Console

from services.cli import summary
from services.cli import up as house
from services.cli.plan import Options
from services.cli.run_file import Running
from shared.runtime import liveness, logging
from shared.runtime.errors import GiamsatError


def up(options: Options, console: Console, complaints: Console) -> int:
    """Run until stopped; returns the exit code."""
    begun_at = time.monotonic()
    folder = options.data / "log"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / "up.log").open("a", encoding="utf-8") as file:
        logging.configure("up", stream=file)
        faults: list[str] = []
        try:
            asyncio.run(_until_stopped(options, console, begun_at))
        except* GiamsatError as group:
            faults = [str(fault) for fault in _leaves(group)]
        for fault in faults:
            complaints.print(fault, style="red", markup=False, soft_wrap=True)
    return 1 if faults else 0


async def _until_stopped(options: Options, console: Console, begun_at: float) -> None:
    stop = liveness.stop_on_signals()

    def tell(running: Running) -> None:
        after_s = time.monotonic() - begun_at
        summary.show(console, running, data=options.data, after_s=after_s)

    def tell_news(words: str) -> None:
        console.print(words, style="yellow", markup=False, soft_wrap=True)

    await house.run(options, dict(os.environ), stop=stop, on_ready=tell, on_news=tell_news)
    console.print("Stopped.")


def _leaves(group: BaseExceptionGroup[GiamsatError]) -> list[GiamsatError]:
    found: list[GiamsatError] = []
    for one in group.exceptions:
        found.extend(_leaves(one) if isinstance(one, BaseExceptionGroup) else [one])
    return found
