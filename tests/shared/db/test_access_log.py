from collections.abc import AsyncIterator
from dataclasses import fields, replace
from datetime import UTC, datetime

import pytest
from alembic import command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, insert, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.db import migrate
from shared.db.session import create_engine
from shared.db.tables.access_log import access_log, access_log_tail
from shared.domain.ledger import GENESIS, Line, line_hash
from tests.conftest import Database

LINE = Line(
    n=1, at=datetime(2026, 7, 1, 8, 0, 0, 123456, tzinfo=UTC), actor="system", role="", verb="read",
    subject="person", key="12", facility_id=3, admin_unit_id=None, purpose="", address="::1",
    trace_id="t", detail="{}",
)  # fmt: skip
TEXTS = st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=12)
NUMBERS = st.none() | st.integers(-(2**63), 2**63 - 1)
LINES = st.builds(
    Line,
    n=st.just(0),
    at=st.datetimes(datetime(1900, 1, 1), datetime(9999, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - hypothesis wants its bounds so
    **{one.name: TEXTS for one in fields(Line) if one.type is str},
    facility_id=NUMBERS,
    admin_unit_id=NUMBERS,
)
CHANGES = (
    "UPDATE access_log SET actor = 'user:2'",
    "DELETE FROM access_log",
    "TRUNCATE access_log",
    "UPDATE access_seal SET size = 0",
    "DELETE FROM access_seal",
    "TRUNCATE access_seal",
    "DELETE FROM access_log_node",
)


def values_of(line: Line) -> dict[str, object]:
    return {one.name: getattr(line, one.name) for one in fields(Line) if one.name != "n"}


async def add(connection: AsyncConnection, line: Line) -> None:
    await connection.execute(insert(access_log).inline().values(values_of(line)))


async def kept(connection: AsyncConnection) -> list[tuple[Line, bytes]]:
    names = [access_log.c[one.name] for one in fields(Line)]
    rows = await connection.execute(select(*names, access_log.c.hash).order_by(access_log.c.n))
    return [(Line(*row[:-1]), row[-1]) for row in rows]


@pytest.fixture
async def connection(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    async with engine.connect() as connection:
        yield connection


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=st.lists(LINES, min_size=1, max_size=3))
async def test_the_database_hashes_the_same_bytes_as_we_do(
    connection: AsyncConnection, lines: list[Line]
) -> None:
    async with connection.begin() as change:
        for line in lines:
            await add(connection, line)
        previous = GENESIS
        for n, (line, (there, stored)) in enumerate(
            zip(lines, await kept(connection), strict=True), start=1
        ):
            assert there == replace(line, n=n)
            previous = line_hash(previous, there)
            assert stored == previous
        tail = (await connection.execute(select(access_log_tail.c.n, access_log_tail.c.hash))).one()
        assert tuple(tail) == (len(lines), previous)
        await change.rollback()


async def test_a_line_that_was_taken_back_leaves_no_hole(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        await add(connection, LINE)
        await connection.rollback()
        await add(connection, LINE)
        await connection.commit()
        assert [line.n for line, _ in await kept(connection)] == [1]


async def test_number_and_hash_are_not_for_the_writer_to_choose(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        forged = {**values_of(LINE), "n": 99, "hash": b"x" * 32}
        await connection.execute(insert(access_log).inline().values(forged))
        assert await kept(connection) == [(LINE, line_hash(GENESIS, LINE))]


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("asks", ["owner", "api", "alerts", "ingest"])
async def test_nobody_changes_or_removes_a_line(
    engine: AsyncEngine, database: Database, change: str, asks: str
) -> None:
    async with engine.begin() as connection:
        await add(connection, LINE)
    url = database.url if asks == "owner" else database.url_of_service(asks)
    other = create_engine(url, application="tests")
    with pytest.raises(DBAPIError, match=r"only grows|permission denied"):
        async with other.begin() as connection:
            await connection.execute(text(change))
    await other.dispose()
    async with engine.connect() as connection:
        assert len(await kept(connection)) == 1


async def test_the_owner_is_refused_also_where_ordinary_triggers_sleep(
    engine: AsyncEngine,
) -> None:
    async with engine.connect() as connection:
        await connection.execute(text("SET session_replication_role = replica"))
        with pytest.raises(DBAPIError, match="only grows"):
            await connection.execute(text("DELETE FROM access_log"))


@pytest.mark.parametrize("service", ["api", "alerts", "ingest"])
async def test_no_service_touches_the_tail(database: Database, service: str) -> None:
    other = create_engine(database.url_of_service(service), application="tests")
    with pytest.raises(DBAPIError, match="permission denied"):
        async with other.begin() as connection:
            await connection.execute(text("UPDATE access_log_tail SET n = 0"))
    await other.dispose()


@pytest.mark.parametrize("service", ["alerts", "ingest"])
async def test_only_the_api_adds_lines(database: Database, service: str) -> None:
    other = create_engine(database.url_of_service(service), application="tests")
    with pytest.raises(DBAPIError, match="permission denied"):
        async with other.begin() as connection:
            await add(connection, LINE)
    await other.dispose()


def down_to_0017(connection: Connection) -> None:
    command.downgrade(migrate.alembic_config(connection), "0017")


async def test_lines_written_before_there_was_a_chain_are_chained(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        await connection.run_sync(down_to_0017)
        for actor in ("user:1", "user:2", "user:3"):
            await connection.execute(
                text(
                    "INSERT INTO access_log (at, actor, verb, subject, key, purpose, address,"
                    " trace_id, detail) VALUES (now(), :actor, 'read', 'person', '1', '', '', '',"
                    " '{}')"
                ),
                {"actor": actor},
            )
        # The numbers of those days had holes.
        await connection.execute(text("DELETE FROM access_log WHERE actor = 'user:2'"))
        await connection.run_sync(migrate.upgrade)
        lines = await kept(connection)
        assert [(line.n, line.actor) for line, _ in lines] == [(1, "user:1"), (2, "user:3")]
        first = line_hash(GENESIS, lines[0][0])
        assert [stored for _, stored in lines] == [first, line_hash(first, lines[1][0])]


async def test_many_lines_of_one_statement_are_chained_in_time(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        await connection.execute(
            text(
                "INSERT INTO access_log (at, actor, verb, subject, key, purpose, address, trace_id,"
                " detail) SELECT now(), 'system', 'read', 'person', g::text, '', '', '', '{}'"
                " FROM generate_series(1, 3000) g"
            )
        )
        await add(connection, LINE)
        lines = await kept(connection)
        tail = (await connection.execute(select(access_log_tail.c.n, access_log_tail.c.hash))).one()
    previous = GENESIS
    for n, (line, stored) in enumerate(lines, start=1):
        previous = line_hash(previous, line)
        assert (line.n, stored) == (n, previous)
    assert tuple(tail) == (3001, previous)


async def test_lines_that_were_cut_off_leave_a_hole(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        for _ in range(3):
            await add(connection, LINE)
        await connection.execute(text("ALTER TABLE access_log DISABLE TRIGGER USER"))
        await connection.execute(text("DELETE FROM access_log WHERE n > 1"))
        await connection.execute(text("ALTER TABLE access_log ENABLE TRIGGER USER"))
        await add(connection, LINE)
        assert [line.n for line, _ in await kept(connection)] == [1, 4]
