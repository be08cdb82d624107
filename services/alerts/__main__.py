"""Starts the alerts service: settings, resources, tasks."""

import secrets

import uvloop

from services.alerts.service import Service
from services.alerts.settings import Settings
from shared.db.session import create_engine
from shared.runtime import clock, liveness, logging, settings


async def main() -> None:
    """Run until SIGTERM or Ctrl-C."""
    config = settings.load(Settings)
    stop = liveness.stop_on_signals()
    engine = create_engine(
        config.database_url, application="alerts", pool_size=config.deliverers + 2
    )
    service = Service(config, engine, name=secrets.token_hex(8), now=clock.now)
    try:
        await liveness.watched(service.run, service.why_not_ready, config, stop=stop)
    finally:
        await engine.dispose()


if __name__ == "__main__":
    logging.configure("alerts")
    uvloop.run(main())
