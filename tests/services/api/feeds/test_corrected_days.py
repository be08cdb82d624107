"""What is excused afterwards changes days that agencies have been told."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import text, update
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.db.session import unit_of_work
from shared.db.tables.approvals import approval
from shared.db.tables.coverage import ingest_worker
from tests.services.api.conftest import Clock
from tests.services.api.feeds.conftest import Grant
from tests.services.api.test_coverage import House, build
from tests.services.api.test_excused import correct
from tests.support.agency import Agency
from tests.support.people import SUNFLOWER, Province

__all__ = ["build"]

A_DAY = 24 * 60


@pytest.fixture
async def house(engine: AsyncEngine, build: Any) -> House:
    """Not watched from two days ago on."""
    async with unit_of_work(engine) as connection:
        made: House = await build(connection)
        await made.attest(await made.camera("c1"), watched=[(4 * A_DAY, 3 * A_DAY)])
        await made.known_until(0)
        await connection.execute(update(ingest_worker).values(seen_until=made.ago(-1)))
        return made


def begins(house: House) -> date:
    return house.ago(3 * A_DAY).date()


def told(lines: list[dict[str, Any]]) -> dict[str, tuple[int, int]]:
    return {
        one["key"]: (one["excused_s"], one["corrected_s"])
        for one in lines
        if one["key"].startswith(SUNFLOWER)
    }


async def test_a_day_is_told_again_when_it_is_corrected_and_when_that_is_revoked(
    agency: Agency, grant: Grant, engine: AsyncEngine, clock: Clock, province: Province,
    house: House,
) -> None:  # fmt: skip
    await grant("coverage")
    first = begins(house)
    lines, since = await agency.pull(f"/agency/coverage?from={first}")
    assert set(told(lines).values()) == {(0, 0)}
    async with unit_of_work(engine) as connection:
        now = House(connection, house.facility_id, house.zone_id, clock.at)
        await correct(now, province, 2 * A_DAY, 2 * A_DAY - 60)
    lines, since = await agency.pull(f"/agency/coverage?since={since}")
    assert (3600, 3600) in told(lines).values()
    async with unit_of_work(engine) as connection:
        await connection.execute(
            update(approval).values(ended_by=province.user_ids["officer"], ended_at=clock.at)
        )
    lines, since = await agency.pull(f"/agency/coverage?since={since}")
    assert set(told(lines).values()) == {(0, 0)}
    lines, _ = await agency.pull(f"/agency/coverage?since={since}")
    assert told(lines) == {}


async def test_the_sums_of_a_unit_tell_what_is_excused(
    agency: Agency, grant: Grant, engine: AsyncEngine, clock: Clock, province: Province,
    house: House,
) -> None:  # fmt: skip
    """Enough facilities to be told, each with the same day."""
    async with unit_of_work(engine) as connection:
        now = House(connection, house.facility_id, house.zone_id, clock.at)
        await correct(now, province, 2 * A_DAY, 2 * A_DAY - 60)
        await connection.execute(
            text(
                "INSERT INTO facility (code, name, ownership, admin_unit_id, time_zone, children, "
                "registered_at) SELECT code || n, name, ownership, admin_unit_id, time_zone, 1, "
                "registered_at FROM facility, generate_series(1, 5) AS n"
            )
        )
    await grant("coverage", "aggregate")
    first = begins(house)
    answer = await agency.get(f"/agency/coverage?from={first}&to={first + timedelta(days=3)}")
    assert answer.status_code == 200, answer.text
    (one,) = [unit for unit in answer.json()["items"] if unit["excused_s"]]
    assert one["excused_s"] == 3600
    assert one["gap_s"] >= 3600
