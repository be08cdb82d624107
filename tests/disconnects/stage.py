"""An api at work over the small province, for callers to hang up on."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from services.cli.postgres import OWNER, Postgres
from shared.db.session import create_engine
from shared.runtime import clock
from shared.runtime.sealed_box import new_key
from tests.disconnects.storm import Person, Storm
from tests.support.broker import Broker
from tests.support.people import LOTUS, SUNFLOWER, Province, province_of
from tests.support.ports import free_port
from tests.support.processes import running_service


@contextmanager
def storm_over(
    server: Postgres, database: str, broker: Broker, *, count: int, seed: int
) -> Iterator[Storm]:
    url = server.url_of(OWNER, server.password, database)
    province = asyncio.run(_province(url))
    port = free_port()
    with running_service(
        "api",
        health_port=port,
        settings={"API_PORT": str(port), "API_MQTT_PORT": str(broker.port)},
        secrets={
            "api_database_url": server.url_of("giamsat_api", "api", database),
            "api_mqtt_password": broker.registry_password,
            "api_people_key": new_key(),
            "api_sharing_key": "only good for storms",
        },
    ):
        people = (
            Person(province.manager, SUNFLOWER, LOTUS),
            Person(province.lotus_manager, LOTUS, SUNFLOWER),
        )
        yield Storm(port, url, people, count=count, seed=seed)


async def _province(url: str) -> Province:
    engine = create_engine(url, application="disconnects")
    try:
        return await province_of(engine, clock.now())
    finally:
        await engine.dispose()
