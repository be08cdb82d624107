"""Devices that come into service by a one-time code, over the real database and broker."""

import asyncio
import base64
from typing import Any

import aiomqtt
import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.app import create_app
from services.api.broker_access import BrokerAccess
from services.api.resources import Resources
from services.edge import enrolment as gateway
from shared.db.session import unit_of_work
from shared.domain.enrolment import new_code
from shared.runtime.ed25519 import SigningKey
from tests.services.api.conftest import Clock
from tests.support.people import LOTUS, SUNFLOWER, Province

ENROLMENTS = f"/facilities/{SUNFLOWER}/enrolments"
CAMERA = {"kind": "camera", "zone": "play"}


@pytest.fixture(autouse=True)
async def zones(api: httpx.AsyncClient, province: Province) -> None:
    for code, kind in (("play", "play_room"), ("bath", "bathroom")):
        made = await api.post(
            f"/facilities/{SUNFLOWER}/zones",
            json={"code": code, "kind": kind},
            headers=province.manager,
        )
        assert made.status_code == 201, made.text


async def issued(api: httpx.AsyncClient, province: Province, **asked: object) -> Any:
    made = await api.post(ENROLMENTS, json={**CAMERA, **asked}, headers=province.manager)
    assert made.status_code == 201, made.text
    return made.json()


async def redeem(api: httpx.AsyncClient, code: str, **more: object) -> httpx.Response:
    return await api.post("/enrolments/redeem", json={"code": code, **more})


async def is_admitted(mqtt: dict[str, Any]) -> bool:
    client = aiomqtt.Client(
        mqtt["host"], mqtt["port"], username=mqtt["username"], password=mqtt["password"], timeout=5
    )
    try:
        async with client:
            return True
    except aiomqtt.MqttError:
        return False


async def devices(api: httpx.AsyncClient, province: Province) -> list[str]:
    listed = await api.get(f"/facilities/{SUNFLOWER}/devices", headers=province.manager)
    return [one["code"] for one in listed.json()["items"]]


async def test_code_makes_a_device_that_the_broker_takes(
    api: httpx.AsyncClient, province: Province
) -> None:
    made = await issued(api, province)
    assert (made["state"], made["device"], made["zone"]) == ("waiting", "cam-1", "play")
    assert made["address"].endswith(f"/enrol#{made['one_time_code']}")
    assert await devices(api, province) == []
    answer = await redeem(api, made["one_time_code"])
    assert answer.status_code == 201, answer.text
    enrolled = answer.json()
    assert (enrolled["facility"], enrolled["device"], enrolled["kind"]) == (
        SUNFLOWER,
        "cam-1",
        "camera",
    )
    assert await is_admitted(enrolled["mqtt"])
    assert await devices(api, province) == ["cam-1"]
    read = await api.get(f"{ENROLMENTS}/{made['id']}", headers=province.manager)
    assert (read.json()["state"], read.json()["device"]) == ("enrolled", "cam-1")
    assert "one_time_code" not in read.json()


async def test_gateway_finds_the_address_and_understands_the_answer(
    api: httpx.AsyncClient, province: Province
) -> None:
    """`services.edge` knows no more of us than this."""
    made = await issued(api, province, kind="gateway", zone=None)
    invited = gateway.invitation(made["address"], None)
    answer = await api.post(
        f"http://giamsat{gateway.REDEEM}", json={"code": invited.code, "public_key": None}
    )
    assert answer.status_code == 201, answer.text
    told = gateway.Enrolled.model_validate_json(answer.content)
    assert (told.facility, told.device) == (SUNFLOWER, "gw-1")
    assert told.mqtt.username == f"{SUNFLOWER}/gw-1"


async def test_code_may_be_typed_as_people_type(api: httpx.AsyncClient, province: Province) -> None:
    made = await issued(api, province)
    typed = " " + made["one_time_code"].replace("-", " ").lower().replace("0", "o") + "\n"
    assert (await redeem(api, typed)).status_code == 201


async def test_wrong_used_cancelled_and_expired_codes_look_the_same(
    api: httpx.AsyncClient, province: Province, clock: Clock
) -> None:
    used, cancelled, expired = [await issued(api, province) for _ in range(3)]
    assert (await redeem(api, used["one_time_code"])).status_code == 201
    gone = await api.delete(f"{ENROLMENTS}/{cancelled['id']}", headers=province.manager)
    assert gone.status_code == 204
    clock.advance(minutes=15)
    codes = [
        new_code(), "no code at all", "", used["one_time_code"], cancelled["one_time_code"],
        expired["one_time_code"],
    ]  # fmt: skip
    answers = [await redeem(api, code) for code in codes]
    bodies = [{**answer.json(), "trace_id": ""} for answer in answers]
    assert [answer.status_code for answer in answers] == [404] * len(codes)
    assert all(body == bodies[0] for body in bodies)
    assert bodies[0]["code"] == "code_not_accepted"
    listed = (await api.get(ENROLMENTS, headers=province.manager)).json()["items"]
    assert [one["state"] for one in listed] == ["expired", "cancelled", "enrolled"]
    again = await api.delete(f"{ENROLMENTS}/{used['id']}", headers=province.manager)
    assert (again.status_code, again.json()["code"]) == (409, "not_open")


async def test_code_opens_until_the_last_moment(
    api: httpx.AsyncClient, province: Province, clock: Clock
) -> None:
    made = await issued(api, province)
    clock.advance(minutes=14, seconds=59)
    assert (await redeem(api, made["one_time_code"])).status_code == 201


async def test_of_many_at_once_one_gets_in(api: httpx.AsyncClient, province: Province) -> None:
    made = await issued(api, province)
    answers = await asyncio.gather(*(redeem(api, made["one_time_code"]) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [201] + [404] * 7
    assert await devices(api, province) == ["cam-1"]
    (winner,) = [answer for answer in answers if answer.status_code == 201]
    assert await is_admitted(winner.json()["mqtt"])


async def test_only_a_hash_of_the_code_is_kept(
    api: httpx.AsyncClient, province: Province, engine: AsyncEngine
) -> None:
    code = (await issued(api, province))["one_time_code"]
    async with engine.connect() as connection:
        rows = (await connection.execute(text("SELECT e::text FROM enrolment e"))).scalars().all()
        log = (await connection.execute(text("SELECT a::text FROM access_log a"))).scalars().all()
    letters = code.replace("-", "")
    kept = " ".join([*rows, *log])
    for trace in (
        code,
        letters,
        letters.encode().hex(),
        base64.b64encode(letters.encode()).decode(),
    ):
        assert trace not in kept


async def test_who_guesses_must_wait_and_the_code_still_opens_afterwards(
    api: httpx.AsyncClient, province: Province, clock: Clock
) -> None:
    made = await issued(api, province)
    guesses = [await redeem(api, new_code()) for _ in range(11)]
    assert [answer.status_code for answer in guesses] == [404] * 10 + [429]
    assert int(guesses[-1].headers["Retry-After"]) <= 60
    assert (await redeem(api, made["one_time_code"])).status_code == 429
    clock.advance(minutes=1)
    assert (await redeem(api, made["one_time_code"])).status_code == 201


async def test_many_devices_behind_one_address_come_into_service(
    api: httpx.AsyncClient, province: Province
) -> None:
    codes = [(await issued(api, province))["one_time_code"] for _ in range(14)]
    answers = [await redeem(api, code) for code in codes]
    assert [answer.status_code for answer in answers] == [201] * 14


async def test_device_brings_its_key(api: httpx.AsyncClient, province: Province) -> None:
    made = await issued(api, province)
    key = base64.b64encode(SigningKey.new().public_key).decode()
    nonsense = await redeem(api, made["one_time_code"], public_key="nonsense")
    assert nonsense.status_code == 422
    enrolled = (await redeem(api, made["one_time_code"], public_key=key)).json()
    listed = await api.get(f"/facilities/{SUNFLOWER}/devices/cam-1/keys", headers=province.manager)
    assert [one["fingerprint"] for one in listed.json()["items"]] == [enrolled["key_fingerprint"]]


async def test_codes_are_chosen_one_after_another_and_around_what_is_there(
    api: httpx.AsyncClient, province: Province
) -> None:
    first = await issued(api, province)
    second = await issued(api, province, code="cam-7")
    third = await issued(api, province)
    assert [one["device"] for one in (first, second, third)] == ["cam-1", "cam-7", "cam-8"]
    by_hand = {"code": "cam-1", "kind": "camera", "zone": "play"}
    made = await api.post(
        f"/facilities/{SUNFLOWER}/devices", json=by_hand, headers=province.manager
    )
    assert made.status_code == 201
    enrolled = (await redeem(api, first["one_time_code"])).json()
    assert enrolled["device"] == "cam-9"
    read = await api.get(f"{ENROLMENTS}/{first['id']}", headers=province.manager)
    assert read.json()["device"] == "cam-9"


async def test_what_cannot_be_is_refused_before_there_is_a_code(
    api: httpx.AsyncClient, province: Province
) -> None:
    taken = await issued(api, province, code="cam-1")
    attempts: tuple[tuple[dict[str, Any], int, str], ...] = (
        ({"zone": "bath"}, 409, "privacy_zone"),
        ({"zone": "attic"}, 404, "not_found"),
        ({"zone": None}, 422, "invalid"),
        ({"kind": None}, 422, "invalid"),
        ({"kind": "drone"}, 422, "invalid"),
        ({"code": "a/b"}, 422, "invalid"),
        ({"code": taken["device"]}, 409, "code_taken"),
        ({"replaces": "nothing"}, 404, "not_found"),
    )
    answers = [
        await api.post(ENROLMENTS, json={**CAMERA, **changed}, headers=province.manager)
        for changed, _, _ in attempts
    ]
    told = [(answer.status_code, answer.json()["code"]) for answer in answers]
    assert told == [(status, code) for _, status, code in attempts]
    listed = (await api.get(ENROLMENTS, headers=province.manager)).json()["items"]
    assert len(listed) == 1


async def test_code_says_through_which_gateway_the_device_speaks(
    api: httpx.AsyncClient, province: Province
) -> None:
    await redeem(api, (await issued(api, province, kind="gateway"))["one_time_code"])
    made = await issued(api, province, gateway="gw-1")
    assert made["gateway"] == "gw-1"
    assert (await redeem(api, made["one_time_code"])).status_code == 201
    address = f"/facilities/{SUNFLOWER}/devices/cam-1"
    assert (await api.get(address, headers=province.manager)).json()["gateway"] == "gw-1"


async def test_gateway_of_another_facility_is_none_to_speak_through(
    api: httpx.AsyncClient, province: Province
) -> None:
    foreign = {"code": "gw-9", "kind": "gateway"}
    there = f"/facilities/{LOTUS}/devices"
    made = await api.post(there, json=foreign, headers=province.officer)
    assert made.status_code == 201, made.text
    given = {**CAMERA, "gateway": "gw-9"}
    refused = await api.post(ENROLMENTS, json=given, headers=province.manager)
    assert (refused.status_code, refused.json()["code"]) == (404, "not_found")


async def test_device_comes_without_a_gateway_that_was_retired_meanwhile(
    api: httpx.AsyncClient, province: Province
) -> None:
    await redeem(api, (await issued(api, province, kind="gateway"))["one_time_code"])
    made = await issued(api, province, gateway="gw-1")
    await api.delete(f"/facilities/{SUNFLOWER}/devices/gw-1", headers=province.manager)
    assert (await redeem(api, made["one_time_code"])).status_code == 201
    address = f"/facilities/{SUNFLOWER}/devices/cam-1"
    assert (await api.get(address, headers=province.manager)).json()["gateway"] is None


async def test_zone_that_was_retired_meanwhile_takes_nobody(
    api: httpx.AsyncClient, province: Province
) -> None:
    made = await issued(api, province)
    gone = await api.delete(f"/facilities/{SUNFLOWER}/zones/play", headers=province.manager)
    assert gone.status_code == 204, gone.text
    refused = await redeem(api, made["one_time_code"])
    assert (refused.status_code, refused.json()["code"]) == (409, "retired")
    assert await devices(api, province) == []


async def test_code_of_somebody_who_lost_the_role_opens_nothing(
    api: httpx.AsyncClient, province: Province, engine: AsyncEngine, clock: Clock
) -> None:
    made = await issued(api, province)
    async with unit_of_work(engine) as connection:
        await connection.execute(
            text("UPDATE role_assignment SET valid_to = :now WHERE user_id = :id"),
            {"now": clock.at, "id": province.user_ids["manager"]},
        )
    refused = await redeem(api, made["one_time_code"])
    assert (refused.status_code, refused.json()["code"]) == (404, "code_not_accepted")


async def test_code_of_somebody_who_may_not_log_in_any_more_opens_nothing(
    api: httpx.AsyncClient, province: Province, engine: AsyncEngine, clock: Clock
) -> None:
    made = await issued(api, province)
    async with unit_of_work(engine) as connection:
        await connection.execute(
            text("UPDATE user_account SET disabled_at = :now WHERE id = :id"),
            {"now": clock.at, "id": province.user_ids["manager"]},
        )
    assert (await redeem(api, made["one_time_code"])).status_code == 404


async def test_without_the_broker_the_code_stays_good(
    api: httpx.AsyncClient, province: Province, resources: Resources
) -> None:
    made = await issued(api, province)
    away = BrokerAccess(host="127.0.0.1", port=1, username="", password="", timeout_s=0.2)
    cut_off = Resources(resources.engine, away, resources.settings, resources.now)
    transport = httpx.ASGITransport(create_app(cut_off))
    async with httpx.AsyncClient(transport=transport, base_url=api.base_url) as impaired:
        refused = await redeem(impaired, made["one_time_code"])
    assert refused.status_code == 503
    assert await devices(api, province) == []
    assert (await redeem(api, made["one_time_code"])).status_code == 201


async def test_new_hardware_takes_a_devices_place_by_code(
    api: httpx.AsyncClient, province: Province
) -> None:
    old = (await redeem(api, (await issued(api, province))["one_time_code"])).json()
    made = await issued(api, province, kind=None, zone=None, replaces="cam-1")
    assert (made["is_replacement"], made["device"], made["zone"]) == (True, "cam-1", "play")
    assert await is_admitted(old["mqtt"])
    new = (await redeem(api, made["one_time_code"])).json()
    assert new["device"] == "cam-1"
    assert (await is_admitted(old["mqtt"]), await is_admitted(new["mqtt"])) == (False, True)
    assert await devices(api, province) == ["cam-1"]
    replaced = await api.get(
        f"/facilities/{SUNFLOWER}/devices/cam-1/replacements", headers=province.manager
    )
    assert len(replaced.json()["items"]) == 1


async def test_only_who_manages_devices_there_issues_codes_and_sees_them(
    api: httpx.AsyncClient, province: Province
) -> None:
    made = await issued(api, province)

    async def statuses(who: dict[str, str]) -> list[int]:
        one = f"{ENROLMENTS}/{made['id']}"
        answers = [
            await api.get(ENROLMENTS, headers=who),
            await api.post(ENROLMENTS, json=CAMERA, headers=who),
            await api.get(one, headers=who),
            await api.delete(one, headers=who),
        ]
        return [answer.status_code for answer in answers]

    assert await statuses(province.caregiver) == [403] * 4
    assert await statuses(province.lotus_manager) == [404] * 4
    elsewhere = await api.get(
        f"/facilities/{LOTUS}/enrolments/{made['id']}", headers=province.lotus_manager
    )
    assert elsewhere.status_code == 404


async def test_issuing_and_redeeming_are_on_record_in_the_issuers_name(
    api: httpx.AsyncClient, province: Province, engine: AsyncEngine
) -> None:
    made = await issued(api, province)
    await redeem(api, made["one_time_code"])
    async with engine.connect() as connection:
        lines = await connection.execute(
            text("SELECT actor, verb, subject, detail FROM access_log ORDER BY n DESC LIMIT 2")
        )
        found = [tuple(line) for line in lines]
    who = f"user:{province.user_ids['manager']}"
    detail = f'{{"device": "cam-1", "enrolment": {made["id"]}}}'
    assert found == [(who, "create", "device", detail), (who, "create", "enrolment", detail)]


async def test_first_sign_of_life_is_told(
    api: httpx.AsyncClient, province: Province, engine: AsyncEngine, clock: Clock
) -> None:
    made = await issued(api, province)
    await redeem(api, made["one_time_code"])
    clock.advance(seconds=40)
    async with unit_of_work(engine) as connection:
        await connection.execute(
            text(
                "INSERT INTO device_latest (device_id, at, received_at, state, readings) "
                "SELECT id, :now, :now, 'ok', '{}' FROM device WHERE code = 'cam-1'"
            ),
            {"now": clock.at},
        )
    read = (await api.get(f"{ENROLMENTS}/{made['id']}", headers=province.manager)).json()
    assert (read["state"], read["heard_at"]) == ("heard", "2026-07-01T08:00:40Z")


async def test_list_is_paged(api: httpx.AsyncClient, province: Province) -> None:
    for _ in range(5):
        await issued(api, province)
    found: list[str] = []
    query: dict[str, Any] = {"limit": 2}
    while True:
        answer = (await api.get(ENROLMENTS, params=query, headers=province.manager)).json()
        found += [one["device"] for one in answer["items"]]
        if answer["next"] is None:
            break
        query["cursor"] = answer["next"]
    assert found == ["cam-5", "cam-4", "cam-3", "cam-2", "cam-1"]
