"""Does a round at once and then each day, until it is stopped."""

import asyncio
from datetime import datetime, timedelta
from typing import Final

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy.ext.asyncio import AsyncEngine

from services.cli.maintain import round as rounds
from services.cli.owner import MigrateSettings
from shared.db.session import create_engine
from shared.runtime import clock, liveness, logging, loops, settings

#: Two rounds that should have been done and were not.
OVERDUE_AFTER: Final = timedelta(hours=49)
AGAIN_AFTER_S: Final = 600.0


class Settings(BaseSettings):
    """Read from the environment as MAINTAIN_…"""

    model_config = SettingsConfigDict(env_prefix="MAINTAIN_", frozen=True)

    every_s: float = Field(default=86_400, gt=0)
    health_host: str = "127.0.0.1"
    health_port: int = 9103


class Caretaker:
    """Does the rounds, and knows when the last one was done."""

    def __init__(self, engine: AsyncEngine, *, every_s: float, begun_at: datetime) -> None:
        self._engine = engine
        self._every_s = every_s
        self._done_at = begun_at

    def why_not_ready(self, now: datetime) -> str | None:
        is_overdue = now - self._done_at > OVERDUE_AFTER
        return f"no round was done since {self._done_at:%F %T}Z" if is_overdue else None

    async def work(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            await loops.until_done(self._round, name="round", stop=stop, pause_s=AGAIN_AFTER_S)
            await loops.pause(self._every_s, stop)

    async def _round(self) -> None:
        now = clock.now()
        report = await rounds.run(self._engine, now=now)
        if report.unfinished:
            raise rounds.UnfinishedError(report.unfinished)
        self._done_at = now


async def main() -> None:
    """Run until SIGTERM or Ctrl-C."""
    config, owner = settings.load(Settings), settings.load(MigrateSettings)
    stop = liveness.stop_on_signals()
    engine = create_engine(owner.database_url, application="maintain", pool_size=2)
    caretaker = Caretaker(engine, every_s=config.every_s, begun_at=clock.now())

    def why_not_ready() -> str | None:
        return caretaker.why_not_ready(clock.now())

    try:
        await liveness.watched(caretaker.work, why_not_ready, config, stop=stop)
    finally:
        await engine.dispose()


if __name__ == "__main__":
    logging.configure("maintain")
    asyncio.run(main())
