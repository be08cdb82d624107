"""Starts the api: settings, resources, tasks."""

import asyncio
import gc

import uvloop

from services.api.app import create_app
from services.api.broker_access import BrokerAccess
from services.api.credentials.keeping import keeper
from services.api.credentials.keeping.keeper import Keeper
from services.api.floods import metrics, watch
from services.api.floods.watch import Watch
from services.api.resources import Resources
from services.api.settings import Settings
from services.api.units.reorganising import cut_over
from services.api.units.reorganising.cut_over import CutOver
from shared.db.session import create_engine
from shared.runtime import clock, liveness, logging, loops, settings


async def main() -> None:
    """Run until SIGTERM or Ctrl-C."""
    config = settings.load(Settings)
    stop = liveness.stop_on_signals()
    engine = create_engine(
        config.database_url, application="api", pool_size=config.database_connections
    )
    broker = BrokerAccess(
        host=config.mqtt_host,
        port=config.mqtt_port,
        username=config.mqtt_username,
        password=config.mqtt_password,
    )
    metrics.DROPPED.set_function(lambda: float(broker.dropped or 0))
    floods = Watch(engine, broker, now=clock.now)
    resources = Resources(engine=engine, broker=broker, settings=config, now=clock.now)
    keeping = Keeper(resources)
    reorganisations = CutOver(engine, now=clock.now)
    app = create_app(resources)
    # What lives as long as the process is not looked through again with every full collection,
    # which would hold up whatever request is being answered.
    gc.collect()
    gc.freeze()
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(broker.run(stop), name="broker-access")
            group.create_task(app.state.feed.run(stop), name="console-feed")
            group.create_task(
                loops.every(watch.EVERY_S, floods.look, name="floods", stop=stop), name="floods"
            )
            group.create_task(
                loops.every(keeper.EVERY_S, keeping.look, name="credentials", stop=stop),
                name="credentials",
            )
            group.create_task(
                loops.every(cut_over.EVERY_S, reorganisations.look, name="cut_over", stop=stop),
                name="cut-over",
            )
            group.create_task(
                liveness.serve(app, host=config.host, port=config.port, stop=stop), name="http"
            )
    finally:
        await engine.dispose()


if __name__ == "__main__":
    logging.configure("api")
    uvloop.run(main())
