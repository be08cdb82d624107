import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.cli import people
from services.cli.people import NobodyError
from shared.runtime import clock
from tests.conftest import Database
from tests.support.people import Province, province_of


@pytest.fixture
async def province(engine: AsyncEngine) -> Province:
    return await province_of(engine, clock.now())


@pytest.fixture(autouse=True)
def at_the_server(monkeypatch: pytest.MonkeyPatch, database: Database) -> None:
    monkeypatch.setenv("MIGRATE_DATABASE_URL", database.url)
    monkeypatch.setenv("API_CONSOLE_URL", "https://giamsat.example")


async def test_an_operator_makes_a_link_that_is_on_record(
    province: Province, engine: AsyncEngine
) -> None:
    link = httpx.URL(await people.reset("Admin@giamsat.example"))
    assert (link.host, link.path) == ("giamsat.example", "/invitation")
    assert len(link.params["token"]) >= 43
    async with engine.connect() as connection:
        made = (await connection.execute(text("SELECT user_id, invited_by FROM invitation"))).one()
        deeds = (await connection.execute(text("SELECT actor, detail FROM access_log"))).all()
    assert tuple(made) == (province.user_ids["admin"], None)
    assert [tuple(deed) for deed in deeds] == [("system", '{"by": "operator"}')]


async def test_an_operator_closes_an_account_with_its_sessions(
    province: Province, engine: AsyncEngine
) -> None:
    await people.disable("manager@giamsat.example")
    async with engine.connect() as connection:
        left = await connection.scalar(
            text("SELECT count(*) FROM session WHERE user_id = :who"),
            {"who": province.user_ids["manager"]},
        )
        closed = await connection.scalar(
            text("SELECT disabled_at FROM user_account WHERE id = :who"),
            {"who": province.user_ids["manager"]},
        )
    assert left == 0
    assert closed is not None


async def test_an_address_of_nobody_is_said_so(province: Province) -> None:
    with pytest.raises(NobodyError):
        await people.reset("nobody@giamsat.example")
