"""What the database itself shows the api: the second line, without any filter of a query."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from alembic import command
from sqlalchemy import Connection, func, insert, select, text, update
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.db import migrate, tables
from shared.db.row_security.reach import REACHES
from shared.db.row_security.rules import OPEN, VISIBLE
from shared.db.session import SYSTEM, Asker, create_engine, reading, unit_of_work
from shared.db.tables.access_log import access_log
from shared.db.tables.people import role_assignment, user_account
from shared.db.tables.registry import device, facility, zone
from shared.domain.access import POLICY, Action, Role
from tests.conftest import Database
from tests.support.people import LOTUS, SUNFLOWER, Province, province_of

NOW = datetime(2026, 7, 1, 8, 0, tzinfo=UTC)


@pytest.fixture
async def api_engine(database: Database) -> AsyncIterator[AsyncEngine]:
    engine = create_engine(database.url_of_service("api"), application="tests", pool_size=2)
    yield engine
    await engine.dispose()


@pytest.fixture
async def town(engine: AsyncEngine) -> Province:
    return await province_of(engine, NOW)


async def facilities_of(engine: AsyncEngine, asker: Asker | None) -> list[str]:
    async with reading(engine, asker) as connection:
        return sorted(await connection.scalars(select(facility.c.code)))


def person(town: Province, name: str, *, at: datetime = NOW) -> Asker:
    return Asker(f"user:{town.user_ids[name]}", at)


async def test_every_table_is_guarded_or_named_as_open(engine: AsyncEngine) -> None:
    async with reading(engine) as connection:
        rows = await connection.execute(
            text(
                "SELECT relname, relrowsecurity AND relforcerowsecurity FROM pg_class "
                "WHERE relkind IN ('r', 'p') AND NOT relispartition "
                "AND relnamespace = 'public'::regnamespace"
            )
        )
        guarded = {str(name): bool(is_guarded) for name, is_guarded in rows}
    unguarded = {name for name, is_guarded in guarded.items() if not is_guarded}
    assert unguarded == OPEN
    assert set(VISIBLE) == set(guarded) - OPEN
    assert set(tables.metadata.tables) <= set(guarded)


async def test_whoever_stepped_back_and_forth_is_guarded_all_the_same(engine: AsyncEngine) -> None:
    async with unit_of_work(engine) as connection:
        await connection.run_sync(_step_back)
    await migrate.run(engine)
    await test_every_table_is_guarded_or_named_as_open(engine)


def _step_back(connection: Connection) -> None:
    command.downgrade(migrate.alembic_config(connection), "0021")


async def test_the_api_owns_nothing_and_may_not_step_around(api_engine: AsyncEngine) -> None:
    async with reading(api_engine) as connection:
        owned = await connection.scalar(
            text("SELECT count(*) FROM pg_class WHERE relowner = current_user::regrole")
        )
        powers = await connection.execute(
            text("SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user")
        )
        assert (owned, tuple(powers.one())) == (0, (False, False))


async def test_whoever_has_not_said_who_asks_sees_nothing(
    api_engine: AsyncEngine, town: Province
) -> None:
    assert await facilities_of(api_engine, None) == []
    async with reading(api_engine) as connection:
        rights = await connection.scalars(
            text(
                "SELECT relname FROM pg_class WHERE relname = ANY(:tables) "
                "AND has_table_privilege(oid, 'SELECT')"
            ),
            {"tables": list(VISIBLE)},
        )
        for table in rights.all():
            assert await connection.scalar(text(f"SELECT count(*) FROM {table}")) == 0, table  # noqa: S608 - our own names


@pytest.mark.parametrize(
    ("name", "seen"),
    [
        ("manager", [SUNFLOWER]),
        ("caregiver", [SUNFLOWER]),
        ("lotus_manager", [LOTUS]),
        ("commune", [SUNFLOWER]),
        ("officer", [LOTUS, SUNFLOWER]),
        ("admin", [LOTUS, SUNFLOWER]),
    ],
)
async def test_one_sees_what_is_in_ones_place(
    api_engine: AsyncEngine, town: Province, name: str, seen: list[str]
) -> None:
    assert await facilities_of(api_engine, person(town, name)) == seen


async def test_what_is_seen_ends_with_the_role(
    engine: AsyncEngine, api_engine: AsyncEngine, town: Province
) -> None:
    async with unit_of_work(engine) as connection:
        await connection.execute(
            update(role_assignment)
            .where(role_assignment.c.user_id == town.user_ids["manager"])
            .values(valid_to=NOW + timedelta(hours=1))
        )
    at_the_end = NOW + timedelta(hours=1)
    assert await facilities_of(api_engine, person(town, "manager")) == [SUNFLOWER]
    assert await facilities_of(api_engine, person(town, "manager", at=at_the_end)) == []


async def test_who_is_disabled_sees_nothing(
    engine: AsyncEngine, api_engine: AsyncEngine, town: Province
) -> None:
    async with unit_of_work(engine) as connection:
        await connection.execute(
            update(user_account)
            .where(user_account.c.id == town.user_ids["officer"])
            .values(disabled_at=NOW)
        )
    assert await facilities_of(api_engine, person(town, "officer")) == []


async def test_who_asked_last_is_forgotten_with_the_transaction(
    api_engine: AsyncEngine, town: Province
) -> None:
    assert await facilities_of(api_engine, SYSTEM) == [LOTUS, SUNFLOWER]
    assert await facilities_of(api_engine, None) == []


async def test_nobody_writes_into_anothers_place(api_engine: AsyncEngine, town: Province) -> None:
    foreign = insert(zone).values(
        facility_id=town.facility_ids[LOTUS],
        code="z", name="Z", kind="yard", registered_at=NOW,
    )  # fmt: skip
    with pytest.raises(ProgrammingError, match="row-level security"):
        async with unit_of_work(api_engine, person(town, "manager")) as connection:
            await connection.execute(foreign)
    async with unit_of_work(api_engine, person(town, "manager")) as connection:
        touched = await connection.execute(
            update(facility).where(facility.c.code == LOTUS).values(children=1)
        )
    assert touched.rowcount == 0


async def test_nobody_signs_the_log_with_anothers_name(
    api_engine: AsyncEngine, town: Province
) -> None:
    line = {
        "at": NOW, "verb": "read", "subject": "facility", "key": SUNFLOWER, "purpose": "",
        "address": "", "trace_id": "", "detail": "{}",
    }  # fmt: skip
    with pytest.raises(ProgrammingError, match="row-level security"):
        async with unit_of_work(api_engine, person(town, "manager")) as connection:
            await connection.execute(insert(access_log).values(actor="user:0", **line))


async def test_home_affairs_see_the_registry_and_not_the_watch(
    engine: AsyncEngine, api_engine: AsyncEngine, town: Province
) -> None:
    async with unit_of_work(engine) as connection:
        await connection.execute(
            insert(zone).values(
                facility_id=town.facility_ids[SUNFLOWER],
                code="z",
                name="Z",
                kind="yard",
                registered_at=NOW,
            )
        )
        await connection.execute(
            update(role_assignment)
            .where(role_assignment.c.user_id == town.user_ids["officer"])
            .values(role=Role.HOME_AFFAIRS)
        )
    async with reading(api_engine, person(town, "officer")) as connection:
        assert await connection.scalar(select(func.count()).select_from(facility)) == 2
        assert await connection.scalar(select(func.count()).select_from(zone)) == 0
        assert await connection.scalar(select(func.count()).select_from(device)) == 0


async def test_the_database_knows_the_policy_of_the_code(engine: AsyncEngine) -> None:
    async with reading(engine) as connection:
        rows = await connection.execute(text("SELECT role, reach FROM role_right"))
        held = {(role, reach) for role, reach in rows}
    assert held == {
        (role, reach)
        for role, rights in POLICY.items()
        for reach, actions in REACHES.items()
        if rights & set(actions)
    }
    assert (Role.SYS_ADMIN, "log") not in held
    assert Action.WATCH not in POLICY[Role.HOME_AFFAIRS]
