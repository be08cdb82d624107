"""Pulls the trigger at even intervals; APScheduler enters here, decides nothing, keeps nothing."""

import asyncio
import logging
from datetime import UTC, datetime

from apscheduler.schedulers.asyncio import AsyncIOScheduler

# It would report every trigger; what a tick does is measured by the tick.
logging.getLogger("apscheduler").setLevel(logging.WARNING)


async def _pull(due: asyncio.Event) -> None:  # a plain function would run in a thread
    due.set()


class Timer:
    """Triggers that nobody waited for become one."""

    def __init__(self) -> None:
        self._scheduler = AsyncIOScheduler(timezone=UTC)

    def every(self, seconds: float) -> asyncio.Event:
        """An event that is set now and then again and again; whoever acts on it clears it."""
        due = asyncio.Event()
        due.set()
        self._scheduler.add_job(
            _pull, "interval", [due], seconds=seconds, coalesce=True, max_instances=1
        )
        return due

    def once_more(self, due: asyncio.Event, at: datetime) -> None:
        """Besides, at this instant; of several such wishes the last one counts."""
        self._scheduler.add_job(
            _pull, "date", [due], run_date=at, id=f"once-{id(due)}", replace_existing=True
        )

    def start(self) -> None:
        self._scheduler.start()

    def stop(self) -> None:
        self._scheduler.shutdown(wait=False)
