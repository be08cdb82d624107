"""`giamsat up` as a person meets it: signals, a log file, and words instead of stack traces."""

import asyncio
import os
import time
from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import Any, TextIO

from rich.console import Console

from services.cli import summary
from services.cli import up as house
from services.cli.plan import Options
from services.cli.run_file import Running
from shared.runtime import liveness, logging
from shared.runtime.errors import GiamsatError

log = logging.get(__name__)


class UnusableDataError(GiamsatError):
    """The data folder cannot be made, or nothing can be written there."""

    def __init__(self, folder: Path, reason: str) -> None:
        super().__init__(f"{folder} cannot hold the data: {reason}. Choose another --data FOLDER.")


def up(options: Options, console: Console, complaints: Console) -> int:
    """Run until stopped; returns the exit code."""
    begun_at = time.monotonic()
    try:
        with _log_of(options.data) as file:
            logging.configure("up", stream=file)
            faults = _faults_of(_until_stopped(options, console, begun_at))
    except UnusableDataError as exc:
        faults = [exc]
    for fault in faults:
        complaints.print(str(fault), style="red", markup=False, soft_wrap=True)
    return 1 if faults else 0


def _log_of(data: Path) -> TextIO:
    folder = data / "log"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return (folder / "up.log").open("a", encoding="utf-8")
    except OSError as exc:
        raise UnusableDataError(data, exc.strerror or str(exc)) from exc


def _faults_of(work: Coroutine[Any, Any, None]) -> Sequence[Exception]:
    """Run it; what ended it, if the outside world did. The log has the whole story."""
    faults: Sequence[Exception] = ()
    try:
        asyncio.run(work)
    except* (GiamsatError, OSError) as group:
        log.warning("ended_by_a_fault", exc_info=group)
        faults = _leaves(group)
    return faults


async def _until_stopped(options: Options, console: Console, begun_at: float) -> None:
    stop = liveness.stop_on_signals()
    environ = dict(os.environ)

    def tell(running: Running) -> None:
        after_s = time.monotonic() - begun_at
        mail_server = environ.get("ALERTS_SMTP_HOST")
        summary.show(console, running, data=options.data, after_s=after_s, mail_server=mail_server)

    def tell_news(words: str) -> None:
        console.print(words, style="yellow", markup=False, soft_wrap=True)

    await house.run(options, environ, stop=stop, on_ready=tell, on_news=tell_news)
    console.print("Stopped.")


def _leaves(group: ExceptionGroup[Exception]) -> list[Exception]:
    found: list[Exception] = []
    for one in group.exceptions:
        found.extend(_leaves(one) if isinstance(one, ExceptionGroup) else [one])
    return found
