"""Hears what gateways say over lines of our own, and folds all reports into the messages."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from sqlalchemy.ext.asyncio import AsyncEngine

from services.alerts.sms import metrics, queries
from services.alerts.sms.gateway import Answered, Hear, Listening, NotKeptError, Reported
from shared.db.session import unit_of_work
from shared.domain.delivery import Receipt
from shared.runtime import database_faults, loops

FOLD_EVERY_S: Final = 1.0
#: A line that broke is opened again after so long.
AGAIN_AFTER_S: Final = 5.0
#: A report on a message that nobody knows is put aside.
FORGOTTEN_AFTER: Final = timedelta(hours=1)
_FAULTS: Final[tuple[type[Exception], ...]] = (OSError, *database_faults.FAULTS)


@dataclass(frozen=True, slots=True)
class Ear:
    """Where what is heard goes."""

    engine: AsyncEngine
    now: Callable[[], datetime]

    async def fold(self) -> None:
        now = self.now()
        async with unit_of_work(self.engine) as connection:
            folded = await queries.fold(connection, now=now, too_old=now - FORGOTTEN_AFTER)
        metrics.REPORTS.labels(Receipt.DELIVERED).inc(folded.delivered)
        metrics.REPORTS.labels(Receipt.FAILED).inc(folded.failed)

    async def hear(self, gateway: str, said: Reported | Answered) -> None:
        """Raises NotKeptError."""
        try:
            async with unit_of_work(self.engine) as connection:
                if isinstance(said, Reported):
                    await queries.keep_report(connection, gateway, said, now=self.now())
                else:
                    await queries.keep_answer(connection, gateway, said, now=self.now())
        except _FAULTS as exc:
            raise NotKeptError from exc

    async def listen(self, name: str, gateway: Listening, stop: asyncio.Event) -> None:
        """Until `stop` is set, over one line after the other."""
        once = partial(_until_stop, gateway, partial(self.hear, name), stop)
        await loops.every(AGAIN_AFTER_S, once, name=f"sms-{name}", stop=stop)


async def _until_stop(gateway: Listening, hear: Hear, stop: asyncio.Event) -> None:
    listening = asyncio.ensure_future(gateway.listen(hear))
    stopping = asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait({listening, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if listening.done():
            listening.result()
    finally:
        for task in (listening, stopping):
            task.cancel()
        await asyncio.gather(listening, stopping, return_exceptions=True)
