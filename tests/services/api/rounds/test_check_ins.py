"""Coming by with a phone: who may, where, and once a minute is enough."""

import asyncio
from typing import Any

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.db.tables.access_log import access_log
from shared.db.tables.requirements import round_check_in, round_point
from shared.domain.rounds import code_hash
from tests.services.api.conftest import Clock
from tests.support.people import LOTUS, SUNFLOWER, Headers, Province

HOUSE = f"/facilities/{SUNFLOWER}"
CHECK_INS = "/rounds/check-ins"


@pytest.fixture
async def code(api: httpx.AsyncClient, province: Province) -> str:
    """What the label of a point in the dormitory says."""
    zone = {"code": "dorm", "name": "Phòng ngủ", "kind": "dormitory"}
    made = await api.post(f"{HOUSE}/zones", json=zone, headers=province.manager)
    assert made.status_code == 201, made.text
    point = {"code": "round-1", "name": "Cửa phòng ngủ", "kind": "round_point", "zone": "dorm"}
    made = await api.post(f"{HOUSE}/devices", json=point, headers=province.manager)
    assert made.status_code == 201, made.text
    return await labelled(api, province)


async def labelled(api: httpx.AsyncClient, province: Province) -> str:
    made = await api.post(f"{HOUSE}/devices/round-1/label", headers=province.manager)
    assert made.status_code == 201, made.text
    return str(made.json()["code"])


async def come_by(
    api: httpx.AsyncClient, who: Headers, code: str, note: str = ""
) -> httpx.Response:
    return await api.post(CHECK_INS, json={"code": code, "note": note}, headers=who)


async def rows(engine: AsyncEngine) -> list[Any]:
    async with engine.connect() as connection:
        return list(await connection.execute(select(round_check_in)))


async def lines(engine: AsyncEngine) -> list[Any]:
    async with engine.connect() as connection:
        found = await connection.execute(
            select(access_log).where(access_log.c.subject == "round").order_by(access_log.c.n)
        )
        return list(found)


async def test_a_round_point_has_no_password_and_may_stand_where_no_camera_may(
    api: httpx.AsyncClient, province: Province, code: str
) -> None:
    assert code
    point = {"code": "round-2", "kind": "round_point", "zone": "dorm"}
    made = await api.post(f"{HOUSE}/devices", json=point, headers=province.manager)
    assert made.json()["mqtt"] is None
    assert made.json()["state"] == "unknown"
    assert made.json()["warnings"] == []
    asked = await api.post(f"{HOUSE}/devices/round-2/credentials", headers=province.manager)
    assert (asked.status_code, asked.json()["code"]) == (409, "round_point")
    enrolled = await api.post(
        f"{HOUSE}/enrolments",
        json={"kind": "round_point", "zone": "dorm"},
        headers=province.manager,
    )
    assert (enrolled.status_code, enrolled.json()["code"]) == (409, "round_point")


async def test_a_zone_may_ask_for_rounds_alone_and_is_warned_of_nothing(
    api: httpx.AsyncClient, province: Province, code: str
) -> None:
    assert code
    rounds = {"min_devices": 1, "max_gap_s": 7200, "kinds": ["round_point"]}
    changed = await api.patch(
        f"{HOUSE}/zones/dorm", json={"requirement": rounds}, headers=province.manager
    )
    assert changed.status_code == 200, changed.text
    assert changed.json()["warnings"] == []
    told = (await api.get(f"{HOUSE}/rounds", headers=province.caregiver)).json()
    [zone] = told["zones"]
    assert (zone["max_gap_s"], zone["due_at"]) == (7200, "2026-07-01T10:00:00Z")


async def test_a_label_is_shown_once_and_kept_as_a_hash(
    api: httpx.AsyncClient, province: Province, code: str, engine: AsyncEngine
) -> None:
    made = await api.post(f"{HOUSE}/devices/round-1/label", headers=province.manager)
    told = made.json()
    assert told["address"] == f"http://console.test/r/{told['code']}"
    async with engine.connect() as connection:
        [point] = list(await connection.execute(select(round_point)))
    assert bytes(point.code_hash) == code_hash(told["code"])
    assert told["code"] != code


async def test_whoever_comes_by_is_on_record_with_a_line_in_the_access_log(
    api: httpx.AsyncClient, province: Province, code: str, engine: AsyncEngine, clock: Clock
) -> None:
    answer = await come_by(api, province.caregiver, code, note="Cửa sổ mở")
    assert answer.status_code == 201, answer.text
    assert answer.json() == {
        "id": 1,
        "facility": SUNFLOWER,
        "zone": "dorm",
        "device": "round-1",
        "checked_at": "2026-07-01T08:00:00Z",
        "is_repeat": False,
    }
    [row] = await rows(engine)
    assert (row.user_id, row.note) == (province.user_ids["caregiver"], "Cửa sổ mở")
    assert row.checked_at == clock.at
    [line] = await lines(engine)
    assert (line.verb, line.key, line.actor) == (
        "create",
        f"{SUNFLOWER}/round-1",
        f"user:{province.user_ids['caregiver']}",
    )
    assert code not in str(line)
    assert "Cửa sổ" not in str(line)


async def test_a_repeat_within_a_minute_changes_nothing(
    api: httpx.AsyncClient, province: Province, code: str, engine: AsyncEngine, clock: Clock
) -> None:
    first = await come_by(api, province.caregiver, code)
    clock.advance(seconds=59)
    again = await come_by(api, province.manager, code)
    assert again.status_code == 200
    assert again.json() == {**first.json(), "is_repeat": True}
    assert len(await rows(engine)) == len(await lines(engine)) == 1
    clock.advance(seconds=1)
    assert (await come_by(api, province.caregiver, code)).status_code == 201
    assert len(await rows(engine)) == 2


async def test_of_many_at_once_one_is_on_record(
    api: httpx.AsyncClient, province: Province, code: str, engine: AsyncEngine
) -> None:
    answers = await asyncio.gather(*(come_by(api, province.caregiver, code) for _ in range(6)))
    assert sorted(answer.status_code for answer in answers) == [200] * 5 + [201]
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert len(await rows(engine)) == len(await lines(engine)) == 1


@pytest.mark.parametrize("who", ["lotus_manager", "officer", "inspector", "admin", "commune"])
async def test_whoever_walks_no_rounds_there_finds_nothing(
    api: httpx.AsyncClient, province: Province, code: str, engine: AsyncEngine, who: str
) -> None:
    there = await come_by(api, getattr(province, who), code)
    nowhere = await come_by(api, getattr(province, who), "x" * 32)
    assert there.status_code == nowhere.status_code == 404
    hidden = {"instance", "trace_id"}
    told = [{k: v for k, v in one.json().items() if k not in hidden} for one in (there, nowhere)]
    assert told[0] == told[1]
    assert await rows(engine) == []


async def test_a_label_that_was_replaced_opens_nothing(
    api: httpx.AsyncClient, province: Province, code: str
) -> None:
    newer = await labelled(api, province)
    assert (await come_by(api, province.caregiver, code)).status_code == 404
    assert (await come_by(api, province.caregiver, newer)).status_code == 201


async def test_a_place_that_was_taken_off_the_round_opens_nothing(
    api: httpx.AsyncClient, province: Province, code: str
) -> None:
    await api.delete(f"{HOUSE}/devices/round-1", headers=province.manager)
    assert (await come_by(api, province.caregiver, code)).status_code == 404


async def test_only_who_manages_devices_makes_labels_and_only_for_round_points(
    api: httpx.AsyncClient, province: Province, code: str
) -> None:
    assert code
    label = f"{HOUSE}/devices/round-1/label"
    assert (await api.post(label, headers=province.caregiver)).status_code == 403
    assert (await api.post(label, headers=province.lotus_manager)).status_code == 404
    door = {"code": "door-1", "kind": "door", "zone": "dorm"}
    await api.post(f"{HOUSE}/devices", json=door, headers=province.manager)
    refused = await api.post(f"{HOUSE}/devices/door-1/label", headers=province.manager)
    assert (refused.status_code, refused.json()["code"]) == (409, "not_a_round_point")


async def test_the_night_names_who_came_by_to_whoever_may_know(
    api: httpx.AsyncClient, province: Province, code: str, clock: Clock
) -> None:
    """8:00 UTC on July 1 is 15:00 in Viet Nam: the night has begun at noon."""
    await come_by(api, province.caregiver, code, note="yên")
    clock.advance(minutes=5)
    told = (await api.get(f"{HOUSE}/rounds", headers=province.manager)).json()
    assert (told["night"], told["start"]) == ("2026-07-01", "2026-07-01T05:00:00Z")
    [zone] = told["zones"]
    assert zone["visits"] == [
        {
            "id": 1,
            "device": "round-1",
            "checked_at": "2026-07-01T08:00:00Z",
            "who": "Caregiver",
            "note": "yên",
        }
    ]
    nameless = (await api.get(f"{HOUSE}/rounds", headers=province.admin)).json()
    assert nameless["zones"][0]["visits"][0]["who"] is None
    before = await api.get(f"{HOUSE}/rounds?night=2026-06-30", headers=province.manager)
    assert before.json()["zones"][0]["visits"] == []


async def test_the_nights_of_elsewhere_are_not_there(
    api: httpx.AsyncClient, province: Province, code: str
) -> None:
    assert code
    assert (await api.get(f"{HOUSE}/rounds", headers=province.lotus_manager)).status_code == 404
    theirs = await api.get(f"/facilities/{LOTUS}/rounds", headers=province.lotus_manager)
    assert theirs.json()["zones"] == []
    never = await api.get(f"{HOUSE}/rounds?night=1999-01-01", headers=province.manager)
    assert never.status_code == 404
