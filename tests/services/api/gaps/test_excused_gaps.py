"""What of a gap is excused, as known now and as known before; in minutes before now."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.db.session import unit_of_work
from tests.services.api.conftest import Clock
from tests.services.api.test_coverage import build
from tests.services.api.test_excused import approve, correct, gap_on_record
from tests.support.people import Province

__all__ = ["build"]

Figures = tuple[int, int]


async def figures(api: httpx.AsyncClient, province: Province, **asked: str) -> Figures:
    answer = await api.get("/gaps", params=asked, headers=province.inspector)
    assert answer.status_code == 200, answer.text
    (one,) = answer.json()["items"]
    return one["excused_seconds"], one["corrected_seconds"]


@pytest.mark.parametrize("subject", [{}, {"zone": "play"}, {"device": "c1"}])
async def test_a_gap_says_what_of_it_is_excused_and_what_only_afterwards(
    api: httpx.AsyncClient, engine: AsyncEngine, province: Province, build: Any,
    subject: dict[str, str],
) -> None:  # fmt: skip
    async with unit_of_work(engine) as connection:
        house = await build(connection)
        await house.attest(await house.camera("c1"), watched=[(70, 50), (20, 0)])
        await house.known_until(0)
        await gap_on_record(house, 50, 20)
        await approve(house, province, 40, 30, subject=subject)
        await correct(house, province, 45, 35, subject=subject)
    assert await figures(api, province) == (15 * 60, 5 * 60)


async def test_as_known_before_its_approval_a_correction_excuses_nothing(
    api: httpx.AsyncClient, engine: AsyncEngine, province: Province, clock: Clock, build: Any
) -> None:
    async with unit_of_work(engine) as connection:
        house = await build(connection)
        await house.attest(await house.camera("c1"), watched=[(70, 50)])
        await house.known_until(0)
        await gap_on_record(house, 50, 20)
        await known_as_closed(house)
        await approve(house, province, 40, 30)
        await correct(house, province, 45, 35)
    known = {}
    for minutes in (6, 4):
        moment = clock.at - timedelta(minutes=minutes)
        known[minutes] = await figures(api, province, as_known_at=moment.isoformat())
    assert known == {6: (10 * 60, 0), 4: (15 * 60, 5 * 60)}


async def known_as_closed(house: Any) -> None:
    """Its event: what was known of a gap is told by its events."""
    for statement in (
        "INSERT INTO incident (facility_id, cause, state, since_at, opened_at) "
        "SELECT facility_id, 'device_silent', 'resolved', from_at, from_at FROM gap",
        "INSERT INTO event (happened_at, kind, facility_id, incident_id, gap_id, detail) "
        "SELECT g.to_at, 'gap_closed', g.facility_id, i.id, g.id, "
        "jsonb_build_object('from', g.from_at, 'to', g.to_at) FROM gap g, incident i",
    ):
        await house.connection.exec_driver_sql(statement)


async def test_a_gap_that_lasts_is_excused_up_to_now(
    api: httpx.AsyncClient, engine: AsyncEngine, province: Province, build: Any
) -> None:
    async with unit_of_work(engine) as connection:
        house = await build(connection)
        await house.attest(await house.camera("c1"), watched=[(70, 50)])
        await house.known_until(0)
        await gap_on_record(house, 50, None)
        await approve(house, province, 40, -60)
    assert await figures(api, province) == (40 * 60, 0)
