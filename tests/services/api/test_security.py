from datetime import date, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.db.session import unit_of_work
from shared.db.tables.coverage import security_event
from shared.db.tables.registry import device
from tests.services.api.conftest import Clock
from tests.support.people import LOTUS, SUNFLOWER, Province

EVENTS = f"/facilities/{SUNFLOWER}/security-events"
DAY = date(2026, 7, 1)


@pytest.fixture(autouse=True)
async def told(engine: AsyncEngine, province: Province, clock: Clock) -> None:
    """Of two devices here and one elsewhere; the second here was retired since."""
    async with unit_of_work(engine) as connection:
        for facility, code, retired_at in (
            (SUNFLOWER, "cam-1", None),
            (SUNFLOWER, "cam-2", clock.at),
            (LOTUS, "cam-1", None),
        ):
            device_id = await connection.scalar(
                insert(device)
                .values(
                    facility_id=province.facility_ids[facility], code=code, name=code,
                    kind="camera", interval_s=30, registered_at=clock.at, retired_at=retired_at,
                )
                .returning(device.c.id)
            )  # fmt: skip
            for number, kind in enumerate(("clone", "spoofed")):
                at = clock.at - timedelta(minutes=number)
                await connection.execute(
                    insert(security_event).values(
                        device_id=device_id, day=DAY, kind=kind, count=3 + number,
                        first_at=at - timedelta(hours=1), last_at=at,
                    )
                )  # fmt: skip


async def seen(api: httpx.AsyncClient, headers: dict[str, str], address: str = EVENTS) -> Any:
    answer = await api.get(address, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_events_say_of_which_device_what_how_often_and_when(
    api: httpx.AsyncClient, province: Province
) -> None:
    body = await seen(api, province.inspector)
    told = [(one["device"], one["kind"]) for one in body["items"]]
    assert told == [
        ("cam-2", "clone"), ("cam-1", "clone"), ("cam-2", "spoofed"), ("cam-1", "spoofed"),
    ]  # fmt: skip
    last = body["items"][-1]
    del last["id"]
    assert last == {
        "device": "cam-1",
        "kind": "spoofed",
        "day": "2026-07-01",
        "count": 4,
        "first_at": "2026-07-01T06:59:00Z",
        "last_at": "2026-07-01T07:59:00Z",
    }


async def test_events_of_one_device_can_be_asked_for(
    api: httpx.AsyncClient, province: Province
) -> None:
    body = await seen(api, province.inspector, f"{EVENTS}?device=cam-1")
    assert [one["device"] for one in body["items"]] == ["cam-1", "cam-1"]


async def test_pages_follow_each_other_without_loss_or_repetition(
    api: httpx.AsyncClient, province: Province
) -> None:
    ids: list[int] = []
    address: str | None = f"{EVENTS}?limit=3"
    while address is not None:
        answer = await api.get(address, headers=province.inspector)
        ids += [one["id"] for one in answer.json()["items"]]
        link = answer.links.get("next")
        address = link["url"].removeprefix("/api/v1") if link else None
    assert len(ids) == len(set(ids)) == 4


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("admin", 200),
        ("officer", 200),
        ("inspector", 200),
        ("manager", 200),
        ("commune", 403),
        ("caregiver", 403),
        ("leader", 403),
        ("lotus_manager", 404),
    ],
)
async def test_who_may_see_them(
    api: httpx.AsyncClient, province: Province, who: str, status: int
) -> None:
    answer = await api.get(EVENTS, headers=getattr(province, who))
    assert answer.status_code == status


async def test_nobody_can_remove_them(
    api: httpx.AsyncClient, province: Province, engine: AsyncEngine
) -> None:
    for method in ("DELETE", "PUT", "PATCH", "POST"):
        answer = await api.request(method, EVENTS, headers=province.admin)
        assert answer.status_code == 405
    rights = "INSERT, UPDATE, DELETE, TRUNCATE"
    async with engine.connect() as connection:
        may = await connection.scalar(
            select(func.has_table_privilege("giamsat_api", "security_event", rights))
        )
    # The service could not either, whatever it was talked into.
    assert may is False
