"""What maintenance excuses, in the figures of coverage; in minutes before now."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.db.session import unit_of_work
from shared.db.tables.alerting import alert_lease
from shared.db.tables.approvals import approval
from tests.services.api.conftest import Clock
from tests.services.api.test_coverage import COVERAGE, House, build, told, window
from tests.support.people import Province

__all__ = ["build"]


async def approve(
    house: House, province: Province, start: float, end: float, **values: Any
) -> None:
    """Asked for by the manager and approved by the officer, long before."""
    await house.connection.execute(
        insert(approval).values(
            {
                "kind": "maintenance",
                "subject": {},
                "facility_id": house.facility_id,
                "reason": "Thay dây mạng",
                "requested_by": province.user_ids["manager"],
                "requested_at": house.ago(400),
                "starts_at": house.ago(start),
                "ends_at": house.ago(end),
                "expires_at": house.ago(end),
                "decision": "approved",
                "decided_by": province.user_ids["officer"],
                "decided_at": house.ago(300),
            }
            | values
        )
    )


async def looked_at(
    api: httpx.AsyncClient, province: Province, clock: Clock, who: str = "officer"
) -> dict[str, Any]:
    answer = await api.get(COVERAGE, params=window(clock.at, 60, 0), headers=getattr(province, who))
    assert answer.status_code == 200, answer.text
    return dict(answer.json()["zones"][0])


async def test_a_gap_within_maintenance_is_excused_and_stays_a_gap(
    api: httpx.AsyncClient, engine: AsyncEngine, province: Province, clock: Clock, build: Any
) -> None:
    async with unit_of_work(engine) as connection:
        house = await build(connection)
        await house.attest(await house.camera("c1"), watched=[(70, 50), (20, 0)])
        await house.known_until(0)
        await approve(house, province, 40, 30)
    zone = await looked_at(api, province, clock)
    assert zone["seconds"]["gap"] == 30 * 60
    assert zone["excused_seconds"] == 10 * 60
    assert told(zone["spans"], clock.at) == [
        (60, 50, "covered", "live"), (50, 40, "gap"), (40, 30, "gap"), (30, 20, "gap"),
        (20, 0, "covered", "live"),
    ]  # fmt: skip
    assert [span.get("excused", False) for span in zone["spans"]] == [
        False, False, True, False, False,
    ]  # fmt: skip


async def test_who_sees_no_requests_sees_the_same_figures(
    api: httpx.AsyncClient, engine: AsyncEngine, province: Province, clock: Clock, build: Any
) -> None:
    async with unit_of_work(engine) as connection:
        house = await build(connection)
        await house.attest(await house.camera("c1"), watched=[(70, 50), (20, 0)])
        await house.known_until(0)
        await approve(house, province, 40, 30)
    seen = [
        (await looked_at(api, province, clock, who))["excused_seconds"]
        for who in ("officer", "manager", "inspector")
    ]
    assert seen == [600, 600, 600]


async def test_a_mute_excuses_nothing(
    api: httpx.AsyncClient, engine: AsyncEngine, province: Province, clock: Clock, build: Any
) -> None:
    async with unit_of_work(engine) as connection:
        house = await build(connection)
        await house.attest(await house.camera("c1"), watched=[(70, 50), (20, 0)])
        await house.known_until(0)
        await approve(house, province, 40, 30, kind="mute")
    assert (await looked_at(api, province, clock))["excused_seconds"] == 0


async def test_time_before_its_approval_or_after_its_end_is_not_excused(
    api: httpx.AsyncClient, engine: AsyncEngine, province: Province, clock: Clock, build: Any
) -> None:
    async with unit_of_work(engine) as connection:
        house = await build(connection)
        await house.attest(await house.camera("c1"), watched=[(70, 60)])
        await house.known_until(0)
        await approve(
            house, province, 60, 0, decided_at=house.ago(50),
            ended_by=province.user_ids["officer"], ended_at=house.ago(45),
        )  # fmt: skip
    assert (await looked_at(api, province, clock))["excused_seconds"] == 5 * 60


async def test_the_only_camera_excuses_its_zone_and_one_of_two_does_not(
    api: httpx.AsyncClient, engine: AsyncEngine, province: Province, clock: Clock, build: Any
) -> None:
    async with unit_of_work(engine) as connection:
        house = await build(connection)
        await house.attest(await house.camera("c1"), watched=[(70, 50)])
        await house.camera("c2", registered=30)
        await house.known_until(0)
        await approve(house, province, 60, 0, subject={"device": "c1"})
    # From when there are two, the other should have watched.
    assert (await looked_at(api, province, clock))["excused_seconds"] == 20 * 60


async def test_what_repeats_excuses_each_of_its_times(
    api: httpx.AsyncClient, engine: AsyncEngine, province: Province, clock: Clock, build: Any
) -> None:
    day = 24 * 60
    async with unit_of_work(engine) as connection:
        house = await build(connection)
        await house.attest(await house.camera("c1"), watched=[(70, 60)])
        await house.known_until(0)
        await approve(
            house, province, 2 * day + 40, 2 * day + 30, repeats="daily",
            repeats_until=house.ago(-day), decided_at=house.ago(3 * day),
        )  # fmt: skip
    assert (await looked_at(api, province, clock))["excused_seconds"] == 10 * 60


async def correct(house: House, province: Province, start: float, end: float, **values: Any) -> int:
    """Asked for when it was over, and approved five minutes ago."""
    afterwards = {
        "kind": "correction",
        "requested_at": house.ago(10),
        "expires_at": house.ago(-1000),
        "decided_at": house.ago(5),
    }
    await approve(house, province, start, end, **(afterwards | values))
    return int(await house.connection.scalar(select(func.max(approval.c.id))) or 0)


async def test_what_is_corrected_is_excused_and_said_to_be_so_only_afterwards(
    api: httpx.AsyncClient, engine: AsyncEngine, province: Province, clock: Clock, build: Any
) -> None:
    async with unit_of_work(engine) as connection:
        house = await build(connection)
        await house.attest(await house.camera("c1"), watched=[(70, 50), (20, 0)])
        await house.known_until(0)
        await approve(house, province, 40, 30)
        number = await correct(house, province, 45, 35)
    asked = window(clock.at, 60, 0)
    body = (await api.get(COVERAGE, params=asked, headers=province.inspector)).json()
    (zone,) = body["zones"]
    assert zone["seconds"] == {"covered": 1800, "gap": 1800, "unknown": 0, "not_required": 0}
    assert (zone["excused_seconds"], zone["corrected_seconds"]) == (15 * 60, 5 * 60)
    (correction,) = body["corrections"]
    assert (correction["approval"], correction["zone"]) == (number, None)
    before = {**asked, "excused_as_known_at": (clock.at - timedelta(minutes=6)).isoformat()}
    body = (await api.get(COVERAGE, params=before, headers=province.inspector)).json()
    (then,) = body["zones"]
    assert (then["excused_seconds"], then["corrected_seconds"]) == (10 * 60, 0)
    assert (then["seconds"], body["corrections"]) == (zone["seconds"], [])


async def test_a_correction_of_a_camera_counts_for_the_camera_and_its_zone(
    api: httpx.AsyncClient, engine: AsyncEngine, province: Province, clock: Clock, build: Any
) -> None:
    async with unit_of_work(engine) as connection:
        house = await build(connection)
        await house.attest(await house.camera("c1"), watched=[(70, 50), (20, 0)])
        await house.known_until(0)
        await correct(house, province, 40, 30, subject={"device": "c1"})
    answer = await api.get(COVERAGE, params=window(clock.at, 60, 0), headers=province.officer)
    for one in (answer.json()["zones"][0], answer.json()["devices"][0]):
        assert (one["excused_seconds"], one["corrected_seconds"]) == (600, 600)


async def test_a_revoked_correction_is_known_as_it_was_while_it_stood(
    api: httpx.AsyncClient, engine: AsyncEngine, province: Province, clock: Clock, build: Any
) -> None:
    async with unit_of_work(engine) as connection:
        house = await build(connection)
        await house.attest(await house.camera("c1"), watched=[(70, 50), (20, 0)])
        await house.known_until(0)
        ended = {"ended_by": province.user_ids["officer"], "ended_at": house.ago(2)}
        await correct(house, province, 40, 30, **ended)
    known = []
    for minutes in (6, 4, 1):
        moment = (clock.at - timedelta(minutes=minutes)).isoformat()
        asked = {**window(clock.at, 60, 0), "excused_as_known_at": moment}
        answer = await api.get(COVERAGE, params=asked, headers=province.officer)
        known.append(answer.json()["zones"][0]["excused_seconds"])
    assert known == [0, 600, 0]


async def gap_on_record(house: House, start: float, end: float | None) -> None:
    """As alerts found it, who has judged up to now."""
    await house.connection.execute(
        insert(alert_lease)
        .values(id=1, holder="alerts", epoch=1, expires_at=house.ago(0), judged_until=house.ago(0))
        .on_conflict_do_update(index_elements=["id"], set_={"judged_until": house.ago(0)})
    )
    await house.connection.execute(
        text(
            "INSERT INTO gap (zone_id, facility_id, state, from_at, to_at, opened_at, closed_at) "
            "SELECT id, facility_id, :state, :start, :end, :start, :end FROM zone "
            "WHERE facility_id = :facility"
        ),
        {
            "state": "open" if end is None else "closed",
            "start": house.ago(start),
            "end": None if end is None else house.ago(end),
            "facility": house.facility_id,
        },
    )


async def day_of(api: httpx.AsyncClient, province: Province, who: str) -> dict[str, Any]:
    answer = await api.get("/overview", headers=getattr(province, who))
    assert answer.status_code == 200, answer.text
    (one,) = [one for one in answer.json()["facilities"] if one["gap_s"]]
    return dict(one)


@pytest.mark.parametrize("subject", [{}, {"zone": "play"}, {"device": "c1"}])
async def test_the_overview_excuses_what_the_coverage_of_the_only_zone_excuses(
    api: httpx.AsyncClient, engine: AsyncEngine, province: Province, clock: Clock, build: Any,
    subject: dict[str, str],
) -> None:  # fmt: skip
    async with unit_of_work(engine) as connection:
        house = await build(connection)
        await house.attest(await house.camera("c1"), watched=[(70, 50), (20, 0)])
        await house.known_until(0)
        await gap_on_record(house, 50, 20)
        await approve(house, province, 40, 30, subject=subject)
        await correct(house, province, 25, 20, subject=subject)
    zone = await looked_at(api, province, clock)
    for who in ("officer", "manager", "inspector"):
        told = await day_of(api, province, who)
        assert (told["gap_s"], told["excused_s"]) == (30 * 60, zone["excused_seconds"])
        assert told["excused_s"] == 15 * 60
        parts = ("watched_s", "gap_s", "unknown_s", "not_required_s")
        assert sum(told[part] for part in parts) == 24 * 3600


async def test_of_two_cameras_the_one_in_maintenance_excuses_nothing_of_the_day(
    api: httpx.AsyncClient, engine: AsyncEngine, province: Province, clock: Clock, build: Any
) -> None:
    async with unit_of_work(engine) as connection:
        house = await build(connection)
        await house.attest(await house.camera("c1"), watched=[(70, 50)])
        await house.attest(await house.camera("c2"), watched=[(70, 50)])
        await house.known_until(0)
        await gap_on_record(house, 50, None)
        await approve(house, province, 60, -60, subject={"device": "c1"})
    told = await day_of(api, province, "inspector")
    assert (told["excused_s"], told["now"]) == (0, "gap")


async def test_who_is_in_maintenance_now_is_still_told_as_not_watched(
    api: httpx.AsyncClient, engine: AsyncEngine, province: Province, clock: Clock, build: Any
) -> None:
    async with unit_of_work(engine) as connection:
        house = await build(connection)
        await house.attest(await house.camera("c1"), watched=[(70, 50)])
        await house.known_until(0)
        await gap_on_record(house, 50, None)
        await approve(house, province, 60, -60)
    body = (await api.get("/overview", headers=province.inspector)).json()
    assert [one["excused"] for one in body["unwatched"]] == [True]
    assert body["figures"]["facilities_unwatched"] == 1
    assert body["figures"]["excused_s"] == body["figures"]["gap_s"] == 50 * 60
