"""Starts an ingest worker: settings, resources, tasks."""

import gc
import secrets
from typing import Final

import uvloop

from services.ingest.settings import Settings
from services.ingest.worker import Worker
from shared.db.session import create_engine
from shared.runtime import clock, liveness, logging, settings

#: A flush makes tens of thousands of small things and drops them again. By default the collector
#: looks at them, and at all devices on record, after every 700: a third of our time, for nothing.
COLLECT_AFTER: Final = (50_000, 20, 100)


async def main() -> None:
    """Run until SIGTERM or Ctrl-C."""
    config = settings.load(Settings)
    stop = liveness.stop_on_signals()
    engine = create_engine(
        config.database_url, application="ingest", pool_size=2, answer_within_s=15
    )
    worker = Worker(config, engine, boot=secrets.token_hex(8), now=clock.now, now_us=clock.now_us)
    try:
        await liveness.watched(worker.run, worker.why_not_ready, config, stop=stop)
    finally:
        await engine.dispose()


if __name__ == "__main__":
    logging.configure("ingest")
    gc.set_threshold(*COLLECT_AFTER)
    uvloop.run(main())
