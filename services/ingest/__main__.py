"""Starts an ingest worker: settings, resources, tasks."""

import asyncio
import secrets

import uvloop

from services.ingest.settings import Settings
from services.ingest.worker import Worker
from shared.db.session import create_engine
from shared.runtime import clock, liveness, logging, settings


async def main() -> None:
    """Run until SIGTERM or Ctrl-C."""
    config = settings.load(Settings)
    stop = liveness.stop_on_signals()
    engine = create_engine(config.database_url, application="ingest", pool_size=2)
    worker = Worker(config, engine, boot=secrets.token_hex(8), now=clock.now, now_us=clock.now_us)

    health = liveness.health_app(worker.why_not_ready)
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(worker.run(stop), name="worker")
            group.create_task(
                liveness.serve(health, host=config.health_host, port=config.health_port, stop=stop),
                name="health",
            )
    finally:
        await engine.dispose()


if __name__ == "__main__":
    logging.configure("ingest")
    uvloop.run(main())
