"""One entry of quarantine: what is told of it, and counting it anew after a repair."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.db.session import unit_of_work
from shared.db.tables.coverage import quarantine, quarantine_message
from shared.db.tables.registry import replay_request
from tests.services.api.conftest import Clock
from tests.support.people import LOTUS, SUNFLOWER, Province

SECRET = b'{"at": 1, "note": "what somebody sent, in full"}'


@pytest.fixture
async def entries(engine: AsyncEngine, province: Province, clock: Clock) -> dict[str, int]:
    """By what they are; of most a whole message is kept."""
    sun, lotus = f"giamsat/v1/{SUNFLOWER}/cam", f"giamsat/v1/{LOTUS}/cam"
    kinds: Mapping[str, tuple[str, str, str, int]] = {
        "kept": ("unmapped", SUNFLOWER, f"{sun}/z2m/door", 2),
        "gone": ("unreadable", SUNFLOWER, f"{sun}/heartbeat", 0),
        "foreign": ("unmapped", LOTUS, f"{lotus}/z2m/door", 1),
        "stray": ("wrong_topic", "??", "giamsat/v1/??/x", 1),
        "retained": ("retained", SUNFLOWER, f"{sun}/heartbeat", 1),
        "picture": ("unexpected", SUNFLOWER, f"{sun}/frame", 1),
    }
    return {
        name: await set_aside(engine, clock, reason, code, topic=topic, kept=kept)
        for name, (reason, code, topic, kept) in kinds.items()
    }


async def set_aside(
    engine: AsyncEngine, clock: Clock, reason: str, code: str, *, topic: str, kept: int
) -> int:
    async with unit_of_work(engine) as connection:
        entry_id: int = (
            await connection.execute(
                insert(quarantine)
                .values(
                    reason=reason,
                    topic=topic,
                    facility_code=code,
                    device_code="cam",
                    sample='{"at": 1',
                    count=5,
                    first_at=clock.at - timedelta(hours=1),
                    last_at=clock.at,
                )
                .returning(quarantine.c.id)
            )
        ).scalar_one()
        for ago in range(kept):
            await connection.execute(
                insert(quarantine_message).values(
                    quarantine_id=entry_id,
                    received_at=clock.at - timedelta(minutes=ago),
                    payload=SECRET,
                )
            )
    return entry_id


async def asked_for(engine: AsyncEngine) -> list[tuple[int, int]]:
    async with engine.connect() as connection:
        rows = await connection.execute(
            select(replay_request.c.quarantine_id, replay_request.c.user_id).order_by(
                replay_request.c.id
            )
        )
        return [(row[0], row[1]) for row in rows]


async def test_entry_tells_why_what_to_do_and_what_is_kept_of_it(
    api: httpx.AsyncClient, province: Province, entries: dict[str, int]
) -> None:
    answer = await api.get(f"/quarantine/{entries['kept']}", headers=province.manager)
    assert answer.json() == {
        "id": entries["kept"],
        "reason": "unmapped",
        "topic": f"giamsat/v1/{SUNFLOWER}/cam/z2m/door",
        "facility": SUNFLOWER,
        "device": "cam",
        "sample": '{"at": 1',
        "count": 5,
        "first_at": "2026-07-01T07:00:00Z",
        "last_at": "2026-07-01T08:00:00Z",
        "why": "Chưa có quy tắc cho biết tên này là thiết bị nào",
        "advice": "Thêm quy tắc cho tên này, rồi tính lại các tin.",
        "replay": {
            "obstacle": None,
            "kept": 2,
            "kept_bytes": 2 * len(SECRET),
            "oldest_at": "2026-07-01T07:59:00Z",
            "newest_at": "2026-07-01T08:00:00Z",
            "requested_at": None,
            "replayed": 0,
            "replayed_at": None,
        },
    }
    assert "in full" not in answer.text


async def test_replay_is_asked_for_once_until_it_is_carried_out(
    api: httpx.AsyncClient,
    province: Province,
    entries: dict[str, int],
    engine: AsyncEngine,
    clock: Clock,
) -> None:
    address = f"/quarantine/{entries['kept']}"
    first = await api.post(f"{address}/replay", headers=province.manager)
    assert (first.status_code, first.json()) == (
        202,
        {"requested_at": "2026-07-01T08:00:00Z", "kept": 2},
    )
    clock.advance(seconds=1)
    again = await api.post(f"{address}/replay", headers=province.officer)
    assert (again.status_code, again.json()) == (202, first.json())
    assert await asked_for(engine) == [(entries["kept"], province.user_ids["manager"])]
    told = (await api.get(address, headers=province.manager)).json()["replay"]
    assert told["requested_at"] == "2026-07-01T08:00:00Z"


async def test_replay_carried_out_is_told_and_may_be_asked_for_again(
    api: httpx.AsyncClient,
    province: Province,
    entries: dict[str, int],
    engine: AsyncEngine,
    clock: Clock,
) -> None:
    address = f"/quarantine/{entries['kept']}"
    await api.post(f"{address}/replay", headers=province.manager)
    async with unit_of_work(engine) as connection:
        newest = select(replay_request.c.id).order_by(replay_request.c.id.desc()).limit(1)
        await connection.execute(
            update(quarantine)
            .where(quarantine.c.id == entries["kept"])
            .values(served_request_id=newest.scalar_subquery(), replayed=2, replayed_at=clock.at)
        )
    told = (await api.get(address, headers=province.manager)).json()["replay"]
    assert (told["requested_at"], told["replayed"], told["replayed_at"]) == (
        None,
        2,
        "2026-07-01T08:00:00Z",
    )
    await api.post(f"{address}/replay", headers=province.manager)
    assert len(await asked_for(engine)) == 2


@pytest.mark.parametrize(
    ("which", "code"),
    [("gone", "nothing_kept"), ("retained", "retained"), ("picture", "picture")],
)
async def test_what_cannot_be_counted_anew_is_refused_with_the_reason(
    api: httpx.AsyncClient,
    province: Province,
    entries: dict[str, int],
    engine: AsyncEngine,
    which: str,
    code: str,
) -> None:
    address = f"/quarantine/{entries[which]}"
    read = await api.get(address, headers=province.manager)
    assert read.json()["replay"]["obstacle"] == code
    refused = await api.post(f"{address}/replay", headers=province.manager)
    assert (refused.status_code, refused.json()["code"]) == (409, code)
    assert await asked_for(engine) == []


async def test_entry_is_there_for_those_whose_place_it_is_only(
    api: httpx.AsyncClient, province: Province, entries: dict[str, int], engine: AsyncEngine
) -> None:
    async def statuses(who: dict[str, str], which: str) -> tuple[int, int]:
        address = f"/quarantine/{entries[which]}"
        replayed = await api.post(f"{address}/replay", headers=who)
        return (await api.get(address, headers=who)).status_code, replayed.status_code

    # Who sees it and may not manage devices is told so; what is foreign is not there.
    expected: dict[str, dict[str, tuple[int, int]]] = {
        "caregiver": {"kept": (403, 403), "foreign": (403, 403), "stray": (403, 403)},
        "leader": {"kept": (403, 403), "foreign": (403, 403), "stray": (403, 403)},
        "commune": {"kept": (403, 403), "foreign": (403, 403), "stray": (403, 403)},
        "lotus_manager": {"kept": (404, 404), "foreign": (200, 202), "stray": (404, 404)},
        "inspector": {"kept": (200, 403), "foreign": (200, 403), "stray": (404, 404)},
        "manager": {"kept": (200, 202), "foreign": (404, 404), "stray": (404, 404)},
        "officer": {"kept": (200, 202), "foreign": (200, 202), "stray": (404, 404)},
        "admin": {"kept": (200, 202), "foreign": (200, 202), "stray": (200, 202)},
    }
    people: dict[str, Any] = {name: getattr(province, name) for name in expected}
    found = {
        name: {which: await statuses(who, which) for which in ("kept", "foreign", "stray")}
        for name, who in people.items()
    }
    assert found == expected
    assert len(await asked_for(engine)) == 3


async def test_nobody_and_nothing_are_told_apart(
    api: httpx.AsyncClient, province: Province, entries: dict[str, int]
) -> None:
    assert (await api.get(f"/quarantine/{entries['kept']}")).status_code == 401
    assert (await api.get("/quarantine/999999", headers=province.admin)).status_code == 404
    assert (await api.get("/quarantine/none", headers=province.admin)).status_code == 422
    assert (await api.post("/quarantine/999999/replay", headers=province.admin)).status_code == 404
