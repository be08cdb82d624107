"""Starts the alerts service: settings, resources, tasks."""

import asyncio
import secrets

import uvloop

from services.alerts.service import Service
from services.alerts.settings import Settings
from services.alerts.watchdog.made import vigil
from services.alerts.watchdog.settings import WatchdogSettings
from shared.db.session import create_engine
from shared.runtime import clock, liveness, logging, settings


async def main() -> None:
    """Run until SIGTERM or Ctrl-C."""
    config, own = settings.load(Settings), settings.load(WatchdogSettings)
    stop = liveness.stop_on_signals()
    engine = create_engine(
        config.database_url, application="alerts", pool_size=config.deliverers + 2
    )
    # Whatever the ticks and deliveries wait for, the watchdog does not.
    aside = create_engine(
        config.database_url, application="watchdog", pool_size=2, answer_within_s=10
    )
    service = Service(config, engine, name=secrets.token_hex(8), now=clock.now)
    watch = vigil(config, own, aside, clock.now)

    async def run(stop: asyncio.Event) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(service.run(stop), name="service")
            group.create_task(watch.run(stop), name="vigil")

    try:
        await liveness.watched(run, service.why_not_ready, config, stop=stop)
    finally:
        await engine.dispose()
        await aside.dispose()


if __name__ == "__main__":
    logging.configure("alerts")
    uvloop.run(main())
