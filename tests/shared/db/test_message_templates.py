from datetime import UTC, datetime

import pytest
from alembic import command
from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.db import migrate
from shared.db.session import Asker, create_engine, reading, unit_of_work
from tests.conftest import Database
from tests.support.people import PROVINCE, Province, province_of

NOW = datetime(2026, 7, 1, 8, 0, tzinfo=UTC)
_ADD = text(
    "INSERT INTO message_template (channel, language, kind, body, valid_from, admin_unit_id) "
    "VALUES ('sms', 'vi', 'alert', '{link}', :now, :unit)"
)


@pytest.fixture
async def town(engine: AsyncEngine) -> Province:
    return await province_of(engine, NOW)


async def test_a_place_has_one_wording_in_force(engine: AsyncEngine, town: Province) -> None:
    for unit in (None, town.unit_ids[PROVINCE]):
        async with unit_of_work(engine) as connection:
            await connection.execute(_ADD, {"now": NOW, "unit": unit})
        with pytest.raises(IntegrityError, match="uq_message_template_in_force"):
            async with unit_of_work(engine) as connection:
                await connection.execute(_ADD, {"now": NOW, "unit": unit})


async def test_rows_guard_the_words_of_others(
    engine: AsyncEngine, town: Province, database: Database
) -> None:
    async with unit_of_work(engine) as connection:
        other = await connection.scalar(
            text(
                "INSERT INTO admin_unit (code, name, level, kind, valid_from) "
                "VALUES ('52', 'Gia Lai', 'province', 'province', '2025-07-01') RETURNING id"
            )
        )
        for unit in (None, other, town.unit_ids[PROVINCE]):
            await connection.execute(_ADD, {"now": NOW, "unit": unit})
    api = create_engine(database.url_of_service("api"), application="tests")
    seen = {}
    for name in ("admin", "officer", "manager"):
        async with reading(api, Asker(f"user:{town.user_ids[name]}", NOW)) as connection:
            rows = await connection.scalars(text("SELECT admin_unit_id FROM message_template"))
            seen[name] = set(rows)
    await api.dispose()
    own = town.unit_ids[PROVINCE]
    assert seen == {"admin": {None, other, own}, "officer": {None, own}, "manager": set()}


async def test_who_steps_back_keeps_the_words_of_the_whole_country(
    engine: AsyncEngine, town: Province
) -> None:
    async with unit_of_work(engine) as connection:
        for unit in (None, town.unit_ids[PROVINCE]):
            await connection.execute(_ADD, {"now": NOW, "unit": unit})
        await connection.execute(
            text(
                "INSERT INTO person_mail (user_id, address, language, subject, body, message_id, "
                "created_at, due_at, expires_at) "
                "VALUES (:user, 'a@b.example', 'vi', '', '', '<1>', :now, :now, :now)"
            ),
            {"user": town.user_ids["officer"], "now": NOW},
        )
        await connection.run_sync(_step_back)
        assert await connection.scalar(text("SELECT count(*) FROM message_template")) == 1
        assert await connection.scalar(text("SELECT count(*) FROM person_mail")) == 0
    await migrate.run(engine)


def _step_back(connection: Connection) -> None:
    command.downgrade(migrate.alembic_config(connection), "0031")
