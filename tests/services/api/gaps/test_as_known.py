"""The gaps as they were known on any day, beside the gaps as they are known now."""

from collections.abc import AsyncIterator
from datetime import datetime
from random import Random

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.gaps import queries
from services.api.gaps.queries import Wanted
from services.api.gaps.schemas import GapOut
from shared.db.session import create_engine, reading, unit_of_work
from shared.db.tables.alerting import gap
from shared.domain.access import Scope
from tests.conftest import Database
from tests.support.alerting import World, after
from tests.support.alerting_causes import home

#: (number, state, from, to, opened, closed, repaired)
Row = tuple[int, str, datetime, datetime | None, datetime, datetime | None, datetime | None]
EVERYWHERE = Scope(is_everywhere=True)


@pytest.fixture
async def world(engine: AsyncEngine, database: Database) -> AsyncIterator[World]:
    alerts = create_engine(database.url_of_service("alerts"), application="alerts")
    made = World(engine, alerts)
    await made.begin()
    yield made
    await alerts.dispose()


async def on_record(world: World) -> list[Row]:
    """What the table says now."""
    async with unit_of_work(world.owner) as connection:
        found = await connection.execute(select(gap).order_by(gap.c.id))
        return [
            (r.id, r.state, r.from_at, r.to_at, r.opened_at, r.closed_at, r.repaired_at)
            for r in found
        ]


async def known(world: World, wanted: Wanted) -> list[GapOut]:
    async with reading(world.owner) as connection:
        return list(
            await queries.page(
                connection, EVERYWHERE, wanted, before=None, limit=10_000, now=after(1200)
            )
        )


def row(one: GapOut) -> Row:
    return (
        one.id, one.state, one.from_at, one.to_at, one.opened_at, one.closed_at, one.repaired_at,
    )  # fmt: skip


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_what_was_known_at_any_moment_is_what_the_table_said_then(
    world: World, seed: int
) -> None:
    chance = Random(seed)  # noqa: S311 - the same at every run
    made = await home(world, rooms=3, max_gap_s=20)
    snapshots: dict[int, list[Row]] = {}
    for at in range(20, 1200, 20):
        for device in made.devices:
            match chance.choice(("hears", "hears", "silent", "silent", "late", "impaired")):
                case "hears":
                    await world.attest(device, at - 20, at)
                case "late":
                    begin = chance.randrange(0, at)
                    end = min(at, begin + chance.randrange(10, 200))
                    await world.attest(device, begin, end, kind="late", told_s=at)
                case "impaired":
                    begin = chance.randrange(0, at)
                    end = min(at, begin + 30)
                    await world.attest(device, begin, end, kind="impaired", told_s=at)
                    await world.mark_corrected(device, at)
        await world.know_until(at)
        await world.tick(at)
        snapshots[at] = await on_record(world)

    assert {state for _, state, *_ in snapshots[1180]} >= {"closed", "repaired"}
    for at, then in snapshots.items():
        found = await known(world, Wanted(as_known_at=after(at)))
        assert sorted(map(row, found)) == then, f"as known {at} s after the begin"
    assert sorted(map(row, await known(world, Wanted()))) == snapshots[1180]


async def test_what_came_later_is_not_known_before(world: World) -> None:
    made = await home(world, rooms=1)
    await world.attest(made.devices[0], 0, 100)
    await world.pass_time(200, since_s=160, step_s=10)
    await world.attest(made.devices[0], 90, 210)
    await world.pass_time(215, since_s=211)

    (then,) = await known(world, Wanted(as_known_at=after(200), incident_id=1))
    (now,) = await known(world, Wanted(incident_id=1))
    assert (then.state, then.to_at, then.repaired_at) == ("open", None, None)
    assert (now.state, now.repaired_at) == ("repaired", after(211))
    assert await known(world, Wanted(as_known_at=after(150))) == []
