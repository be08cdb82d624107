import time

import pytest
from sqlalchemy import text

from shared.db.session import create_engine, unit_of_work
from tests.conftest import Database
from tests.support.tcp_proxy import Conditions, TcpProxy, Way


async def test_a_database_that_says_nothing_is_given_up_and_found_again(
    database: Database,
) -> None:
    async with TcpProxy(database.server.port) as line:
        url = database.url.replace(f":{database.server.port}/", f":{line.port}/")
        engine = create_engine(url, application="tests", answer_within_s=0.2)

        async def ask() -> None:
            async with unit_of_work(engine) as connection:
                await connection.execute(text("SELECT 1"))

        await ask()
        line.conditions = Conditions(swallows=frozenset(Way))
        started_s = time.monotonic()
        with pytest.raises(TimeoutError):
            await ask()
        assert time.monotonic() - started_s < 4
        line.restore()
        await ask()
        await engine.dispose()
