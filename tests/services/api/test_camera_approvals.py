from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.db.session import unit_of_work
from shared.db.tables.access_log import access_log
from shared.db.tables.registry import device
from tests.services.api.conftest import Clock
from tests.support.cameras import allowed, asked, request_of
from tests.support.people import LOTUS, SUNFLOWER, Province, log_in

DEVICES = f"/facilities/{SUNFLOWER}/devices"
APPROVALS = f"{DEVICES}/cam-1/approvals"
WHY = {"note": "The room is empty now"}


@pytest.fixture(autouse=True)
async def camera(api: httpx.AsyncClient, province: Province) -> None:
    for code, kind in (("play", "play_room"), ("ward", "infant_ward"), ("yard", "yard")):
        await made(api, f"/facilities/{SUNFLOWER}/zones", {"code": code, "kind": kind}, province)
    await made(api, DEVICES, {"code": "cam-1", "kind": "camera", "zone": "play"}, province)
    await made(api, DEVICES, {"code": "door", "kind": "door", "zone": "ward"}, province)


async def made(api: httpx.AsyncClient, path: str, body: dict[str, Any], province: Province) -> Any:
    answer = await api.post(path, json=body, headers=province.manager)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def allowed_time(engine: AsyncEngine) -> tuple[Any, Any]:
    """As ingest is told."""
    async with engine.connect() as connection:
        row = (
            await connection.execute(
                select(device.c.approved_at, device.c.approved_until).where(
                    device.c.code == "cam-1"
                )
            )
        ).one()
    return row.approved_at, row.approved_until


async def standing(api: httpx.AsyncClient, province: Province) -> tuple[str, bool]:
    read = (await api.get(f"{DEVICES}/cam-1", headers=province.caregiver)).json()
    return read["approval"]["standing"], read["approval"]["may_record"]


async def decided(
    api: httpx.AsyncClient, number: int, what: str, body: object, headers: dict[str, str]
) -> httpx.Response:
    return await api.post(f"{APPROVALS}/{number}/{what}", json=body, headers=headers)


async def test_a_camera_records_from_the_moment_somebody_else_allows_it(
    api: httpx.AsyncClient, province: Province, engine: AsyncEngine, clock: Clock
) -> None:
    assert await standing(api, province) == ("missing", False)
    request = await asked(api, province, "cam-1", clock.at.date())
    assert (request["state"], request["zone"]) == ("requested", "play")
    assert await standing(api, province) == ("requested", False)
    assert await allowed_time(engine) == (None, None)

    clock.advance(minutes=20)
    answer = await decided(api, request["id"], "approve", {}, province.officer)
    approved = answer.json()
    assert (approved["state"], approved["requested_by"]) == ("approved", "Manager")
    assert approved["decided_by"] == "Officer"
    assert await standing(api, province) == ("approved", True)
    assert await allowed_time(engine) == (clock.at, None)


async def test_nobody_allows_what_they_asked_for(
    api: httpx.AsyncClient, province: Province, clock: Clock
) -> None:
    body = request_of(clock.at.date())
    request = (await api.post(APPROVALS, json=body, headers=province.officer)).json()
    for what, text in (("approve", {}), ("refuse", WHY)):
        answer = await decided(api, request["id"], what, text, province.officer)
        assert (answer.status_code, answer.json()["code"]) == (403, "four_eyes")


async def test_only_the_department_decides(
    api: httpx.AsyncClient, province: Province, clock: Clock
) -> None:
    request = await asked(api, province, "cam-1", clock.at.date())
    for who in (province.manager, province.caregiver, province.commune, province.admin):
        answer = await decided(api, request["id"], "approve", {}, who)
        assert answer.status_code == 403
    stranger = await decided(api, request["id"], "approve", {}, province.lotus_manager)
    assert stranger.status_code == 404
    foreign = f"/facilities/{LOTUS}/devices/cam-1/approvals/{request['id']}/approve"
    assert (await api.post(foreign, json={}, headers=province.officer)).status_code == 404
    assert await standing(api, province) == ("requested", False)


async def test_a_refusal_says_why_and_one_may_ask_again(
    api: httpx.AsyncClient, province: Province, clock: Clock
) -> None:
    request = await asked(api, province, "cam-1", clock.at.date())
    twice = await api.post(APPROVALS, json=request_of(clock.at.date()), headers=province.manager)
    assert (twice.status_code, twice.json()["code"]) == (409, "asked")
    assert (await decided(api, request["id"], "refuse", {}, province.officer)).status_code == 422
    refused = (await decided(api, request["id"], "refuse", WHY, province.officer)).json()
    assert (refused["state"], refused["decision_note"]) == ("refused", WHY["note"])
    again = await decided(api, request["id"], "approve", {}, province.officer)
    assert (again.status_code, again.json()["code"]) == (409, "decided")
    assert await standing(api, province) == ("ended", False)
    await allowed(api, province, "cam-1", clock.at.date())
    assert await standing(api, province) == ("approved", True)


async def test_a_revocation_ends_the_watch_at_that_moment_and_not_before(
    api: httpx.AsyncClient, province: Province, engine: AsyncEngine, clock: Clock
) -> None:
    first = clock.at
    number = (await allowed(api, province, "cam-1", clock.at.date()))["id"]
    province = await later(engine, province, clock, days=3)
    ended = (await decided(api, number, "revoke", WHY, province.officer)).json()
    assert (ended["state"], ended["ended_by"], ended["end_note"]) == (
        "revoked", "Officer", WHY["note"],
    )  # fmt: skip
    assert await allowed_time(engine) == (first, clock.at)
    assert await standing(api, province) == ("ended", False)
    again = await decided(api, number, "revoke", WHY, province.officer)
    assert (again.status_code, again.json()["code"]) == (409, "not_in_force")

    province = await later(engine, province, clock, days=1)
    await allowed(api, province, "cam-1", clock.at.date())
    assert await allowed_time(engine) == (clock.at, None)


async def test_a_camera_is_allowed_for_a_place_and_not_for_another(
    api: httpx.AsyncClient, province: Province, engine: AsyncEngine, clock: Clock
) -> None:
    first = clock.at
    await allowed(api, province, "cam-1", clock.at.date())
    clock.advance(minutes=10)
    moved = await made(api, f"{DEVICES}/cam-1/placements", {"zone": "yard"}, province)
    assert [one["code"] for one in moved["warnings"]] == ["may_not_record"]
    assert await allowed_time(engine) == (first, clock.at)

    await made(api, f"{DEVICES}/cam-1/placements", {"zone": "play"}, province)
    assert await standing(api, province) == ("approved", True)
    # Allowed beforehand, it goes on recording without a break.
    await allowed(api, province, "cam-1", clock.at.date(), zone="yard")
    clock.advance(minutes=10)
    moved = await made(api, f"{DEVICES}/cam-1/placements", {"zone": "yard"}, province)
    assert moved["warnings"] == []
    assert await allowed_time(engine) == (first, None)


async def test_where_infants_sleep_it_needs_a_paper_and_an_end(
    api: httpx.AsyncClient, province: Province, engine: AsyncEngine, clock: Clock
) -> None:
    await made(api, f"{DEVICES}/cam-1/placements", {"zone": "ward"}, province)
    limit = clock.at + timedelta(days=30)
    today = clock.at.date()
    for changed, field in (
        ({}, "body.valid_to"),
        ({"valid_to": limit.isoformat()}, "body.document"),
        ({"valid_to": (limit + timedelta(days=900)).isoformat()}, "body.valid_to"),
    ):
        answer = await api.post(
            APPROVALS, json=request_of(today, **changed), headers=province.manager
        )
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)
    await allowed(
        api, province, "cam-1", today, valid_to=limit.isoformat(), document="QĐ 12/QĐ-SYT"
    )
    assert await allowed_time(engine) == (clock.at, limit)
    province = await later(engine, province, clock, days=30)
    assert await standing(api, province) == ("ended", False)


async def test_a_room_with_a_camera_does_not_become_a_ward_unasked(
    api: httpx.AsyncClient, province: Province, clock: Clock
) -> None:
    await allowed(api, province, "cam-1", clock.at.date())
    zone = f"/facilities/{SUNFLOWER}/zones/play"
    answer = await api.patch(zone, json={"kind": "infant_ward"}, headers=province.manager)
    assert (answer.status_code, answer.json()["code"]) == (409, "camera_without_end")


async def test_a_review_that_is_overdue_is_told_and_listed_and_stops_nothing(
    api: httpx.AsyncClient, province: Province, engine: AsyncEngine, clock: Clock
) -> None:
    soon = str(clock.at.date() + timedelta(days=10))
    number = (await allowed(api, province, "cam-1", clock.at.date(), review_on=soon))["id"]
    assert await listed(api, province.officer, "review_due") == []
    assert await listed(api, province.officer, "in_force") == ["cam-1"]
    province = await later(engine, province, clock, days=10)
    assert await standing(api, province) == ("review_due", True)
    assert await listed(api, province.officer, "review_due") == ["cam-1"]
    assert await listed(api, province.lotus_manager, "review_due") == []

    put_off = {"review_on": str(clock.at.date() + timedelta(days=100))}
    reviewed = await decided(api, number, "review", put_off, province.officer)
    assert (reviewed.status_code, reviewed.json()["reviewed_by"]) == (200, "Officer")
    assert await listed(api, province.officer, "review_due") == []
    too_late = {"review_on": str(clock.at.date() + timedelta(days=400))}
    assert (await decided(api, number, "review", too_late, province.officer)).status_code == 422


async def later(engine: AsyncEngine, province: Province, clock: Clock, **length: float) -> Province:
    """Sessions end long before: the same people, logged in again."""
    clock.advance(**length)
    async with unit_of_work(engine) as connection:
        again = {
            name: await log_in(connection, province.user_ids[name], clock.at)
            for name in ("officer", "manager", "caregiver", "lotus_manager")
        }
    return replace(province, **again)  # type: ignore[arg-type]  # headers by name


async def listed(api: httpx.AsyncClient, headers: dict[str, str], which: str) -> list[str]:
    answer = await api.get("/camera-approvals", params={"which": which}, headers=headers)
    assert answer.status_code == 200, answer.text
    return [item["device"] for item in answer.json()["items"]]


async def test_what_waits_for_a_decision_is_listed_for_whoever_decides(
    api: httpx.AsyncClient, province: Province, clock: Clock
) -> None:
    request = await asked(api, province, "cam-1", clock.at.date())
    assert await listed(api, province.officer, "to_decide") == ["cam-1"]
    assert await listed(api, province.lotus_manager, "to_decide") == []
    await decided(api, request["id"], "approve", {}, province.officer)
    assert await listed(api, province.officer, "to_decide") == []


async def test_only_cameras_need_to_be_allowed(
    api: httpx.AsyncClient, province: Province, clock: Clock
) -> None:
    path = f"{DEVICES}/door/approvals"
    answer = await api.post(path, json=request_of(clock.at.date()), headers=province.manager)
    assert (answer.status_code, answer.json()["code"]) == (409, "not_a_camera")
    read = (await api.get(f"{DEVICES}/door", headers=province.manager)).json()
    assert read["approval"] is None


async def test_every_step_is_on_record_and_names_nobody(
    api: httpx.AsyncClient, province: Province, engine: AsyncEngine, clock: Clock
) -> None:
    number = (await allowed(api, province, "cam-1", clock.at.date()))["id"]
    await decided(api, number, "revoke", WHY, province.officer)
    async with engine.connect() as connection:
        rows = (
            await connection.execute(
                select(access_log.c.verb, access_log.c.key)
                .where(access_log.c.subject == "camera_approval")
                .order_by(access_log.c.n)
            )
        ).all()
    assert [tuple(row) for row in rows] == [
        ("request", f"{SUNFLOWER}/cam-1"),
        ("approve", f"{SUNFLOWER}/cam-1"),
        ("revoke", f"{SUNFLOWER}/cam-1"),
    ]


async def test_who_asked_is_named_only_to_those_who_may_know(
    api: httpx.AsyncClient, province: Province, clock: Clock
) -> None:
    await allowed(api, province, "cam-1", clock.at.date())
    (seen,) = (await api.get(APPROVALS, headers=province.caregiver)).json()
    assert (seen["requested_by"], seen["decided_by"]) == ("Manager", "Officer")
    (hidden,) = (await api.get(APPROVALS, headers=province.admin)).json()
    assert "Manager" not in hidden["requested_by"]
    assert (await api.get(APPROVALS, headers=province.lotus_manager)).status_code == 404
