from datetime import timedelta

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.cli.maintain import round as rounds
from shared.db.session import unit_of_work
from tests.services.api.conftest import Clock
from tests.support.people import LOTUS, SUNFLOWER, Headers, Province, log_in

HOLDS = "/legal-holds"
CASE = {
    "facility": SUNFLOWER,
    "first_day": "2026-06-01",
    "last_day": "2026-06-03",
    "reason": "Vụ việc 12/2026",
}
CLOSED = {"reason": "Đã kết thúc"}


async def test_hold_is_placed_listed_and_released(
    api: httpx.AsyncClient, province: Province, clock: Clock
) -> None:
    placed = await api.post(HOLDS, json=CASE, headers=province.officer)
    assert placed.status_code == 201
    hold = placed.json()
    assert hold == {
        **CASE,
        "id": hold["id"],
        "placed_by": "Officer",
        "placed_at": "2026-07-01T08:00:00Z",
        "released_by": None,
        "released_at": None,
        "release_reason": None,
    }
    clock.advance(minutes=20)
    released = await api.post(f"{HOLDS}/{hold['id']}/release", json=CLOSED, headers=province.admin)
    # Whoever administers the service sees nobody else by name.
    assert released.json() == {
        **hold,
        "placed_by": f"#{province.user_ids['officer']}",
        "released_by": "Admin",
        "released_at": "2026-07-01T08:20:00Z",
        "release_reason": "Đã kết thúc",
    }
    listed = (await api.get(HOLDS, headers=province.officer)).json()
    assert listed == {"items": [released.json() | {"placed_by": "Officer"}], "next": None}
    again = await api.post(f"{HOLDS}/{hold['id']}/release", json=CLOSED, headers=province.admin)
    assert (again.status_code, again.json()["code"]) == (409, "released")


async def test_what_is_on_hold_by_the_api_stays_in_a_round(
    api: httpx.AsyncClient, province: Province, clock: Clock, engine: AsyncEngine
) -> None:
    async with unit_of_work(engine) as connection:
        await connection.execute(
            text(
                "INSERT INTO quarantine (reason, topic, facility_code, sample, count, first_at, "
                "last_at) SELECT 'future', code, code, '', 1, '2026-06-02', '2026-06-02' "
                "FROM facility"
            )
        )
    await api.post(HOLDS, json=CASE, headers=province.officer)
    await rounds.run(engine, now=clock.at + timedelta(days=1000))
    async with engine.connect() as connection:
        kept = await connection.execute(text("SELECT facility_code FROM quarantine"))
        assert list(kept.scalars()) == [SUNFLOWER]
    async with unit_of_work(engine) as connection:
        officer = await log_in(connection, province.user_ids["officer"], clock.at)
    purges = (await api.get("/retention/purges", headers=officer)).json()["items"]
    (quarantine,) = (purge for purge in purges if purge["dataset"] == "quarantine")
    assert (quarantine["rows"], quarantine["part"], quarantine["keep_days"]) == (1, None, 90)


async def test_only_who_may_do_it_everywhere_holds_everything(
    api: httpx.AsyncClient, province: Province
) -> None:
    everything = {**CASE, "facility": None, "last_day": None}
    refused = await api.post(HOLDS, json=everything, headers=province.officer)
    assert (refused.status_code, refused.json()["code"]) == (403, "not_allowed")
    hold = (await api.post(HOLDS, json=everything, headers=province.admin)).json()
    assert (hold["facility"], hold["last_day"]) == (None, None)
    listed = (await api.get(HOLDS, headers=province.officer)).json()["items"]
    assert [one["id"] for one in listed] == [hold["id"]]
    release = f"{HOLDS}/{hold['id']}/release"
    assert (await api.post(release, json=CLOSED, headers=province.officer)).status_code == 403
    assert (await api.post(release, json=CLOSED, headers=province.admin)).status_code == 200


async def test_who_may_not_manage_retention_learns_of_no_hold(
    api: httpx.AsyncClient, province: Province
) -> None:
    hold = (await api.post(HOLDS, json=CASE, headers=province.officer)).json()["id"]
    others = (province.inspector, province.commune, province.manager, province.leader)
    for person in others:
        assert (await api.get(HOLDS, headers=person)).status_code == 403
        assert (await api.post(HOLDS, json=CASE, headers=person)).status_code == 403
        release = await api.post(f"{HOLDS}/{hold}/release", json=CLOSED, headers=person)
        assert release.status_code == 403
        assert (await api.get("/retention/purges", headers=person)).status_code == 403
    assert (await api.get(HOLDS)).status_code == 401


async def test_a_hold_of_a_foreign_facility_is_not_there(
    api: httpx.AsyncClient, province: Province, engine: AsyncEngine
) -> None:
    of_lotus = {**CASE, "facility": LOTUS}
    hold = (await api.post(HOLDS, json=of_lotus, headers=province.admin)).json()["id"]
    stranger = await officer_of_hoa_binh(engine, province)
    release = await api.post(f"{HOLDS}/{hold}/release", json=CLOSED, headers=stranger)
    assert release.status_code == 404
    assert (await api.post(HOLDS, json=of_lotus, headers=stranger)).status_code == 404
    assert (await api.get(HOLDS, headers=stranger)).json()["items"] == []
    assert (await api.post(HOLDS, json=CASE, headers=stranger)).status_code == 201
    unknown = await api.post(f"{HOLDS}/999999/release", json=CLOSED, headers=province.admin)
    assert unknown.status_code == 404


async def officer_of_hoa_binh(engine: AsyncEngine, province: Province) -> Headers:
    """The commune's officer becomes the department's, for that commune alone."""
    async with unit_of_work(engine) as connection:
        await connection.execute(
            text("UPDATE role_assignment SET role = 'DEPT_OFFICER' WHERE user_id = :user"),
            {"user": province.user_ids["commune"]},
        )
    return province.commune


@pytest.mark.parametrize(
    "wrong",
    [
        {"last_day": "2026-05-31"},
        {"first_day": None},
        {"first_day": "yesterday"},
        {"reason": "  "},
        {"reason": "a\x00b"},
        {"reason": "x" * 1001},
    ],
)
async def test_wrong_holds_are_refused(
    api: httpx.AsyncClient, province: Province, wrong: dict[str, object]
) -> None:
    refused = await api.post(HOLDS, json={**CASE, **wrong}, headers=province.officer)
    assert refused.status_code == 422
    assert (await api.get(HOLDS, headers=province.officer)).json()["items"] == []


async def test_whoever_sees_anything_may_know_for_how_long_it_is_kept(
    api: httpx.AsyncClient, province: Province
) -> None:
    items = (await api.get("/retention", headers=province.caregiver)).json()["items"]
    policies = {one["dataset"]: one for one in items}
    day, message, gap = (policies[name] for name in ("device_day", "quarantine_message", "gap"))
    assert (day["keep_months"], day["by_month"], day["is_kept"]) == (24, True, False)
    assert (message["keep_months"], message["keep_days"]) == (0, 7)
    assert (gap["is_kept"], gap["keep_months"], gap["purged_at"]) == (True, None, None)
    assert (await api.get("/retention")).status_code == 401
