"""Who may write a ladder and its steps, as far as the database itself goes."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import insert, select, text, update
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.db.session import Asker, create_engine, reading, unit_of_work
from shared.db.tables.ladders import ladder, ladder_step
from shared.db.tables.people import role_assignment
from tests.conftest import Database
from tests.support.people import HOA_BINH, PROVINCE, Province, province_of

NOW = datetime(2026, 7, 1, 8, 0, tzinfo=UTC)


@pytest.fixture
async def api_engine(database: Database) -> AsyncIterator[AsyncEngine]:
    engine = create_engine(database.url_of_service("api"), application="tests", pool_size=2)
    yield engine
    await engine.dispose()


@dataclass(frozen=True, slots=True)
class Ladders:
    """One for the whole country, one for a province, one for a commune in it; by number."""

    town: Province
    country: int
    province: int
    commune: int

    def asker(self, name: str) -> Asker:
        return Asker(f"user:{self.town.user_ids[name]}", NOW)


@pytest.fixture
async def ladders(engine: AsyncEngine) -> Ladders:
    """The commune's officer becomes a department's, for that commune alone."""
    town = await province_of(engine, NOW)
    async with unit_of_work(engine) as connection:
        await connection.execute(
            update(role_assignment)
            .where(role_assignment.c.user_id == town.user_ids["commune"])
            .values(role="DEPT_OFFICER")
        )
        numbers = []
        for unit in (None, PROVINCE, HOA_BINH):
            values = {"name": "L", "valid_from": NOW, "admin_unit_id": unit and town.unit_ids[unit]}
            made = await connection.execute(insert(ladder).values(values).returning(ladder.c.id))
            numbers.append(made.scalar_one())
            await connection.execute(insert(ladder_step).values(step_of(numbers[-1])))
    return Ladders(town, *numbers)


def step_of(ladder_id: int | None) -> dict[str, Any]:
    return {
        "ladder_id": ladder_id, "step": 1, "role": "CAREGIVER", "after_s": 0, "valid_from": NOW,
    }  # fmt: skip


async def is_written(api_engine: AsyncEngine, who: Asker, ladder_id: int | None) -> bool:
    try:
        async with unit_of_work(api_engine, who) as connection:
            await connection.execute(insert(ladder_step).values(step_of(ladder_id)))
    except ProgrammingError as refusal:
        return "row-level security" not in str(refusal)
    return True


async def test_a_step_is_written_by_whoever_may_write_its_ladder(
    api_engine: AsyncEngine, ladders: Ladders
) -> None:
    its = ladders
    wanted = (None, its.country, its.province, its.commune)
    written = {
        name: [await is_written(api_engine, its.asker(name), number) for number in wanted]
        for name in ("commune", "officer", "manager", "leader")
    }
    assert written == {
        "commune": [False, False, False, True],
        "officer": [False, False, True, True],
        "manager": [False, False, False, False],
        "leader": [False, False, False, False],
    }


async def test_what_is_seen_of_a_wider_ladder_is_neither_changed_nor_taken_over(
    api_engine: AsyncEngine, ladders: Ladders
) -> None:
    who, its = ladders.asker("commune"), ladder_step.c
    async with reading(api_engine, who) as connection:
        seen = set(await connection.scalars(select(its.ladder_id)))
    assert {ladders.country, ladders.province, ladders.commune} <= seen
    async with unit_of_work(api_engine, who) as connection:
        later = await connection.execute(
            update(ladder_step).where(its.ladder_id == ladders.province).values(valid_to=NOW)
        )
        usual = await connection.execute(
            update(ladder_step).where(its.ladder_id.is_(None)).values(valid_to=NOW)
        )
        whole = await connection.execute(
            update(ladder).where(ladder.c.id == ladders.province).values(valid_to=NOW)
        )
        own = await connection.execute(
            update(ladder_step).where(its.ladder_id == ladders.commune).values(valid_to=NOW)
        )
    assert (later.rowcount, usual.rowcount, whole.rowcount, own.rowcount) == (0, 0, 0, 1)


@pytest.mark.parametrize("table", ["ladder", "ladder_step"])
async def test_each_command_has_a_rule_of_its_own(engine: AsyncEngine, table: str) -> None:
    async with reading(engine) as connection:
        found = await connection.execute(
            text(
                "SELECT polname, CAST(polcmd AS text) FROM pg_policy "
                "WHERE polrelid = CAST(:it AS regclass)"
            ),
            {"it": table},
        )
        rules = {row[0]: row[1] for row in found}
    assert rules == {
        "guarded": "r", "guarded_insert": "a", "guarded_update": "w", "guarded_delete": "d",
        "unguarded": "*",
    }  # fmt: skip
