"""Starts the api: settings, resources, tasks."""

import asyncio
import gc
from collections.abc import Awaitable, Callable

import uvloop

from services.api.access_log.seals import sealing
from services.api.access_log.seals.starting import sealer_of
from services.api.app import create_app
from services.api.broker_access import BrokerAccess
from services.api.credentials.keeping import keeper
from services.api.credentials.keeping.keeper import Keeper
from services.api.floods import metrics, watch
from services.api.floods.watch import Watch
from services.api.imports import runner as imports
from services.api.resources import Resources
from services.api.settings import Settings
from services.api.sms import replying
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
    resources = Resources(engine=engine, broker=broker, settings=config, now=clock.now)
    chores = _chores(resources)
    app = create_app(resources)
    # What lives as long as the process is not looked through again with every full collection,
    # which would hold up whatever request is being answered.
    gc.collect()
    gc.freeze()
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(broker.run(stop), name="broker-access")
            group.create_task(app.state.feed.run(stop), name="console-feed")
            for name, (seconds, chore) in chores.items():
                group.create_task(loops.every(seconds, chore, name=name, stop=stop), name=name)
            group.create_task(
                liveness.serve(
                    app,
                    host=config.host,
                    port=config.port,
                    stop=stop,
                    proxy_address=config.proxy_address,
                ),
                name="http",
            )
    finally:
        await engine.dispose()


def _chores(resources: Resources) -> dict[str, tuple[float, Callable[[], Awaitable[object]]]]:
    """What is done again and again: how many seconds apart, and what."""
    engine, broker = resources.engine, resources.broker
    chores: dict[str, tuple[float, Callable[[], Awaitable[object]]]] = {
        "floods": (watch.EVERY_S, Watch(engine, broker, now=clock.now).look),
        "credentials": (keeper.EVERY_S, Keeper(resources).look),
        "imports": (imports.EVERY_S, imports.Runner(resources).look),
        "sms_replies": (replying.EVERY_S, replying.Replies(resources).look),
        "cut_over": (cut_over.EVERY_S, CutOver(engine, now=clock.now).look),
    }
    if (sealer := sealer_of(resources)) is not None:
        chores["seals"] = (sealing.EVERY_S, sealer.seal)
    return chores


if __name__ == "__main__":
    logging.configure("api")
    uvloop.run(main())
