"""Pulls the trigger at even intervals; APScheduler enters here, decides nothing, keeps nothing."""

import asyncio
import logging
from datetime import UTC

from apscheduler.schedulers.asyncio import AsyncIOScheduler

# It would report every trigger; what a tick does is measured by the tick.
logging.getLogger("apscheduler").setLevel(logging.WARNING)


class Timer:
    """Triggers that nobody waited for become one."""

    def __init__(self) -> None:
        self._scheduler = AsyncIOScheduler(timezone=UTC)

    def every(self, seconds: float) -> asyncio.Event:
        """An event that is set now and then again and again; whoever acts on it clears it."""
        due = asyncio.Event()
        due.set()

        async def pull() -> None:  # a plain function would run in a thread
            due.set()

        self._scheduler.add_job(pull, "interval", seconds=seconds, coalesce=True, max_instances=1)
        return due

    def start(self) -> None:
        self._scheduler.start()

    def stop(self) -> None:
        self._scheduler.shutdown(wait=False)
