"""Gaps, incidents and quarantine: what others wrote, as people may see it."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.db.session import unit_of_work
from shared.db.tables.alerting import event, gap, incident
from shared.db.tables.coverage import quarantine
from shared.db.tables.outbox import delivery_attempt, notification
from shared.db.tables.people import acknowledgement
from shared.db.tables.registry import zone
from tests.services.api.conftest import Clock
from tests.support.people import LOTUS, SUNFLOWER, Province

ADDRESS = "manager@giamsat.example"


async def added(connection: AsyncConnection, table: Any, **values: object) -> int:
    return int(
        (await connection.execute(insert(table).values(values).returning(table.c.id))).scalar_one()
    )


@pytest.fixture
async def ids(engine: AsyncEngine, province: Province, clock: Clock) -> dict[str, int]:
    """One open incident with its story in each facility, and one of the platform's own."""
    found: dict[str, int] = {}
    async with unit_of_work(engine) as connection:
        for code in (SUNFLOWER, LOTUS):
            found[code] = await story(connection, province.facility_ids[code], clock.at)
        found["platform"] = await added(
            connection,
            incident,
            cause="platform_blind",
            state="open",
            since_at=clock.at,
            opened_at=clock.at,
        )
    return found


async def story(connection: AsyncConnection, facility_id: int, now: datetime) -> int:
    began = now - timedelta(minutes=10)
    zone_id = await added(
        connection,
        zone,
        facility_id=facility_id,
        code="play",
        name="play",
        kind="play_room",
        registered_at=began,
    )
    where = {"facility_id": facility_id}
    incident_id = await added(
        connection,
        incident,
        **where,
        cause="device_silent",
        state="open",
        since_at=began,
        opened_at=now,
    )
    await added(
        connection,
        gap,
        **where,
        zone_id=zone_id,
        incident_id=incident_id,
        state="open",
        from_at=began,
        opened_at=now,
    )
    await added(
        connection,
        event,
        **where,
        happened_at=now,
        kind="told",
        incident_id=incident_id,
        detail={"step": 1, "user_ids": [7]},
    )
    sent = await added(
        connection,
        notification,
        incident_id=incident_id,
        kind="alert",
        occasion=1,
        channel="email",
        address=ADDRESS,
        language="vi",
        role="FACILITY_MANAGER",
        subject="s",
        body="b",
        message_id=f"m{incident_id}",
        state="sent",
        attempts=2,
        created_at=now,
        due_at=now,
        sent_at=now,
    )
    for outcome in ("retry", "accepted"):
        await added(
            connection, delivery_attempt, notification_id=sent, started_at=now, outcome=outcome
        )
    return incident_id


async def test_gaps_are_seen_by_those_whose_place_it_is(
    api: httpx.AsyncClient, province: Province, ids: dict[str, int]
) -> None:
    listed = (await api.get("/gaps", headers=province.manager)).json()
    (one,) = listed["items"]
    gap_id = one.pop("id")
    assert gap_id > 0
    assert one == {
        "facility": SUNFLOWER,
        "zone": "play",
        "state": "open",
        "from": "2026-07-01T07:50:00Z",
        "to": None,
        "opened_at": "2026-07-01T08:00:00Z",
        "closed_at": None,
        "repaired_at": None,
        "incident": ids[SUNFLOWER],
        "excused_seconds": 0,
        "corrected_seconds": 0,
    }
    both = (await api.get("/gaps", headers=province.officer)).json()["items"]
    assert {item["facility"] for item in both} == {SUNFLOWER, LOTUS}


async def test_gaps_are_narrowed_by_facility_state_and_time(
    api: httpx.AsyncClient, province: Province, ids: dict[str, int]
) -> None:
    async def count(**asked: str) -> int:
        answer = await api.get("/gaps", params=asked, headers=province.officer)
        return len(answer.json()["items"])

    assert await count(facility=LOTUS) == 1
    assert await count(state="open") == 2
    assert await count(state="repaired") == 0
    assert await count(**{"from": "2026-07-02T00:00:00Z"}) == 2
    assert await count(to="2026-07-01T07:50:00Z") == 0
    assert await count(incident=str(ids[LOTUS])) == 1
    assert await count(as_known_at="2026-06-30T00:00:00Z") == 0
    foreign = await api.get(f"/gaps?facility={LOTUS}", headers=province.manager)
    assert foreign.status_code == 404


async def test_pages_are_whole_and_stable_while_new_gaps_appear(
    api: httpx.AsyncClient,
    province: Province,
    ids: dict[str, int],
    engine: AsyncEngine,
    clock: Clock,
) -> None:
    facility_id = province.facility_ids[SUNFLOWER]

    async def close_and_add(count: int, *, at: datetime) -> None:
        async with unit_of_work(engine) as connection:
            zone_id = await connection.scalar(select(func.min(zone.c.id)))
            for _ in range(count):
                await added(
                    connection,
                    gap,
                    facility_id=facility_id,
                    zone_id=zone_id,
                    state="closed",
                    from_at=at,
                    to_at=at + timedelta(seconds=61),
                    opened_at=at,
                    closed_at=at,
                )

    await close_and_add(7, at=clock.at - timedelta(hours=1))
    seen: list[int] = []
    address: str | None = "/gaps?limit=3&state=closed"
    while address is not None:
        page = await api.get(address, headers=province.manager)
        seen += [item["id"] for item in page.json()["items"]]
        await close_and_add(1, at=clock.at)
        link = page.links.get("next")
        assert (link is None) == (page.json()["next"] is None)
        address = link["url"].removeprefix("/api/v1") if link else None
    assert len(seen) == 7
    assert seen == sorted(set(seen), reverse=True)


async def test_incident_tells_its_whole_story(
    api: httpx.AsyncClient, province: Province, ids: dict[str, int]
) -> None:
    told = (await api.get(f"/incidents/{ids[SUNFLOWER]}", headers=province.officer)).json()
    assert (told["facility"], told["cause"], told["state"]) == (SUNFLOWER, "device_silent", "open")
    assert [gap["zone"] for gap in told["gaps"]] == ["play"]
    assert [(event["kind"], event["detail"]) for event in told["timeline"]] == [
        ("told", {"step": 1})
    ]
    (message,) = told["notifications"]
    assert (message["role"], message["outcome"], message["address"]) == (
        "FACILITY_MANAGER",
        "accepted",
        ADDRESS,
    )


async def test_a_message_is_due_only_while_it_waits(
    api: httpx.AsyncClient, province: Province, ids: dict[str, int], engine: AsyncEngine
) -> None:
    async def due_at() -> object:
        told = await api.get(f"/incidents/{ids[SUNFLOWER]}", headers=province.officer)
        return told.json()["notifications"][0]["due_at"]

    assert await due_at() is None
    async with unit_of_work(engine) as connection:
        await connection.execute(update(notification).values(state="pending", sent_at=None))
    assert await due_at() == "2026-07-01T08:00:00Z"


async def test_addresses_are_for_those_who_may_see_people(
    api: httpx.AsyncClient, province: Province, ids: dict[str, int]
) -> None:
    for reader in (province.caregiver, province.commune, province.inspector, province.leader):
        told = await api.get(f"/incidents/{ids[SUNFLOWER]}", headers=reader)
        assert told.status_code == 200
        assert ADDRESS not in told.text


async def test_incidents_are_seen_by_place_and_the_platforms_own_from_everywhere(
    api: httpx.AsyncClient, province: Province, ids: dict[str, int]
) -> None:
    async def seen(headers: dict[str, str], asked: str = "") -> set[int]:
        listed = await api.get(f"/incidents{asked}", headers=headers)
        return {item["id"] for item in listed.json()["items"]}

    assert await seen(province.admin) == set(ids.values())
    assert await seen(province.officer) == {ids[SUNFLOWER], ids[LOTUS]}
    assert await seen(province.lotus_manager) == {ids[LOTUS]}
    assert await seen(province.admin, f"?facility={LOTUS}&state=open") == {ids[LOTUS]}
    assert await seen(province.admin, "?state=resolved") == set()
    for foreign in (ids[LOTUS], ids["platform"], 10**9):
        assert (await api.get(f"/incidents/{foreign}", headers=province.manager)).status_code == 404


async def test_acknowledging_is_recorded_once_a_person(
    api: httpx.AsyncClient, province: Province, ids: dict[str, int], engine: AsyncEngine
) -> None:
    address = f"/incidents/{ids[SUNFLOWER]}/acknowledgements"
    answers = await asyncio.gather(
        *(api.post(address, json={"note": "Tôi đến ngay"}, headers=province.manager) for _ in "abc")
    )
    assert [answer.status_code for answer in answers] == [201] * 3
    assert len({answer.json()["id"] for answer in answers}) == 1
    bare = await api.post(address, headers=province.caregiver)
    assert bare.status_code == 201
    told = (await api.get(f"/incidents/{ids[SUNFLOWER]}", headers=province.officer)).json()
    assert [(one["by"], one["note"]) for one in told["acknowledgements"]] == [
        ("Manager", "Tôi đến ngay"),
        ("Caregiver", ""),
    ]
    assert told["acknowledged_at"] == "2026-07-01T08:00:00Z"
    async with engine.connect() as connection:
        assert await connection.scalar(select(func.count()).select_from(acknowledgement)) == 2


async def test_who_may_not_acknowledge_is_told_so_and_what_is_over_is_over(
    api: httpx.AsyncClient, province: Province, ids: dict[str, int], engine: AsyncEngine
) -> None:
    address = f"/incidents/{ids[SUNFLOWER]}/acknowledgements"
    assert (await api.post(address, headers=province.leader)).status_code == 403
    assert (await api.post(address, headers=province.lotus_manager)).status_code == 404
    async with unit_of_work(engine) as connection:
        await connection.execute(
            update(incident)
            .where(incident.c.id == ids[SUNFLOWER])
            .values(state="resolved", resolved_at=incident.c.opened_at)
        )
    over = await api.post(address, headers=province.manager)
    assert (over.status_code, over.json()["code"]) == (409, "over")


async def test_quarantine_is_seen_by_place_and_strays_from_everywhere(
    api: httpx.AsyncClient, province: Province, engine: AsyncEngine, clock: Clock
) -> None:
    async with unit_of_work(engine) as connection:
        for code, reason in ((SUNFLOWER, "future"), (LOTUS, "unreadable"), ("??", "wrong_topic")):
            await added(
                connection,
                quarantine,
                reason=reason,
                topic=f"giamsat/v1/{code}/cam/heartbeat",
                facility_code=code,
                device_code="cam",
                sample="{",
                count=3,
                first_at=clock.at,
                last_at=clock.at,
            )

    async def seen(headers: dict[str, str], asked: str = "") -> list[str]:
        listed = await api.get(f"/quarantine{asked}", headers=headers)
        return sorted(item["facility"] for item in listed.json()["items"])

    assert await seen(province.admin) == sorted(["??", LOTUS, SUNFLOWER])
    assert await seen(province.officer) == [LOTUS, SUNFLOWER]
    assert await seen(province.manager) == [SUNFLOWER]
    assert await seen(province.manager, f"?facility={LOTUS}") == []
    assert await seen(province.admin, "?reason=wrong_topic") == ["??"]
    assert (await api.get("/quarantine", headers=province.caregiver)).status_code == 403
